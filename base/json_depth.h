/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How deep JSON text is nested, byte by byte, before any parser has met it.
 *
 * Input from: app | guest | host
 * Runs in: bk-broker, bk-supervisor
 *
 * Only brackets outside strings are counted: whether the text is JSON at all is the parser's to find out. A bracket
 * that nothing opened ends a parse, and is not counted here.
 */
#ifndef BK_BASE_JSON_DEPTH_H
#define BK_BASE_JSON_DEPTH_H

#include <stdbool.h>

/* Zero-initialised at the start of a text. */
struct bk_json_depth {
    unsigned open; /* lists and objects */
    bool in_string;
    bool escaped; /* the byte before was a backslash in a string */
};

static inline void bk_json_depth_follow(struct bk_json_depth *depth, char byte)
{
    if (depth->in_string) {
        if (depth->escaped)
            depth->escaped = false;
        else if (byte == '\\')
            depth->escaped = true;
        else if (byte == '"')
            depth->in_string = false;
        return;
    }
    if (byte == '"')
        depth->in_string = true;
    else if (byte == '{' || byte == '[')
        depth->open++;
    else if ((byte == '}' || byte == ']') && depth->open > 0)
        depth->open--;
}

#endif
