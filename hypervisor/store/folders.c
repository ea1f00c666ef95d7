/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "folders.h"

#include "cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DEPTH_MAX    4 /* of folders: an app's files lie one deep, those of its restore points two */
#define OWNER_ENTERS 0700

int bk_folder_open(int at, const char *name)
{
    int fd = openat(at, name, FOLDER_FLAGS);

    return fd < 0 ? -errno : fd;
}

/* Opens it, and makes it when it is missing. */
int bk_folder_make(int at, const char *name)
{
    if (mkdirat(at, name, OWNER_ENTERS) < 0 && errno != EEXIST)
        return -errno;
    return bk_folder_open(at, name);
}

int bk_folder_sync(int fd)
{
    return fsync(fd) < 0 ? -errno : 0;
}

static int empty_to(int folder, unsigned depth);

static int delete_entry(int folder, const char *name, unsigned depth)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    if (depth == DEPTH_MAX)
        return -ELOOP;
    _cleanup_close_ int inner = bk_folder_open(folder, name);
    if (inner < 0)
        return inner;
    int r = empty_to(inner, depth + 1);
    if (r < 0)
        return r;
    return unlinkat(folder, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int empty_to(int folder, unsigned depth)
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

int bk_folder_empty(int folder)
{
    return empty_to(folder, 0);
}

int bk_folder_make_empty(int at, const char *name)
{
    _cleanup_close_ int folder = bk_folder_make(at, name);
    if (folder < 0)
        return folder;
    int r = bk_folder_empty(folder);
    return r < 0 ? r : TAKE_FD(folder);
}
