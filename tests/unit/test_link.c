/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links, media types and names: what is taken, and above all whose host the person is shown.
 */
#include "link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_link(const char *text, const char *scheme, const char *host)
{
    struct bk_link link;

    if (bk_link_parse(text, strlen(text), &link) != BK_LINK_GOOD)
        fail_msg("%s is refused", text);
    assert_string_equal(link.scheme, scheme);
    assert_string_equal(link.host, host);
}

static void assert_refused(const char *text, enum bk_link_fault fault)
{
    struct bk_link link = { .scheme = "untouched" };

    if (bk_link_parse(text, strlen(text), &link) != fault)
        fail_msg("%s is judged otherwise", text);
    assert_string_equal(link.scheme, "untouched");
}

static void says_where_a_link_leads(void **state)
{
    (void)state;
    assert_link("https://example.org/", "https", "example.org");
    assert_link("HTTPS://Example.ORG:443?x#y", "https", "example.org");
    assert_link("https://bank.example@evil.example/", "https", "evil.example");
    assert_link("https://bank.example:pass%40@evil.example:1/", "https", "evil.example");
    assert_link("https://evil.example#@bank.example/", "https", "evil.example");
    assert_link("https://evil.example/@bank.example/", "https", "evil.example");
    assert_link("https://evil.example?@bank.example/", "https", "evil.example");
    assert_link("http://[2001:DB8::1]:8080/", "http", "[2001:db8::1]");
    assert_link("https://xn--bcher-kva.example", "https", "xn--bcher-kva.example");
    assert_link("mailto:anna@example.org", "mailto", "");
    assert_link("io.bulkhead.notes:open/3", "io.bulkhead.notes", "");
    assert_link("foo:///path", "foo", "");
    assert_link("https://example.org/a[]=b%2Fc", "https", "example.org");
}

