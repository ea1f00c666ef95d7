/* SPDX-License-Identifier: Apache-2.0 */
#include "folder_changes.h"

#include <stdlib.h>
#include <string.h>

enum bk_text_fault bk_folder_check_path(const char *path, size_t length)
{
    enum bk_text_fault fault = bk_text_check(path, length, BK_FOLDER_PATH_MAX, BK_TEXT_LINE);

    if (fault != BK_TEXT_GOOD)
        return fault;
    if (path[0] != '/')
        return BK_TEXT_BAD_CHARACTER;
    if (length == 1)
        return BK_TEXT_GOOD;
    for (size_t start = 1, end; start <= length; start = end + 1) {
        const char *slash = memchr(path + start, '/', length - start);
        end = slash != NULL ? (size_t)(slash - path) : length;
        size_t size = end - start;
        if (size == 0 || (size <= 2 && memcmp(path + start, "..", size) == 0))
            return BK_TEXT_BAD_CHARACTER;
    }
    return BK_TEXT_GOOD;
}

static bool holds(const struct bk_folder_changes *changes, const char *path)
{
    for (unsigned i = 0; i < changes->n_paths; i++) {
        if (strcmp(changes->paths[i], path) == 0)
            return true;
    }
    return false;
}

void bk_folder_changes_add(struct bk_folder_changes *changes, const char *path)
{
    if (changes->all || holds(changes, path))
        return;
    char *copy = strcmp(path, "/") != 0 && changes->n_paths < BK_FOLDER_CHANGES_MAX ? strdup(path) : NULL;
    if (copy != NULL) {
        changes->paths[changes->n_paths++] = copy;
        return;
    }
    bk_folder_changes_clear(changes);
    changes->all = true;
}

void bk_folder_changes_clear(struct bk_folder_changes *changes)
{
    for (unsigned i = 0; i < changes->n_paths; i++)
        free(changes->paths[i]);
    changes->n_paths = 0;
    changes->all = false;
}
