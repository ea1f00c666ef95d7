/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include "checked.h"

#include <string.h>

static bool is_sound(const struct bk_codec_port_record *record)
{
    switch (record->type) {
    case BK_CODEC_PORT_HELLO:
        return record->length == sizeof(struct bk_codec_port_hello);
    case BK_CODEC_PORT_START:
        return record->length == sizeof(struct bk_codec_port_start);
    case BK_CODEC_PORT_FRAME:
        return record->length > 0 && record->length <= BK_CODEC_PORT_PIECE;
    default:
        return false;
    }
}

static bool is_marked(const uint8_t *mark)
{
    return memcmp(mark, BK_CODEC_PORT_MARK, sizeof BK_CODEC_PORT_MARK - 1) == 0;
}

static void seek_from_here(struct bk_codec_intake *intake)
{
    intake->state = BK_CODEC_INTAKE_SEEKING;
    intake->filled = 0;
    bk_codec_intake_expect(intake, 0);
}

/* Looks for the head of a HELLO with its mark, one byte after the other. */
static void seek(struct bk_codec_intake *intake, uint8_t byte)
{
    static const struct bk_codec_port_record head = { BK_CODEC_PORT_HELLO, sizeof(struct bk_codec_port_hello) };
    uint8_t *recent = intake->said.recent;

    if (intake->filled == sizeof intake->said.recent)
        memmove(recent, recent + 1, --intake->filled);
    recent[intake->filled++] = byte;
    if (intake->filled < sizeof intake->said.recent || memcmp(recent, &head, sizeof head) != 0 ||
        !is_marked(recent + sizeof head))
        return;
    memmove(intake->said.hello.mark, recent + sizeof head, sizeof intake->said.hello.mark);
    intake->record = head;
    intake->state = BK_CODEC_INTAKE_BODY;
    intake->filled = sizeof intake->said.hello.mark;
}

/* What was no record's head may be the beginning of a HELLO's, or the zeros before it. */
static void seek_in_record(struct bk_codec_intake *intake)
{
    uint8_t bytes[sizeof intake->record];

    memcpy(bytes, &intake->record, sizeof bytes);
    seek_from_here(intake);
    for (size_t i = 0; i < sizeof bytes; i++)
        seek(intake, bytes[i]);
}

static size_t copy(void *to, size_t size, size_t *filled, const uint8_t *data, size_t available)
{
    size_t part = bk_min(size - *filled, available);

    memcpy((uint8_t *)to + *filled, data, part);
    *filled += part;
    return part;
}

/* Of one record of a frame. What is more than a frame is no frame's: it is not sent before the unit is there. */
static size_t take_frame(struct bk_codec_intake *intake, const uint8_t *data, size_t size, enum bk_codec_said *ret)
{
    size_t part = bk_min(intake->record.length - intake->filled, size);

    intake->filled += part;
    if (intake->frame_size > 0) {
        if (part > intake->frame_size - intake->frame_filled) {
            seek_from_here(intake);
            return part;
        }
        memcpy(intake->frame + intake->frame_filled, data, part);
        intake->frame_filled += part;
    }
    if (intake->filled < intake->record.length)
        return part;
    intake->state = BK_CODEC_INTAKE_HEAD;
    intake->filled = 0;
    if (intake->frame_size > 0 && intake->frame_filled == intake->frame_size) {
        intake->frame_filled = 0;
        *ret = BK_CODEC_SAID_FRAME;
    }
    return part;
}

/* At least one byte. */
static size_t take_some(struct bk_codec_intake *intake, const uint8_t *data, size_t size, enum bk_codec_said *ret)
{
    size_t part;

    switch (intake->state) {
    case BK_CODEC_INTAKE_HEAD:
        part = copy(&intake->record, sizeof intake->record, &intake->filled, data, size);
        if (intake->filled == sizeof intake->record) {
            intake->filled = 0;
            intake->state = BK_CODEC_INTAKE_BODY;
            if (!is_sound(&intake->record))
                seek_in_record(intake);
        }
        return part;
    case BK_CODEC_INTAKE_BODY:
        if (intake->record.type == BK_CODEC_PORT_FRAME)
            return take_frame(intake, data, size, ret);
        part = copy(&intake->said, intake->record.length, &intake->filled, data, size);
        if (intake->filled < intake->record.length)
            return part;
        intake->state = BK_CODEC_INTAKE_HEAD;
        intake->filled = 0;
        bk_codec_intake_expect(intake, 0);
        if (intake->record.type == BK_CODEC_PORT_START)
            *ret = BK_CODEC_SAID_START;
        else if (is_marked(intake->said.hello.mark))
            *ret = BK_CODEC_SAID_HELLO;
        else
            seek_from_here(intake);
        return part;
    case BK_CODEC_INTAKE_SEEKING:
        break;
    }
    seek(intake, data[0]);
    return 1;
}

enum bk_codec_said bk_codec_intake_take(struct bk_codec_intake *intake, const uint8_t **data, size_t *size)
{
    enum bk_codec_said said = BK_CODEC_SAID_NOTHING;

    while (said == BK_CODEC_SAID_NOTHING && *size > 0) {
        size_t part = take_some(intake, *data, *size, &said);
        *data += part;
        *size -= part;
    }
    return said;
}

void bk_codec_intake_expect(struct bk_codec_intake *intake, size_t frame_size)
{
    intake->frame_size = frame_size;
    intake->frame_filled = 0;
}
