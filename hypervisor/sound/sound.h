/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-sound's state and its loop: the supervisor's socket, the VMs' cables, the card's two directions, and the clock
 * that stands in for a direction that there is not.
 *
 * Input from: guest, host (cables: client.h); trusted (the supervisor, the kernel)
 * Runs in: bk-sound
 */
#ifndef BK_SOUND_SOUND_H
#define BK_SOUND_SOUND_H

#include "card.h"
#include "client.h"

#include <stdbool.h>
#include <stdint.h>

#define BK_SOUND_VMS_MAX   64 /* with a cable */
#define BK_SOUND_CARDS_MAX 8  /* PCMs that are kept, in case the one in use goes */

struct bk_sound_mixer {
    int control;
    struct bk_client clients[BK_SOUND_VMS_MAX];
    struct bk_card cards[BK_SOUND_STREAMS]; /* in use */
    struct {
        int fd; /* -1: none */
        enum bk_sound_stream direction;
    } spare[BK_SOUND_CARDS_MAX];
    uint64_t tick_nsec;   /* when the clock ticks next; 0: it stands */
    uint64_t rested_nsec; /* when the first of the VMs that rest has rested; 0: none does */
    uint64_t silent_nsec; /* since when nobody plays while the card does; 0: somebody plays */
};

void bk_sound_init(struct bk_sound_mixer *sound, int control);

/* Until the supervisor is gone (0), or waiting failed (a negative errno). */
int bk_sound_run(struct bk_sound_mixer *sound);

#endif
