/* SPDX-License-Identifier: Apache-2.0 */
/* A Unix socket at whose other end a test plays bk-vmm and the apps: each SURFACE has its memfd beside it. */
#include "display_source.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int socket_open(struct bk_display_source *source)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(source->path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, source->path, strlen(source->path));
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    return TAKE_FD(fd);
}

static void keep(struct bk_display_source *source, const struct cmsghdr *header)
{
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        if (source->descriptor_count < BK_SOURCE_DESCRIPTORS_MAX)
            source->descriptors[source->descriptor_count++] = fd;
        else
            bk_close(fd);
    }
}

static ssize_t socket_read(struct bk_display_source *source, void *buffer, size_t size)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * BK_SOURCE_DESCRIPTORS_MAX)];
    } control;
    struct iovec part = { .iov_base = buffer, .iov_len = size };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };

    ssize_t n = recvmsg(source->fd, &message, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            keep(source, header);
    }
    return n;
}

static int socket_descriptor(struct bk_display_source *source)
{
    if (source->descriptor_count == 0)
        return -1;
    int fd = source->descriptors[0];
    source->descriptor_count--;
    memmove(source->descriptors, source->descriptors + 1, source->descriptor_count * sizeof fd);
    return fd;
}

static int socket_map(struct bk_display_source *source, uint32_t cid, const struct bk_display_surface *surface, int fd,
                      void **ret_data, size_t *ret_size)
{
    const int wanted = F_SEAL_SHRINK | F_SEAL_SEAL;
    struct stat info;

    (void)source;
    (void)cid;
    /* A file that can shrink would kill whoever reads its end. */
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & wanted) != wanted || fstat(fd, &info) < 0 || (uint64_t)info.st_size < surface->size)
        return -EBADF;
    void *data = mmap(NULL, surface->size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    *ret_data = data;
    *ret_size = surface->size;
    return 0;
}

static void socket_closed(struct bk_display_source *source)
{
    while (source->descriptor_count > 0)
        bk_close(source->descriptors[--source->descriptor_count]);
}

const struct bk_display_source_kind bk_display_source_socket = { .open = socket_open,
                                                                 .read = socket_read,
                                                                 .descriptor = socket_descriptor,
                                                                 .map = socket_map,
                                                                 .closed = socket_closed };
