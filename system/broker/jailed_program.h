/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a program that works for the broker in a jail which it makes for itself.
 *
 * Input from: trusted
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_JAILED_PROGRAM_H
#define BK_BROKER_JAILED_PROGRAM_H

#include <stddef.h>

/* Executes arguments[0] with `arguments`, of which the last is NULL, and with the `count` descriptors `passed`, which
 * stay the caller's here; it goes with the broker. Yields its pidfd, or a negative errno. That it cannot be executed is
 * told by its end. */
int bk_jailed_program_start(char *const arguments[], const int *passed, size_t count);

#endif
