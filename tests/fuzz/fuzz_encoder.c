/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever an app sends to be encoded: of each whole frame comes one access unit, behind its length, and nothing else;
 * half a frame is told as such. The first three bytes choose a small job, the rest is the stream.
 */
#include "session.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES_MAX 4U /* so that all units fit the socket */
#define UNIT_MAX   (16U * 1024)

static struct bk_encoder_job choose(const uint8_t bytes[static 3])
{
    return (struct bk_encoder_job){
        .width = 16 + 2 * (bytes[0] & 15),
        .height = 16 + 2 * (bytes[0] >> 4),
        .rate = 1 + bytes[1] % BK_ENCODER_RATE_MAX,
        .bit_rate = BK_ENCODER_BIT_RATE_MIN << (bytes[1] & 7),
        .key_interval = 1 + (bytes[2] >> 1),
        .format = (bytes[2] & 1) != 0 ? BK_ENCODER_NV12 : BK_ENCODER_I420,
    };
}

static void read_unit(int stream)
{
    static uint8_t unit[UNIT_MAX];
    uint8_t head[4];

    assert(read(stream, head, sizeof head) == sizeof head);
    size_t size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    assert(size <= UNIT_MAX && read(stream, unit, size) == (ssize_t)size);
    assert(size == 0 || (size > 5 && memcmp(unit, "\0\0\0\1", 4) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_encoding *encoding;
    uint8_t byte;
    int ends[2];

    if (size < 3)
        return 0;
    struct bk_encoder_job job = choose(data);
    assert(bk_encoder_job_check(&job) == NULL);
    size_t frame = bk_encoder_frame_size(&job);
    size_t length = size - 3 > FRAMES_MAX * frame ? FRAMES_MAX * frame : size - 3;
    assert(bk_encoding_create(&job, &encoding) == 0);
    assert(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    assert(write(ends[0], data + 3, length) == (ssize_t)length && shutdown(ends[0], SHUT_WR) == 0);
    assert(bk_session_run(ends[1], encoding, NULL) == (length % frame == 0 ? 0 : -ENODATA));
    close(ends[1]);
    for (size_t i = 0; i < length / frame; i++)
        read_unit(ends[0]);
    assert(read(ends[0], &byte, 1) == 0);
    close(ends[0]);
    bk_encoding_destroy(encoding);
    return 0;
}
