/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restore points of apps, and apps that leave with their data: the store's part of it takes its time, and is a chore.
 *
 * Input from: trusted (who calls)
 * Runs in: bk-supervisor, and the chore in its child
 *
 * One at a time, beside no installation, and only of an app that is stopped, and stays so until it is done.
 */
#ifndef BK_SUPERVISOR_SOFTWARE_DATA_H
#define BK_SUPERVISOR_SOFTWARE_DATA_H

#include "software.h"

/* A negative errno says that it is not done. */
typedef void (*bk_software_data_told_t)(void *userdata, int result);

/* Makes a restore point. -EBUSY, -ENODEV: bk_software_idle(); told -ENOENT: there is nothing to keep, -EDQUOT: there
 * are as many as the person may have. `told` is called once, unless this fails, as of all that follow. */
int bk_software_keep(struct bk_software *software, struct bk_app *app, enum bk_point_cause cause,
                     bk_software_data_told_t told, void *userdata);

/* Brings one back; the app is another version then. -EBADMSG: its bundle cannot be used. */
int bk_software_restore(struct bk_software *software, struct bk_app *app, const struct bk_point *point,
                        bk_software_data_told_t told, void *userdata);

/* Writes an installed app's bundle and its data disk to a non-blocking stream, which stays the caller's, who may close
 * it. Told -ETIMEDOUT: nobody reads it. */
int bk_software_export(struct bk_software *software, struct bk_app *app, int stream, bk_software_data_told_t told,
                       void *userdata);

void bk_software_data_close(struct bk_software *software);

#endif
