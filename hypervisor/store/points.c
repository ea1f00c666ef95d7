/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "points.h"

#include "data.h"
#include "extents.h"
#include "folders.h"

#include "cleanup.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64

const char *const bk_point_cause_names[BK_POINT_CAUSES] = {
    [BK_POINT_KEPT] = "kept",
    [BK_POINT_UPDATE] = "update",
    [BK_POINT_UNDO] = "undo",
};
static_assert(BK_POINT_CAUSES == 3, "one name for each cause");

static void write_name(const struct bk_point *point, char ret[static NAME_MAX_BYTES])
{
    snprintf(ret, NAME_MAX_BYTES, "%" PRIu32 "-%" PRIu64 "-%s", point->number, point->seconds,
             bk_point_cause_names[point->cause]);
}

/* Only of what write_name() has written. */
static bool read_name(const char *name, struct bk_point *ret)
{
    char written[NAME_MAX_BYTES], *end = NULL;
    struct bk_point point = { .number = (uint32_t)strtoul(name, &end, 10) };

    if (*end == '-')
        point.seconds = strtoull(end + 1, &end, 10);
    for (unsigned i = 0; *end == '-' && i < BK_POINT_CAUSES; i++) {
        point.cause = i;
        write_name(&point, written);
        if (strcmp(written, name) == 0) {
            *ret = point;
            return true;
        }
    }
    return false;
}

static int by_number(const void *a, const void *b)
{
    const struct bk_point *one = a, *other = b;

    return one->number < other->number ? -1 : one->number > other->number;
}

static bool has_bundle(int folder, const char *name)
{
    char path[NAME_MAX + sizeof "/" BK_STORE_BUNDLE];

    snprintf(path, sizeof path, "%s/%s", name, BK_STORE_BUNDLE);
    return faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int bk_points_list(const struct bk_store *store, const char *id, bool installed,
                   struct bk_point ret[static BK_POINTS_MAX], size_t *ret_count)
{
    const struct dirent *entry;
    size_t count = 0;

    *ret_count = 0;
    _cleanup_close_ int folder = bk_folder_open(store->points, id);
    if (folder < 0)
        return folder == -ENOENT ? 0 : folder;
    DIR *directory = fdopendir(folder);
    if (directory == NULL)
        return -errno;
    while (count < BK_POINTS_MAX && (entry = readdir(directory)) != NULL) {
        if (read_name(entry->d_name, &ret[count]) && has_bundle(folder, entry->d_name) == installed)
            count++;
    }
    TAKE_FD(folder); /* closedir() closes it */
    closedir(directory);
    if (count > 0)
        qsort(ret, count, sizeof ret[0], by_number);
    *ret_count = count;
    return 0;
}

static int find(const struct bk_store *store, const char *id, bool installed, uint32_t number, struct bk_point *ret)
{
    struct bk_point points[BK_POINTS_MAX];
    size_t count;

    int r = bk_points_list(store, id, installed, points, &count);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        if (points[i].number == number) {
            *ret = points[i];
            return 0;
        }
    }
    return r < 0 ? r : -ENOENT;
}

/* Opens the folder of a point. */
static int open_point(const struct bk_store *store, const char *id, const struct bk_point *point)
{
    char name[NAME_MAX_BYTES];

    _cleanup_close_ int folder = bk_folder_open(store->points, id);
    if (folder < 0)
        return folder;
    write_name(point, name);
    return bk_folder_open(folder, name);
}

