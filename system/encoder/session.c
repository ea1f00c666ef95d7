/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "cleanup.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

/*
 * system calls [encoder]: poll recvfrom sendto
 */

/* Waits until something can be done; what, and whether it fails, the next call says. */
static int wait_for(int stream, short events)
{
    struct pollfd waited = { .fd = stream, .events = events };
    int n = poll(&waited, 1, BK_SESSION_STALL_MS);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    return n == 0 ? -ETIMEDOUT : 0;
}

/* Whether a failed call is to be tried again, when that was waited for: 0, or a negative errno. */
static int try_again(int stream, short events)
{
    return errno == EAGAIN || errno == EINTR ? wait_for(stream, events) : -errno;
}

/* Takes in a whole frame; 1 when there is one, 0 when the app sends no more. */
static int take(int stream, uint8_t *frame, size_t size)
{
    size_t filled = 0;

    while (filled < size) {
        ssize_t n = recv(stream, frame + filled, size - filled, MSG_DONTWAIT);
        if (n == 0)
            return filled == 0 ? 0 : -ENODATA;
        if (n > 0) {
            filled += (size_t)n;
            continue;
        }
        int r = try_again(stream, POLLIN);
        if (r < 0)
            return r;
    }
    return 1;
}

static int give(int stream, const uint8_t *data, size_t size)
{
    size_t sent = 0;

    while (sent < size) {
        ssize_t n = send(stream, data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        int r = try_again(stream, POLLOUT);
        if (r < 0)
            return r;
    }
    return 0;
}

int bk_session_run(int stream, struct bk_encoding *encoding, struct bk_machine *machine)
{
    size_t frame_size = machine != NULL ? machine->frame_size : bk_encoding_frame_size(encoding);
    _cleanup_free_ uint8_t *frame = malloc(frame_size);

    if (frame == NULL)
        return -ENOMEM;
    for (;;) {
        const uint8_t *unit = NULL;
        size_t size = 0;
        int r = take(stream, frame, frame_size);
        if (r <= 0)
            return r;
        r = machine != NULL ? bk_machine_encode(machine, frame, &unit, &size)
                            : bk_encoding_encode(encoding, frame, &unit, &size);
        if (r < 0)
            return r;
        const uint8_t head[4] = { (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
        r = give(stream, head, sizeof head);
        if (r >= 0)
            r = give(stream, unit, size);
        if (r < 0)
            return r;
    }
}
