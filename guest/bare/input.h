/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyboard, pointer and touchscreen: virtio-input (virtio 1.3 §5.8), whose events are those of Linux'
 * input-event-codes.h.
 *
 * Input from: host (what the person does)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_INPUT_H
#define BK_BARE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

enum bk_input_kind {
    BK_INPUT_KEY,   /* `code` went down */
    BK_INPUT_MOVE,  /* the pointer is at x, y */
    BK_INPUT_PRESS, /* its first button went down there, or a finger did */
};

struct bk_input {
    enum bk_input_kind kind;
    uint16_t code;
    uint32_t x, y; /* thousandths of the screen's width and height */
};

void bk_input_begin(void);

/* The next thing that the person did; false when there is nothing more for now. */
bool bk_input_next(struct bk_input *ret_input);

#endif
