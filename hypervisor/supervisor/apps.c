/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "apps.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

int bk_manifest_load(const char *directory, const char *id, struct bk_manifest *ret, bool *ret_used)
{
    char path[PATH_MAX];
    _cleanup_free_ char *text = NULL;
    const char *problem = NULL;
    size_t size;
    int r;

    *ret_used = false;
    if (snprintf(path, sizeof path, "%s/%s/manifest.json", directory, id) >= (int)sizeof path)
        return -ENAMETOOLONG;
    r = bk_read_file(path, BK_APP_MANIFEST_MAX, &text, &size);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        bk_error("app %s is left out: its manifest cannot be read: %s", id, strerror(-r));
        return 0;
    }
    r = strlen(text) == size ? bk_manifest_parse(text, ret, &problem) : -EBADMSG;
    if (r == -EBADMSG) {
        bk_error("app %s is left out: its manifest is wrong: %s", id,
                 problem != NULL ? problem : "it holds a NUL byte");
        return 0;
    }
    if (r < 0)
        return r;
    if (strcmp(ret->id, id) != 0 || ret->own_kernel) {
        bk_error("app %s is left out: %s", id,
                 ret->own_kernel ? "its guest is a kernel of its own, which only a bundle brings"
                                 : "its manifest names another id");
        bk_manifest_finish(ret);
        return 0;
    }
    *ret_used = true;
    return 0;
}

int bk_icon_load(const char *path, char **ret_icon, size_t *ret_size)
{
    _cleanup_free_ char *icon = NULL;
    size_t size = 0;

    int r = bk_read_file(path, BK_APP_ICON_MAX, &icon, &size);
    if (r < 0)
        return r;
    if (!bk_icon_begins_well(icon, size))
        return -EBADMSG;
    *ret_icon = TAKE_PTR(icon);
    *ret_size = size;
    return 0;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int bk_manifests_load(const char *directory, struct bk_manifest **ret_manifests, size_t *ret_count)
{
    struct bk_manifest *manifests = NULL;
    struct dirent **entries = NULL;
    size_t count = 0;
    int r = 0;

    int found = scandir(directory, &entries, not_hidden, alphasort);
    if (found < 0 && errno != ENOENT)
        return -errno;
    if (found > 0) {
        manifests = calloc((size_t)found, sizeof *manifests);
        r = manifests != NULL ? 0 : -ENOMEM;
    }
    for (int i = 0; i < found; i++) {
        bool used = false;

        if (r >= 0 && count >= BK_APPS_MAX)
            bk_error("app %s is left out: there are more than %u", entries[i]->d_name, BK_APPS_MAX);
        else if (r >= 0)
            r = bk_manifest_load(directory, entries[i]->d_name, &manifests[count], &used);
        if (used)
            count++;
        free(entries[i]);
    }
    free(entries);
    if (r < 0) {
        for (size_t i = 0; i < count; i++)
            bk_manifest_finish(&manifests[i]);
        free(manifests);
        return r;
    }
    *ret_manifests = manifests;
    *ret_count = count;
    return 0;
}
