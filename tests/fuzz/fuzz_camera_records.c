/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-camera says behind its greeting, in pieces of a size that the first byte says: all bytes are taken, each
 * record is one, and each frame as long as its record; behind what is none, nothing is heard until the next greeting.
 */
#include "camera_records.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const uint8_t nonce[BK_CAMERA_PORT_NONCE] = "a nonce of sixte";

static void check(const struct bk_camera_records *records, const struct bk_camera_frame *frame)
{
    const struct bk_camera_port_record *record = &records->record;

    assert(record->camera < BK_CAMERA_PORT_CAMERAS);
    assert((frame != NULL) == (record->type == BK_CAMERA_PORT_FRAME));
    if (frame != NULL)
        assert(frame->size == record->length && frame->size <= BK_CAMERA_FRAME_HEADER + BK_CAMERA_FRAME_MAX);
    else
        assert(record->length == 0 || record->length == sizeof records->found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_camera_records records = { .filled = 0 };
    size_t piece = size > 0 ? data[0] + 1U : 1;

    bk_camera_records_begin(&records, nonce);
    for (size_t at = 1; at < size; at += piece) {
        const uint8_t *next = data + at;
        size_t left = size - at < piece ? size - at : piece;
        while (left > 0) {
            struct bk_camera_frame *frame = NULL;
            size_t before = left;
            int r = bk_camera_records_take(&records, &next, &left, &frame);
            assert(left < before);
            if (r > 0)
                check(&records, frame);
            else if (r < 0) {
                assert(frame == NULL && r == -EBADMSG);
                bk_camera_records_begin(&records, nonce);
            } else
                assert(left == 0 && frame == NULL);
            bk_camera_frame_unref(frame);
        }
    }
    bk_camera_records_finish(&records);
    return 0;
}
