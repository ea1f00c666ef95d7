/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys to characters: the letters of a US keyboard, whatever layout the person chose. io.bulkhead.Window says which one
 * it is, but knows no tables: an app that is to write in all of them takes a library that has these, such as
 * libxkbcommon.
 *
 * Input from: trusted (the kernel's evdev)
 * Runs in: notes
 */
#ifndef BK_NOTES_KEYS_H
#define BK_NOTES_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* `code` as linux/input-event-codes.h has it; '\0' for a key that writes nothing. */
char bk_keys_character(uint16_t code, bool shift, bool caps_lock);

#endif