/* The same pair, or what there is of it, in another folder, which is empty; -ENOENT when there is nothing. */
static int copy_pair(int from, int to)
{
    bool bundle = linkat(from, BK_STORE_BUNDLE, to, BK_STORE_BUNDLE, 0) == 0;

    if (!bundle && errno != ENOENT)
        return -errno;
    _cleanup_close_ int data = openat(from, BK_STORE_DATA, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (data < 0 && (errno != ENOENT || !bundle))
        return -errno;
    if (data >= 0) {
        _cleanup_close_ int copy =
            openat(to, BK_STORE_DATA, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, BK_STORE_OWNER);
        if (copy < 0)
            return -errno;
        int r = bk_data_clone(data, copy);
        if (r < 0)
            return r;
    }
    return bk_folder_sync(to);
}

/* By way of keeping/, so that no point is ever half; removed/ is the supervisor's, which may remove another app
 * meanwhile. */
static int drop(struct bk_store *store, const char *id, const struct bk_point *point)
{
    char name[NAME_MAX_BYTES];

    write_name(point, name);
    _cleanup_close_ int removed = bk_folder_make_empty(store->root, BK_STORE_KEEPING);
    _cleanup_close_ int folder = bk_folder_open(store->points, id);
    if (removed < 0 || folder < 0)
        return removed < 0 ? removed : folder;
    if (renameat2(folder, name, removed, name, RENAME_NOREPLACE) < 0)
        return -errno;
    int r = bk_folder_sync(folder);
    return r < 0 ? r : bk_folder_empty(removed);
}

/* How many of the person's own there are, or of the others. */
static size_t count_of(const struct bk_point *points, size_t count, bool kept)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += (points[i].cause == BK_POINT_KEPT) == kept;
    return found;
}

/* Of the automatic ones the oldest, until there are so few. */
static int drop_surplus(struct bk_store *store, const char *id, const struct bk_point *points, size_t count)
{
    size_t automatic = count_of(points, count, false);
    int r = 0;

    for (size_t i = 0; r >= 0 && i < count && automatic > BK_POINTS_AUTOMATIC_MAX; i++) {
        if (points[i].cause == BK_POINT_KEPT)
            continue;
        r = drop(store, id, &points[i]);
        automatic--;
    }
    return r;
}

int bk_points_keep(struct bk_store *store, const char *id, bool installed, enum bk_point_cause cause, uint64_t seconds)
{
    struct bk_point points[BK_POINTS_MAX], point = { .number = 1, .seconds = seconds, .cause = cause };
    char name[NAME_MAX_BYTES];
    size_t count;

    int r = bk_points_list(store, id, installed, points, &count);
    if (r >= 0)
        r = drop_surplus(store, id, points, count); /* a power cut may have left one more */
    if (r >= 0)
        r = bk_points_list(store, id, installed, points, &count);
    if (r < 0)
        return r;
    if (cause == BK_POINT_KEPT && count_of(points, count, true) >= BK_POINTS_KEPT_MAX)
        return -EDQUOT;
    if (count > 0)
        point.number = points[count - 1].number + 1;
    _cleanup_close_ int home = bk_store_open_home(store, id, installed, false);
    if (home < 0)
        return home;
    _cleanup_close_ int keeping = bk_folder_make_empty(store->root, BK_STORE_KEEPING);
    if (keeping < 0)
        return keeping;
    r = copy_pair(home, keeping);
    if (r < 0)
        return r;
    _cleanup_close_ int folder = bk_folder_make(store->points, id);
    if (folder < 0)
        return folder;
    write_name(&point, name);
    if (renameat2(store->root, BK_STORE_KEEPING, folder, name, RENAME_NOREPLACE) < 0)
        return -errno;
    r = bk_folder_sync(folder);
    if (r >= 0)
        r = bk_folder_sync(store->points);
    if (r < 0)
        return r;
    points[count++] = point;
    return drop_surplus(store, id, points, count);
}

