/* SPDX-License-Identifier: Apache-2.0 */
/* What folders may be called, and how their ids are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

#include <string.h>

static enum bk_text_fault name(const char *text)
{
    return bk_folder_check_name(text, strlen(text));
}

static enum bk_text_fault aname(const char *text)
{
    return bk_folder_check_aname(text, strlen(text));
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(name("drive"), BK_TEXT_GOOD);
    assert_int_equal(name("a"), BK_TEXT_GOOD);
    assert_int_equal(name("2026-01_scans.old"), BK_TEXT_GOOD);
    assert_int_equal(name("12345678901234567890123456789012"), BK_TEXT_GOOD);
    assert_int_equal(name("123456789012345678901234567890123"), BK_TEXT_TOO_LONG);
    assert_int_equal(name(""), BK_TEXT_EMPTY);
    assert_int_equal(name("."), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(name("..x"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(name("Drive"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(name("a/b"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(name("a b"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(bk_folder_check_name("a\0b", 3), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(name("\xc3\xb6"), BK_TEXT_BAD_CHARACTER);
}

static void anames(void **state)
{
    char longest[BK_FOLDER_ANAME_MAX + 2];

    (void)state;
    assert_int_equal(aname("/"), BK_TEXT_GOOD);
    assert_int_equal(aname("/srv/d\xc3\xb6 1"), BK_TEXT_GOOD);
    assert_int_equal(aname(""), BK_TEXT_EMPTY);
    assert_int_equal(aname("srv"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(aname("/srv,ro"), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(aname("/srv\n"), BK_TEXT_BAD_CHARACTER);
    memset(longest, '/', sizeof longest);
    assert_int_equal(bk_folder_check_aname(longest, BK_FOLDER_ANAME_MAX), BK_TEXT_GOOD);
    assert_int_equal(bk_folder_check_aname(longest, BK_FOLDER_ANAME_MAX + 1), BK_TEXT_TOO_LONG);
}

static void ids(void **state)
{
    static const char *const wrong[] = { "",      "/",        "io.example", "io.example/",
                                         "/name", "io//name", "io/a/b",     "io/.name",
                                         "io/N",  "io/name/", "io/a\nb",    "io/123456789012345678901234567890123" };
    const char *found = NULL;
    size_t length = 0;

    (void)state;
    assert_true(bk_folder_parse_id("io.example.drive/scans", &length, &found));
    assert_int_equal(length, strlen("io.example.drive"));
    assert_string_equal(found, "scans");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bk_folder_parse_id(wrong[i], &length, &found));
    assert_string_equal(found, "scans"); /* not touched */
}

static void accesses(void **state)
{
    (void)state;
    for (int access = 0; access < BK_FOLDER_ACCESSES; access++)
        assert_int_equal(bk_folder_access_by_name(bk_folder_access_names[access]), access);
    assert_int_equal(bk_folder_access_by_name("readonly"), BK_FOLDER_ACCESSES);
    assert_int_equal(bk_folder_access_by_name(""), BK_FOLDER_ACCESSES);
    assert_true(BK_FOLDER_READ_ONLY < BK_FOLDER_READ_WRITE); /* what may be asked for is compared so */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(anames),
        cmocka_unit_test(ids),
        cmocka_unit_test(accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
