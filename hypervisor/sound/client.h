/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One VM at the far end of its sound cable: docs/protocols/sound-cable.md.
 *
 * Input from: guest, as its bk-vmm passes it on, which it may have taken over
 * Runs in: bk-sound
 */
#ifndef BK_SOUND_CLIENT_H
#define BK_SOUND_CLIENT_H

#include "mixer.h"

#include <stdbool.h>

struct bk_client {
    int fd; /* the cable; -1: the place is free */
    uint32_t cid;
    bool microphone;                 /* it may hear it */
    bool told_source, source;        /* the VM was told whether there is one, and what */
    bool told_recording;             /* what the supervisor was told */
    uint64_t rested_nsec;            /* when that is over, for it records no more; 0: it does */
    uint32_t runs[BK_SOUND_STREAMS]; /* 0: the stream does not run */
    struct bk_fifo fifo;
    uint32_t owed; /* frames that were played, of which the VM was not told yet */
};

/* Checks and takes one datagram of `size` bytes: yields NULL, or in words why the cable is to be closed. */
const char *bk_client_take(struct bk_client *client, const struct bk_sound_message *datagram, size_t size);

/* Tells the VM whether the machine has a microphone, unless it knows. */
void bk_client_tell_source(struct bk_client *client, bool source);

/* Adds the VM's next sound to the mix and tells the VM. */
void bk_client_play(struct bk_client *client, struct bk_mix *mix);

/* Gives the VM what was recorded, at most BK_SOUND_FRAMES_MAX frames, if its capture stream runs and its cable has
 * room. */
void bk_client_record(const struct bk_client *client, const int16_t *samples, uint32_t frames);

#endif
