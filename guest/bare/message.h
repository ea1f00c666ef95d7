/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Varlink messages: finding what is of interest in one, without a tree of it; and text on its way into one.
 *
 * Input from: app (what the system sends)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_MESSAGE_H
#define BK_BARE_MESSAGE_H

#include "text.h"

#define BK_MESSAGE_DEPTH 32U /* of what is passed over; deeper ones are not understood */

struct bk_value {
    const char *at;
    size_t length;
};

/* The value of a member of a JSON object, and of one in it: "parameters.id". A name with an escape in it is never
 * found. False when there is none, or the message is no JSON up to there. */
bool bk_message_find(const char *message, size_t length, const char *path, struct bk_value *ret_value);

/* Adds a string's text; what is no ASCII becomes '?'. False when it is no string. */
bool bk_message_text(struct bk_value value, struct bk_text *text);

/* Adds it as a JSON string. */
void bk_message_add_string(struct bk_text *text, const char *bytes);

#endif
