/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "data.h"

#include "folders.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_size(const struct bk_store *store, uint64_t size)
{
    uint64_t left, all;

    int r = bk_store_room(store, &left, &all);
    if (r < 0)
        return r;
    return size > all ? -EFBIG : 0;
}

int bk_data_open(struct bk_store *store, const char *id, bool installed, uint64_t size)
{
    struct stat status;

    int r = check_size(store, size);
    if (r < 0)
        return r;
    _cleanup_close_ int home = bk_store_open_home(store, id, installed, true);
    if (home < 0)
        return home;
    _cleanup_close_ int fd =
        openat(home, BK_STORE_DATA, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, BK_STORE_OWNER);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if ((uint64_t)status.st_size >= size)
        return TAKE_FD(fd);
    /* A power cut in between leaves a smaller one, which is made larger the next time. */
    if (ftruncate(fd, (off_t)size) < 0 || fsync(fd) < 0)
        return -errno;
    r = bk_folder_sync(home);
    return r < 0 ? r : TAKE_FD(fd);
}

int bk_data_open_passing(const struct bk_store *store, uint64_t size)
{
    int r = check_size(store, size);
    if (r < 0)
        return r;
    /* With O_EXCL nobody can give it a name later. */
    _cleanup_close_ int fd = openat(store->root, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, BK_STORE_OWNER);
    if (fd < 0)
        return -errno;
    return ftruncate(fd, (off_t)size) < 0 ? -errno : TAKE_FD(fd);
}

int bk_data_read(const struct bk_store *store, const char *id, bool installed)
{
    _cleanup_close_ int home = bk_store_open_home(store, id, installed, false);
    if (home < 0)
        return home;
    int fd = openat(home, BK_STORE_DATA, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

/* Byte by byte, with the holes: on a file system that has no references. */
static int copy(int from, int to)
{
    struct stat status;
    off_t at = 0, end;

    if (fstat(from, &status) < 0 || ftruncate(to, status.st_size) < 0)
        return -errno;
    while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
        off_t target = at;
        if ((end = lseek(from, at, SEEK_HOLE)) < 0)
            return -errno;
        while (at < end) {
            ssize_t n = copy_file_range(from, &at, to, &target, (size_t)(end - at), 0);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                return n < 0 ? -errno : -ENODATA;
        }
    }
    return errno == ENXIO ? 0 : -errno;
}

int bk_data_clone(int from, int to)
{
    int r = ioctl(to, FICLONE, from) < 0 ? -errno : 0;

    if (r == -EOPNOTSUPP || r == -ENOTTY || r == -EINVAL || r == -EXDEV)
        r = copy(from, to);
    return r < 0 ? r : bk_folder_sync(to);
}
