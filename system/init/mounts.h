/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file systems and directories that every program of the System VM counts on. The root itself is read-only.
 *
 * Input from: trusted
 * Runs in: bk-init
 */
#ifndef BK_INIT_MOUNTS_H
#define BK_INIT_MOUNTS_H

/* Negative errno and a line in the log when the system cannot be used without what is missing. */
int bk_mounts_make(void);

/* Makes /var of the data disk, or of memory when `device` is empty or cannot be used (data_disk.h), with a directory
 * for each service that keeps something. */
int bk_mounts_make_data(const char *device);

#endif
