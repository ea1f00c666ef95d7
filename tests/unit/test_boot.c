/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/boot.h"
#include "checked.h"
#include "core/layout.h"
#include "io.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ZERO_PAGE_CMDLINE 0x228 /* Documentation/arch/x86/zero-page.rst, boot.rst */
#define ZERO_PAGE_INITRD  0x218
#define ZERO_PAGE_RSDP    0x70
#define ZERO_PAGE_ENTRIES 0x1e8
#define ZERO_PAGE_E820    0x2d0
#define ZERO_PAGE_DATA    0x250

static struct bk_memory memory;

static int set_up(void **state)
{
    (void)state;
    return bk_memory_init(&memory, 64 * BK_MIB);
}

static int tear_down(void **state)
{
    (void)state;
    bk_memory_finish(&memory);
    return 0;
}

static uint64_t number(uint64_t address, size_t size)
{
    uint64_t value = 0;

    assert_true(bk_memory_read(&memory, address, &value, size));
    return value;
}

static int file(const void *bytes, size_t size)
{
    int fd = memfd_create("image", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(bk_write_all(fd, bytes, size), 0);
    return fd;
}

static int load(int kernel, int initrd, struct bk_boot_entry *ret_entry)
{
    const struct bk_boot_options options = {
        .kernel = kernel, .initrd = initrd, .cmdline = "quiet", .cpu_count = 2, .serial = true
    };

    return bk_boot_load(&memory, &options, ret_entry);
}

/* A vmlinux of one segment at 1 MiB and the note that names its entry. */
struct vmlinux {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint64_t entry;
    } __attribute__((packed)) note;
    uint8_t code[64];
};

static struct vmlinux good_vmlinux(void)
{
    struct vmlinux image = {
        .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
                    .e_machine = EM_X86_64,
                    .e_phoff = offsetof(struct vmlinux, segments),
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = 2 },
        .segments = { { .p_type = PT_LOAD,
                        .p_offset = offsetof(struct vmlinux, code),
                        .p_paddr = BK_MIB,
                        .p_filesz = 64,
                        .p_memsz = 8192 },
                      { .p_type = PT_NOTE,
                        .p_offset = offsetof(struct vmlinux, note),
                        .p_filesz = sizeof image.note } },
        .note = { { 4, 8, 18 }, "Xen", BK_MIB + 16 },
    };

    memset(image.code, 0xf4, sizeof image.code);
    return image;
}

static int try_vmlinux(const struct vmlinux *image)
{
    struct bk_boot_entry entry;
    int fd = file(image, sizeof *image);
    int r = load(fd, -1, &entry);

    close(fd);
    return r;
}

static void test_vmlinux(void **state)
{
    struct vmlinux image = good_vmlinux();
    struct bk_boot_entry entry;
    int kernel = file(&image, sizeof image), initrd = file("initrd!", 7);

    (void)state;
    assert_int_equal(load(kernel, initrd, &entry), 0);
    assert_int_equal(entry.protocol, BK_BOOT_PVH);
    assert_int_equal(entry.address, BK_MIB + 16);
    assert_int_equal(number(entry.parameter, 4), 0x336ec578);
    assert_int_equal(number(entry.parameter + 12, 4), 1); /* one module */
    uint64_t module = number(entry.parameter + 16, 8);
    assert_memory_equal(bk_memory_at(&memory, number(module, 8), 7), "initrd!", 7);
    assert_int_equal(number(module + 8, 8), 7);
    assert_string_equal(bk_memory_at(&memory, number(entry.parameter + 24, 8), 6), "quiet");
    assert_int_equal(number(entry.parameter + 32, 8), BK_LAYOUT_ACPI_BASE);
    assert_memory_equal(bk_memory_at(&memory, BK_MIB, 64), image.code, 64);
    close(kernel);
    close(initrd);
}

