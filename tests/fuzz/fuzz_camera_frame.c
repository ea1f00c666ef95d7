/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app sends as a camera, in pieces of a size that the first byte says: frames come of it as long as their
 * lengths are good, each the bytes that were sent, and no piece goes beyond the room that there was.
 */
#include "camera_frame.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_camera_intake intake = { .frame = NULL };
    size_t piece = size > 0 ? data[0] + 1U : 1;
    const uint8_t *whole = data + 1; /* what no frame was made of yet */

    for (size_t at = 1; at < size;) {
        struct bk_camera_frame *frame = NULL;
        size_t room = 0;
        void *to = bk_camera_intake_room(&intake, &room);
        assert(room > 0 && room <= BK_CAMERA_FRAME_HEADER + BK_CAMERA_FRAME_MAX);
        size_t part = size - at < piece ? size - at : piece;
        part = part < room ? part : room;
        memcpy(to, data + at, part);
        at += part;
        int r = bk_camera_intake_filled(&intake, part, &frame);
        if (r < 0)
            break;
        if (r == 0)
            continue;
        assert(frame->size > BK_CAMERA_FRAME_HEADER && whole + frame->size == data + at);
        assert(memcmp(frame->bytes, whole, frame->size) == 0);
        whole += frame->size;
        struct bk_camera_frame *other = bk_camera_frame_ref(frame);
        bk_camera_frame_unref(frame);
        assert(other->refs == 1);
        bk_camera_frame_unref(other);
    }
    bk_camera_intake_finish(&intake);
    return 0;
}
