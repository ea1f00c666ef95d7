/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream on which something comes that is to be installed.
 *
 * Input from: app (anybody's bytes)
 * Runs in: bk-installer
 */
#ifndef BK_INSTALLER_STREAM_H
#define BK_INSTALLER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define BK_STREAM_PIECE      (256U << 10) /* bytes that are taken at once */
#define BK_STREAM_SILENCE_MS 10000        /* after which a stream that says nothing is given up */

/* Yields how much there is, at most `size`. The stream of a device says that nobody is there, too, before the word of
 * its sender has come: until `begun`, that is no end. -ENODATA: it has ended; -ETIMEDOUT: it fell silent. */
ssize_t bk_stream_take(int source, void *buffer, size_t size, bool begun);

#endif
