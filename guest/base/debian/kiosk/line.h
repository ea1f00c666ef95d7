/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to the System API, on Wayland's event loop.
 *
 * Input from: trusted (the system)
 * Runs in: bk-kiosk, its one thread
 */
#ifndef BK_KIOSK_LINE_H
#define BK_KIOSK_LINE_H

#include <stdbool.h>
#include <systemd/sd-varlink.h>
#include <wayland-server-core.h>

/* Where the system is: vsock ports of CID 2. */
#define BK_LINE_PORT_CALLS   1U
#define BK_LINE_PORT_STREAMS 3U

struct bk_line;

struct bk_line_events {
    /* It is there: `link` may be called. */
    void (*opened)(struct bk_line *line);
    /* It is not, or not any more; it is hung up. */
    void (*lost)(struct bk_line *line);
    /* Nothing is under way on it: true when that has begun a call. May be NULL. From within sd-varlink's own callbacks
     * nothing may be called. */
    bool (*idle)(struct bk_line *line);
};

struct bk_line {
    struct wl_event_loop *loop;
    const struct bk_line_events *events;
    void *userdata;
    int connecting;   /* -1: it is not */
    sd_varlink *link; /* its userdata is the line; NULL: there is none */
    struct wl_event_source *source;
};

/* `loop`, `events` and `userdata` outlive it. */
void bk_line_init(struct bk_line *line, struct wl_event_loop *loop, const struct bk_line_events *events,
                  void *userdata);
/* Takes a stream socket that is connected or connecting; the line must be hung up. -ENOMEM. */
int bk_line_open(struct bk_line *line, int fd);
/* Lets happen what there is to happen: after something is to be said. Nothing when it is not open. */
void bk_line_pump(struct bk_line *line);
/* `lost` is not called. */
void bk_line_hang_up(struct bk_line *line);
/* It is hung up, and `lost` is called. */
void bk_line_lose(struct bk_line *line);

static inline bool bk_line_is_open(const struct bk_line *line)
{
    return line->source != NULL;
}

/* Begins a connection to a port of the system: a non-blocking stream socket, connected or connecting; -errno. */
int bk_line_connect_vsock(unsigned port);

#endif
