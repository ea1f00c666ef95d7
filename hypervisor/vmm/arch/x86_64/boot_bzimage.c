/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bzImage, entered by the 64-bit boot protocol (Documentation/arch/x86/boot.rst): its setup header is copied into
 * the zero page with our answers in it, its protected-mode part goes where it prefers to be.
 */
#define _GNU_SOURCE
#include "boot.h"
#include "core/layout.h"

#include <asm/bootparam.h>
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#define SECTOR              512U
#define HEADER_AT           offsetof(struct boot_params, hdr)
#define HEADER_MAGIC        0x53726448U /* "HdrS" */
#define VERSION_MIN         0x020cU     /* 2.12: xloadflags */
#define LOADER_UNREGISTERED 0xffU
#define ENTRY_64            0x200U
#define SEED_SIZE           32U
#define KERNEL_HIGHEST      0x40000000ULL /* a kernel that asks to be above 1 GiB is none of Linux's */

static_assert(sizeof(struct boot_params) == 4096, "the zero page is one page");

/* Reads it and says where in the file the protected-mode part starts. */
static int read_header(const struct bk_boot_image *image, struct setup_header *ret_header, uint64_t *ret_start)
{
    struct setup_header header;

    int r = bk_boot_read(image, HEADER_AT, &header, sizeof header);
    if (r < 0)
        return r;
    uint64_t start = ((header.setup_sects == 0 ? 4U : header.setup_sects) + 1) * SECTOR;
    if (header.boot_flag != 0xaa55 || header.header != HEADER_MAGIC || header.version < VERSION_MIN ||
        (header.loadflags & LOADED_HIGH) == 0 || (header.xloadflags & XLF_KERNEL_64) == 0 ||
        start + ENTRY_64 >= image->size)
        return -ENOEXEC;

    /* The header's length stands in the jump instruction before its magic; beyond it the zero page stays zero. */
    size_t size = offsetof(struct setup_header, header) + (header.jump >> 8);
    if (size < sizeof header)
        memset((uint8_t *)&header + size, 0, sizeof header - size);
    *ret_header = header;
    *ret_start = start;
    return 0;
}

/* Randomness for a kernel that may have no other this early. */
static uint64_t write_seed(const struct bk_memory *memory)
{
    struct {
        struct setup_data header;
        uint8_t seed[SEED_SIZE];
    } data = { .header = { .type = SETUP_RNG_SEED, .len = SEED_SIZE } };

    if (getrandom(data.seed, sizeof data.seed, 0) != (ssize_t)sizeof data.seed)
        return 0;
    bk_boot_write(memory, BK_LAYOUT_SETUP_DATA, &data, sizeof data);
    explicit_bzero(&data, sizeof data);
    return BK_LAYOUT_SETUP_DATA;
}

int bk_boot_load_bzimage(const struct bk_memory *memory, const struct bk_boot_image *image,
                         struct bk_boot_entry *ret_entry)
{
    struct boot_params zero_page = { 0 };
    struct setup_header *header = &zero_page.hdr;
    struct bk_boot_range ranges[BK_BOOT_RANGES_MAX];
    uint64_t start = 0;

    int r = read_header(image, header, &start);
    if (r < 0)
        return r;

    /* Where it wants to be it need not move itself. It unpacks into init_size bytes from there on. */
    uint64_t size = image->size - start;
    uint64_t address = header->pref_address;
    uint64_t needed = header->init_size > size ? header->init_size : size;
    if (address < BK_LAYOUT_HIGH_BASE || address > KERNEL_HIGHEST || needed > KERNEL_HIGHEST)
        return -ENOEXEC;
    if (address + needed > image->end)
        return -ENOSPC;
    r = bk_boot_read(image, start, bk_memory_at(memory, address, size), size);
    if (r < 0)
        return r;

    header->type_of_loader = LOADER_UNREGISTERED;
    header->vid_mode = 0xffff; /* "normal" */
    header->cmd_line_ptr = BK_LAYOUT_CMDLINE;
    header->ramdisk_image = (uint32_t)image->initrd; /* below BK_MEMORY_LOW_MAX */
    header->ramdisk_size = (uint32_t)image->initrd_size;
    header->setup_data = write_seed(memory);
    zero_page.acpi_rsdp_addr = BK_LAYOUT_ACPI_BASE;
    zero_page.e820_entries = (uint8_t)bk_boot_map(memory, ranges);
    for (unsigned i = 0; i < zero_page.e820_entries; i++)
        zero_page.e820_table[i] = (struct boot_e820_entry){ ranges[i].base, ranges[i].size, ranges[i].type };
    bk_boot_write(memory, BK_LAYOUT_ZERO_PAGE, &zero_page, sizeof zero_page);
    *ret_entry = (struct bk_boot_entry){ BK_BOOT_LINUX64, address + ENTRY_64, BK_LAYOUT_ZERO_PAGE };
    return 0;
}
