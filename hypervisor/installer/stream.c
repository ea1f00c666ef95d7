/* SPDX-License-Identifier: Apache-2.0 */
/* system calls [installer]: poll read fstat newfstatat */
#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* A socket's end is one. The stream of a device says that nobody is there, too, before the word of its sender has come.
 */
static bool may_begin_later(int source)
{
    struct stat status;

    return fstat(source, &status) < 0 || !S_ISSOCK(status.st_mode);
}

ssize_t bk_stream_take(int source, void *buffer, size_t size, bool begun)
{
    const int step_ms = 100;

    for (int waited_ms = 0; waited_ms < BK_STREAM_SILENCE_MS;) {
        struct pollfd polled = { .fd = source, .events = POLLIN };

        int n = poll(&polled, 1, step_ms);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n <= 0) {
            waited_ms += step_ms;
            continue;
        }
        ssize_t got = read(source, buffer, size);
        if (got > 0)
            return got;
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (got == 0 && (begun || !may_begin_later(source)))
            return -ENODATA;
        (void)poll(NULL, 0, step_ms);
        waited_ms += step_ms;
    }
    return -ETIMEDOUT;
}
