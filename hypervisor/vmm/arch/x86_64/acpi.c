/* SPDX-License-Identifier: Apache-2.0 */
#include "acpi.h"

#include "checked.h"
#include "core/layout.h"
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

/* §5.2.9; what stands between the fields named here is zero on hardware-reduced platforms. */
struct fadt {
    struct table_header header;
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
static_assert(offsetof(struct fadt, boot_flags) == 109 && offsetof(struct fadt, reset_register) == 116 &&
                  offsetof(struct fadt, sleep_control) == 244 && sizeof(struct fadt) == 276,
              "ACPI 6.3 §5.2.9");

#define PROFILE_DESKTOP     1
#define BOOT_NO_VGA         (1U << 2)
#define BOOT_NO_RTC         (1U << 5)
#define FADT_WBINVD         (1U << 0)
#define FADT_POWER_BUTTON   (1U << 4) /* is a device of the DSDT, not fixed hardware */
#define FADT_SLEEP_BUTTON   (1U << 5)
#define FADT_RESET_REGISTER (1U << 10)
#define FADT_HW_REDUCED     (1U << 20)

struct madt {
    struct table_header header;
    uint32_t local_apic;
    uint32_t flags;
} PACKED;

struct madt_local_apic {
    uint8_t type, length;
    uint8_t processor_uid, apic_id;
    uint32_t flags;
} PACKED;
#define MADT_LOCAL_APIC 0
#define MADT_ENABLED    1U

struct madt_io_apic {
    uint8_t type, length;
    uint8_t id, reserved;
    uint32_t address;
    uint32_t gsi_base;
} PACKED;
#define MADT_IO_APIC 1

struct mcfg {
    struct table_header header;
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

static uint8_t checksum(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return (uint8_t)(0U - sum);
}

static void *reserve(struct cursor *cursor, size_t size, uint64_t *ret_address)
{
    void *host = cursor->host + cursor->at;

    *ret_address = BK_LAYOUT_ACPI_BASE + cursor->at;
    cursor->at = (size_t)bk_align_up(cursor->at + size, 16);
    assert(cursor->at <= BK_LAYOUT_ACPI_SIZE);
    return host;
}

static struct table_header header(const char *signature, uint8_t revision, size_t length)
{
    struct table_header header = {
        .length = (uint32_t)length, .revision = revision, .oem_revision = 1, .creator_revision = 1
    };

    memcpy(header.signature, signature, sizeof header.signature);
    memcpy(header.oem_id, "BKHEAD", sizeof header.oem_id);
    memcpy(header.oem_table_id, "BULKHEAD", sizeof header.oem_table_id);
    memcpy(header.creator_id, "BKHD", sizeof header.creator_id);
    return header;
}

/* Fills in the checksum of a table that is otherwise complete. */
static void seal(void *table)
{
    struct table_header *head = table;

    head->checksum = 0;
    head->checksum = checksum(table, head->length);
}

static uint64_t write_dsdt(struct cursor *cursor, bool serial)
{
    uint64_t address;

    if (serial)
        memcpy(reserve(cursor, sizeof dsdt_serial, &address), dsdt_serial, sizeof dsdt_serial);
    else
        memcpy(reserve(cursor, sizeof dsdt, &address), dsdt, sizeof dsdt);
    return address;
}

static struct generic_address port(uint64_t number)
{
    return (struct generic_address){ .space = SPACE_IO, .bit_width = 8, .access_size = ACCESS_BYTE, .address = number };
}

static uint64_t write_fadt(struct cursor *cursor, uint64_t dsdt_address)
{
    uint64_t address;
    struct fadt *fadt = reserve(cursor, sizeof *fadt, &address);

    *fadt = (struct fadt){
        .header = header("FACP", 6, sizeof *fadt),
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
    seal(fadt);
    return address;
}

static uint64_t write_madt(struct cursor *cursor, unsigned cpu_count)
{
    size_t length = sizeof(struct madt) + cpu_count * sizeof(struct madt_local_apic) + sizeof(struct madt_io_apic);
    uint64_t address;
    uint8_t *table = reserve(cursor, length, &address);
    struct madt madt = { .header = header("APIC", 5, length), .local_apic = (uint32_t)BK_LAYOUT_LOCAL_APIC };
    size_t at = sizeof madt;

    memcpy(table, &madt, sizeof madt);
    for (unsigned i = 0; i < cpu_count; i++) {
        struct madt_local_apic entry = { .type = MADT_LOCAL_APIC,
                                         .length = sizeof entry,
                                         .processor_uid = (uint8_t)i,
                                         .apic_id = (uint8_t)i,
                                         .flags = MADT_ENABLED };
        memcpy(table + at, &entry, sizeof entry);
        at += sizeof entry;
    }
    struct madt_io_apic io_apic = { .type = MADT_IO_APIC,
                                    .length = sizeof io_apic,
                                    .address = (uint32_t)BK_LAYOUT_IOAPIC };
    memcpy(table + at, &io_apic, sizeof io_apic);
    seal(table);
    return address;
}

static uint64_t write_mcfg(struct cursor *cursor)
{
    uint64_t address;
    struct mcfg *mcfg = reserve(cursor, sizeof *mcfg, &address);

    *mcfg = (struct mcfg){ .header = header("MCFG", 1, sizeof *mcfg), .base = BK_LAYOUT_ECAM_BASE };
    seal(mcfg);
    return address;
}

static uint64_t write_xsdt(struct cursor *cursor, const uint64_t *tables, size_t count)
{
    size_t length = sizeof(struct table_header) + count * sizeof tables[0];
    struct table_header head = header("XSDT", 1, length);
    uint64_t address;
    uint8_t *table = reserve(cursor, length, &address);

    memcpy(table, &head, sizeof head);
    memcpy(table + sizeof head, tables, count * sizeof tables[0]);
    seal(table);
    return address;
}

void bk_acpi_write(const struct bk_memory *memory, unsigned cpu_count, bool serial)
{
    struct cursor cursor = { .host = bk_memory_at(memory, BK_LAYOUT_ACPI_BASE, BK_LAYOUT_ACPI_SIZE) };
    uint64_t address;

    assert(cursor.host != NULL); /* RAM is larger than the first MiB */
    struct rsdp *rsdp = reserve(&cursor, sizeof *rsdp, &address);
    uint64_t dsdt_address = write_dsdt(&cursor, serial);
    const uint64_t tables[] = {
        write_fadt(&cursor, dsdt_address),
        write_madt(&cursor, cpu_count),
        write_mcfg(&cursor),
    };
    *rsdp = (struct rsdp){
        .signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
        .oem_id = { 'B', 'K', 'H', 'E', 'A', 'D' },
        .revision = 2,
        .length = sizeof *rsdp,
        .xsdt_address = write_xsdt(&cursor, tables, BK_ARRAY_SIZE(tables)),
    };
    rsdp->checksum = checksum((const uint8_t *)rsdp, offsetof(struct rsdp, length));
    rsdp->extended_checksum = checksum((const uint8_t *)rsdp, sizeof *rsdp);
}
