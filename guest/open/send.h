/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends a file to the app that the person chooses.
 *
 * Input from: trusted (the person's own file)
 * Runs in: bk-open
 */
#ifndef BK_OPEN_SEND_H
#define BK_OPEN_SEND_H

#include <stdbool.h>

/* The media type that the end of a name stands for. */
const char *bk_send_type_of(const char *name);

/* To `share` is to let the person choose an app anew, whatever their default is. Yields the status to exit with, after
 * it said on standard error why it is not 0. */
int bk_send_file(const char *path, bool share);

#endif
