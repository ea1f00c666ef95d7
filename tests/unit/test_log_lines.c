/* SPDX-License-Identifier: Apache-2.0 */
/* What guests print, cut into lines within a budget. */
#include "log_pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bk_log_lines lines;
static unsigned emitted;
static char last[2 * BK_LOG_LINE_MAX];

static void note(void *userdata, const char *line)
{
    (void)userdata;
    emitted++;
    snprintf(last, sizeof last, "%s", line);
}

static int reset(void **state)
{
    (void)state;
    bk_log_lines_init(&lines, note, NULL);
    emitted = 0;
    last[0] = '\0';
    return 0;
}

static void feed(const char *text, uint64_t now)
{
    bk_log_lines_feed(&lines, text, strlen(text), now);
}

static void cuts_and_escapes(void **state)
{
    (void)state;
    feed("hel", 1);
    assert_int_equal(emitted, 0);
    feed("lo\r\n\x1b[2J\\\x80\nrest", 2);
    assert_int_equal(emitted, 2);
    assert_string_equal(last, "\\x1b[2J\\x5c\\x80");
    bk_log_lines_end(&lines, 3);
    assert_string_equal(last, "rest");
    bk_log_lines_end(&lines, 3);
    assert_int_equal(emitted, 3);
}

static void cuts_long_lines(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++)
        feed("\x01y", 1);
    feed("\nnext\n", 1);
    assert_int_equal(emitted, 2);
    assert_string_equal(last, "next");
    feed("\x01", 1);
    for (unsigned i = 0; i < 5000; i++)
        feed("x", 1);
    feed("\n", 1);
    assert_true(strlen(last) <= BK_LOG_LINE_MAX);
    assert_string_equal(last + strlen(last) - 3, "...");
}

static void a_boot_goes_through_and_a_flood_does_not(void **state)
{
    char line[101];

    (void)state;
    memset(line, 'b', 99);
    line[99] = '\n';
    line[100] = '\0';
    for (unsigned i = 0; i < 2000; i++) /* 200 kB at once */
        feed(line, 5);
    assert_int_equal(emitted, 2000);
    for (unsigned i = 0; i < 100000; i++)
        feed(line, 5);
    assert_true(emitted < BK_LOG_BUDGET / 100 + 1);
    assert_true(lines.dropped > 90000);

    unsigned before = emitted;
    feed(line, 5 + 1000000);
    assert_int_equal(emitted, before + 2); /* how many were dropped, and the line */
    assert_int_equal(lines.dropped, 0);
    for (unsigned i = 0; i < 1000; i++)
        feed(line, 5 + 1000000);
    assert_in_range(emitted - before, 2, 2 + BK_LOG_BUDGET_RATE / 99);
}

static void the_budget_grows_in_small_steps_too(void **state)
{
    (void)state;
    lines.budget = 0;
    for (uint64_t now = 1; now <= 1000001; now += 10)
        feed("", now);
    assert_in_range(lines.budget, BK_LOG_BUDGET_RATE - 16, BK_LOG_BUDGET_RATE + 16);
    feed("", UINT64_MAX / 2);
    assert_int_equal(lines.budget, BK_LOG_BUDGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cuts_and_escapes, reset),
        cmocka_unit_test_setup(cuts_long_lines, reset),
        cmocka_unit_test_setup(a_boot_goes_through_and_a_flood_does_not, reset),
        cmocka_unit_test_setup(the_budget_grows_in_small_steps_too, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
