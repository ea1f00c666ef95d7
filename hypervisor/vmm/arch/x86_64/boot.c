/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "boot.h"

#include "acpi.h"
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
    unsigned count = 0;

    ret_ranges[count++] = (struct bk_boot_range){ 0, BK_LAYOUT_LOW_END, BK_BOOT_RAM };
    ret_ranges[count++] = (struct bk_boot_range){ BK_LAYOUT_ACPI_BASE, BK_LAYOUT_ACPI_SIZE, BK_BOOT_RESERVED };
    ret_ranges[count++] =
        (struct bk_boot_range){ BK_LAYOUT_HIGH_BASE, memory->regions[0].size - BK_LAYOUT_HIGH_BASE, BK_BOOT_RAM };
    ret_ranges[count++] = (struct bk_boot_range){ BK_LAYOUT_ECAM_BASE, BK_LAYOUT_ECAM_SIZE, BK_BOOT_RESERVED };
    for (unsigned i = 1; i < memory->region_count; i++)
        ret_ranges[count++] =
            (struct bk_boot_range){ memory->regions[i].guest_address, memory->regions[i].size, BK_BOOT_RAM };
    assert(count <= BK_BOOT_RANGES_MAX);
    return count;
}

static int file_size(int fd, uint64_t *ret_size)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -ENOEXEC;
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

/* As high as it may be, where no kernel that unpacks itself upwards comes. */
static int load_initrd(const struct bk_memory *memory, int fd, uint64_t lowest, uint64_t *ret_address,
                       uint64_t *ret_size)
{
    uint64_t size = 0;

    int r = file_size(fd, &size);
    if (r < 0)
        return r == -ENOEXEC ? -EINVAL : r;
    uint64_t top = memory->regions[0].size < INITRD_HIGHEST ? memory->regions[0].size : INITRD_HIGHEST;
    if (size > top)
        return -ENOSPC;
    uint64_t address = (top - size) & ~(PAGE - 1);
    if (address < lowest)
        return -ENOSPC;
    void *host = bk_memory_at(memory, address, size);
    if (host == NULL)
        return -ENOSPC;
    r = bk_pread_exact(fd, host, size, 0);
    if (r < 0)
        return r;
    *ret_address = size > 0 ? address : 0;
    *ret_size = size;
    return 0;
}

int bk_boot_load(const struct bk_memory *memory, const struct bk_boot_options *options, struct bk_boot_entry *ret_entry)
{
    size_t cmdline_size = strlen(options->cmdline) + 1;
    struct bk_boot_entry entry;
    uint64_t size = 0, kernel_end = 0, initrd = 0, initrd_size = 0;
    uint8_t magic[4];

    assert(memory->regions[0].size > BK_LAYOUT_HIGH_BASE && cmdline_size <= BK_LAYOUT_CMDLINE_MAX);
    int r = file_size(options->kernel, &size);
    if (r < 0)
        return r;
    if (size < sizeof magic)
        return -ENOEXEC;
    r = bk_pread_exact(options->kernel, magic, sizeof magic, 0);
    if (r < 0)
        return r;
    bool elf = memcmp(magic, "\177ELF", sizeof magic) == 0;
    if (elf)
        r = bk_boot_load_elf(memory, options->kernel, size, &entry, &kernel_end);
    else
        r = bk_boot_load_bzimage(memory, options->kernel, size, &entry, &kernel_end);
    if (r < 0)
        return r;
    if (options->initrd >= 0)
        r = load_initrd(memory, options->initrd, bk_align_up(kernel_end, PAGE), &initrd, &initrd_size);
    if (r < 0)
        return r;

    bool written = bk_memory_write(memory, BK_LAYOUT_CMDLINE, options->cmdline, cmdline_size);
    assert(written);
    if (elf)
        bk_boot_finish_elf(memory, initrd, initrd_size);
    else
        bk_boot_finish_bzimage(memory, initrd, initrd_size, cmdline_size);
    bk_acpi_write(memory, options->cpu_count, options->serial);
    *ret_entry = entry;
    return 0;
}
