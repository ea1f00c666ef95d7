/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-screen's process: started, given the machine's cards, input devices and the System VM's display cable as open
 * descriptors (hypervisor/protocol/screen_control.h), started again when it ends.
 *
 * Input from: trusted; what bk-screen prints is only logged
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_SCREEN_PROCESS_H
#define BK_SUPERVISOR_SCREEN_PROCESS_H

#include "devices.h"
#include "program.h"
#include "screen_control.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

struct bk_screen_process {
    struct bk_program program;
    void (*started)(void *userdata); /* a new process wants a display cable */
    void *userdata;
    struct bk_devices devices;
};

/* Zero-initialised means no screen: then nothing below does anything. `started` is called from here, too. */
int bk_screen_process_open(struct bk_screen_process *screen, sd_event *event, const char *program, bool drop_user,
                           void (*started)(void *userdata), void *userdata);
void bk_screen_process_close(struct bk_screen_process *screen);

bool bk_screen_process_runs(const struct bk_screen_process *screen);

/* Hands over the screen's end of a display cable; `fd` stays the caller's. */
void bk_screen_process_plug(struct bk_screen_process *screen, int fd);

#endif
