/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of a camera: cut out of the stream that they come on, and shared by those who get them.
 * docs/protocols/camera-stream.md
 *
 * Input from: app, or the machine's camera
 * Runs in: bk-broker
 *
 * Of a frame nothing is read but its length. It is kept as it came, with its header, and goes on in that way.
 */
#ifndef BK_BROKER_CAMERA_FRAME_H
#define BK_BROKER_CAMERA_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CAMERA_FRAME_HEADER 16U          /* length, sequence: 32 bits each; time: 64 bits; the least byte first */
#define BK_CAMERA_FRAME_MAX    (4UL << 20U) /* bytes of a frame, its header not counted */

struct bk_camera_frame {
    unsigned refs;
    size_t size; /* of all the bytes */
    uint8_t bytes[];
};

/* One more who holds it; one fewer. NULL is fine for the second. */
struct bk_camera_frame *bk_camera_frame_ref(struct bk_camera_frame *frame);
void bk_camera_frame_unref(struct bk_camera_frame *frame);

/* What comes, as far as it is no whole frame yet. Zero-initialised. */
struct bk_camera_intake {
    uint8_t header[BK_CAMERA_FRAME_HEADER];
    struct bk_camera_frame *frame; /* NULL: its header is not whole */
    size_t filled;                 /* of the header, or of the frame's bytes */
};

/* Where the next bytes go, and how many there is room for: at least one. */
void *bk_camera_intake_room(struct bk_camera_intake *intake, size_t *ret_size);

/* `size` bytes, of the room that there was, are there. Yields 1 and a frame, which is the caller's, when it is whole; 0
 * when it is not; -EBADMSG when no frame is so long, -ENOMEM. */
int bk_camera_intake_filled(struct bk_camera_intake *intake, size_t size, struct bk_camera_frame **ret);

void bk_camera_intake_finish(struct bk_camera_intake *intake);

#endif
