/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include "checked.h"
#include "codec_port.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* system calls [encoder]: poll read */

#define WHAT_FAILED (-EPROTO)

static_assert(BK_ENCODER_PIXELS_MAX == BK_CODEC_PORT_PIXELS, "a frame that fits here fits there");
static_assert((int)BK_ENCODER_I420 == (int)BK_CODEC_PORT_I420 && (int)BK_ENCODER_NV12 == (int)BK_CODEC_PORT_NV12,
              "one number for each format");

/* After a call that did nothing: whether it is to be tried again, when that was waited for. */
static int try_again(int port, short events)
{
    struct pollfd waited = { .fd = port, .events = events };

    if (errno == EINTR)
        return 0;
    if (errno != EAGAIN)
        return WHAT_FAILED;
    int n = poll(&waited, 1, BK_MACHINE_SILENT_MS);
    return n > 0 || (n < 0 && errno == EINTR) ? 0 : WHAT_FAILED;
}

static int say(int port, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t n = write(port, (const uint8_t *)data + sent, size - sent);
        int r = n < 0 ? try_again(port, POLLOUT) : 0;
        if (r < 0)
            return r;
        sent += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int hear(int port, void *data, size_t size)
{
    for (size_t filled = 0; filled < size;) {
        ssize_t n = read(port, (uint8_t *)data + filled, size - filled);
        int r = n == 0 ? WHAT_FAILED : n < 0 ? try_again(port, POLLIN) : 0;
        if (r < 0)
            return r;
        filled += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int bk_machine_begin(struct bk_machine *machine, int port, uint32_t encoder, const struct bk_encoder_job *job)
{
    const struct {
        struct bk_codec_port_record record;
        struct bk_codec_port_start start;
    } said = {
        .record = { .type = BK_CODEC_PORT_START, .length = sizeof said.start },
        .start = { .encoder = encoder,
                   .format = job->format,
                   .width = (uint32_t)job->width,
                   .height = (uint32_t)job->height,
                   .rate = (uint32_t)job->rate,
                   .bit_rate = (uint32_t)job->bit_rate,
                   .key_interval = (uint32_t)job->key_interval },
    };

    *machine = (struct bk_machine){ .port = port, .frame_size = bk_encoder_frame_size(job) };
    return say(port, &said, sizeof said);
}

void bk_machine_finish(struct bk_machine *machine)
{
    free(machine->unit);
    machine->unit = NULL;
}

static int say_frame(const struct bk_machine *machine, const uint8_t *frame)
{
    struct {
        struct bk_codec_port_record record;
        uint8_t bytes[BK_CODEC_PORT_PIECE];
    } piece = { .record.type = BK_CODEC_PORT_FRAME };
    int r = 0;

    for (size_t at = 0; r >= 0 && at < machine->frame_size; at += piece.record.length) {
        piece.record.length = (uint32_t)bk_min(sizeof piece.bytes, machine->frame_size - at);
        memcpy(piece.bytes, frame + at, piece.record.length);
        r = say(machine->port, &piece, sizeof piece.record + piece.record.length);
    }
    return r;
}

static int make_room(struct bk_machine *machine, size_t size)
{
    if (size <= machine->unit_room)
        return 0;
    uint8_t *larger = realloc(machine->unit, size);
    if (larger == NULL)
        return -ENOMEM;
    machine->unit = larger;
    machine->unit_room = size;
    return 0;
}

int bk_machine_encode(struct bk_machine *machine, const uint8_t *frame, const uint8_t **ret_unit, size_t *ret_size)
{
    struct bk_codec_port_record record;

    int r = say_frame(machine, frame);
    if (r >= 0)
        r = hear(machine->port, &record, sizeof record);
    if (r < 0)
        return r;
    if (record.type != BK_CODEC_PORT_UNIT || record.length > BK_CODEC_PORT_UNIT_MAX)
        return WHAT_FAILED;
    r = make_room(machine, record.length);
    if (r >= 0)
        r = hear(machine->port, machine->unit, record.length);
    if (r < 0)
        return r;
    *ret_unit = machine->unit;
    *ret_size = record.length;
    return 0;
}
