/* SPDX-License-Identifier: Apache-2.0 */
#include "mixer.h"

#include "checked.h"

#include <assert.h>

void bk_fifo_put(struct bk_fifo *fifo, const int16_t *samples, uint32_t frames)
{
    assert(frames <= BK_SOUND_WINDOW - fifo->count);
    for (uint32_t i = 0; i < frames; i++) {
        int16_t *to = fifo->samples + (fifo->first + fifo->count++) % BK_SOUND_WINDOW * BK_SOUND_CHANNELS;
        for (unsigned channel = 0; channel < BK_SOUND_CHANNELS; channel++)
            to[channel] = samples[i * BK_SOUND_CHANNELS + channel];
    }
}

uint32_t bk_mix_add(struct bk_mix *mix, struct bk_fifo *fifo)
{
    uint32_t frames = bk_min(fifo->count, BK_MIX_FRAMES);

    for (uint32_t i = 0; i < frames; i++) {
        const int16_t *from = fifo->samples + (fifo->first + i) % BK_SOUND_WINDOW * BK_SOUND_CHANNELS;
        for (unsigned channel = 0; channel < BK_SOUND_CHANNELS; channel++)
            mix->samples[i * BK_SOUND_CHANNELS + channel] += from[channel];
    }
    fifo->first = (fifo->first + frames) % BK_SOUND_WINDOW;
    fifo->count -= frames;
    return frames;
}

void bk_mix_finish(const struct bk_mix *mix, int16_t samples[static BK_MIX_FRAMES * BK_SOUND_CHANNELS])
{
    for (uint32_t i = 0; i < BK_MIX_FRAMES * BK_SOUND_CHANNELS; i++)
        samples[i] = (int16_t)bk_min(bk_max(mix->samples[i], INT16_MIN), INT16_MAX);
}
