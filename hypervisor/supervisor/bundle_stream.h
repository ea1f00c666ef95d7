/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The System VM's port for bundles (docs/protocols/bundle-port.md), as a stream for each of them.
 *
 * Input from: guest (bytes that are passed on; nothing but a mark is looked for in them)
 * Runs in: bk-supervisor
 *
 * Theory. The port is one byte stream that outlives the bundles on it: the rest of one that nobody wanted to its end,
 * and what a broker had left when it ended, is thrown away until the next one's mark comes. Nothing is read while no
 * bundle is awaited, so that who writes waits. The buffer is of fixed size.
 */
#ifndef BK_SUPERVISOR_BUNDLE_STREAM_H
#define BK_SUPERVISOR_BUNDLE_STREAM_H

#include "bundle_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_BUNDLE_STREAM_CHUNK (64U << 10)

/* Zero-initialised: there is no port. */
struct bk_bundle_stream {
    bool open;
    int fd;                             /* the port; owned */
    int out;                            /* to who takes the bundle that is awaited or comes, or -1: none is */
    sd_event_source *source;            /* of the port, … */
    sd_event_source *out_source;        /* … and of that */
    char mark[BK_BUNDLE_MARK_SIZE + 1]; /* which is looked for, … */
    bool found;                         /* … and has come */
    uint8_t buffer[BK_BUNDLE_STREAM_CHUNK];
    size_t from, to; /* what of it is to be passed on, or may be the beginning of a mark */
    uint64_t left;   /* of the bundle */
};

/* Takes `fd` in any case. */
int bk_bundle_stream_open(struct bk_bundle_stream *stream, sd_event *event, int fd);
void bk_bundle_stream_close(struct bk_bundle_stream *stream);

/* The `size` bytes behind this mark, of BK_BUNDLE_MARK_SIZE bytes, come through a new non-blocking stream, which is the
 * caller's. -ENODEV: there is no port. */
int bk_bundle_stream_begin(struct bk_bundle_stream *stream, const char *mark, uint64_t size);
/* Nothing more is to come of it. */
void bk_bundle_stream_end(struct bk_bundle_stream *stream);

#endif
