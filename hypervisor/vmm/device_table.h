/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that options ask for, and the host ends that they get.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread
 */
#ifndef BK_VMM_DEVICE_TABLE_H
#define BK_VMM_DEVICE_TABLE_H

#include "options.h"

struct bk_display;
struct bk_serial;
struct bk_virtio_device;
struct bk_vm;

/* Both ends of a serial port or console; -1 stands for none, and they may be the same. */
struct bk_stream {
    int in_fd;
    int out_fd;
};

/* Every file of the command line, opened. */
struct bk_files {
    int kernel;
    int initrd; /* -1: none */
    struct bk_stream serial;
    struct bk_stream consoles[BK_OPTIONS_CONSOLES_MAX];
    int disks[BK_OPTIONS_DISKS_MAX];
};

/* What the devices of one VM are made from, and those of them that are spoken to later (or NULL). */
struct bk_machine {
    const struct bk_options *options;
    struct bk_files files;
    struct bk_vm *vm;
    struct bk_serial *serial;
    struct bk_display *display;
    struct bk_virtio_device *vsock;
};

/* Puts every device that the options name on the VM's buses. A negative errno, and what failed has been said. */
int bk_devices_create(struct bk_machine *machine);
/* After the PCI bus, which owns the virtio devices. */
void bk_devices_destroy(struct bk_machine *machine);

#endif
