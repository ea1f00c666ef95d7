/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "debug_port.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX     "io.bulkhead."
#define DEBUG_PORT PREFIX "debug"

static bool has_name(const char *device, const char *wanted)
{
    _cleanup_free_ char *name = NULL;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", device);
    if (bk_read_file(path, 256, &name, NULL) < 0)
        return false;
    name[strcspn(name, "\n")] = '\0';
    return strcmp(name, wanted) == 0;
}

static bool find(const char *name, char path[static PATH_MAX])
{
    DIR *directory = opendir("/sys/class/virtio-ports");
    struct dirent *entry;
    bool found = false;

    if (directory == NULL)
        return false;
    while (!found && (entry = readdir(directory)) != NULL) {
        found = entry->d_name[0] != '.' && has_name(entry->d_name, name);
        if (found)
            snprintf(path, PATH_MAX, "/dev/%s", entry->d_name);
    }
    closedir(directory);
    return found;
}

static int open_port(const char *name)
{
    char path[PATH_MAX];

    if (!find(name, path))
        return -ENOENT;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int bk_debug_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server)
{
    int fd = open_port(DEBUG_PORT);

    return fd < 0 ? fd : bk_port_open(port, event, server, fd, "the debug port", true);
}

int bk_debug_socket_open(sd_varlink_server *server, const char *directory)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/debug.sock", directory) >= (int)sizeof path)
        return -ENAMETOOLONG;
    (void)unlink(path);
    return sd_varlink_server_listen_address(server, path, 0600);
}

int bk_debug_way_open(struct bk_debug_way *way, const char *name, const char *directory)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    *way = (struct bk_debug_way){ .name = name, .machine = directory == NULL };
    if (directory == NULL)
        return 0;
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", directory, name) >=
        (int)sizeof address.sun_path)
        return -ENAMETOOLONG;
    (void)unlink(address.sun_path);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    mode_t before = umask(0077);
    int r = bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0 ? -errno : 0;
    umask(before);
    if (r >= 0)
        way->listener = TAKE_FD(fd);
    return r;
}

void bk_debug_way_close(struct bk_debug_way *way)
{
    if (way->listener > 0)
        bk_close(way->listener);
    *way = (struct bk_debug_way){ 0 };
}

int bk_debug_way_take(struct bk_debug_way *way)
{
    char name[64];

    if (way->machine) {
        snprintf(name, sizeof name, PREFIX "%s", way->name);
        return open_port(name);
    }
    if (way->listener <= 0)
        return -ENOENT;
    int fd = accept4(way->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return fd < 0 ? -errno : fd;
}
