/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the person said that the machine is, as the broker told it, and what they are writing to say otherwise. Knows
 * nothing of drawing and of the wire.
 *
 * Input from: the broker; the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PLACE_CHOICE_H
#define BK_COMPOSITOR_PLACE_CHOICE_H

#include "place.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised: nothing was told. */
struct bk_place_choice {
    bool told; /* there is a broker, which keeps it */
    bool set;
    struct bk_place place;
    char draft[BK_PLACE_TEXT_MAX + 1]; /* what is written */
    size_t caret;                      /* in bytes */
    enum bk_place_fault fault;         /* why it was not taken, when it is as it was then */
};

/* NULL: there is none. -EINVAL: it is none that can be, and nothing has changed. */
int bk_place_choice_tell(struct bk_place_choice *choice, const struct bk_place *place);
/* Nobody is there who would know. */
void bk_place_choice_clear(struct bk_place_choice *choice);

/* The person writes: what a key types, … */
void bk_place_choice_write(struct bk_place_choice *choice, const char *text);
/* … the character before the caret goes, or the one behind it, … */
void bk_place_choice_erase(struct bk_place_choice *choice);
void bk_place_choice_delete(struct bk_place_choice *choice);
/* … the caret moves, as bk_writing_move() says, … */
void bk_place_choice_caret(struct bk_place_choice *choice, int by);
/* … or they leave it at that. */
void bk_place_choice_drop(struct bk_place_choice *choice);

/* There is something that could be set, and who would keep it. */
bool bk_place_choice_is_ready(const struct bk_place_choice *choice);
/* The person wants what is written. True: it is a place, and the field is empty again; else `fault` says why not. */
bool bk_place_choice_take(struct bk_place_choice *choice, struct bk_place *ret_place);

#endif
