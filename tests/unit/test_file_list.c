/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a folder as the broker shows them: their order, their bound, and which of them. */
#include "file_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void order(void **state)
{
    static const char *const wanted[] = { "Letters", "zoo", "apple", "Bread", "bread", "tea" };
    struct bk_file_list list = { .entries = NULL };

    (void)state;
    bk_file_list_sort(&list);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, "tea", 1), 0);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, "bread", 1), 0);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FOLDER, "zoo", BK_PICKER_NO_SIZE), 0);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, "Bread", 1), 0);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, "apple", 1), 0);
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FOLDER, "Letters", BK_PICKER_NO_SIZE), 0);
    bk_file_list_sort(&list);
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(list.entries[i].name, wanted[i]);
    bk_file_list_finish(&list);
    assert_int_equal(list.count, 0);
}

static void bound(void **state)
{
    struct bk_file_list list = { .entries = NULL };
    char name[16];

    (void)state;
    for (unsigned i = 0; i < BK_PICKER_ENTRIES_MAX; i++) {
        snprintf(name, sizeof name, "%u", i);
        assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, name, i), 0);
    }
    assert_int_equal(bk_file_list_add(&list, BK_FILE_FILE, "one more", 0), -E2BIG);
    assert_int_equal(list.count, BK_PICKER_ENTRIES_MAX);
    bk_file_list_finish(&list);
}

static void names(void **state)
{
    (void)state;
    assert_true(bk_file_name_is_fine("Grüner Tee.txt"));
    assert_true(bk_file_name_is_fine("x"));
    assert_false(bk_file_name_is_fine(""));
    assert_false(bk_file_name_is_fine(" "));
    assert_false(bk_file_name_is_fine(".hidden"));
    assert_false(bk_file_name_is_fine(".."));
    assert_false(bk_file_name_is_fine("a/b"));
    assert_false(bk_file_name_is_fine("a\nb"));
    assert_false(bk_file_name_is_fine("\xe2\x80\xae"
                                      "gpj.exe"));
    assert_false(bk_file_name_is_fine("half\xc3"));
}

static void endings(void **state)
{
    struct bk_file_wish wish = { .save = false };

    (void)state;
    assert_true(bk_file_wish_fits(&wish, "anything"));
    wish.n_endings = 2;
    memcpy(wish.endings[0], ".txt", sizeof ".txt");
    memcpy(wish.endings[1], ".tar.gz", sizeof ".tar.gz");
    assert_true(bk_file_wish_fits(&wish, "tea.txt"));
    assert_true(bk_file_wish_fits(&wish, "TEA.TXT"));
    assert_true(bk_file_wish_fits(&wish, "all.tar.gz"));
    assert_false(bk_file_wish_fits(&wish, "all.gz"));
    assert_false(bk_file_wish_fits(&wish, "teatxt"));
    assert_false(bk_file_wish_fits(&wish, ".txt")); /* an ending alone is no name */
    assert_false(bk_file_wish_fits(&wish, "tea.txt.zip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(bound),
        cmocka_unit_test(names),
        cmocka_unit_test(endings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
