/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A battery and a mains adapter for the emulated machine, as the firmware of a laptop describes them: the machine's own
 * drivers read them as they read real ones (ACPI 6.5 §10.2, §10.3). How they are stands in the memory of a PCI device
 * that QEMU shares with its host, at address 17.0: four numbers of 32 bits, which ./bulkhead machine battery writes.
 *
 *   0  0x54544142, "BATT"
 *   4  the charge in percent
 *   8  1 it gives, 2 it takes, 0 neither
 *  12  1 the adapter is plugged in
 *
 * Nothing tells the machine that they changed, as with some real ones: it looks from time to time.
 */
DefinitionBlock ("", "SSDT", 2, "BLKHD", "BATTERY", 1)
{
    External (\_SB.PCI0, DeviceObj)

    Scope (\_SB.PCI0)
    {
        Device (BKHD)
        {
            Name (_ADR, 0x00170000)
            OperationRegion (CONF, PCI_Config, 0x18, 0x08) // the shared memory's place: BAR 2, of 64 bits
            Field (CONF, DWordAcc, NoLock, Preserve) { BARL, 32, BARH, 32 }
        }
    }

    Scope (\_SB)
    {
        Device (BKPS)
        {
            Name (_HID, "BKHD0001")
            Name (_STA, 0x00)

            /* The number at this index; 0 when nobody wrote any. */
            Method (GETN, 1, Serialized)
            {
                Local0 = (\_SB.PCI0.BKHD.BARL & 0xFFFFFFF0) + (\_SB.PCI0.BKHD.BARH << 32)
                OperationRegion (SHRM, SystemMemory, Local0, 0x10)
                Field (SHRM, DWordAcc, NoLock, Preserve) { MAGI, 32, PERC, 32, STAT, 32, ONLI, 32 }
                If (MAGI != 0x54544142) { Return (0) }
                If (Arg0 == 1) { Return (PERC) }
                If (Arg0 == 2) { Return (STAT) }
                Return (ONLI)
            }
        }

        Device (BKAC)
        {
            Name (_HID, "ACPI0003")
            Name (_PCL, Package () { \_SB })
            Method (_PSR, 0, NotSerialized) { Return (\_SB.BKPS.GETN (3)) }
            Method (_STA, 0, NotSerialized) { Return (0x0F) }
        }

        Device (BKBA)
        {
            Name (_HID, EisaId ("PNP0C0A"))
            Name (_UID, 0)
            Name (_PCL, Package () { \_SB })
            Method (_STA, 0, NotSerialized) { Return (0x1F) }
            /* In mWh and mV: 50 Wh, now as when it was new. */
            Name (_BIF, Package ()
            {
                0, 50000, 50000, 1, 12000, 5000, 2500, 1, 1, "Emulated", "1", "LION", "Bulkhead"
            })
            Method (_BST, 0, Serialized)
            {
                Name (RES, Package () { 0, 10000, 0, 12000 })
                RES [0] = \_SB.BKPS.GETN (2)
                RES [2] = \_SB.BKPS.GETN (1) * 500
                Return (RES)
            }
        }
    }
}
