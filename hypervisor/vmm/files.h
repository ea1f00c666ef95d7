/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens what the command line names, and a terminal's raw mode.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread, before the jail closes
 */
#ifndef BK_VMM_FILES_H
#define BK_VMM_FILES_H

#include "device_table.h"

/* A negative errno, and it has said which file and why. */
int bk_files_open(struct bk_files *files, const struct bk_options *options);
void bk_files_close(struct bk_files *files);

/* When the guest has standard input and that is a terminal: each key goes to the guest, Ctrl-\ alone raises SIGQUIT. */
void bk_terminal_make_raw(const struct bk_options *options);
void bk_terminal_restore(void);

#endif
