/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-sound: docs/protocols/control.md. All that bk-sound works with comes over it as
 * open descriptors.
 *
 * Input from: bk-sound believes the supervisor; the supervisor checks what bk-sound says
 * Runs in: bk-supervisor; bk-sound
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, at most one descriptor with it.
 */
#ifndef BK_PROTOCOL_SOUND_CONTROL_H
#define BK_PROTOCOL_SOUND_CONTROL_H

#include <assert.h>
#include <stdint.h>

enum bk_sound_control_type {
    /* supervisor → bk-sound */
    BK_SOUND_CARD = 1,       /* descriptor: an ALSA PCM, non-blocking; value: enum bk_sound_stream */
    BK_SOUND_CABLE = 2,      /* descriptor: a sound cable; cid */
    BK_SOUND_MICROPHONE = 3, /* cid; value: 1 when that VM may hear the microphone from now on, else 0, as at first */
    BK_SOUND_CONTROLS = 4,   /* descriptor: an ALSA card's controls, to be set so that it is heard and hears */
    /* bk-sound → supervisor */
    BK_SOUND_RECORDS = 16, /* cid; value: 1 when the VM's capture stream began to run, 0 when it ended and rests */
};

struct bk_sound_control_message {
    uint32_t type; /* enum bk_sound_control_type */
    uint32_t cid;
    uint32_t value;
    uint32_t zero;
};
static_assert(sizeof(struct bk_sound_control_message) == 16, "wire size");

#endif
