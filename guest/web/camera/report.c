/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "report.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int bk_camera_report_begin(const char *title)
{
    const char *name = g_getenv(BK_CAMERA_REPORTS);
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (name == NULL || title == NULL || strlen(name) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path + 1, name, strlen(name));
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    g_autofd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, size) < 0 ||
        send(fd, title, strlen(title), MSG_NOSIGNAL) < 0)
        return -1;
    return g_steal_fd(&fd);
}

void bk_camera_report(int fd, enum bk_camera_report what)
{
    const char byte = (char)what;

    if (fd >= 0)
        (void)send(fd, &byte, sizeof byte, MSG_NOSIGNAL);
}
