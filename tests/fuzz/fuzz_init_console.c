/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-init reads as text: the lines on its console, the kernel's command line, an input device's bitmaps.
 *
 * Input: bytes, given to each of them.
 */
#include "cmdline.h"
#include "debug_console.h"
#include "guest_devices.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_debug_lines lines = { 0 };
    struct bk_debug_command command;
    struct bk_cmdline cmdline;
    struct bk_settings settings;

    for (size_t i = 0; i < size; i++) {
        if (bk_debug_feed(&lines, (char)data[i], &command) == 0)
            continue;
        require(memchr(command.name, '\0', sizeof command.name) != NULL);
        require(command.verb != BK_DEBUG_KILL || command.name[0] != '\0');
        require(command.verb == BK_DEBUG_KILL || command.verb == BK_DEBUG_RECORD || command.name[0] == '\0');
    }

    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    bk_cmdline_parse(text, &cmdline);
    require(memchr(cmdline.timezone, '\0', sizeof cmdline.timezone) != NULL);
    require(memchr(cmdline.toast_seconds, '\0', sizeof cmdline.toast_seconds) != NULL);
    bk_settings_from(&cmdline, &settings);
    for (size_t i = 0; i < settings.count; i++) {
        const char *value = strchr(settings.text[i], '=');
        require(value != NULL && value[1] != '\0' && strpbrk(value, " \t\n") == NULL);
    }
    (void)bk_guest_input_classify(text, text, text);
    free(text);
    return 0;
}
