/* SPDX-License-Identifier: Apache-2.0 */
/* What bk-web makes of URLs, endings and texts of a page. */
#include "files.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* After the headers that it needs. */
#include <cmocka.h>

static void assert_path(const char *url_path, const char *wanted)
{
    char path[BK_WEB_PATH_MAX];
    bool is_path = bk_web_path(url_path, path);

    assert_int_equal(is_path, wanted != NULL);
    if (wanted != NULL)
        assert_string_equal(path, wanted);
}

static void test_paths(void **state)
{
    (void)state;
    assert_path("/", "");
    assert_path("", "");
    assert_path("/index.html", "index.html");
    assert_path("//a///b/", "a/b");
    assert_path("/./a/./b/.", "a/b");
    assert_path("/a%20b%C3%A9", "a b\xc3\xa9");
    assert_path("/%61", "a");
    assert_path("/...", "...");
    assert_path("/..a/b..", "..a/b..");
    assert_path("/100%25", "100%");
}

static void test_paths_that_lead_out(void **state)
{
    static const char *const wrong[] = { "/..",   "/../a",  "/a/..",       "/a/../../b", "/%2e%2e/a",
                                         "/.%2E", "/a%2fb", "/a%2F..%2Fb", "/a%00b",     "/%",
                                         "/%4",   "/%zz",   "/%4g",        "/a\\b",      "/a%5cb" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_path(wrong[i], NULL);
}

static void test_long_paths(void **state)
{
    char url_path[BK_WEB_PATH_MAX + 64], path[BK_WEB_PATH_MAX];

    (void)state;
    for (size_t length = BK_WEB_PATH_MAX - 8; length < BK_WEB_PATH_MAX + 8; length++) {
        memset(url_path, 'a', length);
        url_path[0] = '/';
        url_path[length] = '\0';
        bool fits = bk_web_path(url_path, path);
        if (length - 1 > BK_WEB_PATH_MAX - 2)
            assert_false(fits);
        if (fits)
            assert_string_equal(path, url_path + 1);
        url_path[length / 2] = '/';
        if (bk_web_path(url_path, path))
            assert_string_equal(path, url_path + 1);
    }
    assert_true(bk_web_path("/short/again", path));
}

static void test_places(void **state)
{
    (void)state;
    assert_true(bk_web_is_place(""));
    assert_true(bk_web_is_place("users/7"));
    assert_true(bk_web_is_place("v1.2/users"));
    assert_false(bk_web_is_place("app.js"));
    assert_false(bk_web_is_place("a/b.png"));
}

static void test_types(void **state)
{
    const char *endings[BK_WEB_ENDINGS_MAX];

    (void)state;
    assert_string_equal(bk_web_type("a/b.js"), "text/javascript;charset=utf-8");
    assert_string_equal(bk_web_type("b.MJS"), "text/javascript;charset=utf-8");
    assert_string_equal(bk_web_type("b.wasm"), "application/wasm");
    assert_string_equal(bk_web_type("README"), "application/octet-stream");
    assert_string_equal(bk_web_type("a.b/c"), "application/octet-stream");
    assert_int_equal(bk_web_endings("image/jpeg", endings, 0), 2);
    assert_string_equal(endings[0], ".jpeg");
    assert_int_equal(bk_web_endings(".tea", endings, 2), 3);
    assert_string_equal(endings[2], ".tea");
    assert_int_equal(bk_web_endings("text/plain", endings, 3), 4);
    assert_string_equal(endings[3], ".txt");
    assert_int_equal(bk_web_endings("text/plai", endings, 4), 4);
    assert_int_equal(bk_web_endings("audio/*", endings, 0), 7);
    assert_int_equal(bk_web_endings("*/*", endings, 0), 0);
    assert_int_equal(bk_web_endings("image/*", endings, 14), BK_WEB_ENDINGS_MAX);
    assert_int_equal(bk_web_endings("", endings, 0), 0);
    assert_int_equal(bk_web_endings(".", endings, 0), 0);
}

static void assert_text(const char *from, bool lines, size_t size, const char *wanted)
{
    char to[64];

    assert_int_equal(bk_web_text(from, lines, to, size), wanted[0] != '\0');
    assert_string_equal(to, wanted);
}

static void test_texts(void **state)
{
    (void)state;
    assert_text("Tea", false, 64, "Tea");
    assert_text("  Tea \n", false, 64, "Tea");
    assert_text("a\nb\tc", false, 64, "a b c");
    assert_text("a\nb\tc\n", true, 64, "a\nb c");
    assert_text("a\xe2\x80\xae"
                "b\xc2\x85"
                "c\xe2\x80\xa8",
                false, 64, "a b c");
    assert_text("\xe2\x82\xac\xe2\x82\xac", false, 6, "\xe2\x82\xac");
    assert_text("\xe2\x82\xac\xe2\x82\xac", false, 7, "\xe2\x82\xac\xe2\x82\xac");
    assert_text("\xf0\x9f\x8d\xb5", false, 4, "");
    assert_text("", true, 64, "");
    assert_text("\x7f\x01 \n", true, 64, "");
}

static void assert_name(const char *from, const char *wanted)
{
    char to[16];

    assert_int_equal(bk_web_file_name(from, to, sizeof to), wanted != NULL);
    if (wanted != NULL)
        assert_string_equal(to, wanted);
}

static void test_file_names(void **state)
{
    (void)state;
    assert_name("Tea.txt", "Tea.txt");
    assert_name("..hidden", "hidden");
    assert_name("a/b\\c", "a b c");
    assert_name("...", NULL);
    assert_name("", NULL);
    assert_name("///", NULL);
    assert_name("/.x", "x");
    assert_name("123456789012345.txt", "123456789012345");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),      cmocka_unit_test(test_paths_that_lead_out),
        cmocka_unit_test(test_long_paths), cmocka_unit_test(test_places),
        cmocka_unit_test(test_types),      cmocka_unit_test(test_texts),
        cmocka_unit_test(test_file_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
