/* SPDX-License-Identifier: Apache-2.0 */
/* The apps that the broker tells the desktop: what is taken, what is refused, how they are searched. */
#include "apps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0,  13, 'I',
                                     'H',  'D', 'R', 0,   0,    0,    64,   0,    0, 0, 64, 8,  6 };

static void apps_are_told_whole(void **state)
{
    struct bk_apps apps = { 0 };
    struct bk_app_told told[3] = {
        { .id = "b", .name = "beta", .state = BK_APP_RUNNING, .cid = 9, .icon = png, .icon_size = sizeof png },
        { .id = "a", .name = "Alpha\n\x1b[1m", .state = BK_APP_STOPPED },
        { .id = "c", .name = "", .state = BK_APP_STOPPED },
    };

    (void)state;
    assert_int_equal(bk_apps_set(&apps, told, 3), 0);
    assert_string_equal(apps.items[0].name, "Alpha [1m");
    assert_string_equal(bk_apps_by_id(&apps, "c")->name, BK_APP_NAME_UNKNOWN);
    assert_string_equal(bk_apps_by_cid(&apps, 9)->id, "b");
    assert_null(bk_apps_by_cid(&apps, 0));
    uint64_t revision = bk_apps_by_id(&apps, "b")->icon_revision;
    told[0].icon = NULL; /* stays */
    told[0].cid = 10;
    assert_int_equal(bk_apps_set(&apps, told, 2), 0);
    assert_int_equal(apps.count, 2);
    assert_null(bk_apps_by_cid(&apps, 9));
    assert_non_null(bk_apps_by_cid(&apps, 10)->icon);
    assert_int_equal(bk_apps_by_cid(&apps, 10)->icon_revision, revision);
    told[1].id = "b";
    assert_int_equal(bk_apps_set(&apps, told, 2), -EINVAL);
    told[1].id = "";
    assert_int_equal(bk_apps_set(&apps, told, 2), -EINVAL);
    assert_int_equal(bk_apps_set(&apps, told, BK_APPS_MAX + 1), -ENOBUFS);
    assert_int_equal(apps.count, 2);
    bk_apps_finish(&apps);
}

static void pictures_are_bounded(void **state)
{
    unsigned char other[sizeof png];

    (void)state;
    assert_true(bk_app_icon_fits(png, sizeof png));
    assert_false(bk_app_icon_fits(png, sizeof png - 1));
    memcpy(other, png, sizeof png);
    other[18] = 1; /* 320 by 64 */
    assert_false(bk_app_icon_fits(other, sizeof other));
    other[22] = 1; /* 320 by 320 */
    assert_false(bk_app_icon_fits(other, sizeof other));
    memcpy(other, png, sizeof png);
    other[1] = 'p';
    assert_false(bk_app_icon_fits(other, sizeof other));
}

static void names_are_searched(void **state)
{
    (void)state;
    assert_int_equal(bk_apps_match("Text Editor", ""), 1);
    assert_int_equal(bk_apps_match("Text Editor", "te"), 3);
    assert_int_equal(bk_apps_match("Text Editor", "ED"), 2);
    assert_int_equal(bk_apps_match("Text Editor", "xt"), 1);
    assert_int_equal(bk_apps_match("Text Editor", "editors"), 0);
}

static void what_an_app_says_is_kept_by_its_vm(void **state)
{
    struct bk_apps apps = { 0 };
    struct bk_app_told told = { .id = "a", .name = "A", .state = BK_APP_RUNNING, .cid = 9 };
    struct bk_trait_told said = { .cid = 9, .title = "one\n two\x1b" };

    (void)state;
    assert_null(bk_traits_of(&apps.traits, 9)->title);
    assert_int_equal(bk_traits_tell(&apps.traits, &said), 0); /* before the app is told */
    assert_string_equal(bk_traits_of(&apps.traits, 9)->title, "one two");
    assert_int_equal(bk_apps_set(&apps, &told, 1), 0);
    uint64_t look = bk_apps_look_of(&apps, 9), marks = apps.traits.marks;
    said = (struct bk_trait_told){ .cid = 9, .has_mark = true, .mark = { BK_MARK_COUNT, 3 } };
    assert_int_equal(bk_traits_tell(&apps.traits, &said), 0);
    assert_string_equal(bk_traits_of(&apps.traits, 9)->title, "one two");
    assert_int_equal(bk_traits_of(&apps.traits, 9)->mark.count, 3);
    assert_int_not_equal(bk_apps_look_of(&apps, 9), look);
    assert_int_not_equal(apps.traits.marks, marks);
    said = (struct bk_trait_told){ .cid = 9, .title = "", .has_least = true, .least_width = 5, .least_height = 6 };
    assert_int_equal(bk_traits_tell(&apps.traits, &said), 0);
    assert_null(bk_traits_of(&apps.traits, 9)->title);
    assert_int_equal(bk_traits_of(&apps.traits, 9)->mark.count, 3);
    told.cid = 10;
    assert_int_equal(bk_apps_set(&apps, &told, 1), 0);
    assert_int_equal(bk_traits_of(&apps.traits, 9)->mark.count, 0);
    bk_apps_finish(&apps);
}

static void what_an_app_says_is_bounded(void **state)
{
    static char long_title[BK_TRAIT_TITLE_BYTES + 2];
    struct bk_traits traits = { 0 };
    const struct bk_trait_told bad[] = {
        { .cid = 0, .title = "x" },
        { .cid = 1, .title = long_title },
        { .cid = 1, .has_mark = true, .mark = { BK_MARK_COUNT, BK_TRAIT_COUNT_MAX + 1 } },
        { .cid = 1, .has_least = true, .least_width = -1 },
        { .cid = 1, .has_least = true, .least_height = (int)BK_TRAIT_SIDE_MAX + 1 },
    };

    (void)state;
    memset(long_title, 'x', sizeof long_title - 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bk_traits_tell(&traits, &bad[i]), -EINVAL);
    for (uint32_t cid = 1; cid <= BK_TRAITS_MAX; cid++)
        assert_int_equal(bk_traits_tell(&traits, &(struct bk_trait_told){ .cid = cid, .title = "t" }), 0);
    assert_int_equal(bk_traits_tell(&traits, &(struct bk_trait_told){ .cid = 1000, .title = "t" }), -ENOBUFS);
    assert_int_equal(bk_traits_tell(&traits, &(struct bk_trait_told){ .cid = 5, .title = "u" }), 0);
    bk_traits_finish(&traits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apps_are_told_whole),         cmocka_unit_test(pictures_are_bounded),
        cmocka_unit_test(names_are_searched),          cmocka_unit_test(what_an_app_says_is_kept_by_its_vm),
        cmocka_unit_test(what_an_app_says_is_bounded),
    };
    return cmocka_run_group_tests_name("desktop_apps", tests, NULL, NULL);
}
