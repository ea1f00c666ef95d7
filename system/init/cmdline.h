/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's command line asks of the System VM.
 *
 * Input from: trusted (the supervisor writes the command line)
 * Runs in: bk-init
 */
#ifndef BK_INIT_CMDLINE_H
#define BK_INIT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#define BK_CMDLINE_MAX       4096
#define BK_CMDLINE_VALUE_MAX 64

struct bk_cmdline {
    bool debug;                               /* bulkhead.debug: obey lines on the console */
    bool reduced_motion;                      /* bulkhead.reduced_motion */
    bool slow_turn;                           /* bulkhead.slow_turn */
    bool gps;                                 /* bulkhead.gps: there is a receiver's port */
    bool camera;                              /* bulkhead.camera: there is that of the machine's cameras */
    bool codec;                               /* bulkhead.codec: there is that of the machine's video encoders */
    char data[BK_CMDLINE_VALUE_MAX];          /* bulkhead.data=DEVICE: the disk to keep things on, or empty */
    char place[BK_CMDLINE_VALUE_MAX];         /* bulkhead.place=LAT,LON: where the machine is, or empty */
    char form[BK_CMDLINE_VALUE_MAX];          /* bulkhead.form=phone|desktop, or empty */
    char keyboard[BK_CMDLINE_VALUE_MAX];      /* bulkhead.keyboard_layout=de, =ch:fr and the like, or empty: us */
    char scale[BK_CMDLINE_VALUE_MAX];         /* bulkhead.scale=1|1.5|2, or empty: as the screen suggests */
    char toast_seconds[BK_CMDLINE_VALUE_MAX]; /* bulkhead.toast_seconds=N, or empty */
    char timezone[BK_CMDLINE_VALUE_MAX];      /* bulkhead.timezone=TZ, or empty: UTC */
};

/* Reads a command line of words between blanks. Words of others, and values too long to keep, are passed over. */
void bk_cmdline_parse(const char *text, struct bk_cmdline *ret_cmdline);

/* The same as environment for the services: NAME=VALUE each, of what was asked. */
#define BK_SETTINGS_MAX 8
struct bk_settings {
    char text[BK_SETTINGS_MAX][BK_CMDLINE_VALUE_MAX + 32];
    size_t count;
};
void bk_settings_from(const struct bk_cmdline *cmdline, struct bk_settings *ret_settings);

#endif
