/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies what an app and the system say to each other into the log, for `./bulkhead record`: of the one app
 * whose id bk-init wrote into a file, when whoever types on this VM's console asked for it. What an app says is
 * private: there is no recorder where the kernel's command line does not hold "bulkhead.debug".
 *
 * Input from: app (what is copied); trusted (the file)
 * Runs in: bk-broker, its one thread
 *
 * The lines, each after "record " and a count, by which a line that the log lost is missed:
 *     C T opened         the app's connection C begins; T: milliseconds of CLOCK_MONOTONIC
 *     C T app BASE64     a piece of what the app sent, as it was passed on; a NUL in it ends a message
 *     C T system BASE64  a piece of what the system answered
 *     C T closed
 * A connection is recorded from its beginning or not at all, and no longer than the file names its app.
 */
#ifndef BK_BROKER_RECORDER_H
#define BK_BROKER_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_recorder;

/* `path`: of the file; it need not be there, and must outlive the recorder. -ENOMEM. */
int bk_recorder_create(const char *path, struct bk_recorder **ret);
void bk_recorder_destroy(struct bk_recorder *recorder);

/* A connection of the app begins: what the functions below know it by; 0, with which they do nothing, when it is not
 * recorded. Without a recorder (NULL) none is. */
uint64_t bk_recorder_opened(struct bk_recorder *recorder, const char *app);
void bk_recorder_passed(struct bk_recorder *recorder, uint64_t connection, const char *app, bool from_app,
                        const char *data, size_t size);
void bk_recorder_closed(struct bk_recorder *recorder, uint64_t connection);

#endif
