/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame becomes an access unit by an encoder of the machine, behind a virtio-console port:
 * docs/protocols/codec-port.md.
 *
 * Input from: app (any pixels are fine); bk-codec, which a device may have taken over: lengths are checked
 * Runs in: bk-encoder
 *
 * What a unit holds is the app's to check. The broker has greeted bk-codec before and read what it answered, so that
 * both ends know where a record begins.
 */
#ifndef BK_ENCODER_MACHINE_H
#define BK_ENCODER_MACHINE_H

#include "encoder_job.h"

/* bk-codec answers sooner, be it that its device has failed. */
#define BK_MACHINE_SILENT_MS 10000

struct bk_machine {
    int port;
    size_t frame_size;
    uint8_t *unit; /* the last one, in memory of `unit_room` bytes */
    size_t unit_room;
};

/* Begins an encoding by the encoder of that number. `port` stays the caller's; a non-blocking one. All yield -EPROTO
 * when the machine fails: it says so, says nonsense, or for BK_MACHINE_SILENT_MS nothing. */
int bk_machine_begin(struct bk_machine *machine, int port, uint32_t encoder, const struct bk_encoder_job *job);
void bk_machine_finish(struct bk_machine *machine);

/* Encodes a frame. `*ret_unit` is the machine's until the next frame; of size 0 when the frame is left out. */
int bk_machine_encode(struct bk_machine *machine, const uint8_t *frame, const uint8_t **ret_unit, size_t *ret_size);

#endif
