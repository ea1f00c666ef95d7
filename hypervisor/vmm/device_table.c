/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that options ask for, and the host ends that they get. */
#include "cable/display.h"
#include "cable/display_hub.h"
#include "cable/ethernet.h"
#include "cable/sound.h"
#include "checked.h"
#include "core/layout.h"
#include "devices/block.h"
#include "devices/console.h"
#include "devices/entropy.h"
#include "devices/gpu.h"
#include "devices/gpu_import.h"
#include "devices/input.h"
#include "devices/network.h"
#include "devices/serial16550.h"
#include "devices/sound.h"
#include "devices/vsock.h"
#include "log.h"
#include "machine.h"
#include "virtio/device.h"

#include <errno.h>
#include <sys/socket.h>

/* Hands a new device, when making it did not fail, to the transport; frees it when that fails. */
static int add(struct bk_machine *machine, int made, struct bk_virtio_device *const *device)
{
    if (made < 0)
        return made;
    int r = bk_virtio_pci_add(machine->vm, *device);
    if (r < 0)
        (*device)->operations->destroy(*device);
    return r;
}

/* The display port: one end is a console's, the other one the hub's. */
static int create_hub(struct bk_machine *machine, struct bk_console_port *ret_port)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -errno;
    *ret_port = (struct bk_console_port){ BK_DISPLAY_PORT_NAME, ends[0], ends[0] };
    return bk_display_hub_create(machine->vm->loop, ends[1], &machine->hub);
}

static int create_consoles(struct bk_machine *machine)
{
    const struct bk_options *options = &machine->options;
    struct bk_console_port ports[BK_OPTIONS_CONSOLES_MAX + 1];
    unsigned count = options->console_count;
    struct bk_virtio_device *device;

    for (unsigned i = 0; i < options->console_count; i++) {
        const struct bk_options_console *console = &options->consoles[i];
        ports[i] = (struct bk_console_port){ console->name, console->file.fd, console->file.out_fd };
    }
    if (options->import) {
        int r = create_hub(machine, &ports[count++]);
        if (r < 0)
            return r;
    }
    return count == 0 ? 0 : add(machine, bk_console_create(machine->vm->loop, ports, count, &device), &device);
}

static int create_disks(struct bk_machine *machine)
{
    static const char names[][sizeof "disk0"] = {
        "disk0", "disk1", "disk2", "disk3", "disk4", "disk5", "disk6", "disk7"
    };
    struct bk_virtio_device *device;
    int r = 0;

    static_assert(BK_ARRAY_SIZE(names) == BK_OPTIONS_DISKS_MAX, "each has a name");
    for (unsigned i = 0; r == 0 && i < machine->options.disk_count; i++) {
        const struct bk_options_disk *disk = &machine->options.disks[i];
        r = add(machine, bk_block_create(machine->vm->loop, names[i], disk->file.fd, disk->readonly, &device), &device);
    }
    return r;
}

static int create_display(struct bk_machine *machine)
{
    const struct bk_options *options = &machine->options;
    struct bk_loop *loop = machine->vm->loop;
    struct bk_virtio_device *device;

    if (!options->display)
        return 0;
    int r = bk_display_create(loop, &machine->display);
    if (r < 0)
        return r;
    r = add(machine,
            bk_gpu_create(loop, &machine->vm->memory, machine->display, options->display_width, options->display_height,
                          &device),
            &device);
    if (r == 0)
        r = add(machine, bk_input_create(loop, machine->display, BK_DISPLAY_KEYBOARD, &device), &device);
    if (r == 0)
        r = add(machine, bk_input_create(loop, machine->display, BK_DISPLAY_POINTER, &device), &device);
    if (r == 0)
        r = add(machine, bk_input_create(loop, machine->display, BK_DISPLAY_TOUCH, &device), &device);
    if (r == 0 && options->display_cable >= 0)
        r = bk_display_plug(machine->display, options->display_cable);
    return r;
}

static int create_import(struct bk_machine *machine)
{
    struct bk_virtio_device *device;

    if (!machine->options.import)
        return 0;
    int r = bk_window_open(machine->vm, &machine->window);
    if (r < 0)
        return r;
    return add(machine, bk_gpu_import_create(machine->vm->loop, &machine->window, machine->hub, &device), &device);
}

static int create_network(struct bk_machine *machine)
{
    const struct bk_options_end *end = &machine->options.network;
    bool trunk = end->kind == BK_END_SYSTEM;
    struct bk_loop *loop = machine->vm->loop;
    struct bk_virtio_device *device;

    if (end->kind == BK_END_NONE)
        return 0;
    int r = bk_ethernet_create(loop, &machine->ethernet);
    if (r < 0)
        return r;
    return add(
        machine,
        bk_network_create(loop, machine->ethernet, trunk ? BK_ETHERNET_PORT_UPLINK : end->number, trunk, &device),
        &device);
}

static int create_rng(struct bk_machine *machine)
{
    struct bk_virtio_device *device;

    return machine->options.rng ? add(machine, bk_entropy_create(machine->vm->loop, &device), &device) : 0;
}

static int create_serial(struct bk_machine *machine)
{
    const struct bk_file *file = &machine->options.serial_file;

    if (machine->options.serial != BK_SERIAL_FILE)
        return 0;
    return bk_serial_create(machine->vm, BK_LAYOUT_PORT_COM1, BK_LAYOUT_GSI_COM1, file->fd, file->out_fd,
                            &machine->serial);
}

static int create_sound(struct bk_machine *machine)
{
    const struct bk_options *options = &machine->options;
    struct bk_virtio_device *device;

    if (!options->sound)
        return 0;
    int r = bk_sound_create(machine->vm->loop, &machine->sound);
    if (r == 0)
        r = add(machine, bk_sound_device_create(machine->vm->loop, machine->sound, &device), &device);
    if (r == 0 && options->sound_cable >= 0)
        r = bk_sound_plug(machine->sound, options->sound_cable);
    return r;
}

static int create_vsock(struct bk_machine *machine)
{
    const struct bk_options_end *end = &machine->options.vsock;

    if (end->kind == BK_END_NONE)
        return 0;
    struct bk_virtio_device *device = end->kind == BK_END_SYSTEM ? bk_vsock_create_system(machine->vm->loop)
                                                                 : bk_vsock_create_app(machine->vm->loop, end->number);
    int r = device == NULL ? -errno : add(machine, 0, &device);
    if (r == 0)
        machine->vsock = device;
    return r;
}

/* By option, in alphabetical order, which is the order of their slots too. */
static const struct {
    const char *option;
    int (*create)(struct bk_machine *machine);
} device_table[] = {
    { "console", create_consoles }, { "disk", create_disks },      { "display", create_display },
    { "import", create_import },    { "network", create_network }, { "rng", create_rng },
    { "serial", create_serial },    { "sound", create_sound },     { "vsock", create_vsock },
};

int bk_devices_create(struct bk_machine *machine)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(device_table); i++) {
        int r = device_table[i].create(machine);
        if (r < 0)
            return bk_fail(r, "--%s: cannot make the device: %m", device_table[i].option);
    }
    return 0;
}

void bk_devices_destroy(struct bk_machine *machine)
{
    bk_serial_destroy(machine->serial);
    bk_display_destroy(machine->display);
    bk_display_hub_destroy(machine->hub);
    bk_ethernet_destroy(machine->ethernet);
    bk_sound_destroy(machine->sound);
    bk_window_close(&machine->window);
}
