/* SPDX-License-Identifier: Apache-2.0 */
#include "device_table.h"

#include "cable/display.h"
#include "checked.h"
#include "core/layout.h"
#include "core/vm.h"
#include "devices/block.h"
#include "devices/console.h"
#include "devices/entropy.h"
#include "devices/gpu.h"
#include "devices/input.h"
#include "devices/serial16550.h"
#include "devices/vsock.h"
#include "log.h"
#include "virtio/device.h"

#include <errno.h>

/* Hands a new device to the transport; frees it when that fails. */
static int add(struct bk_machine *machine, struct bk_virtio_device *device)
{
    int r = bk_virtio_pci_add(machine->vm, device);

    if (r < 0)
        device->operations->destroy(device);
    return r;
}

static int create_consoles(struct bk_machine *machine)
{
    const struct bk_options *options = machine->options;
    struct bk_console_port ports[BK_OPTIONS_CONSOLES_MAX];
    struct bk_virtio_device *device;

    if (options->console_count == 0)
        return 0;
    for (unsigned i = 0; i < options->console_count; i++) {
        ports[i] = (struct bk_console_port){
            .name = options->consoles[i].name[0] != '\0' ? options->consoles[i].name : NULL,
            .in_fd = machine->files.consoles[i].in_fd,
            .out_fd = machine->files.consoles[i].out_fd,
        };
    }
    int r = bk_console_create(machine->vm->loop, ports, options->console_count, &device);
    return r < 0 ? r : add(machine, device);
}

static int create_disks(struct bk_machine *machine)
{
    static const char *const names[BK_OPTIONS_DISKS_MAX] = { "disk0", "disk1", "disk2", "disk3",
                                                             "disk4", "disk5", "disk6", "disk7" };

    for (unsigned i = 0; i < machine->options->disk_count; i++) {
        struct bk_virtio_device *device;
        int r = bk_block_create(machine->vm->loop, names[i], machine->files.disks[i],
                                machine->options->disks[i].readonly, &device);
        if (r == 0)
            machine->files.disks[i] = -1; /* the device's now */
        if (r == 0)
            r = add(machine, device);
        if (r < 0)
            return r;
    }
    return 0;
}

static int create_display(struct bk_machine *machine)
{
    const struct bk_options *options = machine->options;
    struct bk_virtio_device *device = NULL;

    if (!options->display)
        return 0;
    int r = bk_display_create(machine->vm->loop, &machine->display);
    if (r == 0)
        r = bk_gpu_create(machine->vm->loop, &machine->vm->memory, machine->display, options->display_width,
                          options->display_height, &device);
    if (r == 0)
        r = add(machine, device);
    if (r == 0)
        r = bk_input_create(machine->vm->loop, machine->display, BK_DISPLAY_KEYBOARD, &device);
    if (r == 0)
        r = add(machine, device);
    if (r == 0)
        r = bk_input_create(machine->vm->loop, machine->display, BK_DISPLAY_POINTER, &device);
    if (r == 0)
        r = add(machine, device);
    if (r == 0 && options->display_cable >= 0)
        r = bk_display_plug(machine->display, options->display_cable);
    return r;
}

static int create_rng(struct bk_machine *machine)
{
    struct bk_virtio_device *device;

    if (!machine->options->rng)
        return 0;
    int r = bk_entropy_create(machine->vm->loop, &device);
    return r < 0 ? r : add(machine, device);
}

static int create_serial(struct bk_machine *machine)
{
    if (!machine->options->serial)
        return 0;
    return bk_serial_create(machine->vm, BK_LAYOUT_PORT_COM1, BK_LAYOUT_GSI_COM1, machine->files.serial.in_fd,
                            machine->files.serial.out_fd, &machine->serial);
}

static int create_vsock(struct bk_machine *machine)
{
    const struct bk_options *options = machine->options;

    if (options->vsock == BK_VSOCK_NONE)
        return 0;
    struct bk_virtio_device *device = options->vsock == BK_VSOCK_SYSTEM
                                          ? bk_vsock_create_system(machine->vm->loop)
                                          : bk_vsock_create_app(machine->vm->loop, options->vsock_cid);
    if (device == NULL)
        return -errno;
    int r = add(machine, device);
    if (r == 0)
        machine->vsock = device;
    return r;
}

/* By option, in alphabetical order, which is the order of their slots too. */
static const struct {
    const char *option;
    int (*create)(struct bk_machine *machine);
} device_table[] = {
    { "console", create_consoles }, { "disk", create_disks },    { "display", create_display },
    { "rng", create_rng },          { "serial", create_serial }, { "vsock", create_vsock },
};

int bk_devices_create(struct bk_machine *machine)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(device_table); i++) {
        int r = device_table[i].create(machine);
        if (r < 0) {
            errno = -r;
            bk_error("--%s: cannot make the device: %m", device_table[i].option);
            return r;
        }
    }
    return 0;
}

void bk_devices_destroy(struct bk_machine *machine)
{
    bk_serial_destroy(machine->serial);
    bk_display_destroy(machine->display);
    machine->serial = NULL;
    machine->display = NULL;
    machine->vsock = NULL;
}
