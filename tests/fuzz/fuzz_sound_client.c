/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM says to bk-sound.
 *
 * Input: steps of 2 bytes, how large the datagram is, and the datagram; a size of 0: 10 ms pass.
 */
#define _GNU_SOURCE
#include "client.h"

#include "cleanup.h"
#include "io.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 500U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_sound_message message, said;
    static const int16_t silence[BK_MIX_FRAMES * BK_SOUND_CHANNELS];
    uint32_t accepted = 0;
    int ends[2], fd;

    if (bk_socketpair(BK_SOUND_CABLE_BUFFER, ends) < 0 || bk_set_nonblock(ends[0]) < 0 || bk_set_nonblock(ends[1]) < 0)
        abort();
    struct bk_client client = { .fd = ends[0], .cid = 16 };
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        size_t length = (size_t)data[0] | (size_t)data[1] << 8;
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        if (length == 0) {
            struct bk_mix mix = { 0 };
            bk_client_play(&client, &mix);
            bk_client_record(&client, silence, BK_MIX_FRAMES);
            while (bk_recv_message(ends[1], &said, sizeof said, &fd) > 0) {
                if (said.header.run == 0 || said.header.run != client.runs[said.header.stream])
                    abort();
                if (said.header.type != BK_SOUND_PLAYED)
                    continue;
                if (said.header.frames > accepted)
                    abort();
                accepted -= said.header.frames;
            }
            continue;
        }
        if (length > sizeof message)
            length = sizeof message;
        memcpy(&message, data, length);
        if (bk_client_take(&client, &message, length) != NULL)
            break;
        if (message.header.type == BK_SOUND_PLAY)
            accepted += message.header.frames;
        else if (message.header.stream == BK_SOUND_PLAYBACK)
            accepted = 0;
        if (accepted > BK_SOUND_WINDOW)
            abort();
        data += length;
        size -= length;
    }
    bk_close(ends[0]);
    bk_close(ends[1]);
    return 0;
}
