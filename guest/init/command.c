/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int bk_command_parse(char *text, size_t size, struct bk_command *ret)
{
    _cleanup_free_ char *owned = text;
    struct bk_command command = { .text = text };
    size_t count = 0;

    if (strlen(text) != size || text[0] != '/')
        return -EINVAL;
    while (*text != '\0') {
        char *end = strchr(text, '\n');
        if (count == BK_COMMAND_ARGUMENTS_MAX)
            return -E2BIG;
        command.arguments[count++] = text;
        if (end == NULL)
            break;
        *end = '\0';
        text = end + 1;
    }
    TAKE_PTR(owned);
    *ret = command;
    return 0;
}

int bk_command_load(const char *path, struct bk_command *ret)
{
    char *text = NULL;
    size_t size = 0;
    int r = bk_read_file(path, BK_COMMAND_SIZE_MAX, &text, &size);

    return r < 0 ? r : bk_command_parse(text, size, ret);
}

void bk_command_finish(struct bk_command *command)
{
    free(command->text);
    *command = (struct bk_command){ 0 };
}
