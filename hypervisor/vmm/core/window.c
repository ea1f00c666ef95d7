/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "window.h"

#include "checked.h"
#include "layout.h"
#include "memory.h"
#include "vm.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* system calls [io]: mmap(no-exec) munmap */

#define SLOT  BK_MEMORY_REGIONS_MAX /* KVM's number of it; those below are RAM's */
#define EMPTY (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static_assert(BK_LAYOUT_WINDOW_BASE >= BK_LAYOUT_PCI64_BASE &&
                  BK_LAYOUT_WINDOW_BASE + BK_LAYOUT_WINDOW_SIZE <= BK_LAYOUT_PCI64_BASE + BK_LAYOUT_PCI64_SIZE,
              "the window is a BAR");
static_assert(BK_LAYOUT_WINDOW_BASE % BK_LAYOUT_WINDOW_SIZE == 0, "PCI local bus 3.0 §6.2.5.1");

/* KVM leaves to us what the guest writes to read-only memory, and what it reads in other widths than memory has. */
static void read_nothing(void *owner, uint64_t offset, void *buffer, size_t length)
{
    (void)owner;
    (void)offset;
    (void)buffer;
    (void)length;
}

static void write_nothing(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    (void)owner;
    (void)offset;
    (void)buffer;
    (void)length;
}

static const struct bk_bus_operations nothing = { .read = read_nothing, .write = write_nothing };

int bk_window_open(struct bk_vm *vm, struct bk_window *window)
{
    const struct bk_bus_range range = { BK_LAYOUT_WINDOW_BASE, BK_LAYOUT_WINDOW_SIZE, &nothing, NULL };
    struct kvm_userspace_memory_region slot = {
        .slot = SLOT,
        .flags = KVM_MEM_READONLY,
        .guest_phys_addr = BK_LAYOUT_WINDOW_BASE,
        .memory_size = BK_LAYOUT_WINDOW_SIZE,
    };

    if (ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) <= 0)
        return -ENOTSUP;
    int r = bk_bus_add(&vm->mmio, &range);
    if (r < 0)
        return r;
    uint8_t *host = mmap(NULL, BK_LAYOUT_WINDOW_SIZE, PROT_READ, EMPTY, -1, 0);
    if (host == MAP_FAILED)
        return -errno;
    slot.userspace_addr = (uintptr_t)host;
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0) {
        r = -errno;
        munmap(host, BK_LAYOUT_WINDOW_SIZE);
        return r;
    }
    *window = (struct bk_window){ BK_LAYOUT_WINDOW_BASE, BK_LAYOUT_WINDOW_SIZE, host };
    return 0;
}

void bk_window_close(struct bk_window *window)
{
    if (window->host != NULL)
        munmap(window->host, window->size);
    *window = (struct bk_window){ .host = NULL };
}

static void check(const struct bk_window *window, uint64_t offset, uint64_t length)
{
    assert(offset % BK_WINDOW_PAGE == 0 && length % BK_WINDOW_PAGE == 0 && length > 0);
    assert(bk_range_in(offset, length, window->size));
}

int bk_window_map(const struct bk_window *window, uint64_t offset, uint64_t length, int fd)
{
    check(window, offset, length);
    if (mmap(window->host + offset, length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
        return -errno;
    return 0;
}

void bk_window_unmap(const struct bk_window *window, uint64_t offset, uint64_t length)
{
    check(window, offset, length);
    void *empty = mmap(window->host + offset, length, PROT_READ, EMPTY | MAP_FIXED, -1, 0);
    assert(empty != MAP_FAILED); /* pages may be short, mappings are not: this one takes the place of others */
    (void)empty;
}
