/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest cannot find by itself: the PCI bus and its windows, the power button, COM1, how to power off.
 * Compiled twice, with and without COM1 (SERIAL). BK_LAYOUT_* are core/layout.h's, put in by compile_asl.
 */
DefinitionBlock ("", "DSDT", 2, "BKHEAD", "BULKHEAD", 1)
{
    Name (_S5, Package () { 5, 0, 0, 0 })

    Scope (_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_SEG, 0)
            Name (_BBN, 0)
            Name (_UID, 0)
            Name (_CCA, 1)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0, 0, 1)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0,
                             BK_LAYOUT_PCI32_BASE, BK_LAYOUT_PCI32_LAST, 0, BK_LAYOUT_PCI32_SIZE)
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0,
                             BK_LAYOUT_PCI64_BASE, BK_LAYOUT_PCI64_LAST, 0, BK_LAYOUT_PCI64_SIZE)
            })
        }

        /* Linux believes the MCFG only when a motherboard resource reserves it. */
        Device (ECAM)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, BK_LAYOUT_ECAM_BASE, BK_LAYOUT_ECAM_SIZE)
            })
        }

        Device (PWRB)
        {
            Name (_HID, EisaId ("PNP0C0C"))
            Name (_UID, 0)
        }

        /* Generic event device (ACPI 6.3, 5.6.9): without fixed hardware, this is how the button is heard. */
        Device (GED0)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { BK_LAYOUT_GSI_POWER_BUTTON }
            })
            Method (_EVT, 1, Serialized)
            {
                If (Arg0 == BK_LAYOUT_GSI_POWER_BUTTON)
                {
                    Notify (\_SB.PWRB, 0x80)
                }
            }
        }

#ifdef SERIAL
        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, BK_LAYOUT_PORT_COM1, BK_LAYOUT_PORT_COM1, 1, 8)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { BK_LAYOUT_GSI_COM1 }
            })
        }
#endif
    }
}
