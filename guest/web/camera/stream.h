/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Camera for threads that may wait, and be called back from it.
 *
 * Input from: another app or the machine's camera (its frames), by the system
 * Runs in: the engine's processes, any thread
 */
#ifndef BK_WEB_CAMERA_STREAM_H
#define BK_WEB_CAMERA_STREAM_H

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-json.h>

#define BK_CAMERA_HEADER 16U /* bytes before each frame: docs/protocols/camera-stream.md */

/* Calls, one at a time, and a stream of frames; another thread may say that nobody is to wait. */
struct bk_camera_stream {
    int event; /* readable while nobody is to wait */
    GMutex lock;
    int call; /* -1: none waits */
    bool cancelled;

    int fd; /* -1: none */
    guint8 header[BK_CAMERA_HEADER];
    guint8 *pixels; /* NULL: of the next frame not all of the header is there */
    gsize length, got;
};

/* Without a descriptor for it, -errno: nothing can be told not to wait, and everything else is so, too. Finish it all
 * the same. */
int bk_camera_stream_init(struct bk_camera_stream *stream);
void bk_camera_stream_finish(struct bk_camera_stream *stream);

/* What waits, and what begins to, fails with -ECANCELED, until it is false again. A call is lost then; the stream goes
 * on where it was. From any thread. */
void bk_camera_stream_cancel(struct bk_camera_stream *stream, bool cancelled);

/* Waits until nobody is to wait. */
void bk_camera_stream_wait(struct bk_camera_stream *stream);

/* Calls a method of io.bulkhead.Camera and waits: what it answers, which the caller unrefs; takes `parameters`. -EACCES
 * when the system or the person said no, -EREMOTEIO for other answers that are errors. */
int bk_camera_call(struct bk_camera_stream *stream, const char *method, sd_json_variant *parameters,
                   uint64_t patience_us, sd_json_variant **ret);

/* Connects to the stream with this token in place of what there was. */
int bk_camera_begin(struct bk_camera_stream *stream, const char *token);
void bk_camera_end(struct bk_camera_stream *stream);

/* The next frame's pixels, of at most 4 MiB; -ENODATA when there are no more. */
int bk_camera_read(struct bk_camera_stream *stream, GBytes **ret);

#endif
