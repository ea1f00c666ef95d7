/* SPDX-License-Identifier: Apache-2.0 */
/* What folders may be called, and how their ids are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"
#include "folder_changes.h"

#include <stdio.h>
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

static enum bk_text_fault path(const char *text)
{
    return bk_folder_check_path(text, strlen(text));
}

static void paths(void **state)
{
    static const char *const good[] = { "/",    "/a",    "/letters/2026.txt", "/...", "/.hidden", "/a b/\xc3\xb6",
                                        "/..a", "/a/.b." };
    static const char *const wrong[] = { "a",   "./a",     "//",   "/a/",   "/a//b", "/.",
                                         "/..", "/a/../b", "/a/.", "/a\nb", "/\xff" };
    char longest[BK_FOLDER_PATH_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(path(good[i]), BK_TEXT_GOOD);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(path(wrong[i]), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(path(""), BK_TEXT_EMPTY);
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    assert_int_equal(bk_folder_check_path(longest, BK_FOLDER_PATH_MAX), BK_TEXT_GOOD);
    assert_int_equal(bk_folder_check_path(longest, BK_FOLDER_PATH_MAX + 1), BK_TEXT_TOO_LONG);
}

static void changes_are_kept_once(void **state)
{
    struct bk_folder_changes changes = { .n_paths = 0 };

    (void)state;
    bk_folder_changes_add(&changes, "/b");
    bk_folder_changes_add(&changes, "/a");
    bk_folder_changes_add(&changes, "/b");
    assert_int_equal(changes.n_paths, 2);
    assert_string_equal(changes.paths[0], "/b");
    assert_string_equal(changes.paths[1], "/a");
    assert_false(changes.all);
    bk_folder_changes_add(&changes, "/");
    assert_int_equal(changes.n_paths, 0);
    assert_true(changes.all);
    bk_folder_changes_add(&changes, "/c");
    assert_int_equal(changes.n_paths, 0);
    bk_folder_changes_clear(&changes);
    assert_false(changes.all);
}

static void too_many_changes_are_the_whole_folder(void **state)
{
    struct bk_folder_changes changes = { .n_paths = 0 };
    char text[16];

    (void)state;
    for (unsigned i = 0; i < BK_FOLDER_CHANGES_MAX; i++) {
        snprintf(text, sizeof text, "/%u", i);
        bk_folder_changes_add(&changes, text);
    }
    assert_int_equal(changes.n_paths, BK_FOLDER_CHANGES_MAX);
    bk_folder_changes_add(&changes, "/0");
    assert_false(changes.all);
    bk_folder_changes_add(&changes, "/one more");
    assert_true(changes.all);
    assert_int_equal(changes.n_paths, 0);
    bk_folder_changes_clear(&changes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(anames),
        cmocka_unit_test(ids),
        cmocka_unit_test(paths),
        cmocka_unit_test(changes_are_kept_once),
        cmocka_unit_test(too_many_changes_are_the_whole_folder),
        cmocka_unit_test(accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
