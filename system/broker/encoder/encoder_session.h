/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's encoding: from the call that opened it to the end of its process.
 *
 * Input from: app (that it comes with the token)
 * Runs in: bk-broker
 *
 *     Open() ──▶ offered ── the app's stream is there ──▶ running: bk-encoder has the stream, the broker has it no more
 *                   │ nobody came                           │ the stream ended, or the app's VM, or the encoder
 *                   ▼                                       ▼
 *                  over                                    over, when the kernel says that the process is no more
 *
 * Each has a process of its own (system/encoder), so that what an app's frames do is done to its own encoding. No byte
 * of them passes through the broker. Where an encoder of the machine is to encode, that process gets the port that
 * leads to it, too (encoder_machine.h): one at a time, from the call on.
 */
#ifndef BK_BROKER_ENCODER_SESSION_H
#define BK_BROKER_ENCODER_SESSION_H

#include "broker.h"

#include "encoder_job.h"

#define BK_ENCODER_SESSIONS_MAX     2U /* encodings of an app … */
#define BK_ENCODER_SESSIONS_ALL_MAX 4U /* … and of all: 320 MiB of the System VM's 768 at most */

#define BK_ENCODER_SOFTWARE (-1)

/* Offers `app` a stream for a job that passed bk_encoder_job_check(); the bounds are not reached. `encoder` is what
 * bk_encoder_machine_find() found, or BK_ENCODER_SOFTWARE. -EBUSY: it has too many tokens. */
int bk_encoder_session_begin(struct bk_broker *broker, struct bk_app *app, const struct bk_encoder_job *job,
                             int encoder, struct bk_stream_token *ret_token);

/* How many an app has; NULL: how many there are. */
unsigned bk_encoder_sessions_count(const struct bk_broker *broker, const struct bk_app *app);

/* Ends those of an app whose VM has ended; what is offered to it, the stream's owner is told of. */
void bk_encoder_sessions_end_app(struct bk_broker *broker, const struct bk_app *app);

void bk_encoder_sessions_end_all(struct bk_broker *broker);

#endif
