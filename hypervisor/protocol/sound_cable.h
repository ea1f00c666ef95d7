/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sound cable: what a VM plays, what it records, between its bk-vmm and bk-sound: docs/protocols/sound-cable.md.
 *
 * Input from: either end checks what the other one sends; a guest may have taken over its bk-vmm
 * Runs in: bk-vmm, I/O thread; bk-sound
 *
 * SOCK_SEQPACKET. A datagram is a header in host byte order and, with PLAY and RECORDED, `frames` frames of sound; no
 * descriptor goes with it. There is one format: BK_SOUND_RATE frames a second, each of BK_SOUND_CHANNELS signed 16-bit
 * little-endian samples, left and right.
 */
#ifndef BK_PROTOCOL_SOUND_CABLE_H
#define BK_PROTOCOL_SOUND_CABLE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SOUND_RATE       48000U
#define BK_SOUND_CHANNELS   2U
#define BK_SOUND_FRAME_SIZE (BK_SOUND_CHANNELS * sizeof(int16_t))
#define BK_SOUND_FRAMES_MAX 480U  /* in one message: 10 ms */
#define BK_SOUND_WINDOW     2880U /* frames that a VM sent and that were not PLAYED yet, at most: 60 ms */
/* The window in messages as small as a guest that means well makes them; with smaller ones the sender has to wait. */
#define BK_SOUND_CABLE_BUFFER (64U * 1024U)

enum bk_sound_stream {
    BK_SOUND_PLAYBACK,
    BK_SOUND_CAPTURE,
    BK_SOUND_STREAMS,
};

enum bk_sound_type {
    /* VM → bk-sound */
    BK_SOUND_START = 1, /* stream, run: it runs; what was of another run is over */
    BK_SOUND_STOP = 2,  /* stream, run: it does not any more; what was not played is thrown away */
    BK_SOUND_PLAY = 3,  /* the playback stream, run, frames, and the sound */
    /* bk-sound → VM */
    BK_SOUND_PLAYED = 16,   /* the playback stream, run, frames: that many of the oldest ones are on their way out */
    BK_SOUND_RECORDED = 17, /* the capture stream, run, frames, and the sound */
    BK_SOUND_SOURCE = 18,   /* the capture stream, run 0; frames: 1 when the machine has a microphone, else 0 */
};

struct bk_sound_header {
    uint32_t type;   /* enum bk_sound_type */
    uint32_t stream; /* enum bk_sound_stream */
    uint32_t run;    /* which run of the stream: the VM counts its STARTs, never 0 but with SOURCE */
    uint32_t frames; /* 0 with START and STOP; at most BK_SOUND_WINDOW with PLAYED, else BK_SOUND_FRAMES_MAX */
};
static_assert(sizeof(struct bk_sound_header) == 16, "wire size");

struct bk_sound_message {
    struct bk_sound_header header;
    int16_t sound[BK_SOUND_FRAMES_MAX * BK_SOUND_CHANNELS];
};
static_assert(sizeof(struct bk_sound_message) ==
                  sizeof(struct bk_sound_header) + BK_SOUND_FRAMES_MAX * BK_SOUND_FRAME_SIZE,
              "wire size");

#endif
