/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "shell.h"

#include "supervisor.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_USEC 1000000ULL
#define AGAIN_USEC  100000ULL

/* True when nothing of it is left: it was taken, or nobody takes it any more. */
static bool send_all(int fd, const uint8_t *bytes, size_t size, size_t *sent)
{
    while (*sent < size) {
        ssize_t n = send(fd, bytes + *sent, size - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            *sent = size;
        else if (n <= 0)
            return false;
        else
            *sent += (size_t)n;
    }
    return true;
}

static bool owes(const struct bk_app *app)
{
    return app->shell_owed.sent < app->shell_owed.size;
}

static bool pay(struct bk_app *app)
{
    return send_all(app->shell, app->shell_owed.bytes, app->shell_owed.size, &app->shell_owed.sent);
}

static int on_room(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_app *app = userdata;

    (void)source;
    (void)fd;
    (void)events;
    if (pay(app))
        app->shell_owed.room = sd_event_source_disable_unref(app->shell_owed.room);
    return 0;
}

static void part(struct bk_shell_bridge *bridge)
{
    struct bk_app *app = bridge->app;

    bridge->from_developer = sd_event_source_disable_unref(bridge->from_developer);
    bridge->from_guest = sd_event_source_disable_unref(bridge->from_guest);
    bridge->late = sd_event_source_disable_unref(bridge->late);
    bridge->developer = bk_close(bridge->developer);
    bk_info("%s: the developer's shell is over", app->vm.name);
    bridge->app = NULL;
    bridge->filled = bridge->sent = bridge->size = bridge->taken = 0;
    bridge->came = false;
    if (!owes(app))
        return;
    int r = sd_event_add_io(app->supervisor->event, &app->shell_owed.room, app->shell, EPOLLOUT, on_room, app);
    if (r < 0)
        bk_warning("%s: its shell is not told that the developer has gone: %s", app->vm.name, strerror(-r));
}

/* What is on its way, and what the one before has left, is sent before it: a frame is never cut. */
static bool flush_guest(struct bk_shell_bridge *bridge)
{
    if (!pay(bridge->app))
        return false;
    if (bridge->filled == BK_SHELL_FRAME_SIZE) {
        if (!send_all(bridge->app->shell, bridge->to_guest, BK_SHELL_FRAME_SIZE, &bridge->sent))
            return false;
        bridge->filled = bridge->sent = 0;
    }
    return true;
}

/* What of the developer who has gone is on its way, and END behind it. Nothing of them is, while the guest has not
 * taken what the one before left: that ends with END, too. */
static void owe(struct bk_shell_bridge *bridge)
{
    struct bk_shell_owed *owed = &bridge->app->shell_owed;

    if (flush_guest(bridge) || !owes(bridge->app)) {
        const size_t rest = bridge->filled == BK_SHELL_FRAME_SIZE ? BK_SHELL_FRAME_SIZE - bridge->sent : 0;
        memcpy(owed->bytes, bridge->to_guest + bridge->sent, rest);
        bk_shell_frame_write(BK_SHELL_END, NULL, 0, owed->bytes + rest);
        owed->size = rest + BK_SHELL_FRAME_SIZE;
        owed->sent = 0;
    }
}

static void leave(struct bk_shell_bridge *bridge)
{
    owe(bridge);
    (void)pay(bridge->app);
    part(bridge);
}

static void wait_for_more(struct bk_shell_bridge *bridge)
{
    const bool typing = bridge->filled == BK_SHELL_FRAME_SIZE, showing = bridge->taken < bridge->size;

    (void)sd_event_source_set_io_events(bridge->from_developer, (typing ? 0 : EPOLLIN) | (showing ? EPOLLOUT : 0));
    (void)sd_event_source_set_io_events(bridge->from_guest, (showing ? 0 : EPOLLIN) | (typing ? EPOLLOUT : 0));
}

static int on_developer(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_shell_bridge *bridge = userdata;

    if (bridge->taken < bridge->size) {
        ssize_t n = write(fd, bridge->to_developer + bridge->taken, bridge->size - bridge->taken);
        bridge->taken += n > 0 ? (size_t)n : 0;
    }
    if (bridge->filled < BK_SHELL_FRAME_SIZE) {
        ssize_t n = read(fd, bridge->to_guest + bridge->filled, BK_SHELL_FRAME_SIZE - bridge->filled);
        const bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
        if (gone && bridge->came) {
            bridge->filled = 0; /* none is half sent */
            leave(bridge);
            return 0;
        }
        if (gone) { /* is not there yet, as the port sees it; until `late` looks again */
            return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
        bridge->came = bridge->came || n > 0;
        bridge->filled += n > 0 ? (size_t)n : 0;
        (void)flush_guest(bridge);
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        leave(bridge);
        return 0;
    }
    wait_for_more(bridge);
    return 0;
}

static int on_guest(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_shell_bridge *bridge = userdata;

    (void)source;
    (void)events;
    (void)flush_guest(bridge);
    if (bridge->taken == bridge->size) {
        ssize_t n = recv(fd, bridge->to_developer, sizeof bridge->to_developer, MSG_DONTWAIT);
        if (n == 0) { /* its VM ends, which is told by itself */
            return sd_event_source_set_enabled(bridge->from_guest, SD_EVENT_OFF);
        }
        bridge->taken = 0;
        bridge->size = n > 0 ? (size_t)n : 0;
    }
    wait_for_more(bridge);
    return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_shell_bridge *bridge = userdata;

    (void)usec;
    if (bridge->came)
        return 0;
    if (--bridge->looks == 0) {
        bk_warning("%s: nobody came for the shell", bridge->app->vm.name);
        part(bridge);
        return 0;
    }
    (void)sd_event_source_set_enabled(bridge->from_developer, SD_EVENT_ON);
    (void)sd_event_source_set_time_relative(source, AGAIN_USEC);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int bk_shell_make_port(int *ret_ours, int *ret_theirs)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    *ret_ours = ends[0];
    *ret_theirs = ends[1];
    return 0;
}

int bk_shell_join(struct bk_shell_bridge *bridge, struct bk_app *app, int *developer)
{
    sd_event *event = app->supervisor->event;

    if (app->shell < 0)
        return -EOPNOTSUPP;
    if (bridge->app != NULL)
        return -EBUSY;
    /* What is owed goes before the first frame. */
    app->shell_owed.room = sd_event_source_disable_unref(app->shell_owed.room);
    bridge->app = app;
    bridge->developer = TAKE_FD(*developer);
    bridge->looks = BK_SHELL_COME_SECONDS * SECOND_USEC / AGAIN_USEC;
    int r = sd_event_add_io(event, &bridge->from_developer, bridge->developer, EPOLLIN, on_developer, bridge);
    if (r >= 0)
        r = sd_event_add_io(event, &bridge->from_guest, app->shell, EPOLLIN, on_guest, bridge);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &bridge->late, CLOCK_MONOTONIC, AGAIN_USEC, 0, on_late, bridge);
    if (r < 0)
        part(bridge);
    else
        bk_info("%s: a developer wants a shell", app->vm.name);
    return r;
}

void bk_shell_app_ended(struct bk_shell_bridge *bridge, const struct bk_app *app)
{
    uint8_t end[BK_SHELL_FRAME_SIZE];

    if (bridge->app == NULL || (app != NULL && bridge->app != app))
        return;
    if (bridge->taken < bridge->size)
        (void)!write(bridge->developer, bridge->to_developer + bridge->taken, bridge->size - bridge->taken);
    bk_shell_frame_write(BK_SHELL_END, NULL, 0, end);
    (void)!write(bridge->developer, end, sizeof end); /* who reads nothing learns it when they do */
    part(bridge);
}

void bk_shell_close_port(struct bk_app *app)
{
    app->shell_owed.room = sd_event_source_disable_unref(app->shell_owed.room);
    app->shell_owed.size = app->shell_owed.sent = 0;
    app->shell = bk_close(app->shell);
}
