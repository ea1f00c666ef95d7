/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which text of an app the person gets to see: plain UTF-8 that cannot disturb what stands around it.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * The rules are part of the API: api/io.bulkhead.Notification.varlink. Text is refused and never repaired.
 */
#ifndef BK_BROKER_TEXT_H
#define BK_BROKER_TEXT_H

#include <stddef.h>

enum bk_text_fault {
    BK_TEXT_GOOD,
    BK_TEXT_EMPTY,         /* nothing to see: no bytes, or blanks only */
    BK_TEXT_TOO_LONG,      /* more bytes than `max` */
    BK_TEXT_BAD_CHARACTER, /* not UTF-8, or a character that the rules forbid */
};

enum bk_text_kind {
    BK_TEXT_LINE,  /* no line feeds */
    BK_TEXT_LINES, /* line feeds; may be empty */
};

/* Judges `length` bytes of text that may have `max` at most. */
enum bk_text_fault bk_text_check(const char *text, size_t length, size_t max, enum bk_text_kind kind);

#endif
