/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "system_devices.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>

int bk_system_open_data(const char *path)
{
    if (path == NULL) {
        bk_warning("there is no data disk: nothing is kept when the System VM ends");
        return -1;
    }
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        bk_error("the data disk %s cannot be used: %s", path, strerror(errno));
        return -1;
    }
    return TAKE_FD(fd);
}

int bk_system_open_gps(const char *path)
{
    struct termios settings;

    if (path == NULL)
        return -1;
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0 && tcgetattr(fd, &settings) == 0) {
        cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL | CREAD;
        (void)cfsetspeed(&settings, B9600); /* it is one of those that there are */
        if (tcsetattr(fd, TCSANOW, &settings) == 0)
            return TAKE_FD(fd);
    }
    bk_error("the GPS receiver at %s cannot be used: %s", path, strerror(errno));
    return -1;
}
