/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with what an app gave: found while its parameters are read, and told it as an error.
 *
 * Input from: app
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_INVALID_H
#define BK_BROKER_INVALID_H

#include "app.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>

#define BK_INVALID_FIELD_MAX 32

/* The first thing that is wrong. */
struct bk_invalid {
    char field[BK_INVALID_FIELD_MAX];
    const char *fault; /* a value of the interface's type Fault; NULL: nothing is wrong */
    unsigned limit;    /* 0: none to speak of */
};

/* Notes a fault; false, so that what reads a value can return it. */
bool bk_invalid_note(struct bk_invalid *invalid, const char *field, const char *fault, unsigned limit);

/* Copies a text that `fault` judges, of at most `max` bytes when it is good; false, and the fault noted, when it is
 * not. */
bool bk_invalid_take_judged(const char *text, enum bk_text_fault fault, const char *field, size_t max, char *to,
                            struct bk_invalid *invalid);

/* Copies a text that passes the rules; `to` holds `max` bytes and a NUL. False when it does not. */
bool bk_invalid_take_text(sd_json_variant *json, const char *field, size_t max, enum bk_text_kind kind, char *to,
                          struct bk_invalid *invalid);

/* Answers the call of `method` with `error` (its whole name), and logs the refusal. */
int bk_invalid_answer(const struct bk_invalid *invalid, sd_varlink *link, struct bk_app *app, const char *method,
                      const char *error);

#endif
