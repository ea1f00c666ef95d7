/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a virtio device on the VM's PCI bus: the modern transport (virtio 1.3 §4.1), with MSI-X and no legacy
 * interface.
 *
 * Input from: guest
 * Runs in: bk-vmm; set up in the main thread before the VM runs, then under the VM's lock
 */
#ifndef BK_VIRTIO_PCI_H
#define BK_VIRTIO_PCI_H

#include "virtio/device.h"

struct bk_vm;

/* Takes the device over, to be destroyed with the bus; on failure it stays the caller's: -ENOSPC when the bus, a window
 * or the VM's interrupts are used up, else as eventfd(2) and bk_loop_add() fail. `vm->pci` must exist. */
int bk_virtio_pci_add(struct bk_vm *vm, struct bk_virtio_device *device);

#endif
