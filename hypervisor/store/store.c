/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store.h"

#include "folders.h"

#include "cleanup.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define APPS    "apps"
#define MACHINE "machine"
#define POINTS  "points"

#define LOCK_STEPS 200U /* of 50 ms */

static int empty_named(const struct bk_store *store, const char *name)
{
    _cleanup_close_ int folder = bk_folder_make_empty(store->root, name);

    return folder < 0 ? folder : 0;
}

/* Its room comes back when removed/ is emptied, which nothing is in before. */
static int remove_points(struct bk_store *store, const char *id)
{
    _cleanup_close_ int removed = bk_folder_make_empty(store->root, BK_STORE_REMOVED);
    if (removed < 0)
        return removed;
    if (renameat2(store->points, id, removed, POINTS, RENAME_NOREPLACE) < 0)
        return errno == ENOENT ? 0 : -errno;
    int r = bk_folder_sync(store->points);
    return r < 0 ? r : bk_folder_empty(removed);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int list(int folder, char ***ret_ids, size_t *ret_count)
{
    struct dirent **entries = NULL;

    int found = scandirat(folder, ".", &entries, not_hidden, alphasort);
    if (found < 0)
        return -errno;
    char **ids = calloc((size_t)found + 1, sizeof *ids);
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        if (ids != NULL && (ids[count] = strdup(entries[i]->d_name)) != NULL)
            count++;
        free(entries[i]);
    }
    free(entries);
    if (ids == NULL || count < (size_t)found) {
        for (size_t i = 0; i < count; i++)
            free(ids[i]);
        free(ids);
        return -ENOMEM;
    }
    *ret_ids = ids;
    *ret_count = count;
    return 0;
}

static bool exists(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* An app's restore points go after it: power that failed in between has left them. */
static int clear_orphans(struct bk_store *store)
{
    char **ids = NULL;
    size_t count = 0;

    int r = list(store->points, &ids, &count);
    for (size_t i = 0; i < count; i++) {
        if (r >= 0 && !exists(store->apps, ids[i]) && !exists(store->machine, ids[i]))
            r = remove_points(store, ids[i]);
        free(ids[i]);
    }
    free(ids);
    return r;
}

/* What a supervisor that was killed had begun may go on in a child for a moment, which has the lock with the folder. */
static int lock_root(int root)
{
    const struct timespec step = { .tv_nsec = 50 * 1000 * 1000 };

    for (unsigned waited = 0; flock(root, LOCK_EX | LOCK_NB) < 0; waited++) {
        if (errno != EWOULDBLOCK || waited == LOCK_STEPS)
            return -errno;
        (void)nanosleep(&step, NULL);
    }
    return 0;
}

int bk_store_open(struct bk_store *store, const char *path)
{
    *store = (struct bk_store){ .open = true, .root = -1, .apps = -1, .machine = -1, .points = -1 };
    int r = store->root = bk_folder_open(AT_FDCWD, path);
    if (r >= 0)
        r = lock_root(store->root);
    if (r >= 0)
        r = store->apps = bk_folder_make(store->root, APPS);
    if (r >= 0)
        r = store->machine = bk_folder_make(store->root, MACHINE);
    if (r >= 0)
        r = store->points = bk_folder_make(store->root, POINTS);
    if (r >= 0)
        r = clear_orphans(store);
    if (r >= 0)
        r = empty_named(store, BK_STORE_INCOMING);
    if (r >= 0)
        r = empty_named(store, BK_STORE_KEEPING);
    if (r >= 0)
        r = empty_named(store, BK_STORE_REMOVED);
    if (r >= 0)
        r = bk_folder_sync(store->root);
    if (r < 0)
        bk_store_close(store);
    return r;
}

void bk_store_close(struct bk_store *store)
{
    if (!store->open)
        return;
    store->root = bk_close(store->root);
    store->apps = bk_close(store->apps);
    store->machine = bk_close(store->machine);
    store->points = bk_close(store->points);
    store->open = false;
}

int bk_store_list(const struct bk_store *store, char ***ret_ids, size_t *ret_count)
{
    return list(store->apps, ret_ids, ret_count);
}

int bk_store_open_home(const struct bk_store *store, const char *id, bool installed, bool make)
{
    if (installed || !make)
        return bk_folder_open(installed ? store->apps : store->machine, id);
    _cleanup_close_ int home = bk_folder_make(store->machine, id);
    if (home < 0)
        return home;
    int r = bk_folder_sync(store->machine);
    return r < 0 ? r : TAKE_FD(home);
}

int bk_store_open_bundle(const struct bk_store *store, const char *id)
{
    _cleanup_close_ int folder = bk_folder_open(store->apps, id);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BK_STORE_BUNDLE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int bk_store_begin(struct bk_store *store)
{
    int r = empty_named(store, BK_STORE_INCOMING);
    if (r < 0)
        return r;
    _cleanup_close_ int folder = bk_folder_open(store->root, BK_STORE_INCOMING);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BK_STORE_BUNDLE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, BK_STORE_OWNER);
    return fd < 0 ? -errno : fd;
}

int bk_store_begin_data(struct bk_store *store)
{
    _cleanup_close_ int folder = bk_folder_open(store->root, BK_STORE_INCOMING);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BK_STORE_DATA, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, BK_STORE_OWNER);
    return fd < 0 ? -errno : fd;
}

