/* SPDX-License-Identifier: Apache-2.0 */
/* An uncompressed vmlinux, entered by PVH: its segments go straight from the file to where they say. */
#define _GNU_SOURCE
#include "boot.h"
#include "checked.h"
#include "core/layout.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SEGMENTS_MAX          32
#define NOTES_SIZE_MAX        4096U
#define NOTE_XEN_PHYS32_ENTRY 18U
#define START_INFO_MAGIC      0x336ec578U

/* xen/include/public/arch-x86/hvm/start_info.h: the start info, and behind it what it points to. */
struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules_address;
    uint64_t cmdline_address;
    uint64_t rsdp_address;
    uint64_t memory_map_address;
    uint32_t memory_map_entries;
    uint32_t reserved;
    struct {
        uint64_t address;
        uint64_t size;
        uint64_t cmdline_address;
        uint64_t reserved;
    } module;
    struct bk_boot_range map[BK_BOOT_RANGES_MAX];
};
static_assert(offsetof(struct start_info, module) == 56 && sizeof(struct bk_boot_range) == 24, "Xen's ABI");

/* Looks through one note segment for the entry: -ENOEXEC when it is not there. Notes are 4-byte aligned (System V
 * gABI). */
static int find_entry(const struct bk_boot_image *image, const Elf64_Phdr *segment, uint64_t *ret_entry)
{
    uint8_t notes[NOTES_SIZE_MAX];
    size_t size = segment->p_filesz, at = 0;

    int r = size > sizeof notes ? -ENOEXEC : bk_boot_read(image, segment->p_offset, notes, size);
    if (r < 0)
        return r;
    while (size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        uint64_t name_size = bk_align_up(note.n_namesz, 4), value_size = bk_align_up(note.n_descsz, 4);
        if (!bk_range_in(at, name_size, size) || !bk_range_in(at + name_size, value_size, size))
            return -ENOEXEC;
        if (note.n_type == NOTE_XEN_PHYS32_ENTRY && note.n_namesz == 4 && memcmp(notes + at, "Xen", 4) == 0 &&
            (note.n_descsz == 4 || note.n_descsz == 8)) {
            memcpy(ret_entry, notes + at + name_size, note.n_descsz);
            return 0;
        }
        at += (size_t)(name_size + value_size);
    }
    return -ENOEXEC;
}

static int load_segment(const struct bk_memory *memory, const struct bk_boot_image *image, const Elf64_Phdr *segment,
                        uint64_t *end)
{
    if (segment->p_memsz == 0)
        return 0;
    if (segment->p_filesz > segment->p_memsz || segment->p_paddr < BK_LAYOUT_HIGH_BASE)
        return -ENOEXEC;
    if (!bk_range_in(segment->p_paddr, segment->p_memsz, image->end))
        return -ENOSPC;
    if (segment->p_paddr + segment->p_memsz > *end)
        *end = segment->p_paddr + segment->p_memsz;
    return bk_boot_read(image, segment->p_offset, bk_memory_at(memory, segment->p_paddr, segment->p_memsz),
                        segment->p_filesz);
}

static void write_start_info(const struct bk_memory *memory, const struct bk_boot_image *image)
{
    struct start_info info = {
        .magic = START_INFO_MAGIC,
        .version = 1,
        .module_count = image->initrd_size > 0 ? 1 : 0,
        .modules_address = BK_LAYOUT_START_INFO + offsetof(struct start_info, module),
        .cmdline_address = BK_LAYOUT_CMDLINE,
        .rsdp_address = BK_LAYOUT_ACPI_BASE,
        .memory_map_address = BK_LAYOUT_START_INFO + offsetof(struct start_info, map),
        .module = { .address = image->initrd, .size = image->initrd_size },
    };

    info.memory_map_entries = bk_boot_map(memory, info.map);
    bk_boot_write(memory, BK_LAYOUT_START_INFO, &info, sizeof info);
}

int bk_boot_load_elf(const struct bk_memory *memory, const struct bk_boot_image *image, struct bk_boot_entry *ret_entry)
{
    Elf64_Phdr segments[SEGMENTS_MAX];
    Elf64_Ehdr header;
    uint64_t entry = 0, end = 0;

    int r = bk_boot_read(image, 0, &header, sizeof header);
    if (r < 0)
        return r;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64 || header.e_phentsize != sizeof segments[0] || header.e_phnum > SEGMENTS_MAX)
        return -ENOEXEC;
    r = bk_boot_read(image, header.e_phoff, segments, header.e_phnum * sizeof segments[0]);
    if (r < 0)
        return r;

    /* First whether it can be started at all, then the large reads. */
    r = -ENOEXEC;
    for (unsigned i = 0; i < header.e_phnum && r == -ENOEXEC; i++) {
        if (segments[i].p_type == PT_NOTE)
            r = find_entry(image, &segments[i], &entry);
    }
    for (unsigned i = 0; i < header.e_phnum && r == 0; i++) {
        if (segments[i].p_type == PT_LOAD)
            r = load_segment(memory, image, &segments[i], &end);
    }
    if (r < 0)
        return r;
    if (entry < BK_LAYOUT_HIGH_BASE || entry >= end)
        return -ENOEXEC;
    write_start_info(memory, image);
    *ret_entry = (struct bk_boot_entry){ BK_BOOT_PVH, entry, BK_LAYOUT_START_INFO };
    return 0;
}
