/* SPDX-License-Identifier: Apache-2.0 */
#include "cmdline.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* True when the word is NAME=VALUE; the value is kept when it fits. */
static bool take_value(const char *word, size_t length, const char *name, char value[static BK_CMDLINE_VALUE_MAX])
{
    size_t name_length = strlen(name);

    if (length <= name_length || strncmp(word, name, name_length) != 0 || word[name_length] != '=')
        return false;
    size_t size = length - name_length - 1;
    if (size < BK_CMDLINE_VALUE_MAX) {
        memcpy(value, word + name_length + 1, size);
        value[size] = '\0';
    }
    return true;
}

static bool is(const char *word, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(word, name, length) == 0;
}

void bk_cmdline_parse(const char *text, struct bk_cmdline *ret_cmdline)
{
    struct bk_cmdline cmdline = { 0 };
    static const char blanks[] = " \t\n";

    for (const char *word = text + strspn(text, blanks); *word != '\0'; word += strspn(word, blanks)) {
        size_t length = strcspn(word, blanks);
        if (is(word, length, "bulkhead.debug"))
            cmdline.debug = true;
        else if (is(word, length, "bulkhead.reduced_motion"))
            cmdline.reduced_motion = true;
        else if (is(word, length, "bulkhead.slow_turn"))
            cmdline.slow_turn = true;
        else if (is(word, length, "bulkhead.gps"))
            cmdline.gps = true;
        else if (is(word, length, "bulkhead.camera"))
            cmdline.camera = true;
        else if (is(word, length, "bulkhead.codec"))
            cmdline.codec = true;
        else if (!take_value(word, length, "bulkhead.data", cmdline.data) &&
                 !take_value(word, length, "bulkhead.place", cmdline.place) &&
                 !take_value(word, length, "bulkhead.form", cmdline.form) &&
                 !take_value(word, length, "bulkhead.keyboard_layout", cmdline.keyboard) &&
                 !take_value(word, length, "bulkhead.scale", cmdline.scale) &&
                 !take_value(word, length, "bulkhead.toast_seconds", cmdline.toast_seconds))
            (void)take_value(word, length, "bulkhead.timezone", cmdline.timezone);
        word += length;
    }
    *ret_cmdline = cmdline;
}

static void add(struct bk_settings *settings, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    assert(settings->count < BK_SETTINGS_MAX);
    snprintf(settings->text[settings->count++], sizeof settings->text[0], "%s=%s", name, value);
}

void bk_settings_from(const struct bk_cmdline *cmdline, struct bk_settings *ret_settings)
{
    struct bk_settings settings = { .count = 0 };

    add(&settings, "BK_FORM", cmdline->form);
    add(&settings, "BK_KEYBOARD_LAYOUT", cmdline->keyboard);
    add(&settings, "BK_PLACE", cmdline->place);
    add(&settings, "BK_SCALE", cmdline->scale);
    add(&settings, "BK_REDUCED_MOTION", cmdline->reduced_motion ? "1" : "");
    add(&settings, "BK_SLOW_TURN", cmdline->slow_turn ? "1" : "");
    add(&settings, "BK_TOAST_SECONDS", cmdline->toast_seconds);
    add(&settings, "TZ", cmdline->timezone);
    *ret_settings = settings;
}
