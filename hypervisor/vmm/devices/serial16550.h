/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 16550A serial port (National Semiconductor's data sheet): what a kernel writes before it has drivers.
 *
 * Input from: guest; host (bytes, passed on uninterpreted)
 * Runs in: bk-vmm, vCPU threads (registers), I/O thread (input), under the VM's lock
 *
 * Baud rate and word length are taken and mean nothing. Output that the host end does not take at once is lost: a
 * guest never waits for a reader. There is no loopback, the
 * FIFO is always on and the line always connected.
 */
#ifndef BK_DEVICES_SERIAL16550_H
#define BK_DEVICES_SERIAL16550_H

#include <stdint.h>

struct bk_serial;
struct bk_vm;

#define BK_SERIAL_FIFO 16U /* bytes of input, as the chip has */

/* Answers on eight ports from `port`, interrupts by line `gsi`. The descriptors stay the caller's and outlive the
 * device; -1 stands for none. Input that epoll cannot watch (a regular file) is not read. */
int bk_serial_create(struct bk_vm *vm, uint16_t port, uint32_t gsi, int in_fd, int out_fd,
                     struct bk_serial **ret_serial);
void bk_serial_destroy(struct bk_serial *serial);

#endif
