/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the hosts that an app may reach. */
#include "reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void says(const struct bk_reach_told *told, const char *words, const char *hosts)
{
    struct bk_reach reach = { 0 };

    assert_int_equal(bk_reach_init(&reach, told), 0);
    if (words == NULL)
        assert_null(reach.words);
    else
        assert_string_equal(reach.words, words);
    if (hosts == NULL)
        assert_null(reach.hosts);
    else
        assert_string_equal(reach.hosts, hosts);
    bk_reach_finish(&reach);
    assert_null(reach.words);
    assert_null(reach.hosts);
}

static void hosts_are_named(void **state)
{
    struct bk_reach_told told = { .hosts = { "a.org", "*.b.net", "c.com" } };

    (void)state;
    says(&told, NULL, NULL);
    told.count = 1;
    says(&told, "It reaches this host alone:", "a.org");
    told.count = 3;
    says(&told, "It reaches these 3 hosts alone:", "a.org\n*.b.net\nc.com");
}

/* As many as a manifest may have, each as long as may be: to the last letter of the last. */
static void none_is_left_out(void **state)
{
    struct bk_reach_told told = { .count = BK_REACH_HOSTS_MAX };
    struct bk_reach reach = { 0 };
    char name[BK_REACH_HOST_BYTES + 1];

    (void)state;
    memset(name, 'm', BK_REACH_HOST_BYTES);
    name[BK_REACH_HOST_BYTES] = '\0';
    memcpy(name + BK_REACH_HOST_BYTES - 4, ".end", 4);
    for (size_t i = 0; i < told.count; i++)
        told.hosts[i] = name;
    assert_int_equal(bk_reach_init(&reach, &told), 0);
    assert_int_equal(strlen(reach.hosts), BK_REACH_HOSTS_MAX * (BK_REACH_HOST_BYTES + 1) - 1);
    assert_string_equal(reach.hosts + strlen(reach.hosts) - BK_REACH_HOST_BYTES, name);
    bk_reach_finish(&reach);
}

static void the_internet_is_called_so(void **state)
{
    const struct bk_reach_told told = { .hosts = { "*" }, .count = 1 };

    (void)state;
    says(&told, "It reaches the internet.", NULL);
}

/* No sentence, no other line, no direction of writing. */
static void what_is_no_name_is_not_read_out(void **state)
{
    char longer[BK_REACH_HOST_BYTES + 2];
    const char *const names[] = {
        "nothing. It is safe", "a.org\nb.org", "a.org\u202e", "\u0430.org", "A.org", "", longer
    };

    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        says(&(struct bk_reach_told){ .hosts = { names[i] }, .count = 1 }, "It reaches this host alone:", "?");
}

static bool grows(const struct bk_reach_told *before, const struct bk_reach_told *now)
{
    struct bk_reach one = { 0 }, other = { 0 };

    assert_int_equal(bk_reach_init(&one, before), 0);
    assert_int_equal(bk_reach_init(&other, now), 0);
    const bool does = bk_reach_grows(&one, &other);
    bk_reach_finish(&one);
    bk_reach_finish(&other);
    return does;
}

static void what_is_new_is_known(void **state)
{
    const struct bk_reach_told none = { .count = 0 }, all = { .hosts = { "*" }, .count = 1 };
    const struct bk_reach_told two = { .hosts = { "a.org", "b.org" }, .count = 2 };
    const struct bk_reach_told turned = { .hosts = { "b.org", "a.org" }, .count = 2 };
    const struct bk_reach_told one = { .hosts = { "b.org" }, .count = 1 },
                               longer = { .hosts = { "b.org.net" }, .count = 1 };
    const struct bk_reach_told shorter = { .hosts = { "b.or" }, .count = 1 };

    (void)state;
    assert_false(grows(&none, &none));
    assert_true(grows(&none, &one));
    assert_true(grows(&none, &all));
    assert_false(grows(&one, &none));
    assert_true(grows(&two, &all));
    assert_false(grows(&all, &two));
    assert_false(grows(&all, &all));
    assert_false(grows(&two, &turned));
    assert_false(grows(&two, &one));
    assert_true(grows(&one, &two));
    assert_true(grows(&two, &longer));
    assert_true(grows(&two, &shorter));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_named),
        cmocka_unit_test(none_is_left_out),
        cmocka_unit_test(what_is_new_is_known),
        cmocka_unit_test(the_internet_is_called_so),
        cmocka_unit_test(what_is_no_name_is_not_read_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
