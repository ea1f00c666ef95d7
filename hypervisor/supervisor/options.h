/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, or, where we are the machine's process 1, its kernel's.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_OPTIONS_H
#define BK_SUPERVISOR_OPTIONS_H

#include <stdbool.h>

/* What is asked of the System VM's desktop: words for its kernel's command line. */
enum bk_desktop_choice {
    BK_DESKTOP_FORM,     /* bulkhead.form= */
    BK_DESKTOP_SCALE,    /* bulkhead.scale= */
    BK_DESKTOP_MOTION,   /* bulkhead.reduced_motion */
    BK_DESKTOP_KEYBOARD, /* bulkhead.keyboard_layout= */
    BK_DESKTOP_CHOICES,
};

#define BK_OPTIONS_PLACE_MAX 32U /* bytes */

struct bk_options {
    bool machine; /* we are process 1: the machine is ours */
    const char *machine_directory;
    const char *run_directory; /* hosted: for debug.sock; NULL on the machine */
    const char *vmm;           /* programs */
    const char *screen;        /* NULL: no screen */
    const char *sound;         /* NULL: no sound */
    const char *camera;        /* NULL: no camera */
    const char *installer;     /* NULL: nothing can be installed */
    const char *codec;         /* NULL: no video encoder */
    const char *uplink;        /* NULL: no network */
    const char *uplink_card;   /* the network card that it goes through, or NULL: the first there is */
    bool debug;
    const char *desktop[BK_DESKTOP_CHOICES]; /* static; NULL: nothing is asked */
    const char *place;                       /* where the machine is, one word, or NULL */
    const char *disk;                        /* the machine's disk as its command line names it, or NULL: find it */
    const char *data;                        /* what the System VM keeps: a device or a file, or NULL */
    const char *apps;                        /* where apps are installed: hosted, a folder; on the machine, a device,
                                              * then where it is mounted; or NULL */
    const char *gps;                         /* a GPS receiver's serial line, or NULL */
    const char *sys;                         /* sysfs, for the machine's power, or NULL: that is another's business */
};

/* Yields 0; 1 when the answer was given already (--help, --version); a negative errno after saying what is wrong.
 * `arguments` must stay as they are. */
int bk_options_parse(int count, char **arguments, struct bk_options *ret);

/* What process 1 takes from /proc/cmdline; `cmdline` is changed and must stay. */
void bk_options_of_machine(char *cmdline, struct bk_options *ret);

#endif
