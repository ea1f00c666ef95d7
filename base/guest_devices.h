/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's device nodes: who may open them, and what udevd would have said of them, were there one.
 *
 * Input from: trusted (the kernel's sysfs)
 * Runs in: bk-init, bk-guest-init
 */
#ifndef BK_BASE_GUEST_DEVICES_H
#define BK_BASE_GUEST_DEVICES_H

#include <stddef.h>
#include <sys/types.h>

/* What an input device is to libinput, from the kernel's bitmaps of what it can say. */
enum bk_guest_input_class {
    BK_GUEST_INPUT_OTHER = 0,
    BK_GUEST_INPUT_KEYS = 1 << 0,     /* keys or buttons of any kind, such as a power button */
    BK_GUEST_INPUT_KEYBOARD = 1 << 1, /* keys to write with */
    BK_GUEST_INPUT_POINTER = 1 << 2,  /* relative or absolute, with a left button */
    BK_GUEST_INPUT_TOUCH = 1 << 3,    /* a touchscreen of many fingers */
};

/* The three files of /sys/class/input/eventN/device/capabilities: words of hexadecimal digits, the highest first. */
unsigned bk_guest_input_classify(const char *key, const char *rel, const char *abs);

/* The text of /run/udev/data/cMAJOR:MINOR for a device of these classes; `size` >= 256. */
void bk_guest_input_udev_data(unsigned classes, char *text, size_t size);

/* Makes /run/udev, for libudev to believe in. */
int bk_guest_devices_make_database(void);

/* Writes libinput's data for each input device there is, and gives the devices to `uid`. */
void bk_guest_devices_prepare_input(uid_t uid);

/* Gives all nodes of /dev/dri to `uid`; -ENOENT while there is no display. */
int bk_guest_devices_prepare_display(uid_t uid);

/* Gives all nodes of /dev/snd to `uid`, if there are any. */
int bk_guest_devices_prepare_sound(uid_t uid);

#define BK_GUEST_PORT_PATH_MAX 64

/* Finds the virtio-console port of this name, gives its node to `uid` and links it as BK_GUEST_PORTS/NAME; -ENOENT
 * while there is none. */
#define BK_GUEST_PORTS "/dev/virtio-ports"
int bk_guest_devices_prepare_port(const char *name, uid_t uid, char path[static BK_GUEST_PORT_PATH_MAX]);

/* Opens up to `max` input devices that have a power button; yields how many. */
size_t bk_guest_devices_open_power_buttons(int *fds, size_t max);

#endif
