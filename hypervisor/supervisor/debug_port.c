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

#define NAME "io.bulkhead.debug"

static bool has_name(const char *device)
{
    _cleanup_free_ char *name = NULL;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", device);
    return bk_read_file(path, 256, &name, NULL) >= 0 && strcmp(name, NAME "\n") == 0;
}

static bool find(char path[static PATH_MAX])
{
    DIR *directory = opendir("/sys/class/virtio-ports");
    struct dirent *entry;
    bool found = false;

    if (directory == NULL)
        return false;
    while (!found && (entry = readdir(directory)) != NULL) {
        found = entry->d_name[0] != '.' && has_name(entry->d_name);
        if (found)
            snprintf(path, PATH_MAX, "/dev/%s", entry->d_name);
    }
    closedir(directory);
    return found;
}

int bk_debug_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server)
{
    char path[PATH_MAX];

    if (!find(path))
        return -ENOENT;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    return bk_port_open(port, event, server, fd, "the debug port", true);
}

int bk_debug_socket_open(sd_varlink_server *server, const char *directory)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/debug.sock", directory) >= (int)sizeof path)
        return -ENAMETOOLONG;
    (void)unlink(path);
    return sd_varlink_server_listen_address(server, path, 0600);
}
