/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.VideoEncoder: what can be encoded here, and that an app wants to.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 *
 * What then becomes of it is encoder_session.h's.
 */
#ifndef BK_BROKER_ENCODER_API_H
#define BK_BROKER_ENCODER_API_H

#include "broker.h"

#define BK_ENCODER_OPENS_BURST       8U    /* encodings that an app opens at once … */
#define BK_ENCODER_OPENS_INTERVAL_MS 500UL /* … and then one each so many milliseconds: each is a process */
#define BK_ENCODER_KEY_SECONDS       2     /* from one key frame to the next, where an app does not say */

/* Adds the interface to the broker's server. `program` is bk-encoder; it must outlive the broker. */
int bk_encoder_api_start(struct bk_broker *broker, const char *program);
/* Ends what is still open. */
void bk_encoder_api_stop(struct bk_broker *broker);

#endif
