/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window: guest-physical addresses at which the guest reads memory that another process gave us, and writes
 * nothing.
 *
 * Input from: app, through another bk-vmm (the files, which change while the guest reads them)
 * Runs in: bk-vmm; opened and closed in the main thread, mapped into in the I/O thread, under the VM's lock
 *
 * It is one read-only memory slot of KVM's (KVM_MEM_READONLY) for the VM's whole life, BK_LAYOUT_WINDOW_SIZE bytes of
 * it. Where nothing is mapped the guest reads zeroes; what it writes is lost. No device reads or writes there:
 * core/memory.h does not know it.
 */
#ifndef BK_CORE_WINDOW_H
#define BK_CORE_WINDOW_H

#include <stdint.h>

struct bk_vm;

#define BK_WINDOW_PAGE 4096U

/* Zero-initialised: not open. */
struct bk_window {
    uint64_t guest_address;
    uint64_t size; /* bytes */
    uint8_t *host;
};

/* -ENOTSUP when this KVM has no read-only memory. */
int bk_window_open(struct bk_vm *vm, struct bk_window *window);
void bk_window_close(struct bk_window *window);

/* Shows `length` bytes of the file at `offset`, both multiples of BK_WINDOW_PAGE and within the window. The file
 * reaches into the last of these pages at least, and is sealed against shrinking: a guest that reads behind its end is
 * lost. */
int bk_window_map(const struct bk_window *window, uint64_t offset, uint64_t length, int fd);
/* Zeroes again. It is our bug when that fails: there was something mapped in its place before. */
void bk_window_unmap(const struct bk_window *window, uint64_t offset, uint64_t length);

#endif
