/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "debug_console.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Copies what stands behind `verb` and more blanks; false when the line does not begin with it. */
static bool take_name(const char *line, size_t length, const char *verb, char name[static BK_DEBUG_LINE_MAX])
{
    size_t skip = strlen(verb);

    if (length <= skip || length - skip >= BK_DEBUG_LINE_MAX || memcmp(line, verb, skip) != 0 ||
        memchr(line, '\0', length) != NULL)
        return false;
    while (is_blank(line[skip])) /* ends: the last character is no blank */
        skip++;
    memcpy(name, line + skip, length - skip);
    return true;
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
    } else if (length == 6 && memcmp(line, "record", 6) == 0) {
        command.verb = BK_DEBUG_RECORD;
    } else if (take_name(line, length, "kill ", command.name)) {
        command.verb = BK_DEBUG_KILL;
    } else if (take_name(line, length, "record ", command.name)) {
        command.verb = BK_DEBUG_RECORD;
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

int bk_debug_record(const char *path, const char *app)
{
    if (app[0] == '\0')
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || fchmod(fd, 0644) < 0) /* the broker is another user */
        return -errno;
    return bk_write_all(fd, app, strlen(app));
}
