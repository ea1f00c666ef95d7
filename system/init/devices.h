/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's device nodes: who may open them, and what udevd would have said of them, were there one.
 *
 * Input from: trusted (the kernel's sysfs)
 * Runs in: bk-init
 */
#ifndef BK_INIT_DEVICES_H
#define BK_INIT_DEVICES_H

#include <stddef.h>
#include <sys/types.h>

/* What an input device is to libinput, from the kernel's bitmaps of what it can say. */
enum bk_input_class {
    BK_INPUT_OTHER = 0,
    BK_INPUT_KEYS = 1 << 0,     /* keys or buttons of any kind, such as a power button */
    BK_INPUT_KEYBOARD = 1 << 1, /* keys to write with */
    BK_INPUT_POINTER = 1 << 2,  /* relative or absolute, with a left button */
};

/* The three files of /sys/class/input/eventN/device/capabilities: words of hexadecimal digits, the highest first. */
unsigned bk_input_classify(const char *key, const char *rel, const char *abs);

/* The text of /run/udev/data/cMAJOR:MINOR for a device of these classes; `size` >= 256. */
void bk_input_udev_data(unsigned classes, char *text, size_t size);

/* Writes libinput's data for each input device there is, and gives the devices to `uid`. */
void bk_devices_prepare_input(uid_t uid);

/* Gives the display device to `uid`; -ENOENT while there is none. */
int bk_devices_prepare_display(uid_t uid);

#define BK_PORT_PATH_MAX 64

/* Finds the virtio-console port of this name and gives its node to `uid`; -ENOENT while there is none. */
int bk_devices_prepare_port(const char *name, uid_t uid, char path[static BK_PORT_PATH_MAX]);

/* Opens up to `max` input devices that have a power button; yields how many. */
size_t bk_devices_open_power_buttons(int *fds, size_t max);

#endif
