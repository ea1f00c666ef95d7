/* SPDX-License-Identifier: Apache-2.0 */
/* An uncompressed vmlinux, entered by PVH: its segments go straight from the file to where they say. */
#define _GNU_SOURCE
#include "boot.h"
#include "checked.h"
#include "core/layout.h"
#include "io.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SEGMENTS_MAX          32
#define NOTES_SIZE_MAX        4096U
#define NOTE_XEN_PHYS32_ENTRY 18U
#define START_INFO_MAGIC      0x336ec578U
#define START_INFO_MODULE_AT  (BK_LAYOUT_START_INFO + 0x40)
#define START_INFO_MEMORY_AT  (BK_LAYOUT_START_INFO + 0x80)

/* xen/include/public/arch-x86/hvm/start_info.h */
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
};
static_assert(sizeof(struct start_info) == 56, "Xen's ABI");

struct start_module {
    uint64_t address;
    uint64_t size;
    uint64_t cmdline_address;
    uint64_t reserved;
};

struct start_memory {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

/* Looks through one note segment; true when it names the entry. Notes are 4-byte aligned (System V gABI). */
static bool find_entry(const uint8_t *notes, size_t size, uint64_t *ret_entry)
{
    size_t at = 0;

    while (size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        uint64_t name_size = bk_align_up(note.n_namesz, 4), value_size = bk_align_up(note.n_descsz, 4);
        if (!bk_range_in(at, name_size, size) || !bk_range_in(at + name_size, value_size, size))
            return false;
        const uint8_t *name = notes + at, *value = name + name_size;
        if (note.n_type == NOTE_XEN_PHYS32_ENTRY && note.n_namesz == 4 && memcmp(name, "Xen", 4) == 0 &&
            (note.n_descsz == 4 || note.n_descsz == 8)) {
            uint64_t entry = 0;
            memcpy(&entry, value, note.n_descsz);
            *ret_entry = entry;
            return true;
        }
        at += (size_t)(name_size + value_size);
    }
    return false;
}

/* Yields -ENOEXEC when the segment holds no entry. */
static int read_notes(int fd, uint64_t file_size, const Elf64_Phdr *segment, uint64_t *ret_entry)
{
    uint8_t notes[NOTES_SIZE_MAX];

    if (segment->p_filesz > sizeof notes || !bk_range_in(segment->p_offset, segment->p_filesz, file_size))
        return -ENOEXEC;
    int r = bk_pread_exact(fd, notes, segment->p_filesz, (off_t)segment->p_offset);
    if (r < 0)
        return r;
    return find_entry(notes, segment->p_filesz, ret_entry) ? 0 : -ENOEXEC;
}

static int load_segment(const struct bk_memory *memory, int fd, uint64_t file_size, const Elf64_Phdr *segment,
                        uint64_t *end)
{
    if (segment->p_memsz == 0)
        return 0;
    if (segment->p_filesz > segment->p_memsz || !bk_range_in(segment->p_offset, segment->p_filesz, file_size) ||
        segment->p_paddr < BK_LAYOUT_HIGH_BASE)
        return -ENOEXEC;
    void *host = bk_memory_at(memory, segment->p_paddr, segment->p_memsz);
    if (host == NULL || segment->p_paddr >= BK_MEMORY_LOW_MAX)
        return -ENOSPC;
    if (segment->p_paddr + segment->p_memsz > *end)
        *end = segment->p_paddr + segment->p_memsz;
    return bk_pread_exact(fd, host, segment->p_filesz, (off_t)segment->p_offset);
}

int bk_boot_load_elf(const struct bk_memory *memory, int fd, uint64_t file_size, struct bk_boot_entry *ret_entry,
                     uint64_t *ret_end)
{
    Elf64_Phdr segments[SEGMENTS_MAX];
    Elf64_Ehdr header;
    uint64_t entry = 0, end = 0;

    if (file_size < sizeof header)
        return -ENOEXEC;
    int r = bk_pread_exact(fd, &header, sizeof header, 0);
    if (r < 0)
        return r;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64 || header.e_phentsize != sizeof segments[0] || header.e_phnum > SEGMENTS_MAX ||
        !bk_range_in(header.e_phoff, header.e_phnum * sizeof segments[0], file_size))
        return -ENOEXEC;
    r = bk_pread_exact(fd, segments, header.e_phnum * sizeof segments[0], (off_t)header.e_phoff);
    if (r < 0)
        return r;

    /* First whether it can be started at all, then the large reads. */
    r = -ENOEXEC;
    for (unsigned i = 0; i < header.e_phnum && r == -ENOEXEC; i++) {
        if (segments[i].p_type == PT_NOTE)
            r = read_notes(fd, file_size, &segments[i], &entry);
    }
    for (unsigned i = 0; i < header.e_phnum && r == 0; i++) {
        if (segments[i].p_type == PT_LOAD)
            r = load_segment(memory, fd, file_size, &segments[i], &end);
    }
    if (r < 0)
        return r;
    if (entry < BK_LAYOUT_HIGH_BASE || entry >= end)
        return -ENOEXEC;
    *ret_entry = (struct bk_boot_entry){ .protocol = BK_BOOT_PVH, .address = entry, .parameter = BK_LAYOUT_START_INFO };
    *ret_end = end;
    return 0;
}

static void write_low(const struct bk_memory *memory, uint64_t address, const void *bytes, size_t size)
{
    bool written = bk_memory_write(memory, address, bytes, size);

    assert(written); /* RAM is larger than the first MiB */
    (void)written;
}

void bk_boot_finish_elf(const struct bk_memory *memory, uint64_t initrd, uint64_t initrd_size)
{
    struct start_module module = { .address = initrd, .size = initrd_size };
    struct bk_boot_range ranges[BK_BOOT_RANGES_MAX];
    struct start_memory map[BK_BOOT_RANGES_MAX];

    unsigned count = bk_boot_map(memory, ranges);
    for (unsigned i = 0; i < count; i++)
        map[i] = (struct start_memory){ .address = ranges[i].base, .size = ranges[i].size, .type = ranges[i].type };

    struct start_info info = {
        .magic = START_INFO_MAGIC,
        .version = 1,
        .module_count = initrd_size > 0 ? 1 : 0,
        .modules_address = START_INFO_MODULE_AT,
        .cmdline_address = BK_LAYOUT_CMDLINE,
        .rsdp_address = BK_LAYOUT_ACPI_BASE,
        .memory_map_address = START_INFO_MEMORY_AT,
        .memory_map_entries = count,
    };
    write_low(memory, START_INFO_MODULE_AT, &module, sizeof module);
    write_low(memory, START_INFO_MEMORY_AT, map, count * sizeof map[0]);
    write_low(memory, BK_LAYOUT_START_INFO, &info, sizeof info);
}
