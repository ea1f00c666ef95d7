/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's graphics cards, input devices, sound cards, cameras and video encoders: those there are, and those that
 * come (the kernel's uevents).
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_DEVICES_H
#define BK_SUPERVISOR_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define BK_UEVENT_MAX 8192U /* bytes; the kernel's are at most 2 KiB and a path */

enum bk_device_kind {
    BK_DEVICE_CARD,    /* /dev/dri/cardN */
    BK_DEVICE_INPUT,   /* /dev/input/eventN */
    BK_DEVICE_SOUND,   /* /dev/snd/pcmCxDyp or ...c, a card's playback or capture; controlCx */
    BK_DEVICE_VIDEO,   /* /dev/videoN */
    BK_DEVICE_CHANGED, /* a card's monitors changed; no path */
};

struct bk_devices {
    int fd;
    sd_event_source *source;
    void (*found)(void *userdata, enum bk_device_kind kind, const char *path);
    void *userdata;
};

/* Tells of devices that come from now on. */
int bk_devices_open(struct bk_devices *devices, sd_event *event,
                    void (*found)(void *userdata, enum bk_device_kind kind, const char *path), void *userdata);
void bk_devices_close(struct bk_devices *devices);

/* Tells of all devices that are there now. */
void bk_devices_scan(struct bk_devices *devices);

/* Reads a uevent of `size` bytes, the last one a NUL: yields 1 and fills `ret_kind` and `ret_path` ("/dev/..." or
 * empty) when it is one to tell of, else 0. */
int bk_uevent_read(const char *text, size_t size, enum bk_device_kind *ret_kind, char *ret_path, size_t path_size);

/* A socket, close-on-exec and non-blocking, at which the kernel's uevents arrive; and one of them: its size, 0 when it
 * is not the kernel's, -ENOBUFS when some were lost. */
int bk_uevent_open(int *ret_fd);
ssize_t bk_uevent_receive(int fd, char text[static BK_UEVENT_MAX]);

/* True when the uevent is of a device of this subsystem. */
bool bk_uevent_is_of(const char *text, size_t size, const char *subsystem);

#endif
