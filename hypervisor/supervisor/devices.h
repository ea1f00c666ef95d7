/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's graphics cards, input devices and sound cards: those there are, and those that come (the kernel's
 * uevents).
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_DEVICES_H
#define BK_SUPERVISOR_DEVICES_H

#include <stddef.h>
#include <systemd/sd-event.h>

enum bk_device_kind {
    BK_DEVICE_CARD,    /* /dev/dri/cardN */
    BK_DEVICE_INPUT,   /* /dev/input/eventN */
    BK_DEVICE_SOUND,   /* /dev/snd/pcmCxDyp or ...c, a card's playback or capture; controlCx */
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

#endif
