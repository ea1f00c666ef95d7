/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "preferences.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int bk_preferences_parse(const char *text, size_t size, sd_json_variant **ret)
{
    sd_json_variant *json = NULL;

    if (strlen(text) != size || sd_json_parse(text, 0, &json, NULL, NULL) < 0 || !sd_json_variant_is_object(json)) {
        sd_json_variant_unref(json);
        return -EBADMSG;
    }
    *ret = json;
    return 0;
}

static int load(const char *path, sd_json_variant **ret)
{
    char *text = NULL;
    size_t size = 0;
    int r = bk_read_file(path, BK_PREFERENCES_MAX, &text, &size);

    if (r >= 0)
        r = bk_preferences_parse(text, size, ret);
    free(text);
    return r;
}

void bk_preferences_open(struct bk_preferences *preferences, const char *path)
{
    *preferences = (struct bk_preferences){ .path = path };
    if (path == NULL)
        return;
    int r = load(path, &preferences->kept);
    if (r < 0 && r != -ENOENT)
        bk_error("%s is left out: %s", path, strerror(-r));
}

void bk_preferences_close(struct bk_preferences *preferences)
{
    preferences->kept = sd_json_variant_unref(preferences->kept);
}

/* The whole text is on the disk before the name is that of the file. */
static int replace(const char *path, const char *text)
{
    char fresh[PATH_MAX];

    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return -ENAMETOOLONG;
    _cleanup_close_ int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int r = bk_write_all(fd, text, strlen(text));
    if (r < 0)
        return r;
    if (fsync(fd) < 0 || rename(fresh, path) < 0)
        return -errno;
    return bk_sync_folder(path);
}

void bk_preferences_keep(struct bk_preferences *preferences, sd_json_variant *object)
{
    char *text = NULL;
    int r = sd_json_variant_format(object, 0, &text);

    if (r >= 0 && (size_t)r > BK_PREFERENCES_MAX)
        r = -EFBIG;
    if (r >= 0) {
        sd_json_variant_unref(preferences->kept);
        preferences->kept = sd_json_variant_ref(object);
        r = preferences->path != NULL ? replace(preferences->path, text) : 0;
    }
    if (r < 0)
        bk_error("what the person chose is not kept: %s", strerror(-r));
    free(text);
}
