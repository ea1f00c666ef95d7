/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large something is, as a person says it.
 *
 * Input from: app (the number)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SIZE_WORDS_H
#define BK_COMPOSITOR_SIZE_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* "4.7 kB": writes it to `to`, of `max` bytes, and yields that. */
const char *bk_size_words(int64_t size, char *to, size_t max);

#endif
