/* SPDX-License-Identifier: Apache-2.0 */
#include "debug_console.h"

#include <string.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void bk_debug_parse(const char *line, size_t length, struct bk_debug_command *ret_command)
{
    struct bk_debug_command command = { .verb = BK_DEBUG_UNKNOWN };

    while (length > 0 && is_blank(line[0])) {
        line++;
        length--;
    }
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    if (length == 0) {
        command.verb = BK_DEBUG_NOTHING;
    } else if (length == 5 && memcmp(line, "panic", 5) == 0) {
        command.verb = BK_DEBUG_PANIC;
    } else if (length > 5 && length - 5 < sizeof command.name && memcmp(line, "kill ", 5) == 0 &&
               memchr(line, '\0', length) == NULL) {
        size_t skip = 5;
        while (is_blank(line[skip])) /* ends: the last character is no blank */
            skip++;
        memcpy(command.name, line + skip, length - skip);
        command.verb = BK_DEBUG_KILL;
    }
    *ret_command = command;
}

int bk_debug_feed(struct bk_debug_lines *lines, char byte, struct bk_debug_command *ret_command)
{
    if (byte != '\n' && byte != '\r') {
        if (lines->length < sizeof lines->line)
            lines->line[lines->length++] = byte;
        else
            lines->too_long = 1;
        return 0;
    }
    if (lines->too_long != 0)
        *ret_command = (struct bk_debug_command){ .verb = BK_DEBUG_UNKNOWN };
    else
        bk_debug_parse(lines->line, lines->length, ret_command);
    *lines = (struct bk_debug_lines){ 0 };
    return 1;
}
