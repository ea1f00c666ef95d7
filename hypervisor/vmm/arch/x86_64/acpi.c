/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ACPI tables (ACPI 6.3 §5.2): hardware-reduced, nothing emulated but two sleep registers and a reset register.
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

#define PACKED __attribute__((packed))

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
} PACKED;

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
} PACKED;

struct generic_address {
    uint8_t space;
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t access_size;
    uint64_t address;
} PACKED;
#define SPACE_IO    1
#define ACCESS_BYTE 1

/* §5.2.9, behind the header; what stands between the fields named here is zero on hardware-reduced platforms. */
struct fadt {
    uint32_t facs;
    uint32_t dsdt;
    uint8_t unused1[1];
    uint8_t preferred_profile;
    uint8_t unused2[63];
    uint16_t boot_flags;
    uint8_t unused3[1];
    uint32_t flags;
    struct generic_address reset_register;
    uint8_t reset_value;
    uint8_t unused4[2];
    uint8_t minor_revision;
    uint64_t x_facs;
    uint64_t x_dsdt;
    struct generic_address unused5[8];
    struct generic_address sleep_control;
    struct generic_address sleep_status;
    char hypervisor[8];
} PACKED;
static_assert(sizeof(struct table_header) == 36 && offsetof(struct fadt, boot_flags) == 109 - 36 &&
                  offsetof(struct fadt, reset_register) == 116 - 36 &&
                  offsetof(struct fadt, sleep_control) == 244 - 36 && sizeof(struct fadt) == 276 - 36,
              "ACPI 6.3 §5.2.9");

#define PROFILE_DESKTOP     1
#define BOOT_NO_VGA         (1U << 2)
#define BOOT_NO_RTC         (1U << 5)
#define FADT_WBINVD         (1U << 0)
#define FADT_POWER_BUTTON   (1U << 4) /* is a device of the DSDT, not fixed hardware */
#define FADT_SLEEP_BUTTON   (1U << 5)
#define FADT_RESET_REGISTER (1U << 10)
#define FADT_HW_REDUCED     (1U << 20)

/* §5.2.12 */
struct madt {
    uint32_t local_apic;
    uint32_t flags;
    struct {
        uint8_t type, length;
        uint8_t id, reserved;
        uint32_t address;
        uint32_t gsi_base;
    } PACKED io_apic;
    struct {
        uint8_t type, length;
        uint8_t processor_uid, apic_id;
        uint32_t flags;
    } PACKED processors[BK_VM_CPUS_MAX];
} PACKED;
#define MADT_LOCAL_APIC 0
#define MADT_IO_APIC    1
#define MADT_ENABLED    1U

struct mcfg {
    uint64_t reserved;
    uint64_t base;
    uint16_t segment;
    uint8_t first_bus, last_bus;
    uint32_t reserved2;
} PACKED;

/* Where the next table goes. */
struct cursor {
    uint8_t *host;
    size_t at;
};

static uint8_t checksum(const void *start, size_t size)
{
    const uint8_t *bytes = start;
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return (uint8_t)(0U - sum);
}

/* Yields the address of what it put there. */
static uint64_t put(struct cursor *cursor, const void *bytes, size_t size)
{
    uint64_t address = BK_LAYOUT_ACPI_BASE + cursor->at;

    assert(bk_range_in(cursor->at, size, BK_LAYOUT_ACPI_SIZE));
    memcpy(cursor->host + cursor->at, bytes, size);
    cursor->at = (size_t)bk_align_up(cursor->at + size, 16);
    return address;
}

static uint64_t put_table(struct cursor *cursor, const char signature[static 4], uint8_t revision, const void *body,
                          size_t body_size)
{
    uint8_t table[sizeof(struct table_header) + sizeof(struct madt)]; /* the largest */
    struct table_header header = {
        .length = (uint32_t)(sizeof header + body_size),
        .revision = revision,
        .oem_id = { 'B', 'K', 'H', 'E', 'A', 'D' },
        .oem_table_id = { 'B', 'U', 'L', 'K', 'H', 'E', 'A', 'D' },
        .oem_revision = 1,
        .creator_id = { 'B', 'K', 'H', 'D' },
        .creator_revision = 1,
    };

    assert(header.length <= sizeof table);
    memcpy(header.signature, signature, sizeof header.signature);
    memcpy(table, &header, sizeof header);
    memcpy(table + sizeof header, body, body_size);
    table[offsetof(struct table_header, checksum)] = checksum(table, header.length);
    return put(cursor, table, header.length);
}