int bk_store_exchange(struct bk_store *store, const char *id, bool installed, bool *ret_there)
{
    int parent = installed ? store->apps : store->machine;

    *ret_there = false;
    if (renameat2(store->root, BK_STORE_INCOMING, parent, id, RENAME_EXCHANGE) < 0)
        return -errno;
    *ret_there = true;
    int r = bk_folder_sync(parent);
    return r < 0 ? r : bk_folder_sync(store->root);
}

/* A file that comes in, for a reader and when nobody can write to it any more. */
static int open_unwritten(struct bk_store *store, const char *name)
{
    _cleanup_close_ int folder = bk_folder_open(store->root, BK_STORE_INCOMING);
    if (folder < 0)
        return folder;
    _cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    /* A read lease is not given while anybody has the file open for writing (fcntl(2)). */
    if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
        return errno == EAGAIN ? -EBUSY : -errno;
    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    int r = bk_folder_sync(fd);
    return r < 0 ? r : TAKE_FD(fd);
}

int bk_store_reopen(struct bk_store *store)
{
    return open_unwritten(store, BK_STORE_BUNDLE);
}

int bk_store_end_data(struct bk_store *store, uint64_t size)
{
    _cleanup_close_ int unwritten = open_unwritten(store, BK_STORE_DATA);
    if (unwritten < 0)
        return unwritten;
    _cleanup_close_ int folder = bk_folder_open(store->root, BK_STORE_INCOMING);
    if (folder < 0)
        return folder;
    _cleanup_close_ int fd = openat(folder, BK_STORE_DATA, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return -errno;
    return bk_folder_sync(fd);
}

/* The first bundle of an app: its folder, with the bundle in it, comes as one. */
static int commit_first(struct bk_store *store, const char *id, int incoming, bool *ret_there)
{
    int r = bk_folder_sync(incoming);

    if (r >= 0)
        r = remove_points(store, id); /* which were of another one of this id */
    if (r < 0)
        return r;
    if (renameat2(store->root, BK_STORE_INCOMING, store->apps, id, RENAME_NOREPLACE) < 0)
        return -errno;
    *ret_there = true;
    r = bk_folder_sync(store->apps);
    return r < 0 ? r : bk_folder_sync(store->root);
}

int bk_store_commit(struct bk_store *store, const char *id, bool *ret_there)
{
    *ret_there = false;
    _cleanup_close_ int incoming = bk_folder_open(store->root, BK_STORE_INCOMING);
    if (incoming < 0)
        return incoming;
    _cleanup_close_ int app = bk_folder_open(store->apps, id);
    if (app == -ENOENT)
        return commit_first(store, id, incoming, ret_there);
    if (app < 0)
        return app;
    if (exists(incoming, BK_STORE_DATA)) {
        int r = bk_folder_sync(incoming);
        return r < 0 ? r : bk_store_exchange(store, id, true, ret_there);
    }
    if (renameat(incoming, BK_STORE_BUNDLE, app, BK_STORE_BUNDLE) < 0)
        return -errno;
    *ret_there = true;
    return bk_folder_sync(app);
}

void bk_store_abandon(struct bk_store *store)
{
    int r = empty_named(store, BK_STORE_INCOMING);

    if (r < 0)
        bk_warning("what was to be installed is still there: %s", strerror(-r));
}

int bk_store_remove(struct bk_store *store, const char *id, bool *ret_there)
{
    *ret_there = true;
    _cleanup_close_ int removed = bk_folder_make_empty(store->root, BK_STORE_REMOVED);
    if (removed < 0)
        return removed;
    if (renameat2(store->apps, id, removed, id, RENAME_NOREPLACE) < 0)
        return -errno;
    *ret_there = false;
    int r = bk_folder_sync(store->apps);
    if (r < 0)
        return r;
    /* It is gone; its room comes back now, or when the store is opened again. */
    r = bk_folder_empty(removed);
    if (r >= 0)
        r = remove_points(store, id);
    if (r < 0)
        bk_warning("the room of what was removed is not free yet: %s", strerror(-r));
    return 0;
}

int bk_store_room(const struct bk_store *store, uint64_t *ret_free, uint64_t *ret_all)
{
    struct statvfs status;

    if (fstatvfs(store->root, &status) < 0)
        return -errno;
    *ret_free = (uint64_t)status.f_bavail * status.f_frsize;
    *ret_all = (uint64_t)status.f_blocks * status.f_frsize;
    return 0;
}
