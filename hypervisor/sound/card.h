/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of the machine's sound card, over the kernel's ALSA interface (sound/asound.h): BK_SOUND_RATE, 16 bits,
 * stereo, or for a microphone one channel, which is made two.
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-sound
 *
 * A card that runs dry or over (-EPIPE) is started anew here. Every other failure is the card's end: a USB headset that
 * was pulled out.
 */
#ifndef BK_SOUND_CARD_H
#define BK_SOUND_CARD_H

#include "mixer.h"

#include <stdbool.h>

struct bk_card {
    int fd; /* -1: there is none */
    enum bk_sound_stream direction;
    unsigned channels;
    bool runs;
    unsigned dry; /* how often it was dry again at once, one after the other */
};

/* Takes `fd`, a non-blocking PCM of this direction, when the card can do the one format; -ENOTSUP when it cannot. On
 * failure the descriptor stays the caller's. */
int bk_card_open(struct bk_card *card, enum bk_sound_stream direction, int fd);
void bk_card_close(struct bk_card *card); /* may be so already */

int bk_card_start(struct bk_card *card);
void bk_card_stop(struct bk_card *card);

/* For the poll: of a card that runs. */
short bk_card_events(const struct bk_card *card);

/* BK_MIX_FRAMES at once: 0; -EAGAIN when there is no room, not so much yet, or when they came too late; else the card
 * is of no more use. */
int bk_card_write(struct bk_card *card, const int16_t *samples);
int bk_card_read(struct bk_card *card, int16_t *ret_samples);

#endif
