/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "title.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID  2U
#define SYSTEM_PORT 1U
#define PACE_MS     250  /* between two titles */
#define PAUSE_MS    2000 /* before a system that is not there is looked for again */

void bk_title_init(struct title *title)
{
    *title = (struct title){ .fd = -1 };
}

void bk_title_set(struct title *title, const char *text)
{
    if (strcmp(text, title->text) == 0)
        return;
    snprintf(title->text, sizeof title->text, "%s", text);
    title->due = true;
}

short bk_title_events(const struct title *title, uint64_t now_ms, uint64_t *ret_ms)
{
    bool later = now_ms < title->when_ms;

    *ret_ms = !title->due ? UINT64_MAX : later ? title->when_ms : title->fd < 0 ? now_ms : UINT64_MAX;
    /* A vsock that its other end closed does not say POLLHUP. */
    return title->due && !later ? POLLOUT | POLLRDHUP : POLLRDHUP;
}

size_t bk_title_message(char to[static TITLE_MESSAGE], const char *text)
{
    char escaped[2 * TITLE_MAX + 1];
    size_t size = 0;

    for (size_t i = 0; i < TITLE_MAX && text[i] != '\0'; i++) {
        if (text[i] == '"' || text[i] == '\\')
            escaped[size++] = '\\';
        escaped[size++] = text[i];
    }
    escaped[size] = '\0';
    return (size_t)snprintf(to, TITLE_MESSAGE,
                            "{\"method\":\"io.bulkhead.Window.Set\",\"oneway\":true,"
                            "\"parameters\":{\"title\":\"%s\"}}",
                            escaped) +
           1;
}

static void hang_up(struct title *title, uint64_t now_ms)
{
    if (title->fd >= 0)
        close(title->fd);
    title->fd = -1;
    title->due = title->text[0] != '\0'; /* the system that comes knows nothing */
    title->when_ms = now_ms + PAUSE_MS;
}

static void dial(struct title *title, uint64_t now_ms)
{
    const struct sockaddr_vm system = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = SYSTEM_PORT };

    title->fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (title->fd < 0 ||
        (connect(title->fd, (const struct sockaddr *)&system, sizeof system) < 0 && errno != EINPROGRESS))
        hang_up(title, now_ms);
}

void bk_title_step(struct title *title, short events, uint64_t now_ms)
{
    char message[TITLE_MESSAGE];

    if ((events & (POLLERR | POLLHUP | POLLRDHUP)) != 0) {
        hang_up(title, now_ms);
        return;
    }
    if (!title->due || now_ms < title->when_ms)
        return;
    if (title->fd < 0) {
        dial(title, now_ms);
        return;
    }
    if ((events & POLLOUT) == 0)
        return;
    size_t size = bk_title_message(message, title->text);
    if (send(title->fd, message, size, MSG_NOSIGNAL) != (ssize_t)size) {
        hang_up(title, now_ms); /* a message begun must not go on as another */
        return;
    }
    title->due = false;
    title->when_ms = now_ms + PACE_MS;
}
