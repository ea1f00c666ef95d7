/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/loop.h for tests: the test says when the loop turns.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 */
#ifndef BK_TESTS_FAKE_LOOP_H
#define BK_TESTS_FAKE_LOOP_H

#include "core/loop.h"

struct bk_loop *fake_loop_create(void);
void fake_loop_destroy(struct bk_loop *loop); /* every source must be gone */

/* Waits up to `timeout_ms` for something to be ready and calls back once for each that is: how many were. */
unsigned fake_loop_turn(struct bk_loop *loop, int timeout_ms);
/* Turns until nothing is ready; ends the test when that takes more than `turns_max`: something spins. */
void fake_loop_settle(struct bk_loop *loop, unsigned turns_max);

#endif
