/* SPDX-License-Identifier: Apache-2.0 */
#include "shell_frame.h"

#include <assert.h>
#include <string.h>

static uint16_t number_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

bool bk_shell_frame_read(const uint8_t bytes[static BK_SHELL_FRAME_SIZE], struct bk_shell_frame *ret)
{
    struct bk_shell_frame frame = { .type = (enum bk_shell_frame_type)bytes[0], .size = bytes[1] };

    if (frame.size > BK_SHELL_DATA_MAX)
        return false;
    memcpy(frame.data, bytes + 2, frame.size);
    switch (bytes[0]) {
    case BK_SHELL_BEGIN:
        if (frame.size != BK_SHELL_NONCE_SIZE + 4)
            return false;
        frame.rows = number_at(frame.data + BK_SHELL_NONCE_SIZE);
        frame.columns = number_at(frame.data + BK_SHELL_NONCE_SIZE + 2);
        break;
    case BK_SHELL_SIZE:
        if (frame.size != 4)
            return false;
        frame.rows = number_at(frame.data);
        frame.columns = number_at(frame.data + 2);
        break;
    case BK_SHELL_DATA:
        break;
    case BK_SHELL_END:
        if (frame.size != 0)
            return false;
        break;
    default:
        return false;
    }
    *ret = frame;
    return true;
}

void bk_shell_frame_write(enum bk_shell_frame_type type, const void *data, size_t size,
                          uint8_t ret[static BK_SHELL_FRAME_SIZE])
{
    assert(size <= BK_SHELL_DATA_MAX);
    memset(ret, 0, BK_SHELL_FRAME_SIZE);
    ret[0] = (uint8_t)type;
    ret[1] = (uint8_t)size;
    if (size > 0)
        memcpy(ret + 2, data, size);
}
