/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call of the System API on GLib's main loop, on a connection of its own.
 *
 * Input from: trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_CALL_H
#define BK_WEB_CALL_H

#include <stdbool.h>
#include <systemd/sd-varlink.h>

#define BK_WEB_LOST "lost" /* the "error" of a call whose connection went, or never came about */

/* An answer: `error` is its name, or NULL. More will come when it `continues`; else the call is ended behind it, and
 * may be ended from within already. */
typedef void (*bk_web_answered)(sd_json_variant *parameters, const char *error, bool continues, void *userdata);

struct bk_web_call;

/* Begins it: takes `parameters`, which may be NULL, and answers later, never from within. NULL: no memory. */
struct bk_web_call *bk_web_call_begin(const char *method, sd_json_variant *parameters, bool more,
                                      bk_web_answered answered, void *userdata);
/* Hangs up; nothing is answered any more. NULL is fine. */
void bk_web_call_end(struct bk_web_call *call);

/* The same, as what a variable holds when it is NULL behind. */
#define bk_web_call_drop(call) (bk_web_call_end(call), (call) = NULL)

#endif
