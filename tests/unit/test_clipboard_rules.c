/* SPDX-License-Identifier: Apache-2.0 */
/* What apps may say about what they copy, and how long a gesture is good. */
#include "clipboard_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void types_as_apps_have_them(void **state)
{
    static const char *const fine[] = {
        "text/plain",
        "text/plain;charset=utf-8",
        "text/plain; charset=UTF-8",
        "image/svg+xml",
        "application/vnd.oasis.opendocument.text",
        "application/x-qt-windows-mime;value=\"Star Object Descriptor (XML)\"",
        "x-special/gnome-copied-files",
        "a/b;c=d;e=\"\"",
        "1/2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        assert_true(bk_clipboard_type_is_fine(fine[i]));
}

static void what_is_no_type(void **state)
{
    static const char *const wrong[] = {
        "",
        "text",
        "/",
        "text/",
        "/plain",
        "text//plain",
        "text/plain/x",
        " text/plain",
        "text/plain ",
        "text/pl ain",
        "text/plain\n",
        "text/plain\x7f",
        "te\xc3\xa4t/plain",
        "+text/plain",
        "text/plain;",
        "text/plain;charset",
        "text/plain;charset=",
        "text/plain;=utf-8",
        "text/plain;  charset=utf-8",
        "text/plain;charset=utf-8;",
        "text/plain;charset=\"utf",
        "text/plain;charset=\"u\\\"\"",
        "text/plain;charset=\"\n\"",
        "text/plain;charset=\"\xc3\xa4\"",
        "UTF8_STRING",
        "*/*",
    };
    char text[BK_CLIPBOARD_TYPE_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bk_clipboard_type_is_fine(wrong[i]));
    memset(text, 'x', sizeof text);
    text[1] = '/';
    text[sizeof text - 1] = '\0';
    assert_false(bk_clipboard_type_is_fine(text));
    text[sizeof text - 2] = '\0';
    assert_true(bk_clipboard_type_is_fine(text));
}

static enum bk_clipboard_line feed(const char *text, uint64_t *ret_value)
{
    struct bk_clipboard_size size = { 0 };
    enum bk_clipboard_line answer = BK_CLIPBOARD_LINE_MORE;

    for (; *text != '\0' && answer == BK_CLIPBOARD_LINE_MORE; text++)
        answer = bk_clipboard_size_feed(&size, *text);
    *ret_value = size.value;
    return answer;
}

static void the_line_before_the_data(void **state)
{
    char line[32];
    uint64_t value;

    (void)state;
    assert_int_equal(feed("0\n", &value), BK_CLIPBOARD_LINE_WHOLE);
    assert_int_equal(value, 0);
    assert_int_equal(feed("00042\n", &value), BK_CLIPBOARD_LINE_WHOLE);
    assert_int_equal(value, 42);
    snprintf(line, sizeof line, "%lu\n", BK_CLIPBOARD_SIZE_MAX);
    assert_int_equal(feed(line, &value), BK_CLIPBOARD_LINE_WHOLE);
    snprintf(line, sizeof line, "%lu\n", BK_CLIPBOARD_SIZE_MAX + 1);
    assert_int_equal(feed(line, &value), BK_CLIPBOARD_LINE_TOO_LARGE);
    assert_int_equal(feed("999999999999\n", &value), BK_CLIPBOARD_LINE_TOO_LARGE);
    assert_int_equal(feed("1234567890123", &value), BK_CLIPBOARD_LINE_WRONG);
    assert_int_equal(feed("12", &value), BK_CLIPBOARD_LINE_MORE);
    assert_int_equal(feed("\n", &value), BK_CLIPBOARD_LINE_WRONG);
    assert_int_equal(feed("-1\n", &value), BK_CLIPBOARD_LINE_WRONG);
    assert_int_equal(feed("1 \n", &value), BK_CLIPBOARD_LINE_WRONG);
    assert_int_equal(feed("1\r\n", &value), BK_CLIPBOARD_LINE_WRONG);
}

static void a_gesture_is_for_some_time_some_pastes_and_what_was_there(void **state)
{
    struct bk_clipboard_manners manners = { 0 };

    (void)state;
    assert_false(bk_clipboard_may_paste(&manners, 0, 0));
    bk_clipboard_allow(&manners, 7, 1000);
    assert_true(bk_clipboard_may_paste(&manners, 7, 1000));
    assert_false(bk_clipboard_may_paste(&manners, 8, 1000));
    assert_true(bk_clipboard_may_paste(&manners, 7, 1000 + BK_CLIPBOARD_GESTURE_MS - 1));
    assert_false(bk_clipboard_may_paste(&manners, 7, 1000 + BK_CLIPBOARD_GESTURE_MS));
    bk_clipboard_allow(&manners, 8, 5000);
    for (unsigned i = 0; i < BK_CLIPBOARD_GESTURE_PASTES; i++)
        assert_true(bk_clipboard_may_paste(&manners, 8, 5000));
    assert_false(bk_clipboard_may_paste(&manners, 8, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_as_apps_have_them),
        cmocka_unit_test(what_is_no_type),
        cmocka_unit_test(the_line_before_the_data),
        cmocka_unit_test(a_gesture_is_for_some_time_some_pastes_and_what_was_there),
    };

    return cmocka_run_group_tests_name("clipboard_rules", tests, NULL, NULL);
}
