/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What process 1 does for the machine before and after everything else: file systems, modules, the disk, power.
 *
 * Input from: trusted (the machine image, the kernel)
 * Runs in: bk-supervisor, when it is process 1
 */
#ifndef BK_SUPERVISOR_MACHINE_H
#define BK_SUPERVISOR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#define BK_MACHINE_DISK_SECONDS 30U
#define BK_MACHINE_LABEL        "bulkhead" /* of the EROFS on the machine's disk */

/* Opens the console as standard input, output and error; makes the initramfs a root that can be left; mounts /dev,
 * /proc, /sys and /run. What fails is logged as far as that is possible: a negative errno means that there is no
 * machine to go on with. */
int bk_machine_mount(void);

/* Loads the modules that `list` names, in its order. A line is a path, an optional '-' before it: then nobody minds
 * when it cannot be loaded. kvm-amd.ko and kvm-intel.ko are loaded on their own processors only. */
void bk_machine_load_modules(const char *list);

/* True when `path` is a module that this processor has no use for; `vendor` as CPUID leaf 0 has it. */
bool bk_machine_skips_module(const char *path, const char *vendor);

/* Waits for the machine's disk and mounts it read-only at /machine. `disk` is a device's path; NULL: the block device
 * with an EROFS labelled BK_MACHINE_LABEL. */
int bk_machine_mount_disk(const char *disk);

/* True when `superblock`, the first bytes of a block device, begins an EROFS with this label. */
#define BK_MACHINE_SUPERBLOCK 1152U /* bytes */
bool bk_machine_is_labelled(const unsigned char superblock[static BK_MACHINE_SUPERBLOCK], const char *label);

/* Finds the disk with this serial number, and writes down its path. -ENOENT when there is none. */
#define BK_MACHINE_DATA     "bulkhead-data"
#define BK_MACHINE_APPS     "bulkhead-apps"
#define BK_MACHINE_PATH_MAX 64U
int bk_machine_find_disk(const char *serial, char path[static BK_MACHINE_PATH_MAX]);

/* Mounts the disk of the apps that are installed, an XFS, and yields where; NULL when there is none, or it cannot be
 * used, which was logged. `disk` is a device's path; NULL: the disk with the serial number BK_MACHINE_APPS. */
const char *bk_machine_mount_apps(const char *disk);

/* Writes everything out and switches the machine off. Does not return. */
_Noreturn void bk_machine_power_off(void);

#endif
