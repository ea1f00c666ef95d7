/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed in a folder and is not told yet. Knows no JSON and no socket.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * The rules are part of the API: api/io.bulkhead.Folders.varlink. Paths are kept once each, in the order in which they
 * came first. Where that are too many, the whole folder has changed.
 */
#ifndef BK_BROKER_FOLDER_CHANGES_H
#define BK_BROKER_FOLDER_CHANGES_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

#define BK_FOLDER_PATH_MAX    1024U /* bytes */
#define BK_FOLDER_CHANGES_MAX 64U   /* paths that are not told yet */

/* Zero-initialised: nothing has changed. */
struct bk_folder_changes {
    char *paths[BK_FOLDER_CHANGES_MAX];
    unsigned n_paths;
    bool all; /* the whole folder; then there are no paths */
};

/* Judges a path: absolute, "/" being the folder, with no part that is empty, "." or "..". */
enum bk_text_fault bk_folder_check_path(const char *path, size_t length);

/* Adds a path that is good; "/" is the whole folder. Where there is no memory for it, the whole folder has changed,
 * too. */
void bk_folder_changes_add(struct bk_folder_changes *changes, const char *path);

/* Nothing has changed any more. */
void bk_folder_changes_clear(struct bk_folder_changes *changes);

#endif
