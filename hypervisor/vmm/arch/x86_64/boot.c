/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "boot.h"

#include "checked.h"
#include "core/layout.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* system calls [io]: fstat newfstatat pread64 getrandom */

#define PAGE           4096ULL
#define INITRD_HIGHEST 0x80000000ULL /* initrd_addr_max of every x86 Linux so far, plus one */

unsigned bk_boot_map(const struct bk_memory *memory, struct bk_boot_range ret_ranges[static BK_BOOT_RANGES_MAX])
{
    const struct bk_memory_region *low = &memory->regions[0], *high = &memory->regions[1];
    const struct bk_boot_range ranges[BK_BOOT_RANGES_MAX] = {
        { 0, BK_LAYOUT_LOW_END, BK_BOOT_RAM, 0 },
        { BK_LAYOUT_ACPI_BASE, BK_LAYOUT_ACPI_SIZE, BK_BOOT_RESERVED, 0 },
        { BK_LAYOUT_HIGH_BASE, low->size - BK_LAYOUT_HIGH_BASE, BK_BOOT_RAM, 0 },
        { BK_LAYOUT_ECAM_BASE, BK_LAYOUT_ECAM_SIZE, BK_BOOT_RESERVED, 0 },
        { high->guest_address, high->size, BK_BOOT_RAM, 0 },
    };

    memcpy(ret_ranges, ranges, sizeof ranges);
    return memory->region_count > 1 ? BK_BOOT_RANGES_MAX : BK_BOOT_RANGES_MAX - 1;
}

int bk_boot_read(const struct bk_boot_image *image, uint64_t offset, void *buffer, uint64_t size)
{
    if (!bk_range_in(offset, size, image->size))
        return -ENOEXEC;
    return bk_pread_exact(image->fd, buffer, size, (off_t)offset);
}

void bk_boot_write(const struct bk_memory *memory, uint64_t address, const void *bytes, size_t size)
{
    bool written = bk_memory_write(memory, address, bytes, size);

    assert(written);
    (void)written;
}

static int file_size(int fd, uint64_t *ret_size)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

/* As high as it may be: all below is the kernel's, which unpacks itself upwards. */
static int load_initrd(const struct bk_memory *memory, int fd, struct bk_boot_image *image)
{
    uint64_t top = memory->regions[0].size < INITRD_HIGHEST ? memory->regions[0].size : INITRD_HIGHEST;
    uint64_t size = 0;

    int r = file_size(fd, &size);
    if (r < 0 || size == 0)
        return r;
    if (size > top - BK_LAYOUT_HIGH_BASE)
        return -ENOSPC;
    image->initrd_size = size;
    image->initrd = image->end = (top - size) & ~(PAGE - 1);
    return bk_pread_exact(fd, bk_memory_at(memory, image->initrd, size), size, 0);
}

int bk_boot_load(const struct bk_memory *memory, const struct bk_boot_options *options, struct bk_boot_entry *ret_entry)
{
    struct bk_boot_image image = { .fd = options->kernel, .end = memory->regions[0].size };
    struct bk_boot_entry entry;
    uint8_t magic[4];

    assert(memory->regions[0].size > BK_LAYOUT_HIGH_BASE && strlen(options->cmdline) < BK_LAYOUT_CMDLINE_MAX);
    int r = file_size(image.fd, &image.size);
    if (r < 0)
        return r;
    r = bk_boot_read(&image, 0, magic, sizeof magic);
    if (r == 0 && options->initrd >= 0)
        r = load_initrd(memory, options->initrd, &image);
    if (r < 0)
        return r;
    if (memcmp(magic, "\177ELF", sizeof magic) == 0)
        r = bk_boot_load_elf(memory, &image, &entry);
    else
        r = bk_boot_load_bzimage(memory, &image, &entry);
    if (r < 0)
        return r;
    bk_boot_write(memory, BK_LAYOUT_CMDLINE, options->cmdline, strlen(options->cmdline) + 1);
    bk_acpi_write(memory, options->cpu_count, options->serial);
    *ret_entry = entry;
    return 0;
}