static void test_bad_vmlinux(void **state)
{
    struct vmlinux image = good_vmlinux();

    (void)state;
    image.segments[0].p_paddr = 64 * BK_MIB - 4096;
    assert_int_equal(try_vmlinux(&image), -ENOSPC);
    image = good_vmlinux();
    image.segments[0].p_paddr = UINT64_MAX - 4095;
    assert_int_equal(try_vmlinux(&image), -ENOSPC);
    image = good_vmlinux();
    image.segments[0].p_paddr = BK_LAYOUT_ZERO_PAGE; /* would overwrite what we put there */
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.segments[0].p_offset = UINT64_MAX - 7;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.segments[0].p_filesz = 8193;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.note.header.n_type = 17;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.note.header.n_namesz = UINT32_MAX;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.note.entry = 0;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.header.e_phnum = 0xffff;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
    image = good_vmlinux();
    image.header.e_machine = EM_AARCH64;
    assert_int_equal(try_vmlinux(&image), -ENOEXEC);
}

#define BZIMAGE_SIZE 4096

/* One setup sector and a kernel that wants to be at 16 MiB and unpack into 4 MiB. */
static void make_bzimage(uint8_t image[static BZIMAGE_SIZE])
{
    const uint64_t preferred = 16 * BK_MIB;
    const uint32_t needed = 4 * BK_MIB;

    memset(image, 0x90, BZIMAGE_SIZE);
    memset(image, 0, 1024);
    image[0x1f1] = 1;
    memcpy(image + 0x1fe, "\x55\xaa\xeb\x6aHdrS\x0f\x02", 10);
    image[0x211] = 1;
    image[0x236] = 1;
    memcpy(image + 0x258, &preferred, sizeof preferred);
    memcpy(image + 0x260, &needed, sizeof needed);
}

static int try_bzimage(const uint8_t *image, size_t size, struct bk_boot_entry *ret_entry)
{
    int fd = file(image, size);
    int r = load(fd, -1, ret_entry);

    close(fd);
    return r;
}

static void test_bzimage(void **state)
{
    uint8_t image[BZIMAGE_SIZE];
    struct bk_boot_entry entry;

    (void)state;
    make_bzimage(image);
    assert_int_equal(try_bzimage(image, sizeof image, &entry), 0);
    assert_int_equal(entry.protocol, BK_BOOT_LINUX64);
    assert_int_equal(entry.address, 16 * BK_MIB + 0x200);
    assert_memory_equal(bk_memory_at(&memory, 16 * BK_MIB, BZIMAGE_SIZE - 1024), image + 1024, BZIMAGE_SIZE - 1024);
    assert_int_equal(number(entry.parameter + ZERO_PAGE_CMDLINE, 4), BK_LAYOUT_CMDLINE);
    assert_int_equal(number(entry.parameter + ZERO_PAGE_INITRD, 8), 0);
    assert_int_equal(number(entry.parameter + ZERO_PAGE_RSDP, 8), BK_LAYOUT_ACPI_BASE);
    assert_int_equal(number(entry.parameter + ZERO_PAGE_ENTRIES, 1), 4);
    assert_int_equal(number(entry.parameter + ZERO_PAGE_E820 + 8, 8), BK_LAYOUT_LOW_END);
    uint64_t data = number(entry.parameter + ZERO_PAGE_DATA, 8);
    assert_int_equal(number(data + 8, 4), 9); /* SETUP_RNG_SEED */
    uint8_t first[32], zero[32] = { 0 };
    assert_true(bk_memory_read(&memory, data + 16, first, sizeof first));
    assert_memory_not_equal(first, zero, sizeof first);
    assert_int_equal(try_bzimage(image, sizeof image, &entry), 0);
    assert_memory_not_equal(first, bk_memory_at(&memory, data + 16, 32), sizeof first);
}

static void test_bad_bzimage(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        int result;
    } changes[] = {
        { 0x202, 'h', -ENOEXEC },  { 0x1fe, 0, -ENOEXEC }, { 0x206, 0x0b, -ENOEXEC }, { 0x211, 0, -ENOEXEC },
        { 0x236, 0, -ENOEXEC },    { 0x1f1, 7, -ENOEXEC }, { 0x263, 0xff, -ENOEXEC }, { 0x25b, 0x30, -ENOSPC },
        { 0x25f, 0x80, -ENOEXEC }, { 0x25b, 0, -ENOEXEC }, { 0x263, 0x10, -ENOSPC },
    };
    uint8_t image[BZIMAGE_SIZE];
    struct bk_boot_entry entry = { .address = 1 };

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(changes); i++) {
        make_bzimage(image);
        image[changes[i].at] = changes[i].byte;
        assert_int_equal(try_bzimage(image, sizeof image, &entry), changes[i].result);
    }
    make_bzimage(image);
    for (size_t size = 0; size < 1024 + 0x200; size += 100)
        assert_int_equal(try_bzimage(image, size, &entry), -ENOEXEC);
    assert_int_equal(entry.address, 1);
}

