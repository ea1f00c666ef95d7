/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that were drawn when the guest was compiled (make_letters.c, of guest/font): how much ink is on each pixel.
 *
 * Input from: trusted
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_LETTERS_H
#define BK_BARE_LETTERS_H

#include <stdint.h>

#define BK_LETTERS_FIRST ' '
#define BK_LETTERS_LAST  '~'

struct bk_letters {
    unsigned width, height;
    const uint8_t *ink; /* cell after cell, row by row, 0 to 255 */
};

extern const struct bk_letters bk_letters_small, bk_letters_large;

#endif
