/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's power button: evdev devices with KEY_POWER and little else.
 *
 * Input from: a person at the machine
 * Runs in: bk-supervisor, when it is process 1
 */
#ifndef BK_SUPERVISOR_POWER_BUTTON_H
#define BK_SUPERVISOR_POWER_BUTTON_H

#include <stddef.h>
#include <systemd/sd-event.h>

#define BK_POWER_BUTTONS_MAX 4

struct bk_power_buttons {
    sd_event_source *sources[BK_POWER_BUTTONS_MAX]; /* own their descriptors */
    size_t count;
    void (*pressed)(void *userdata);
    void *userdata;
};

/* Listens to all power buttons there are now; they do not come and go. */
void bk_power_buttons_open(struct bk_power_buttons *buttons, sd_event *event, void (*pressed)(void *userdata),
                           void *userdata);
void bk_power_buttons_close(struct bk_power_buttons *buttons);

#endif
