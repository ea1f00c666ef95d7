/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding sounds up: what VMs sent and what was not played of it yet.
 *
 * Input from: guest (samples, any; how many is checked by the caller)
 * Runs in: bk-sound
 */
#ifndef BK_SOUND_MIXER_H
#define BK_SOUND_MIXER_H

#include "sound_cable.h"

#include <stdint.h>

#define BK_MIX_FRAMES BK_SOUND_FRAMES_MAX /* that are mixed at once: 10 ms */

/* What one VM sent: a ring as large as its window. Zeroed: empty. */
struct bk_fifo {
    int16_t samples[BK_SOUND_WINDOW * BK_SOUND_CHANNELS];
    uint32_t first, count; /* frames */
};

struct bk_mix {
    int32_t samples[BK_MIX_FRAMES * BK_SOUND_CHANNELS];
};

/* Only when there is room for so many. */
void bk_fifo_put(struct bk_fifo *fifo, const int16_t *samples, uint32_t frames);

/* Adds what there is to the mix, from its begin on: yields how many frames that were; the rest of the mix is silence.
 */
uint32_t bk_mix_add(struct bk_mix *mix, struct bk_fifo *fifo);

/* What is too loud is as loud as can be. */
void bk_mix_finish(const struct bk_mix *mix, int16_t samples[static BK_MIX_FRAMES * BK_SOUND_CHANNELS]);

#endif
