/* SPDX-License-Identifier: Apache-2.0 */
/* What bk-web makes of URLs, endings and texts of a page, and of what a camera's source tells it. */
#include "camera/account.h"
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

static struct bk_camera_account begun(const char *title)
{
    struct bk_camera_account account = { 0 };

    assert_int_equal(bk_camera_account_take(&account, title, strlen(title)), BK_CAMERA_NO_NEWS);
    assert_string_equal(account.title, title);
    assert_int_equal(account.told, BK_CAMERA_UNKNOWN);
    return account;
}

/* What it says, a packet for each letter, and what is news then: of those, too. */
static void assert_told(const char *said, const char *news, enum bk_camera_report told)
{
    static const char letters[] = {
        [BK_CAMERA_NO_NEWS] = '-', [BK_CAMERA_OPENED] = 'o', [BK_CAMERA_ENDED] = 'e', [BK_CAMERA_NONSENSE] = '!'
    };
    struct bk_camera_account account = begun("Phone");

    for (size_t i = 0; said[i] != '\0'; i++)
        assert_int_equal(letters[bk_camera_account_take(&account, &said[i], 1)], news[i]);
    assert_int_equal(account.told, told);
    assert_string_equal(account.title, "Phone");
}

static void test_what_a_camera_s_source_tells(void **state)
{
    (void)state;
    assert_told("s", "o", BK_CAMERA_SEEN);
    assert_told("ssg", "o-e", BK_CAMERA_GONE);
    assert_told("d", "o", BK_CAMERA_DENIED);
    assert_told("uds", "o--", BK_CAMERA_UNREADABLE);
    assert_told("sd", "oe", BK_CAMERA_GONE);
    assert_told("su", "oe", BK_CAMERA_GONE);
    assert_told("sgsdu", "oe---", BK_CAMERA_GONE);
}

static void test_what_no_camera_s_source_tells(void **state)
{
    struct bk_camera_account account = { 0 };
    char longest[BK_CAMERA_TITLE_MAX + 2];

    (void)state;
    assert_told("g", "!", BK_CAMERA_UNKNOWN);
    assert_told("s?", "o!", BK_CAMERA_SEEN);
    assert_told("sgx", "oe!", BK_CAMERA_GONE);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(bk_camera_account_take(&account, longest, sizeof longest - 1), BK_CAMERA_NONSENSE);
    assert_int_equal(bk_camera_account_take(&account, "", 0), BK_CAMERA_NONSENSE);
    assert_int_equal(bk_camera_account_take(&account, "Ph\0ne", 5), BK_CAMERA_NONSENSE);
    assert_string_equal(account.title, "");
    longest[BK_CAMERA_TITLE_MAX] = '\0';
    account = begun(longest);
    assert_int_equal(bk_camera_account_take(&account, "ss", 2), BK_CAMERA_NONSENSE);
    assert_int_equal(bk_camera_account_take(&account, "", 0), BK_CAMERA_NONSENSE);
    assert_int_equal(bk_camera_account_take(&account, "\0", 1), BK_CAMERA_NONSENSE);
    assert_int_equal(account.told, BK_CAMERA_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_paths_that_lead_out),
        cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_what_a_camera_s_source_tells),
        cmocka_unit_test(test_what_no_camera_s_source_tells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
