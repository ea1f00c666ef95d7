/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the hosts that an app may reach. */
#include "reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void says(const struct bk_reach_told *told, size_t most, const char *words)
{
    char *said = bk_reach_words(told, most, 12);

    if (words == NULL)
        assert_null(said);
    else
        assert_string_equal(said, words);
    free(said);
}

static void hosts_are_named(void **state)
{
    struct bk_reach_told told = { .hosts = { "a.org", "*.b.net", "c.com", "d.com" } };

    (void)state;
    says(&told, 3, NULL);
    told.count = 1;
    says(&told, 3, "It reaches a.org.");
    told.count = 2;
    says(&told, 3, "It reaches 2 hosts: a.org and *.b.net.");
    told.count = 3;
    says(&told, 3, "It reaches 3 hosts: a.org, *.b.net and c.com.");
    told.count = 4;
    says(&told, 3, "It reaches 4 hosts: a.org, *.b.net, c.com, …");
    says(&told, 64, "It reaches 4 hosts: a.org, *.b.net, c.com and d.com.");
}

static void the_internet_is_called_so(void **state)
{
    const struct bk_reach_told told = { .hosts = { "*" }, .count = 1 };

    (void)state;
    says(&told, 3, "It reaches the internet.");
}

static void what_is_no_name_is_not_read_out(void **state)
{
    const struct bk_reach_told told = { .hosts = { "nothing. It is safe" }, .count = 1 };

    (void)state;
    says(&told, 3, "It reaches ?.");
}

static void the_end_of_a_long_name_is_read(void **state)
{
    const struct bk_reach_told told = { .hosts = { "example.org.login.evil.net" }, .count = 1 };

    (void)state;
    says(&told, 3, "It reaches …gin.evil.net.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_named),
        cmocka_unit_test(the_internet_is_called_so),
        cmocka_unit_test(the_end_of_a_long_name_is_read),
        cmocka_unit_test(what_is_no_name_is_not_read_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
