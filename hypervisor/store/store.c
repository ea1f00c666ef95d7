/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store.h"

#include "cleanup.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define APPS         "apps"
#define BUNDLE       "bundle"
#define INCOMING     "incoming"
#define REMOVED      "removed"
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DEPTH_MAX    4 /* of folders: an app's files lie one deep */
#define OWNER_READS  0600
#define OWNER_ENTERS 0700

static int open_folder(int at, const char *name)
{
    int fd = openat(at, name, FOLDER_FLAGS);

    return fd < 0 ? -errno : fd;
}

/* Opens it, and makes it when it is missing. */
static int make_folder(int at, const char *name)
{
    if (mkdirat(at, name, OWNER_ENTERS) < 0 && errno != EEXIST)
        return -errno;
    return open_folder(at, name);
}

static int sync_fd(int fd)
{
    return fsync(fd) < 0 ? -errno : 0;
}

static int empty_folder(int folder, unsigned depth);

static int delete_entry(int folder, const char *name, unsigned depth)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    if (depth == DEPTH_MAX)
        return -ELOOP;
    _cleanup_close_ int inner = open_folder(folder, name);
    if (inner < 0)
        return inner;
    int r = empty_folder(inner, depth + 1);
    if (r < 0)
        return r;
    return unlinkat(folder, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int empty_folder(int folder, unsigned depth)
{
    int copy = openat(folder, ".", FOLDER_FLAGS); /* closedir() closes it */
    DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    int r = 0;

    if (directory == NULL) {
        r = -errno;
        bk_close(copy);
        return r;
    }
    while (r >= 0 && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = delete_entry(folder, entry->d_name, depth);
    }
    closedir(directory);
    return r;
}

static int empty(const struct bk_store *store, const char *name)
{
    _cleanup_close_ int folder = make_folder(store->root, name);

    return folder < 0 ? folder : empty_folder(folder, 0);
}

int bk_store_open(struct bk_store *store, const char *path)
{
    *store = (struct bk_store){ .open = true, .root = -1, .apps = -1 };
    int r = store->root = open_folder(AT_FDCWD, path);
    if (r >= 0)
        r = store->apps = make_folder(store->root, APPS);
    if (r >= 0)
        r = empty(store, INCOMING);
    if (r >= 0)
        r = empty(store, REMOVED);
    if (r >= 0)
        r = sync_fd(store->root);
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
    store->open = false;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int bk_store_list(const struct bk_store *store, char ***ret_ids, size_t *ret_count)
{
    struct dirent **entries = NULL;

    int found = scandirat(store->apps, ".", &entries, not_hidden, alphasort);
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

int bk_store_open_bundle(const struct bk_store *store, const char *id)
{
    _cleanup_close_ int folder = open_folder(store->apps, id);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BUNDLE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int bk_store_begin(struct bk_store *store)
{
    int r = empty(store, INCOMING);
    if (r < 0)
        return r;
    _cleanup_close_ int folder = open_folder(store->root, INCOMING);
    if (folder < 0)
        return folder;
    int fd = openat(folder, BUNDLE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWNER_READS);
    return fd < 0 ? -errno : fd;
}

int bk_store_reopen(struct bk_store *store)
{
    _cleanup_close_ int folder = open_folder(store->root, INCOMING);
    if (folder < 0)
        return folder;
    _cleanup_close_ int fd = openat(folder, BUNDLE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    /* A read lease is not given while anybody has the file open for writing (fcntl(2)). */
    if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
        return errno == EAGAIN ? -EBUSY : -errno;
    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    int r = sync_fd(fd);
    return r < 0 ? r : TAKE_FD(fd);
}

/* The first bundle of an app: its folder, with the bundle in it, comes as one. */
static int commit_first(struct bk_store *store, const char *id, int incoming, bool *ret_there)
{
    int r = sync_fd(incoming);

    if (r < 0)
        return r;
    if (renameat2(store->root, INCOMING, store->apps, id, RENAME_NOREPLACE) < 0)
        return -errno;
    *ret_there = true;
    r = sync_fd(store->apps);
    return r < 0 ? r : sync_fd(store->root);
}

int bk_store_commit(struct bk_store *store, const char *id, bool *ret_there)
{
    *ret_there = false;
    _cleanup_close_ int incoming = open_folder(store->root, INCOMING);
    if (incoming < 0)
        return incoming;
    _cleanup_close_ int app = open_folder(store->apps, id);
    if (app == -ENOENT)
        return commit_first(store, id, incoming, ret_there);
    if (app < 0)
        return app;
    if (renameat(incoming, BUNDLE, app, BUNDLE) < 0)
        return -errno;
    *ret_there = true;
    return sync_fd(app);
}

void bk_store_abandon(struct bk_store *store)
{
    int r = empty(store, INCOMING);

    if (r < 0)
        bk_warning("what was to be installed is still there: %s", strerror(-r));
}

int bk_store_remove(struct bk_store *store, const char *id, bool *ret_there)
{
    *ret_there = true;
    _cleanup_close_ int removed = make_folder(store->root, REMOVED);
    if (removed < 0)
        return removed;
    int r = empty_folder(removed, 0);
    if (r < 0)
        return r;
    if (renameat2(store->apps, id, removed, id, RENAME_NOREPLACE) < 0)
        return -errno;
    *ret_there = false;
    r = sync_fd(store->apps);
    if (r < 0)
        return r;
    /* It is gone; its room comes back now, or when the store is opened again. */
    r = empty_folder(removed, 0);
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
