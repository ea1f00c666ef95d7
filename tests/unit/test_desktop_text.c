/* SPDX-License-Identifier: Apache-2.0 */
/* What the desktop makes of an app's text before it draws it. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, size_t length, size_t max, enum bk_text_lines lines, const char *wanted)
{
    char *clean = bk_text_clean(text, length, max, lines);

    assert_non_null(clean);
    assert_string_equal(clean, wanted);
    free(clean);
}

#define LINE(text, wanted)  expect(text, sizeof text - 1, 100, BK_TEXT_ONE_LINE, wanted)
#define LINES(text, wanted) expect(text, sizeof text - 1, 100, BK_TEXT_MANY_LINES, wanted)

static void plain_text_stays(void **state)
{
    (void)state;
    LINE("Time is up", "Time is up");
    LINE("Zeit für Tee – 5 €", "Zeit für Tee – 5 €");
    LINE("<b>&amp;</b>", "<b>&amp;</b>");
    LINE("\U0001F468\u200D\U0001F469", "\U0001F468\u200D\U0001F469"); /* joined emoji */
    LINE("", "");
}

static void white_space_is_collapsed(void **state)
{
    (void)state;
    LINE("  a \t b\u3000c  ", "a b c");
    LINE("a\n\nb", "a b");
    LINES("a\n\n \r\nb \n", "a" BK_TEXT_BREAK "b");
    LINES("\n a", "a");
}

static void controls_and_directions_go(void **state)
{
    (void)state;
    LINE("a\x01\x1b[31mb\x7f", "a[31mb");
    LINE("a\u202Eb\u2066c\u200Fd\u061Ce", "abcde");
    LINE("a\u200Bb\uFEFFc\u00ADd", "abcd");
    expect("a\0b", 3, 100, BK_TEXT_ONE_LINE, "ab");
}

static void marks_do_not_pile_up(void **state)
{
    (void)state;
    LINE("e\u0301\u0301\u0301\u0301\u0301\u0301x", "e\u0301\u0301\u0301\u0301x");
}

static void what_is_no_utf8_is_marked(void **state)
{
    (void)state;
    LINE("a\xff\xfe", "a\uFFFD\uFFFD");
    LINE("a\xc3", "a\uFFFD");
    LINE("\xc0\xaf", "\uFFFD\uFFFD");           /* overlong */
    LINE("\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"); /* a surrogate */
    LINE("\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD");
}

static void a_cut_falls_between_characters(void **state)
{
    (void)state;
    expect("aäb", 4, 2, BK_TEXT_ONE_LINE, "a");
    expect("aäb", 4, 3, BK_TEXT_ONE_LINE, "aä");
    expect("a b", 3, 2, BK_TEXT_ONE_LINE, "a");
    expect("abc", 3, 0, BK_TEXT_ONE_LINE, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),           cmocka_unit_test(white_space_is_collapsed),
        cmocka_unit_test(controls_and_directions_go), cmocka_unit_test(marks_do_not_pile_up),
        cmocka_unit_test(what_is_no_utf8_is_marked),  cmocka_unit_test(a_cut_falls_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