static void refuses_what_could_be_read_otherwise(void **state)
{
    char longest[BK_LINK_MAX + 2] = "https://a/";
    struct bk_link link;

    (void)state;
    assert_refused("", BK_LINK_EMPTY);
    assert_refused("https", BK_LINK_BAD_FORM);
    assert_refused("https:", BK_LINK_BAD_FORM);
    assert_refused(":x", BK_LINK_BAD_FORM);
    assert_refused("1a:x", BK_LINK_BAD_FORM);
    assert_refused("https:example.org", BK_LINK_BAD_FORM);
    assert_refused("https:/example.org", BK_LINK_BAD_FORM);
    assert_refused("https:///example.org", BK_LINK_BAD_FORM);
    assert_refused("https://@/", BK_LINK_BAD_FORM);
    assert_refused("https://:80/", BK_LINK_BAD_FORM);
    assert_refused("https://a@b@c/", BK_LINK_BAD_FORM);
    assert_refused("https://a:b/", BK_LINK_BAD_FORM);
    assert_refused("https://a:123456/", BK_LINK_BAD_FORM);
    assert_refused("https://%65vil.example/", BK_LINK_BAD_FORM);
    assert_refused("https://a(b/", BK_LINK_BAD_FORM);
    assert_refused("https://[::1/", BK_LINK_BAD_FORM);
    assert_refused("https://[v1.x]/", BK_LINK_BAD_FORM);
    assert_refused("https://bank.example\\@evil.example/", BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/\n", BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/ ", BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/%0", BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/%g0", BK_LINK_BAD_CHARACTER);
    assert_refused("https://b\xc3\xbc"
                   "cher.example/",
                   BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/\xe2\x80\xaex", BK_LINK_BAD_CHARACTER);
    assert_refused("https://a/\"", BK_LINK_BAD_CHARACTER);
    assert_refused("JAVAscript:alert(1)", BK_LINK_FORBIDDEN);
    assert_refused("file:///etc/passwd", BK_LINK_FORBIDDEN);
    assert_refused("view-source:https://a/", BK_LINK_FORBIDDEN);
    assert_int_equal(bk_link_parse("https://a/\0b", 12, &link), BK_LINK_BAD_CHARACTER);
    memset(longest + 10, 'x', BK_LINK_MAX - 9);
    assert_int_equal(bk_link_parse(longest, BK_LINK_MAX, &link), BK_LINK_GOOD);
    assert_int_equal(bk_link_parse(longest, BK_LINK_MAX + 1, &link), BK_LINK_TOO_LONG);
    memcpy(longest, "https://b", 9);
    memset(longest + 9, 'b', BK_LINK_HOST_MAX);
    assert_int_equal(bk_link_parse(longest, 8 + BK_LINK_HOST_MAX, &link), BK_LINK_GOOD);
    assert_int_equal(bk_link_parse(longest, 9 + BK_LINK_HOST_MAX, &link), BK_LINK_TOO_LONG);
    memset(longest, 's', BK_LINK_SCHEME_MAX + 1);
    longest[BK_LINK_SCHEME_MAX + 1] = ':';
    longest[BK_LINK_SCHEME_MAX + 2] = 'x';
    assert_int_equal(bk_link_parse(longest + 1, BK_LINK_SCHEME_MAX + 2, &link), BK_LINK_GOOD);
    assert_int_equal(bk_link_parse(longest, BK_LINK_SCHEME_MAX + 3, &link), BK_LINK_BAD_FORM);
}

static void knows_types_and_names(void **state)
{
    char longest[BK_LINK_NAME_MAX + 2];

    (void)state;
    assert_int_equal(bk_link_check_type("text/plain"), BK_LINK_GOOD);
    assert_int_equal(bk_link_check_type("application/vnd.a+json"), BK_LINK_GOOD);
    for (const char *const *type = (const char *const[]){ "text", "text/", "/x", "*/*", "text/*", "a/b/c", "Text/plain",
                                                          "text/plain;charset=x", "a b/c", "-a/b", NULL };
         *type != NULL; type++)
        assert_int_equal(bk_link_check_type(*type), BK_LINK_BAD_FORM);
    assert_int_equal(bk_link_check_name("Tea for two.txt", 15), BK_LINK_GOOD);
    assert_int_equal(bk_link_check_name("T\xc3\xa9", 3), BK_LINK_GOOD);
    assert_int_equal(bk_link_check_name("", 0), BK_LINK_EMPTY);
    assert_int_equal(bk_link_check_name(".", 1), BK_LINK_BAD_FORM);
    assert_int_equal(bk_link_check_name("..", 2), BK_LINK_BAD_FORM);
    assert_int_equal(bk_link_check_name("a/b", 3), BK_LINK_BAD_CHARACTER);
    assert_int_equal(bk_link_check_name("a\\b", 3), BK_LINK_BAD_CHARACTER);
    assert_int_equal(bk_link_check_name("a\nb", 3), BK_LINK_BAD_CHARACTER);
    assert_int_equal(bk_link_check_name("\xe2\x80\xaetxt.exe", 10), BK_LINK_BAD_CHARACTER);
    memset(longest, 'x', sizeof longest);
    assert_int_equal(bk_link_check_name(longest, BK_LINK_NAME_MAX), BK_LINK_GOOD);
    assert_int_equal(bk_link_check_name(longest, BK_LINK_NAME_MAX + 1), BK_LINK_TOO_LONG);
}

static void knows_who_opens_what(void **state)
{
    struct bk_opens opens = { 0 };
    char scheme[BK_LINK_SCHEME_MAX + 2];

    (void)state;
    assert_true(bk_opens_add_scheme(&opens, "https") && bk_opens_add_type(&opens, "image/*"));
    assert_true(bk_opens_add_type(&opens, "text/plain"));
    assert_true(bk_opens_scheme(&opens, "https"));
    assert_false(bk_opens_scheme(&opens, "http"));
    assert_true(bk_opens_type(&opens, "image/png") && bk_opens_type(&opens, "text/plain"));
    assert_false(bk_opens_type(&opens, "imagex/png") || bk_opens_type(&opens, "text/html"));
    assert_true(bk_opens_add_type(&opens, "*/*"));
    assert_true(bk_opens_type(&opens, "text/html"));
    memset(scheme, 'x', sizeof scheme);
    scheme[BK_LINK_SCHEME_MAX + 1] = '\0';
    assert_false(bk_opens_add_scheme(&opens, scheme));
    for (unsigned i = 1; i < BK_OPENS_SCHEMES_MAX; i++)
        assert_true(bk_opens_add_scheme(&opens, "x"));
    assert_false(bk_opens_add_scheme(&opens, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_a_link_leads),
        cmocka_unit_test(refuses_what_could_be_read_otherwise),
        cmocka_unit_test(knows_types_and_names),
        cmocka_unit_test(knows_who_opens_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
