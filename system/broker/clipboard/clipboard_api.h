/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Clipboard: who may copy and paste, and when.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types); trusted (desktop: what the person did)
 * Runs in: bk-broker
 *
 * A Paste() goes: allowed by the person's gesture, or asked about; then it waits until the data are here; then it is
 * answered, the desktop shows what goes where, and a stream brings the data. Whatever does not go on is told the app as
 * an error, within a time that an app cannot stretch: clipboard_flow.h.
 */
#ifndef BK_BROKER_CLIPBOARD_API_H
#define BK_BROKER_CLIPBOARD_API_H

#include "broker.h"

#define BK_CLIPBOARD_SENDS_MAX  32U    /* streams to apps that paste, of all apps; beyond, the oldest ends */
#define BK_CLIPBOARD_REFUSALS   3U     /* questions that the person did not answer with yes, of an app; then … */
#define BK_CLIPBOARD_REFUSAL_MS 60000U /* … one each so many milliseconds is asked, the others are answered no */

/* Adds the interface to the broker's server. */
int bk_clipboard_api_start(struct bk_broker *broker);
void bk_clipboard_api_stop(struct bk_broker *broker);

/* The connection is ending: whatever it called goes with it. */
void bk_clipboard_api_closed(struct bk_connection *connection);

/* The window of the app is seen otherwise than before; NULL: so may be any. */
void bk_clipboard_api_seen(struct bk_broker *broker, const struct bk_app *app);
/* In the window of the app with this CID the person pressed what pastes. */
void bk_clipboard_api_gesture(struct bk_broker *broker, uint32_t cid);
/* They answered a question; or it was not shown. */
void bk_clipboard_api_answered(struct bk_broker *broker, int64_t question, bool yes);
void bk_clipboard_api_desktop_lost(struct bk_broker *broker);

#endif
