/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <linux/input-event-codes.h>
#include <stddef.h>
#include <string.h>

char bk_keys_character(uint16_t code, bool shift, bool caps_lock)
{
    /* A row of neighbours each: the first key's code, the characters, those with Shift. */
    static const struct {
        uint16_t first;
        const char *plain, *shifted;
    } rows[] = {
        { KEY_1, "1234567890-=", "!@#$%^&*()_+" },
        { KEY_Q, "qwertyuiop[]", "QWERTYUIOP{}" },
        { KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
        { KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
        { KEY_SPACE, " ", " " },
        { KEY_ENTER, "\n", "\n" },
        { KEY_KPENTER, "\n", "\n" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (code < rows[i].first || code >= rows[i].first + strlen(rows[i].plain))
            continue;
        char plain = rows[i].plain[code - rows[i].first];
        bool letter = plain >= 'a' && plain <= 'z';
        return (letter && caps_lock) != shift ? rows[i].shifted[code - rows[i].first] : plain;
    }
    return '\0';
}
