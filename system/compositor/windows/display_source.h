/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the display port's records and the apps' pixels come from: the virtio port and the import device of the System
 * VM, or, for tests, a Unix socket with a memfd beside each SURFACE.
 *
 * Input from: app, through two bk-vmms; in tests, the test
 * Runs in: bk-compositor, main thread
 *
 * A source that cannot be opened or that ended is tried again, for good.
 */
#ifndef BK_COMPOSITOR_DISPLAY_SOURCE_H
#define BK_COMPOSITOR_DISPLAY_SOURCE_H

#include "display_session.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

struct bk_display_source;

/* How one kind of source differs from the other. All yield -errno on failure. */
struct bk_display_source_kind {
    /* The stream, non-blocking. */
    int (*open)(struct bk_display_source *source);
    ssize_t (*read)(struct bk_display_source *source, void *buffer, size_t size);
    /* The descriptor that came with the surface that was just announced; -1 when pixels are found by their name. */
    int (*descriptor)(struct bk_display_source *source);
    /* Maps the surface's pixels for reading; `*ret_size` may be more than the surface's. */
    int (*map)(struct bk_display_source *source, uint32_t cid, const struct bk_display_surface *surface, int fd,
               void **ret_data, size_t *ret_size);
    /* The stream has ended. */
    void (*closed)(struct bk_display_source *source);
};
extern const struct bk_display_source_kind bk_display_source_port, bk_display_source_socket;

struct bk_display_source_events {
    void (*opened)(void *userdata);
    void (*received)(const void *data, size_t size, void *userdata);
    /* What waits to be written; `written` says how much of it was. */
    const void *(*output)(size_t *ret_size, void *userdata);
    void (*written)(size_t size, void *userdata);
    void (*closed)(void *userdata);
    void *userdata;
};

#define BK_SOURCE_DESCRIPTORS_MAX 32U

struct bk_display_source {
    const struct bk_display_source_kind *kind;
    struct bk_display_source_events events;
    const char *path; /* of the socket */
    sd_event *event;
    int fd; /* the stream; -1: none */
    sd_event_source *io;
    sd_event_source *retry;
    int import;                                 /* the import device; -1: not open */
    int descriptors[BK_SOURCE_DESCRIPTORS_MAX]; /* received, not yet asked for */
    size_t descriptor_count;
    bool said; /* the log has said why it cannot be opened */
};

/* `path` names the socket; NULL for the virtio port. */
int bk_display_source_create(sd_event *event, const char *path, const struct bk_display_source_events *events,
                             struct bk_display_source **ret_source);
void bk_display_source_destroy(struct bk_display_source *source);

/* There is output: writes it now or when the stream takes it. */
void bk_display_source_flush(struct bk_display_source *source);

#endif
