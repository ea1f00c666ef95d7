/* SPDX-License-Identifier: Apache-2.0 */
#include "camera_frame.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bk_camera_frame *bk_camera_frame_ref(struct bk_camera_frame *frame)
{
    frame->refs++;
    return frame;
}

void bk_camera_frame_unref(struct bk_camera_frame *frame)
{
    if (frame != NULL && --frame->refs == 0)
        free(frame);
}

void *bk_camera_intake_room(struct bk_camera_intake *intake, size_t *ret_size)
{
    uint8_t *bytes = intake->frame != NULL ? intake->frame->bytes : intake->header;
    size_t size = intake->frame != NULL ? intake->frame->size : sizeof intake->header;

    *ret_size = size - intake->filled;
    return bytes + intake->filled;
}

/* The header is whole. */
static int begin_frame(struct bk_camera_intake *intake)
{
    const uint8_t *at = intake->header;
    size_t length = at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;

    if (length == 0 || length > BK_CAMERA_FRAME_MAX)
        return -EBADMSG;
    intake->frame = malloc(sizeof *intake->frame + sizeof intake->header + length);
    if (intake->frame == NULL)
        return -ENOMEM;
    intake->frame->refs = 1;
    intake->frame->size = sizeof intake->header + length;
    memcpy(intake->frame->bytes, intake->header, sizeof intake->header);
    return 0;
}

int bk_camera_intake_filled(struct bk_camera_intake *intake, size_t size, struct bk_camera_frame **ret)
{
    intake->filled += size;
    if (intake->frame == NULL)
        return intake->filled < sizeof intake->header ? 0 : begin_frame(intake);
    assert(intake->filled <= intake->frame->size);
    if (intake->filled < intake->frame->size)
        return 0;
    *ret = intake->frame;
    *intake = (struct bk_camera_intake){ 0 };
    return 1;
}

void bk_camera_intake_finish(struct bk_camera_intake *intake)
{
    bk_camera_frame_unref(intake->frame);
    *intake = (struct bk_camera_intake){ 0 };
}
