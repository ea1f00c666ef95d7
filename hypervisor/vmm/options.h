/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-vmm's command line.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread
 */
#ifndef BK_VMM_OPTIONS_H
#define BK_VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define BK_OPTIONS_CONSOLES_MAX     8
#define BK_OPTIONS_CONSOLE_NAME_MAX 63 /* bytes */
#define BK_OPTIONS_DISKS_MAX        8
#define BK_OPTIONS_FDS_MAX          32U

/* FILE on the command line: a path, "-" (standard input and output), or "fd:N" (inherited). */
struct bk_file {
    const char *path; /* NULL: given by descriptor, or not at all */
    int fd;           /* -1: none, or not open yet */
    int out_fd;       /* where the other direction of a stream goes, likewise */
};

struct bk_options_console {
    const char *name; /* NULL: hvc0 */
    struct bk_file file;
};

struct bk_options_disk {
    struct bk_file file;
    bool readonly;
};

enum bk_options_serial {
    BK_SERIAL_NOT_SAID,
    BK_SERIAL_NONE,
    BK_SERIAL_FILE, /* there is a COM1, and `serial_file` is its other end */
};

/* Of a device with cables between the System VM and apps: the end that this VM has. */
struct bk_options_end {
    enum {
        BK_END_NONE,
        BK_END_APP,
        BK_END_SYSTEM,
    } kind;
    uint32_t number; /* with BK_END_APP: which it is at the other end */
};

/* The texts point into argv, which is cut up. */
struct bk_options {
    bool help;
    struct bk_file kernel;
    struct bk_file initrd;
    const char *cmdline;
    uint32_t memory_mib;
    uint32_t cpus;
    enum bk_options_serial serial;
    struct bk_file serial_file;
    bool standard; /* one of the streams is "-" */
    unsigned console_count;
    struct bk_options_console consoles[BK_OPTIONS_CONSOLES_MAX];
    unsigned disk_count;
    struct bk_options_disk disks[BK_OPTIONS_DISKS_MAX];
    bool rng;
    struct bk_options_end vsock;   /* by its CID */
    struct bk_options_end network; /* by its port at the trunk */
    bool import;                   /* the displays of App VMs come in here */
    bool display;
    uint32_t display_width, display_height; /* pixels */
    int control;                            /* -1: none */
    int display_cable;                      /* -1: none */
    bool sound;
    int sound_cable;  /* -1: none */
    const char *name; /* NULL: none */
    bool exit_on_reset, exit_on_fault;
    uint32_t uid, gid; /* 0: choose */
    unsigned inherited_count;
    int inherited[BK_OPTIONS_FDS_MAX]; /* every N of an fd:N */
};

/* -EINVAL when something is wrong with the command line, and then it has said so. */
int bk_options_parse(struct bk_options *options, int argc, char **argv);

extern const char bk_options_help[];

#endif
