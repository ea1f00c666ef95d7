/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ACPI tables (ACPI 6.3 §5.2): hardware-reduced, nothing emulated but two sleep registers and a reset register;
 * and, in the room for them, what stands in for a BIOS when a guest reboots by it.
 */
#include "boot.h"
#include "checked.h"
#include "core/layout.h"
#include "core/vm.h"
#include "dsdt.inc"
#include "dsdt_serial.inc"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define DSDT_AT      0x1000ULL /* in the room for the tables; all others stand before it */
#define DSDT_ADDRESS (BK_LAYOUT_ACPI_BASE + DSDT_AT)

static_assert(sizeof dsdt <= BK_LAYOUT_ACPI_SIZE - DSDT_AT && sizeof dsdt_serial <= BK_LAYOUT_ACPI_SIZE - DSDT_AT,
              "each has room");

struct rsdp {
    char signature[8];
    uint8_t checksum; /* of the first 20 bytes */
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt_address;
    uint32_t length;
    uint64_t xsdt_address;
    uint8_t extended_checksum;
    uint8_t reserved[3];
} __attribute__((packed));

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
};
static_assert(sizeof(struct rsdp) == 36 && sizeof(struct table_header) == 36, "ACPI 6.3 §5.2.5.3, §5.2.6");

/* The FADT (§5.2.9), whose numbers these are: what is not zero on a hardware-reduced platform. */
#define FADT_SIZE           276U
#define PORT                0x01000801U /* the start of a generic address (§5.2.3.2): I/O space, 8 bits, by bytes */
#define PROFILE_DESKTOP     1
#define BOOT_NO_VGA         (1U << 2)
#define BOOT_NO_RTC         (1U << 5)
#define FADT_WBINVD         (1U << 0)
#define FADT_POWER_BUTTON   (1U << 4) /* is a device of the DSDT, not fixed hardware */
#define FADT_SLEEP_BUTTON   (1U << 5)
#define FADT_RESET_REGISTER (1U << 10)
#define FADT_HW_REDUCED     (1U << 20)
static const struct {
    size_t offset, size;
    uint64_t value;
} fadt_fields[] = {
    { 40, 4, DSDT_ADDRESS },
    { 45, 1, PROFILE_DESKTOP },
    { 109, 2, BOOT_NO_VGA | BOOT_NO_RTC }, /* and no 8042, since its bit is not set */
    { 112, 4, FADT_WBINVD | FADT_POWER_BUTTON | FADT_SLEEP_BUTTON | FADT_RESET_REGISTER | FADT_HW_REDUCED },
    { 116, 4, PORT },
    { 120, 8, BK_LAYOUT_PORT_RESET },
    { 128, 1, BK_LAYOUT_RESET_VALUE },
    { 131, 1, 3 }, /* minor version */
    { 140, 8, DSDT_ADDRESS },
    { 244, 4, PORT },
    { 248, 8, BK_LAYOUT_PORT_SLEEP_CONTROL },
    { 256, 4, PORT },
    { 260, 8, BK_LAYOUT_PORT_SLEEP_STATUS },
};

/* The MADT (§5.2.12) is made of entries, each of which begins with its type, its length and two bytes of its own. */
#define MADT_ENTRY(type, length) ((uint32_t)(type) | (uint32_t)(length) << 8)
#define MADT_LOCAL_APIC          MADT_ENTRY(0, 8)
#define MADT_IO_APIC             MADT_ENTRY(1, 12)
#define MADT_ENABLED             1U
#define MADT_WORDS(cpu_count)    (5U + 2U * (cpu_count))

static uint8_t checksum(const void *start, size_t size)
{
    const uint8_t *bytes = start;
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return (uint8_t)(0U - sum);
}

/* Puts a table of that body at `*next`, moves that on and yields the table's address. */
static uint64_t put(const struct bk_memory *memory, uint64_t *next, const char signature[static 4], uint8_t revision,
                    const void *body, size_t size)
{
    struct table_header header = {
        .length = (uint32_t)(sizeof header + size),
        .revision = revision,
        .oem_id = { 'B', 'K', 'H', 'E', 'A', 'D' },
        .oem_table_id = { 'B', 'U', 'L', 'K', 'H', 'E', 'A', 'D' },
        .oem_revision = 1,
        .creator_id = { 'B', 'K', 'H', 'D' },
        .creator_revision = 1,
    };
    uint64_t address = *next;

    memcpy(header.signature, signature, sizeof header.signature);
    header.checksum = (uint8_t)(checksum(&header, sizeof header) + checksum(body, size));
    bk_boot_write(memory, address, &header, sizeof header);
    bk_boot_write(memory, address + sizeof header, body, size);
    *next = bk_align_up(address + header.length, 16);
    assert(*next <= DSDT_ADDRESS);
    return address;
}

/* A Linux with support for EFI takes hardware-reduced ACPI for a machine with EFI, uses no reset register, and goes
 * back to real mode in the end: mov $0xfe, %al; out %al, $0x64; hlt; and again. */
static const uint8_t restart[] = { 0xb0, 0xfe, 0xe6, BK_LAYOUT_PORT_KEYBOARD + 4, 0xf4, 0xeb, 0xfd };

void bk_acpi_write(const struct bk_memory *memory, unsigned cpu_count, bool serial)
{
    uint8_t fadt[FADT_SIZE] = { 0 };
    uint32_t madt[MADT_WORDS(BK_VM_CPUS_MAX)] = { BK_LAYOUT_LOCAL_APIC, 0, MADT_IO_APIC, BK_LAYOUT_IOAPIC };
    const uint64_t mcfg[] = { 0, BK_LAYOUT_ECAM_BASE, 0 }; /* segment 0, buses 0 to 0 */
    struct rsdp rsdp = {
        .signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
        .oem_id = { 'B', 'K', 'H', 'E', 'A', 'D' },
        .revision = 2,
        .length = sizeof rsdp,
    };
    uint64_t next = bk_align_up(BK_LAYOUT_ACPI_BASE + sizeof rsdp, 16);
    size_t head = sizeof(struct table_header);

    for (size_t i = 0; i < BK_ARRAY_SIZE(fadt_fields); i++)
        memcpy(fadt + fadt_fields[i].offset, &fadt_fields[i].value, fadt_fields[i].size);
    for (uint32_t i = 0; i < cpu_count; i++) {
        madt[MADT_WORDS(i)] = MADT_LOCAL_APIC | i << 16 | i << 24; /* processor, APIC id */
        madt[MADT_WORDS(i) + 1] = MADT_ENABLED;
    }
    const uint64_t tables[] = {
        put(memory, &next, "FACP", 6, fadt + head, sizeof fadt - head),
        put(memory, &next, "APIC", 5, madt, MADT_WORDS(cpu_count) * sizeof madt[0]),
        put(memory, &next, "MCFG", 1, mcfg, sizeof mcfg),
    };
    rsdp.xsdt_address = put(memory, &next, "XSDT", 1, tables, sizeof tables);
    rsdp.checksum = checksum(&rsdp, offsetof(struct rsdp, length));
    rsdp.extended_checksum = checksum(&rsdp, sizeof rsdp);
    bk_boot_write(memory, BK_LAYOUT_ACPI_BASE, &rsdp, sizeof rsdp);
    if (serial)
        bk_boot_write(memory, DSDT_ADDRESS, dsdt_serial, sizeof dsdt_serial);
    else
        bk_boot_write(memory, DSDT_ADDRESS, dsdt, sizeof dsdt);
    bk_boot_write(memory, BK_LAYOUT_RESTART, restart, sizeof restart);
}
