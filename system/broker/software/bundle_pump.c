/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bundle_pump.h"

#include "bundle_port.h"

#include "checked.h"
#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Pieces in one turn of the event loop: a file that comes fast does not keep it from the apps. */
#define PIECES_MAX 4U

static_assert(BK_BUNDLE_PUMP_CHUNK >= BK_BUNDLE_MARK_SIZE, "it begins with a mark");

static void end(struct bk_bundle_pump *pump, int error)
{
    bk_bundle_pump_stop(pump);
    pump->ended(error, pump->userdata);
}

/* One step: a piece is written, or the next one read. 1: there may be another one; 0: none now, or it is over. */
static int step(struct bk_bundle_pump *pump, bool *ret_blocked)
{
    ssize_t n;

    if (pump->sent < pump->filled) {
        n = write(pump->port, pump->buffer + pump->sent, pump->filled - pump->sent);
        *ret_blocked = n < 0 && errno == EAGAIN;
        if (n > 0)
            pump->sent += (size_t)n;
        return n > 0 || errno == EINTR ? 1 : errno == EAGAIN ? 0 : -errno;
    }
    *ret_blocked = false;
    if (pump->taken == pump->size)
        return -ESHUTDOWN;
    n = read(pump->source, pump->buffer, (size_t)bk_min(pump->size - pump->taken, (uint64_t)sizeof pump->buffer));
    if (n == 0)
        return -ENODATA;
    if (n < 0)
        return errno == EINTR ? 1 : errno == EAGAIN ? 0 : -ENODATA;
    pump->taken += (uint64_t)n;
    pump->filled = (size_t)n;
    pump->sent = 0;
    return 1;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_bundle_pump *pump = userdata;
    bool blocked = false;
    int r = 1;

    (void)source;
    (void)fd;
    (void)events;
    for (unsigned i = 0; r > 0 && i < 2 * PIECES_MAX; i++)
        r = step(pump, &blocked);
    if (r < 0) {
        end(pump, r == -ESHUTDOWN ? 0 : r);
        return 0;
    }
    if (r > 0)
        blocked = pump->sent < pump->filled; /* what is ready tells so again */
    (void)sd_event_source_set_enabled(pump->from, blocked ? SD_EVENT_OFF : SD_EVENT_ON);
    (void)sd_event_source_set_enabled(pump->to, blocked ? SD_EVENT_ON : SD_EVENT_OFF);
    return 0;
}

int bk_bundle_pump_start(struct bk_bundle_pump *pump, sd_event *event, int source, uint64_t size, int port,
                         const char *mark, bk_bundle_pump_ended_t ended, void *userdata)
{
    bk_bundle_pump_stop(pump);
    pump->source = source;
    pump->port = port;
    pump->size = size;
    pump->taken = 0;
    pump->ended = ended;
    pump->userdata = userdata;
    memcpy(pump->buffer, mark, BK_BUNDLE_MARK_SIZE);
    pump->filled = BK_BUNDLE_MARK_SIZE;
    pump->sent = 0;
    int r = sd_event_add_io(event, &pump->from, source, EPOLLIN, on_ready, pump);
    if (r < 0) {
        bk_close(source);
        return r;
    }
    r = sd_event_source_set_enabled(pump->from, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(event, &pump->to, port, EPOLLOUT, on_ready, pump);
    if (r < 0)
        bk_bundle_pump_stop(pump);
    return r;
}

void bk_bundle_pump_stop(struct bk_bundle_pump *pump)
{
    if (pump->from == NULL)
        return;
    pump->from = sd_event_source_disable_unref(pump->from);
    pump->to = sd_event_source_disable_unref(pump->to);
    pump->source = bk_close(pump->source);
}
