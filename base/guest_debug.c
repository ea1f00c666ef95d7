/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "guest_debug.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define CMDLINE_MAX_BYTES 4096

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

bool bk_guest_cmdline_has(const char *cmdline, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = cmdline; (at = strstr(at, word)) != NULL; at += length) {
        bool starts = at == cmdline || is_blank(at[-1]);
        bool ends = at[length] == '\0' || is_blank(at[length]);
        if (starts && ends)
            return true;
    }
    return false;
}

bool bk_guest_cmdline_says(const char *word)
{
    _cleanup_free_ char *cmdline = NULL;

    return bk_read_file("/proc/cmdline", CMDLINE_MAX_BYTES, &cmdline, NULL) == 0 && bk_guest_cmdline_has(cmdline, word);
}

bool bk_guest_debug_enabled(void)
{
    return bk_guest_cmdline_says("bulkhead.debug");
}

static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(text);

    return length > 0 && length <= BK_GUEST_DEBUG_NAME_MAX && strspn(text, allowed) == length;
}

bool bk_guest_debug_parse(const char *line, struct bk_guest_debug_command *ret)
{
    struct bk_guest_debug_command command = { .verb = BK_GUEST_DEBUG_PANIC };

    if (strncmp(line, "kill ", 5) == 0) {
        if (!is_name(line + 5))
            return false;
        command.verb = BK_GUEST_DEBUG_KILL;
        memcpy(command.name, line + 5, strlen(line + 5) + 1);
    } else if (strcmp(line, "panic") != 0)
        return false;
    *ret = command;
    return true;
}

bool bk_guest_debug_feed(struct bk_guest_debug_reader *reader, char byte, struct bk_guest_debug_command *ret)
{
    if (byte != '\n' && byte != '\r') {
        if (reader->used < BK_GUEST_DEBUG_LINE_MAX)
            reader->line[reader->used++] = byte;
        else
            reader->too_long = true;
        return false;
    }
    reader->line[reader->used] = '\0';
    /* A NUL byte within a line would hide what follows it. */
    bool whole = !reader->too_long && strlen(reader->line) == reader->used;
    reader->used = 0;
    reader->too_long = false;
    return whole && bk_guest_debug_parse(reader->line, ret);
}

int bk_guest_debug_panic(void)
{
    _cleanup_close_ int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    return bk_write_all(fd, "c", 1);
}
