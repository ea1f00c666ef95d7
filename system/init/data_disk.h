/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the System VM keeps: an ext4 on its second disk, which is /var.
 *
 * Input from: trusted (the kernel's command line); the disk, which nobody but this VM writes
 * Runs in: bk-init, before any service
 *
 * Only a disk that is blank is ever formatted: one whose first BK_DATA_DISK_BLANK bytes are zeros, where every file
 * system and every partition table has something. What else cannot be mounted is left as it is, and the VM keeps
 * nothing until it ends, as it does without a disk. There is no fsck: a power cut costs an ext4 what its journal brings
 * back when it is mounted. What fsck could mend beyond that is a disk that lies or dies; then ext4 stops writing
 * (errors=remount-ro) and what is kept there is set aside by whoever finds it damaged.
 */
#ifndef BK_INIT_DATA_DISK_H
#define BK_INIT_DATA_DISK_H

#define BK_DATA_DISK_BLANK (1024U * 1024U)
#define BK_DATA_DISK_PLACE "/var"

/* Makes a file system on a blank disk; yields 0 when there is one to mount, as far as is known. */
int bk_data_disk_prepare(const char *device);

/* Mounts it, or, where that is not possible or `device` is empty, memory. Negative errno when not even that is
 * possible. */
int bk_data_disk_mount(const char *device);

#endif
