/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame becomes an access unit of H.264. The one file that knows OpenH264.
 *
 * Input from: app (what the pixels are; any are fine)
 * Runs in: bk-encoder
 *
 * Constrained Baseline, one slice a frame, no frame that waits for a later one: whatever decodes H.264 decodes it, and
 * each frame has its unit before the next one is there. Frames are taken to be a job's rate apart.
 */
#ifndef BK_ENCODER_ENCODING_H
#define BK_ENCODER_ENCODING_H

#include "encoder_job.h"

struct bk_encoding;

/* For a job that passed bk_encoder_job_check(). -ENOMEM; -EIO when the library refuses. */
int bk_encoding_create(const struct bk_encoder_job *job, struct bk_encoding **ret);
void bk_encoding_destroy(struct bk_encoding *encoding); /* NULL is fine */

/* Bytes of a frame. */
size_t bk_encoding_frame_size(const struct bk_encoding *encoding);

/* Encodes a frame. `*ret_unit` is its access unit, NAL units behind start codes (H.264 Annex B), with the parameter
 * sets before each key frame; the encoding's, until the next frame. Of size 0 when the frame is left out. -ENOMEM,
 * -EIO. */
int bk_encoding_encode(struct bk_encoding *encoding, const uint8_t *frame, const uint8_t **ret_unit, size_t *ret_size);

#endif
