/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says in the window's title bar what the note begins with: io.bulkhead.Window.Set() of the system's API, which is one
 * line of JSON and a NUL over a vsock (docs/api/README.md). Nothing is read: the call says that no answer is wanted.
 *
 * Input from: the person (the title is of what they wrote)
 * Runs in: notes
 *
 * Without a system to speak to, the window has no title, and nothing else is different.
 */
#ifndef BK_NOTES_TITLE_H
#define BK_NOTES_TITLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TITLE_MAX     60U /* characters */
#define TITLE_MESSAGE (2 * TITLE_MAX + 128)

struct title {
    char text[TITLE_MAX + 1];
    int fd;           /* -1: not connected */
    bool due;         /* the system does not know the text */
    uint64_t when_ms; /* not before: a title for every letter would be too many */
};

/* Nothing to say yet. */
void bk_title_init(struct title *title);

/* The text is another: it is told soon. */
void bk_title_set(struct title *title, const char *text);

/* What poll() shall wait for on `fd`, and until when; `*ret_ms` is UINT64_MAX for ever. */
short bk_title_events(const struct title *title, uint64_t now_ms, uint64_t *ret_ms);
/* After poll(): tells what is due. */
void bk_title_step(struct title *title, short events, uint64_t now_ms);

/* The call, with its NUL; yields its size. `text` is printable ASCII. */
size_t bk_title_message(char to[static TITLE_MESSAGE], const char *text);

#endif
