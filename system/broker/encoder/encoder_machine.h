/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's video encoders, as bk-codec tells of them, and who has them: docs/protocols/codec-port.md.
 *
 * Input from: bk-codec, which a device may have taken over
 * Runs in: bk-broker
 *
 *     greeting ── a list with our nonce ──▶ free ── bk_encoder_machine_take() ──▶ taken, by one bk-encoder
 *        ▲  ╰─ again, every 5 seconds ─╯                                            │
 *        ╰──────────────────────────────── its process has ended ───────────────────╯
 *
 * So who comes next finds encoders that were seen to answer. One that hangs holds up the encoding that it has, and then
 * is missed by nobody: the system encodes by itself.
 */
#ifndef BK_BROKER_ENCODER_MACHINE_H
#define BK_BROKER_ENCODER_MACHINE_H

#include "broker.h"

#include "codec_port.h"
#include "encoder_job.h"

#define BK_ENCODER_MACHINE_SILENT_MS 5000  /* a greeting that is not answered is sent again */
#define BK_ENCODER_MACHINE_REST_MS   10000 /* for so long nothing is given to encoders of which one has failed */

/* Greets bk-codec, to which `port` leads; a non-blocking one, which stays the caller's. */
int bk_encoder_machine_create(struct bk_broker *broker, int port, struct bk_encoder_machine **ret);
void bk_encoder_machine_destroy(struct bk_encoder_machine *machine); /* NULL is fine */

/* What there is, the best first: how many. 0 for NULL. All are good within the bounds of encoder_job.h. */
size_t bk_encoder_machine_list(const struct bk_encoder_machine *machine,
                               const struct bk_codec_port_encoder **ret_encoders);

/* The number of an encoder for a job that passed bk_encoder_job_check(). -ENOENT: there is none, and `*ret_wrong` is
 * the parameter that is to blame, as the API calls it. -EBUSY: it is taken, or not known to work. */
int bk_encoder_machine_find(const struct bk_encoder_machine *machine, enum bk_encoder_codec codec,
                            const struct bk_encoder_job *job, const char **ret_wrong);

/* Takes what was found; the port, which stays the machine's, is for the process that encodes. */
int bk_encoder_machine_take(struct bk_encoder_machine *machine);
/* That process is no more; `failed`: because of the encoder. */
void bk_encoder_machine_release(struct bk_encoder_machine *machine, bool failed);

#endif
