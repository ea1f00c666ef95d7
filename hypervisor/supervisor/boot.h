/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM boots from: its kernel, its disk and its kernel's command line, of the machine's image or of a bundle.
 *
 * Input from: trusted (the machine image); app (a bundle that is installed)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_BOOT_H
#define BK_SUPERVISOR_BOOT_H

#include <stdbool.h>

#define BK_BOOT_CMDLINE_MAX 1024

struct bk_app;
struct bk_supervisor;

struct bk_boot {
    int kernel, initrd, disk; /* read-only; -1: it has none */
    int data;                 /* an app's data disk; -1: it has none */
    char cmdline[BK_BOOT_CMDLINE_MAX];
};

#define BK_BOOT_NOTHING   { .kernel = -1, .initrd = -1, .disk = -1, .data = -1 }
#define BK_BOOT_DATA_WORD "bulkhead.data=/dev/vdb" /* the second disk, as the provided Linux calls it */

/* On failure `*ret_problem` (static) says what could not be had, and nothing is open. */
int bk_boot_open_app(const struct bk_app *app, struct bk_boot *ret, const char **ret_problem);
/* The System VM's. The command line can still be added to. */
int bk_boot_open_system(const struct bk_supervisor *supervisor, struct bk_boot *ret, const char **ret_problem);
void bk_boot_close(struct bk_boot *boot);

/* Adds a word, or two parts of one, to the command line. False when it does not fit. */
bool bk_boot_add_word(struct bk_boot *boot, const char *word, const char *value);

#define _cleanup_boot_ _cleanup_(bk_boot_close)

#endif