static struct generic_address port(uint64_t number)
{
    return (struct generic_address){ .space = SPACE_IO, .bit_width = 8, .access_size = ACCESS_BYTE, .address = number };
}

static uint64_t put_fadt(struct cursor *cursor, uint64_t dsdt_address)
{
    const struct fadt fadt = {
        .dsdt = (uint32_t)dsdt_address,
        .preferred_profile = PROFILE_DESKTOP,
        .boot_flags = BOOT_NO_VGA | BOOT_NO_RTC, /* and no 8042, since its bit is not set */
        .flags = FADT_WBINVD | FADT_POWER_BUTTON | FADT_SLEEP_BUTTON | FADT_RESET_REGISTER | FADT_HW_REDUCED,
        .reset_register = port(BK_LAYOUT_PORT_RESET),
        .reset_value = BK_LAYOUT_RESET_VALUE,
        .minor_revision = 3,
        .x_dsdt = dsdt_address,
        .sleep_control = port(BK_LAYOUT_PORT_SLEEP_CONTROL),
        .sleep_status = port(BK_LAYOUT_PORT_SLEEP_STATUS),
        .hypervisor = { 'B', 'U', 'L', 'K', 'H', 'E', 'A', 'D' },
    };

    return put_table(cursor, "FACP", 6, &fadt, sizeof fadt);
}

static uint64_t put_madt(struct cursor *cursor, unsigned cpu_count)
{
    struct madt madt = {
        .local_apic = (uint32_t)BK_LAYOUT_LOCAL_APIC,
        .io_apic = { .type = MADT_IO_APIC, .length = sizeof madt.io_apic, .address = (uint32_t)BK_LAYOUT_IOAPIC },
    };

    for (unsigned i = 0; i < cpu_count; i++) {
        madt.processors[i].type = MADT_LOCAL_APIC;
        madt.processors[i].length = sizeof madt.processors[i];
        madt.processors[i].processor_uid = madt.processors[i].apic_id = (uint8_t)i;
        madt.processors[i].flags = MADT_ENABLED;
    }
    return put_table(cursor, "APIC", 5, &madt, offsetof(struct madt, processors[cpu_count]));
}

void bk_acpi_write(const struct bk_memory *memory, unsigned cpu_count, bool serial)
{
    const struct mcfg mcfg = { .base = BK_LAYOUT_ECAM_BASE };
    struct rsdp rsdp = {
        .signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
        .oem_id = { 'B', 'K', 'H', 'E', 'A', 'D' },
        .revision = 2,
        .length = sizeof rsdp,
    };
    /* The RSDP, written last, has its place before all else. */
    struct cursor cursor = { .host = bk_memory_at(memory, BK_LAYOUT_ACPI_BASE, BK_LAYOUT_ACPI_SIZE),
                             .at = bk_align_up(sizeof rsdp, 16) };

    assert(cursor.host != NULL); /* RAM is larger than the first MiB */
    uint64_t dsdt_address = serial ? put(&cursor, dsdt_serial, sizeof dsdt_serial) : put(&cursor, dsdt, sizeof dsdt);
    const uint64_t tables[] = {
        put_fadt(&cursor, dsdt_address),
        put_madt(&cursor, cpu_count),
        put_table(&cursor, "MCFG", 1, &mcfg, sizeof mcfg),
    };
    rsdp.xsdt_address = put_table(&cursor, "XSDT", 1, tables, sizeof tables);
    rsdp.checksum = checksum(&rsdp, offsetof(struct rsdp, length));
    rsdp.extended_checksum = checksum(&rsdp, sizeof rsdp);
    bk_boot_write(memory, BK_LAYOUT_ACPI_BASE, &rsdp, sizeof rsdp);
}