int bk_points_restore(struct bk_store *store, const char *id, bool installed, uint32_t number, uint64_t seconds)
{
    struct bk_point point;
    bool there;

    int r = find(store, id, installed, number, &point);
    if (r < 0)
        return r;
    /* Opened first: what keeps the present may let an old one go, and it may be this one. */
    _cleanup_close_ int from = open_point(store, id, &point);
    if (from < 0)
        return from;
    _cleanup_close_ int incoming = bk_folder_make_empty(store->root, BK_STORE_INCOMING);
    if (incoming < 0)
        return incoming;
    r = copy_pair(from, incoming);
    if (r >= 0)
        r = bk_points_keep(store, id, installed, BK_POINT_UNDO, seconds);
    if (r >= 0)
        r = bk_store_exchange(store, id, installed, &there);
    bk_store_abandon(store);
    return r;
}

int bk_points_forget(struct bk_store *store, const char *id, bool installed, uint32_t number)
{
    struct bk_point point;

    int r = find(store, id, installed, number, &point);
    return r < 0 ? r : drop(store, id, &point);
}

int bk_points_open_bundle(const struct bk_store *store, const char *id, const struct bk_point *point)
{
    _cleanup_close_ int folder = open_point(store, id, point);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BK_STORE_BUNDLE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

/* ---- what is taken ---- */

/* Adds a file of a folder; none is no failure. Fills what is not NULL. */
static int add(struct bk_extents *extents, int folder, const char *name, uint64_t *ret_alone, struct stat *ret_status)
{
    struct stat status = { 0 };
    uint64_t alone = 0;

    _cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno != ENOENT)
        return -errno;
    if (fd >= 0) {
        if (fstat(fd, &status) < 0)
            return -errno;
        int r = bk_extents_add(extents, fd, &alone);
        if (r < 0)
            return r;
    }
    if (ret_alone != NULL)
        *ret_alone = alone;
    if (ret_status != NULL)
        *ret_status = status;
    return 0;
}

int bk_points_size(const struct bk_store *store, const char *id, const struct bk_point *point, uint64_t *ret)
{
    struct bk_extents extents = { 0 };
    struct stat bundle = { 0 };
    uint64_t code = 0, data = 0;

    _cleanup_close_ int folder = open_point(store, id, point);
    if (folder < 0)
        return folder;
    int r = add(&extents, folder, BK_STORE_BUNDLE, &code, &bundle);
    if (r >= 0)
        r = add(&extents, folder, BK_STORE_DATA, &data, NULL);
    bk_extents_finish(&extents);
    if (r >= 0)
        *ret = data + (bundle.st_nlink == 1 ? code : 0);
    return r;
}

static int measure(const struct bk_store *store, const char *id, bool installed, struct bk_extents *extents,
                   struct bk_usage *ret)
{
    struct bk_point points[BK_POINTS_MAX];
    struct stat data = { 0 };
    size_t count = 0;

    _cleanup_close_ int home = bk_store_open_home(store, id, installed, false);
    if (home < 0)
        return home == -ENOENT && !installed ? 0 : home;
    int r = add(extents, home, BK_STORE_BUNDLE, NULL, NULL);
    ret->bundle = bk_extents_total(extents);
    if (r >= 0)
        r = add(extents, home, BK_STORE_DATA, NULL, &data);
    ret->data = bk_extents_total(extents) - ret->bundle;
    ret->quota = (uint64_t)data.st_size;
    if (r >= 0)
        r = bk_points_list(store, id, installed, points, &count);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        _cleanup_close_ int folder = open_point(store, id, &points[i]);
        r = folder;
        if (r >= 0)
            r = add(extents, folder, BK_STORE_BUNDLE, NULL, NULL);
        if (r >= 0)
            r = add(extents, folder, BK_STORE_DATA, NULL, NULL);
    }
    ret->points = bk_extents_total(extents) - ret->bundle - ret->data;
    return r;
}

int bk_points_measure(const struct bk_store *store, const char *id, bool installed, struct bk_usage *ret)
{
    struct bk_extents extents = { 0 };
    struct bk_usage usage = { 0 };

    int r = measure(store, id, installed, &extents, &usage);
    bk_extents_finish(&extents);
    if (r >= 0)
        *ret = usage;
    return r;
}
