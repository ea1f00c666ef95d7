/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "machine.h"

#include "data_disk.h"

#include "checked.h"
#include "cleanup.h"
#include "guest_devices.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define INPUT_DEVICES_MAX 32
#define BUTTON_NAME       "Power Button" /* the kernel's ACPI button driver calls it so; a keyboard may have the key too */

int bk_machine_mount(void)
{
    static const struct {
        const char *type;
        const char *where;
        unsigned long flags;
        const char *options;
    } mounts[] = {
        { "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
        { "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
        { "devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, NULL },
        { "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666" },
        { "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777" },
        { "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755" },
        { "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777" },
    };

    for (size_t i = 0; i < BK_ARRAY_SIZE(mounts); i++) {
        /* Only in a file system that can be written to: the root holds its mount points already. */
        (void)mkdir(mounts[i].where, 0755);
        if (mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags, mounts[i].options) < 0 &&
            errno != EBUSY)
            return -errno;
    }
    return 0;
}

int bk_machine_prepare_app(uid_t uid)
{
    if (mkdir(BK_RUNTIME, 0700) < 0 || chown(BK_RUNTIME, uid, uid) < 0)
        return -errno;
    int r = bk_guest_devices_prepare_sound(uid);
    if (r >= 0)
        r = bk_guest_devices_prepare_display(uid);
    if (r == -ENOENT)
        return 0;
    if (r >= 0)
        r = bk_guest_devices_make_database();
    if (r >= 0)
        bk_guest_devices_prepare_input(uid);
    return r;
}

int bk_machine_open_console(int *ret_fd)
{
    struct termios settings;

    _cleanup_close_ int fd = open(BK_CONSOLE, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        fd = open("/dev/console", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (tcgetattr(fd, &settings) == 0) {
        settings.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
        (void)tcsetattr(fd, TCSANOW, &settings);
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int bk_machine_open_power_button(int *ret_fd)
{
    for (int i = 0; i < INPUT_DEVICES_MAX; i++) {
        char path[64];
        char name[64] = "";
        snprintf(path, sizeof path, "/dev/input/event%d", i);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || ioctl(fd, EVIOCGNAME(sizeof name - 1), name) < 0 || strcmp(name, BUTTON_NAME) != 0)
            continue;
        *ret_fd = TAKE_FD(fd);
        return 0;
    }
    return -ENODEV;
}

int bk_machine_power_button_pressed(int fd)
{
    struct input_event event;
    int pressed = 0;

    while (read(fd, &event, sizeof event) == (ssize_t)sizeof event) {
        if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1)
            pressed = 1;
    }
    return pressed;
}

static void leave(int how) __attribute__((noreturn));
static void leave(int how)
{
    sync();
    bk_data_disk_leave();
    if (reboot(how) < 0)
        bk_error("the machine does not turn off: %s", strerror(errno));
    _exit(1); /* of process 1: the kernel panics, and the machine ends that way */
}

void bk_machine_power_off(void)
{
    leave(RB_POWER_OFF);
}

void bk_machine_crash(void)
{
    leave(RB_AUTOBOOT);
}
