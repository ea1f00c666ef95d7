/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the note from one start to the next: a file in the app's home, which is its data disk
 * (docs/protocols/bundle.md, "storage"). A new text is written beside the old one and takes its place when it is whole.
 *
 * Input from: trusted (nobody but this app writes there); a text that is none is not taken
 * Runs in: notes
 */
#ifndef BK_NOTES_KEEPER_H
#define BK_NOTES_KEEPER_H

#include "note.h"

#include <stdbool.h>
#include <stdint.h>

#define KEEPER_AFTER_MS 1000 /* of rest, so that not every letter is written to the disk */

struct keeper {
    const char *home; /* NULL: there is none, and nothing is kept */
    bool due;
    uint64_t when_ms;
};

/* Takes the note that is kept, when there is one. */
void bk_keeper_init(struct keeper *keeper, const char *home, struct note *note);

/* The note is another: it is written soon. */
void bk_keeper_changed(struct keeper *keeper, uint64_t now_ms);

/* Until when it may wait; UINT64_MAX: for ever. */
uint64_t bk_keeper_when(const struct keeper *keeper);

/* Writes what is due; with `ends`, before its time. */
void bk_keeper_step(struct keeper *keeper, const struct note *note, uint64_t now_ms, bool ends);

#endif
