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

#define BK_OPTIONS_CONSOLES_MAX 8
#define BK_OPTIONS_DISKS_MAX    8

/* FILE on the command line: a path, "-" (standard input and output), or "fd:N" (inherited). */
struct bk_file {
    const char *path; /* NULL: none, or one of the next two */
    bool standard;
    int fd; /* -1: not given so */
};

enum bk_options_vsock {
    BK_VSOCK_NONE,
    BK_VSOCK_APP,
    BK_VSOCK_SYSTEM
};

/* The texts point into argv. */
struct bk_options {
    bool help;
    struct bk_file kernel;
    struct bk_file initrd;
    const char *cmdline;
    uint64_t memory_mib;
    unsigned cpus;
    bool serial; /* there is a COM1, and here is its other end */
    struct bk_file serial_file;
    unsigned console_count;
    struct {
        char name[64]; /* empty: hvc0 */
        struct bk_file file;
    } consoles[BK_OPTIONS_CONSOLES_MAX];
    unsigned disk_count;
    struct {
        bool readonly;
        struct bk_file file;
        char path[4096]; /* what `file` points to, without ",ro" */
    } disks[BK_OPTIONS_DISKS_MAX];
    bool rng;
    enum bk_options_vsock vsock;
    uint32_t vsock_cid; /* with BK_VSOCK_APP */
    bool display;
    uint32_t display_width, display_height; /* pixels */
    int control;                            /* -1: none */
    int display_cable;                      /* -1: none */
    const char *name;                       /* NULL: none */
    bool exit_on_reset;
    uint32_t uid, gid; /* 0: choose */
};

/* -EINVAL when something is wrong with the command line, and then it has said so. */
int bk_options_parse(struct bk_options *options, int argc, char **argv);

bool bk_file_is_given(const struct bk_file *file);

/* The descriptors that were inherited by number: how many of them are in `ret_fds`. */
#define BK_OPTIONS_FDS_MAX (BK_OPTIONS_CONSOLES_MAX + BK_OPTIONS_DISKS_MAX + 5)
unsigned bk_options_inherited(const struct bk_options *options, int ret_fds[static BK_OPTIONS_FDS_MAX]);

extern const char bk_options_help[];

#endif