static void test_initrd_too_large(void **state)
{
    struct vmlinux image = good_vmlinux();
    struct bk_boot_entry entry;
    int kernel = file(&image, sizeof image), initrd = memfd_create("initrd", MFD_CLOEXEC);

    (void)state;
    assert_int_equal(ftruncate(initrd, 63 * BK_MIB - 4096), 0);
    assert_int_equal(load(kernel, initrd, &entry), -ENOSPC);
    assert_int_equal(ftruncate(initrd, INT64_MAX), 0);
    assert_int_equal(load(kernel, initrd, &entry), -ENOSPC);
    assert_int_equal(ftruncate(initrd, 32 * BK_MIB), 0);
    assert_int_equal(load(kernel, initrd, &entry), 0);
    close(kernel);
    close(initrd);
}

static uint8_t sum(uint64_t address, size_t size)
{
    const uint8_t *bytes = bk_memory_at(&memory, address, size);
    uint8_t total = 0;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        total = (uint8_t)(total + bytes[i]);
    return total;
}

/* The address of a table whose signature and checksum are right. */
static uint64_t check_table(uint64_t address, const char *signature)
{
    assert_memory_equal(bk_memory_at(&memory, address, 4), signature, 4);
    assert_int_equal(sum(address, number(address + 4, 4)), 0);
    return address;
}

static void test_acpi(void **state)
{
    const uint64_t window = BK_LAYOUT_PCI64_BASE, com1_pin = BK_LAYOUT_GSI_COM1;
    const uint64_t rsdp = BK_LAYOUT_ACPI_BASE;

    (void)state;
    for (unsigned serial = 0; serial < 2; serial++) {
        assert_int_equal(bk_memory_clear(&memory), 0);
        bk_acpi_write(&memory, 64, serial != 0);
        assert_memory_equal(bk_memory_at(&memory, rsdp, 8), "RSD PTR ", 8);
        assert_int_equal(sum(rsdp, 20), 0);
        assert_int_equal(sum(rsdp, 36), 0);
        uint64_t xsdt = check_table(number(rsdp + 24, 8), "XSDT");
        assert_int_equal(number(xsdt + 4, 4), 36 + 3 * 8);
        uint64_t fadt = check_table(number(xsdt + 36, 8), "FACP");
        uint64_t madt = check_table(number(xsdt + 44, 8), "APIC");
        uint64_t mcfg = check_table(number(xsdt + 52, 8), "MCFG");
        uint64_t dsdt = check_table(number(fadt + 140, 8), "DSDT");

        assert_int_equal(number(fadt + 112, 4) & (1U << 20), 1U << 20); /* hardware-reduced */
        assert_int_equal(number(fadt + 120, 8), BK_LAYOUT_PORT_RESET);
        assert_int_equal(number(fadt + 248, 8), BK_LAYOUT_PORT_SLEEP_CONTROL);
        assert_int_equal(number(fadt + 260, 8), BK_LAYOUT_PORT_SLEEP_STATUS);
        assert_int_equal(number(madt + 4, 4), 44 + 64 * 8 + 12);
        assert_int_equal(number(madt + 44 + 12 + 63 * 8 + 3, 1), 63); /* the last APIC id */
        assert_int_equal(number(mcfg + 44, 8), BK_LAYOUT_ECAM_BASE);
        size_t size = number(dsdt + 4, 4);
        const uint8_t *code = bk_memory_at(&memory, dsdt, size);
        assert_non_null(memmem(code, size, &window, sizeof window));
        assert_int_equal(memmem(code, size, "COM1", 4) != NULL, serial);
        assert_true(com1_pin < BK_LAYOUT_IOAPIC_PINS);
        assert_memory_equal(bk_memory_at(&memory, 0xffff0, 7), "\xb0\xfe\xe6\x64\xf4\xeb\xfd", 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vmlinux),     cmocka_unit_test(test_bad_vmlinux),      cmocka_unit_test(test_bzimage),
        cmocka_unit_test(test_bad_bzimage), cmocka_unit_test(test_initrd_too_large), cmocka_unit_test(test_acpi),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
