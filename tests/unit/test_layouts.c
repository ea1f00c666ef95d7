/* SPDX-License-Identifier: Apache-2.0 */
/* The keyboard layouts: what they are called, and which comes next. */
#include "layouts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_are_found(void **state)
{
    static const char *const none[] = { "",      ":",   "xx",       "d", "dee", "de:", "de:nodeadkeys",
                                        "ch:de", ":fr", "us:intl:", "US" };

    (void)state;
    assert_int_equal(bk_layout_find("us"), 0);
    assert_string_equal(bk_layout_table[bk_layout_find("de")].name, "Deutsch");
    assert_string_equal(bk_layout_table[bk_layout_find("ch:fr")].variant, "fr");
    assert_string_equal(bk_layout_table[bk_layout_find("ch")].variant, "");
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (strcmp(none[i], "de:") == 0)
            assert_int_equal(bk_layout_find(none[i]), bk_layout_find("de")); /* an empty variant is none */
        else
            assert_int_equal(bk_layout_find(none[i]), BK_LAYOUTS);
    }
}

static void no_two_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_LAYOUTS; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(bk_layout_table[i].label, bk_layout_table[k].label);
            assert_string_not_equal(bk_layout_table[i].name, bk_layout_table[k].name);
            assert_true(strcmp(bk_layout_table[i].layout, bk_layout_table[k].layout) != 0 ||
                        strcmp(bk_layout_table[i].variant, bk_layout_table[k].variant) != 0);
        }
    }
}

static void the_next_is_one_that_was_used(void **state)
{
    struct bk_layouts layouts;

    (void)state;
    bk_layouts_init(&layouts, 4);
    assert_int_equal(bk_layouts_next(&layouts), 4);
    bk_layouts_choose(&layouts, 7);
    bk_layouts_choose(&layouts, 2);
    bk_layouts_choose(&layouts, 7);
    assert_int_equal(layouts.used_count, 3);
    assert_true(bk_layouts_has_used(&layouts, 4));
    assert_false(bk_layouts_has_used(&layouts, 0));
    assert_int_equal(bk_layouts_next(&layouts), 2);
    bk_layouts_choose(&layouts, bk_layouts_next(&layouts));
    assert_int_equal(bk_layouts_next(&layouts), 4);
    for (size_t i = 0; i < BK_LAYOUTS; i++)
        bk_layouts_choose(&layouts, i);
    assert_int_equal(layouts.used_count, BK_LAYOUTS);
    assert_int_equal(bk_layouts_next(&layouts), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(no_two_are_the_same),
        cmocka_unit_test(the_next_is_one_that_was_used),
    };
    return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
