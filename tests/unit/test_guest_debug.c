/* SPDX-License-Identifier: Apache-2.0 */
/* The lines by which a guest is hurt on purpose: what is a command, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest_debug.h"

#include <string.h>

static int feed(struct bk_guest_debug_reader *reader, const char *text, size_t length,
                struct bk_guest_debug_command *last)
{
    int commands = 0;

    for (size_t i = 0; i < length; i++)
        commands += bk_guest_debug_feed(reader, text[i], last) ? 1 : 0;
    return commands;
}

static void cmdline_words(void **state)
{
    (void)state;
    assert_true(bk_guest_cmdline_has("console=hvc0 bulkhead.debug\n", "bulkhead.debug"));
    assert_true(bk_guest_cmdline_has("bulkhead.debug", "bulkhead.debug"));
    assert_true(bk_guest_cmdline_has("xbulkhead.debug bulkhead.debug quiet", "bulkhead.debug"));
    assert_false(bk_guest_cmdline_has("", "bulkhead.debug"));
    assert_false(bk_guest_cmdline_has("bulkhead.debugger", "bulkhead.debug"));
    assert_false(bk_guest_cmdline_has("no-bulkhead.debug=1", "bulkhead.debug"));
}

static void commands(void **state)
{
    struct bk_guest_debug_command command = { .verb = BK_GUEST_DEBUG_PANIC };

    (void)state;
    assert_true(bk_guest_debug_parse("kill bk-broker", &command));
    assert_int_equal(command.verb, BK_GUEST_DEBUG_KILL);
    assert_string_equal(command.name, "bk-broker");
    assert_true(bk_guest_debug_parse("panic", &command));
    assert_int_equal(command.verb, BK_GUEST_DEBUG_PANIC);
    assert_string_equal(command.name, "");
}

static void not_commands(void **state)
{
    static const char *const lines[] = { "",         "pani",      "panic ",
                                         " panic",   "kill",      "kill ",
                                         "kill a b", "kill ../x", "kill abcdefghijklmnopqrstuvwxyzabcdef",
                                         "PANIC" };
    struct bk_guest_debug_command command = { .verb = BK_GUEST_DEBUG_KILL, .name = "untouched" };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(bk_guest_debug_parse(lines[i], &command));
    assert_string_equal(command.name, "untouched");
}

static void reads_lines(void **state)
{
    struct bk_guest_debug_reader reader = { 0 };
    struct bk_guest_debug_command command = { .verb = BK_GUEST_DEBUG_PANIC };
    char longest[200];

    (void)state;
    assert_int_equal(feed(&reader, "kill x\r\npanic\nnoise\n", 20, &command), 2);
    assert_int_equal(feed(&reader, "pan", 3, &command), 0);
    assert_int_equal(feed(&reader, "ic\n", 3, &command), 1);
    assert_int_equal(feed(&reader, "panic\0x\n", 8, &command), 0);

    /* An overlong line is thrown away as a whole: its tail is no line of its own. */
    memset(longest, 'x', sizeof longest);
    assert_int_equal(feed(&reader, longest, sizeof longest, &command), 0);
    assert_int_equal(feed(&reader, "panic\n", 6, &command), 0);
    assert_int_equal(feed(&reader, "panic\n", 6, &command), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmdline_words),
        cmocka_unit_test(commands),
        cmocka_unit_test(not_commands),
        cmocka_unit_test(reads_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
