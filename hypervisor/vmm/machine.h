/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-vmm's own files have in common: the one machine that this process runs, from its command line to its devices.
 *
 * Input from: trusted (options, the supervisor)
 * Runs in: bk-vmm, main thread, which becomes the I/O thread
 */
#ifndef BK_VMM_MACHINE_H
#define BK_VMM_MACHINE_H

#include "core/loop.h"
#include "core/vm.h"
#include "core/window.h"
#include "options.h"
#include "protocol/control.h"

struct bk_display;
struct bk_display_hub;
struct bk_ethernet;
struct bk_serial;
struct bk_sound;
struct bk_virtio_device;

struct bk_machine {
    struct bk_options options;
    struct bk_vm *vm;
    /* The devices that are spoken to later, or NULL. */
    struct bk_serial *serial;
    struct bk_display *display;
    struct bk_display_hub *hub;
    struct bk_ethernet *ethernet;
    struct bk_sound *sound;
    struct bk_window window;
    struct bk_virtio_device *vsock;
    struct bk_source control;
    struct bk_source signals;
};

/* files.c: opens what the command line names, so that each struct bk_file has its descriptors, open until this process
 * ends. A negative errno, and it has said which file and why. */
int bk_files_open(struct bk_options *options);

/* files.c: when the guest has standard input and that is a terminal, each key goes to the guest, and Ctrl-\ alone
 * raises SIGQUIT. */
void bk_terminal_make_raw(const struct bk_options *options);
void bk_terminal_restore(void);

/* device_table.c: puts every device that the options name on the VM's buses. A negative errno, and what failed has been
 * said. Destroying comes after the PCI bus, which owns the virtio devices. */
int bk_devices_create(struct bk_machine *machine);
void bk_devices_destroy(struct bk_machine *machine);

/* control.c: serves the supervisor's socket (hypervisor/protocol/control.h), if there is one; its end is an order to
 * stop. */
int bk_control_init(struct bk_machine *machine);
void bk_control_say(const struct bk_machine *machine, enum bk_control_type what, uint64_t value);

#endif
