/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of an app that speaks CBOR, as bk_client sees it: JSON in, and JSON out.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * What the app sends becomes text piece by piece, in 4 KiB. An answer is collected, at most BK_CBOR_WIRE_ANSWER_MAX of
 * it, since CBOR says how long it is before it says anything else; it is gone when it has left.
 */
#ifndef BK_BROKER_CBOR_WIRE_H
#define BK_BROKER_CBOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define BK_CBOR_WIRE_ANSWER_MAX (512UL * 1024) /* bytes of an answer as JSON */

struct bk_cbor_wire;

/* NULL for want of memory. */
struct bk_cbor_wire *bk_cbor_wire_create(void);
void bk_cbor_wire_destroy(struct bk_cbor_wire *wire);

/* Receives from the app, as recv() with MSG_DONTWAIT would, the text of its messages, each with a NUL: at most up to
 * the end of one. `size` is 4096 at the least. -1 with EBADMSG: what came is not fit, and `*ret_fault` (a constant
 * string) says why. */
ssize_t bk_cbor_wire_receive(struct bk_cbor_wire *wire, int app_fd, char *text, size_t size, const char **ret_fault);

/* True in the middle of a message. */
bool bk_cbor_wire_within(const struct bk_cbor_wire *wire);

/* True when bytes are there that were received and not looked at yet. */
bool bk_cbor_wire_holds(const struct bk_cbor_wire *wire);

/* `heard` gets the text of each answer, its NUL with it, before it becomes CBOR. */
void bk_cbor_wire_on_answer(struct bk_cbor_wire *wire, void (*heard)(const char *text, size_t size, void *userdata),
                            void *userdata);

/* Receives the next whole answer from sd-varlink, as recv() with MSG_DONTWAIT would, as CBOR with its length before it.
 * `*ret_answer` is borrowed, until the next call. -1 with EBADMSG: CBOR cannot say it, or not in so many bytes. */
ssize_t bk_cbor_wire_answer(struct bk_cbor_wire *wire, int inner_fd, const char **ret_answer);

#endif
