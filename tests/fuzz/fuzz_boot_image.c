/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel images that are not what they say.
 *
 * Input: 1 byte, the initrd's size in 256 bytes; 1 byte, how many vCPUs; the initrd; the image.
 */
#define _GNU_SOURCE
#include "arch/x86_64/boot.h"
#include "checked.h"
#include "core/layout.h"
#include "core/vm.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_SIZE (32 * BK_MIB)

static struct bk_memory memory;

/* A file with these bytes, whatever was in it before. */
static void fill(int fd, const uint8_t *data, size_t size)
{
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 || bk_write_all(fd, data, size) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int kernel = -1, initrd = -1;
    struct bk_boot_entry entry = { .address = 1 };

    if (kernel < 0) {
        kernel = memfd_create("kernel", MFD_CLOEXEC);
        initrd = memfd_create("initrd", MFD_CLOEXEC);
        if (kernel < 0 || initrd < 0 || bk_memory_init(&memory, MEMORY_SIZE) < 0)
            abort();
    }
    if (size < 2)
        return 0;
    size_t initrd_size = data[0] * 256UL;
    if (initrd_size > size - 2)
        initrd_size = size - 2;
    fill(initrd, data + 2, initrd_size);
    fill(kernel, data + 2 + initrd_size, size - 2 - initrd_size);

    const struct bk_boot_options options = {
        .kernel = kernel,
        .initrd = initrd,
        .cmdline = "console=ttyS0",
        .cpu_count = data[1] % BK_VM_CPUS_MAX + 1,
        .serial = (data[1] & 1) != 0,
    };
    int r = bk_boot_load(&memory, &options, &entry);
    if (r == 0) {
        assert(bk_memory_at(&memory, entry.address, 1) != NULL && entry.address >= BK_LAYOUT_HIGH_BASE);
        assert(entry.parameter == BK_LAYOUT_START_INFO || entry.parameter == BK_LAYOUT_ZERO_PAGE);
    } else {
        assert(r == -ENOEXEC || r == -ENOSPC);
        assert(entry.address == 1);
    }
    return bk_memory_clear(&memory) < 0 ? abort(), 0 : 0;
}
