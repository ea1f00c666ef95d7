/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "taker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID   2U
#define CALLS_PORT   1U
#define STREAMS_PORT 3U
#define PAUSE_MS     2000 /* before a system that is not there is looked for again */

static const char watch[] = "{\"method\":\"io.bulkhead.Open.Watch\"}"; /* and its NUL */

void bk_taker_init(struct taker *taker)
{
    *taker = (struct taker){ .fd = -1 };
}

short bk_taker_events(const struct taker *taker, uint64_t now_ms, uint64_t *ret_ms)
{
    *ret_ms = taker->fd >= 0 ? UINT64_MAX : taker->when_ms > now_ms ? taker->when_ms : now_ms;
    return taker->said ? POLLIN : POLLOUT;
}

bool bk_taker_find_token(const char *message, char token[static TAKER_TOKEN + 2])
{
    static const char key[] = "\"stream\":\"";
    const char *value = strstr(message, key);

    if (value == NULL || strspn(value + sizeof key - 1, "0123456789abcdef") != TAKER_TOKEN)
        return false;
    memcpy(token, value + sizeof key - 1, TAKER_TOKEN);
    memcpy(token + TAKER_TOKEN, "\n", 2);
    return true;
}

/* The next connection is for this. */
static void go_on(struct taker *taker, enum taker_phase phase, uint64_t when_ms)
{
    if (taker->fd >= 0)
        close(taker->fd);
    taker->fd = -1;
    taker->phase = phase;
    taker->said = false;
    taker->when_ms = when_ms;
    taker->size = 0;
}

static void dial(struct taker *taker, uint64_t now_ms)
{
    const struct sockaddr_vm system = { .svm_family = AF_VSOCK,
                                        .svm_cid = SYSTEM_CID,
                                        .svm_port = taker->phase == TAKER_CALLS ? CALLS_PORT : STREAMS_PORT };

    taker->fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (taker->fd < 0 ||
        (connect(taker->fd, (const struct sockaddr *)&system, sizeof system) < 0 && errno != EINPROGRESS))
        go_on(taker, TAKER_CALLS, now_ms + PAUSE_MS);
}

static void say(struct taker *taker, uint64_t now_ms)
{
    const char *message = taker->phase == TAKER_CALLS ? watch : taker->token;
    const size_t size = taker->phase == TAKER_CALLS ? sizeof watch : TAKER_TOKEN + 1;

    if (send(taker->fd, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size)
        taker->said = true;
    else
        go_on(taker, TAKER_CALLS, now_ms + PAUSE_MS);
}

/* More of the answer; true when a text is to come. */
static bool hear(struct taker *taker, uint64_t now_ms)
{
    ssize_t n = recv(taker->fd, taker->message + taker->size, TAKER_MESSAGE_MAX - taker->size, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    taker->size += n > 0 ? (size_t)n : 0;
    if (memchr(taker->message, '\0', taker->size) == NULL) {
        if (n <= 0 || taker->size == TAKER_MESSAGE_MAX)
            go_on(taker, TAKER_CALLS, now_ms + PAUSE_MS);
        return false;
    }
    bool found = bk_taker_find_token(taker->message, taker->token);
    go_on(taker, found ? TAKER_STREAM : TAKER_CALLS, found ? now_ms : now_ms + PAUSE_MS);
    return found;
}

bool bk_taker_step(struct taker *taker, short events, uint64_t now_ms, void (*begun)(void *userdata),
                   void (*take)(char byte, void *userdata), void *userdata)
{
    char bytes[4096];

    if (taker->fd < 0) {
        if (now_ms >= taker->when_ms)
            dial(taker, now_ms);
        return false;
    }
    if (events == 0)
        return false;
    if (!taker->said) {
        say(taker, now_ms);
        return false;
    }
    if (taker->phase == TAKER_CALLS) {
        bool found = hear(taker, now_ms);
        if (found)
            begun(userdata);
        return found;
    }
    ssize_t n = recv(taker->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        go_on(taker, TAKER_CALLS, now_ms);
        return false;
    }
    for (ssize_t i = 0; i < n; i++)
        take(bytes[i], userdata);
    return true;
}
