/* SPDX-License-Identifier: Apache-2.0 */
#include "camera_records.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static_assert(BK_CAMERA_PORT_FRAME_MAX == BK_CAMERA_FRAME_MAX && BK_CAMERA_PORT_FRAME_HEAD == BK_CAMERA_FRAME_HEADER,
              "a frame that fits there fits here");

void bk_camera_records_begin(struct bk_camera_records *records, const uint8_t nonce[static BK_CAMERA_PORT_NONCE])
{
    bk_camera_records_finish(records);
    memcpy(records->nonce, nonce, sizeof records->nonce);
}

void bk_camera_records_finish(struct bk_camera_records *records)
{
    bk_camera_intake_finish(&records->intake);
    memset(records, 0, sizeof *records);
}

/* Whether it is one, and so many bytes may follow. */
static bool is_sound(const struct bk_camera_port_record *record)
{
    if (record->camera >= BK_CAMERA_PORT_CAMERAS)
        return false;
    switch (record->type) {
    case BK_CAMERA_PORT_FRAME:
        return record->length > BK_CAMERA_FRAME_HEADER &&
               record->length <= BK_CAMERA_FRAME_HEADER + BK_CAMERA_FRAME_MAX;
    case BK_CAMERA_PORT_FOUND:
        return record->length == sizeof(struct bk_camera_port_found);
    case BK_CAMERA_PORT_WELCOME:
    case BK_CAMERA_PORT_GONE:
    case BK_CAMERA_PORT_BEGUN:
    case BK_CAMERA_PORT_ENDED:
        return record->length == 0;
    default:
        return false;
    }
}

/* Looks for the nonce, one byte after the other. */
static void seek(struct bk_camera_records *records, uint8_t byte)
{
    if (records->filled == sizeof records->recent)
        memmove(records->recent, records->recent + 1, --records->filled);
    records->recent[records->filled++] = byte;
    if (records->filled < sizeof records->recent || memcmp(records->recent, records->nonce, sizeof records->nonce) != 0)
        return;
    records->state = BK_CAMERA_RECORDS_HEAD;
    records->filled = 0;
}

static size_t copy(void *to, size_t size, size_t *filled, const uint8_t *data, size_t available)
{
    size_t part = bk_min(size - *filled, available);

    memcpy((uint8_t *)to + *filled, data, part);
    *filled += part;
    return part;
}

/* Bytes of a frame. Yields what bk_camera_records_take() does. */
static int take_frame(struct bk_camera_records *records, const uint8_t *data, size_t available, size_t *ret_part,
                      struct bk_camera_frame **ret)
{
    struct bk_camera_frame *frame = NULL;
    size_t room = 0;
    void *at = bk_camera_intake_room(&records->intake, &room);
    size_t part = bk_min(room, available);

    part = bk_min(part, records->record.length - records->filled);
    memcpy(at, data, part);
    records->filled += part;
    *ret_part = part;
    int r = bk_camera_intake_filled(&records->intake, part, &frame);
    if (r < 0)
        return r;
    if ((r > 0) != (records->filled == records->record.length)) {
        bk_camera_frame_unref(frame); /* it and its record differ */
        return -EBADMSG;
    }
    if (r > 0)
        *ret = frame;
    return r;
}

/* At least one byte. */
static int take_some(struct bk_camera_records *records, const uint8_t *data, size_t size, size_t *ret_part,
                     struct bk_camera_frame **ret_frame)
{
    switch (records->state) {
    case BK_CAMERA_RECORDS_GREETING:
        seek(records, data[0]);
        *ret_part = 1;
        return 0;
    case BK_CAMERA_RECORDS_HEAD:
        *ret_part = copy(&records->record, sizeof records->record, &records->filled, data, size);
        if (records->filled < sizeof records->record)
            return 0;
        if (!is_sound(&records->record))
            return -EBADMSG;
        records->filled = 0;
        if (records->record.length == 0)
            return 1;
        records->state = BK_CAMERA_RECORDS_DATA;
        return 0;
    case BK_CAMERA_RECORDS_DATA:
        if (records->record.type == BK_CAMERA_PORT_FRAME)
            return take_frame(records, data, size, ret_part, ret_frame);
        *ret_part = copy(&records->found, sizeof records->found, &records->filled, data, size);
        return records->filled == sizeof records->found;
    }
    return -EBADMSG;
}

int bk_camera_records_take(struct bk_camera_records *records, const uint8_t **data, size_t *size,
                           struct bk_camera_frame **ret_frame)
{
    int r = 0;

    while (r == 0 && *size > 0) {
        size_t part = 0;
        r = take_some(records, *data, *size, &part, ret_frame);
        *data += part;
        *size -= part;
    }
    if (r > 0) {
        records->state = BK_CAMERA_RECORDS_HEAD;
        records->filled = 0;
    }
    return r;
}
