/* SPDX-License-Identifier: Apache-2.0 */
/* What an app may use, and what it makes of it: the model alone. */
#include "permission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LOCATION BK_PERMISSION_LOCATION

static void names_lead_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < BK_PERMISSIONS; i++)
        assert_int_equal(bk_permission_by_name(bk_permission_names[i]), i);
    assert_int_equal(bk_permission_by_name(""), BK_PERMISSIONS);
    assert_int_equal(bk_permission_by_name("Location"), BK_PERMISSIONS);
    assert_null(bk_choice_names[BK_CHOICE_NONE]);
    for (int i = BK_CHOICE_NONE + 1; i < BK_CHOICES; i++)
        assert_int_equal(bk_choice_by_name(bk_choice_names[i]), i);
    assert_int_equal(bk_choice_by_name("sometimes"), BK_CHOICES);
}

static enum bk_verdict judge(struct bk_permissions *permissions, enum bk_choice choice, bool shown)
{
    permissions->choices[LOCATION] = choice;
    return bk_permissions_judge(permissions, LOCATION, shown, 1000);
}

static void what_is_not_declared_is_refused_whatever_was_chosen(void **state)
{
    struct bk_permissions permissions = { 0 };

    (void)state;
    for (int choice = 0; choice < BK_CHOICES; choice++)
        assert_int_equal(judge(&permissions, (enum bk_choice)choice, true), BK_VERDICT_REFUSED);
    bk_permissions_declare(&permissions, BK_PERMISSION_CAMERA, "To see.");
    assert_int_equal(judge(&permissions, BK_CHOICE_ALWAYS, true), BK_VERDICT_REFUSED);
    bk_permissions_declare(&permissions, LOCATION, "To know.");
    assert_int_equal(judge(&permissions, BK_CHOICE_ALWAYS, true), BK_VERDICT_GRANTED);
    bk_permissions_declare(&permissions, LOCATION, NULL);
    assert_int_equal(judge(&permissions, BK_CHOICE_ALWAYS, true), BK_VERDICT_REFUSED);
    bk_permissions_finish(&permissions);
}

static void a_reason_is_bounded(void **state)
{
    char reason[BK_PERMISSION_REASON_MAX + 2];
    struct bk_permissions permissions = { 0 };

    (void)state;
    memset(reason, 'x', sizeof reason);
    reason[BK_PERMISSION_REASON_MAX + 1] = '\0';
    bk_permissions_declare(&permissions, LOCATION, reason);
    assert_null(permissions.reasons[LOCATION]);
    bk_permissions_declare(&permissions, LOCATION, reason + 1);
    assert_string_equal(permissions.reasons[LOCATION], reason + 1);
    bk_permissions_finish(&permissions);
}

static void a_choice_for_good_needs_no_dialog(void **state)
{
    struct bk_permissions permissions = { 0 };

    (void)state;
    bk_permissions_declare(&permissions, LOCATION, "To know.");
    assert_int_equal(judge(&permissions, BK_CHOICE_NONE, true), BK_VERDICT_ASK);
    assert_int_equal(judge(&permissions, BK_CHOICE_NONE, false), BK_VERDICT_ASK);
    assert_int_equal(judge(&permissions, BK_CHOICE_NEVER, true), BK_VERDICT_REFUSED);
    assert_int_equal(judge(&permissions, BK_CHOICE_ALWAYS, false), BK_VERDICT_GRANTED);
    assert_int_equal(judge(&permissions, BK_CHOICE_WHILE_IN_USE, true), BK_VERDICT_GRANTED);
    assert_int_equal(judge(&permissions, BK_CHOICE_WHILE_IN_USE, false), BK_VERDICT_REFUSED);
    bk_permissions_finish(&permissions);
    assert_true(bk_choice_stands(BK_CHOICE_ONCE, false));
    assert_false(bk_choice_stands(BK_CHOICE_WHILE_IN_USE, false));
    assert_false(bk_choice_stands(BK_CHOICE_NONE, true));
    assert_false(bk_choice_stands(BK_CHOICE_NEVER, true));
}

static void who_is_refused_again_and_again_asks_in_vain_for_a_while(void **state)
{
    struct bk_permissions permissions = { 0 };
    uint64_t now_ms = 1000;

    (void)state;
    bk_permissions_declare(&permissions, LOCATION, "To know.");
    for (unsigned i = 1; i < BK_PERMISSION_REFUSALS_MAX; i++)
        bk_permissions_refused(&permissions, now_ms += 10);
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms), BK_VERDICT_ASK);
    bk_permissions_refused(&permissions, now_ms += 10);
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms), BK_VERDICT_REFUSED);
    permissions.choices[LOCATION] = BK_CHOICE_ALWAYS; /* the person may still allow it on the privacy page */
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms), BK_VERDICT_GRANTED);
    permissions.choices[LOCATION] = BK_CHOICE_NONE;
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms + BK_PERMISSION_QUIET_MS - 1),
                     BK_VERDICT_REFUSED);
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms + BK_PERMISSION_QUIET_MS),
                     BK_VERDICT_ASK);
    /* It begins from nothing, … */
    now_ms += BK_PERMISSION_QUIET_MS;
    bk_permissions_refused(&permissions, now_ms);
    assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms), BK_VERDICT_ASK);
    /* … and now and then is not again and again. */
    for (unsigned i = 0; i < 10; i++) {
        bk_permissions_refused(&permissions, now_ms += BK_PERMISSION_REFUSALS_MS / 2);
        assert_int_equal(bk_permissions_judge(&permissions, LOCATION, true, now_ms), BK_VERDICT_ASK);
    }
    bk_permissions_finish(&permissions);
}

static void uses_that_follow_closely_are_one_entry(void **state)
{
    struct bk_activity activity = { 0 };

    (void)state;
    assert_true(bk_activity_begin(&activity, 5000, 100));
    assert_false(bk_activity_begin(&activity, 6000, 101));
    bk_activity_end(&activity, 7000);
    assert_int_equal(bk_activity_seconds(&activity, 9000), 4); /* one goes on */
    bk_activity_end(&activity, 10000);
    assert_int_equal(bk_activity_seconds(&activity, 99000), 5);
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(bk_activity_begin(&activity, 10000 + i * 10, 200));
        bk_activity_end(&activity, 10005 + i * 10);
    }
    assert_int_equal(bk_activity_seconds(&activity, 99000), 14);
    uint64_t ended_ms = 10005 + 999 * 10;
    assert_false(bk_activity_begin(&activity, ended_ms + BK_ACTIVITY_APART_MS, 300));
    bk_activity_end(&activity, ended_ms + BK_ACTIVITY_APART_MS);
    assert_true(bk_activity_begin(&activity, ended_ms + 2 * BK_ACTIVITY_APART_MS + 1, 400));
    assert_int_equal(bk_activity_seconds(&activity, ended_ms + 2 * BK_ACTIVITY_APART_MS + 2500), 2);
}

static void what_was_used_for_a_moment_is_seen(void **state)
{
    struct bk_activity activity = { 0 };
    uint64_t until_ms = 0;

    (void)state;
    assert_false(bk_activity_is_lit(&activity, 10, &until_ms)); /* nothing ever was */
    assert_true(bk_activity_begin(&activity, 1000, 77));
    assert_true(bk_activity_is_lit(&activity, 1000, &until_ms));
    assert_int_equal(until_ms, UINT64_MAX);
    bk_activity_end(&activity, 1001);
    assert_true(bk_activity_is_lit(&activity, 1001, &until_ms));
    assert_int_equal(until_ms, 1000 + BK_ACTIVITY_LIT_MS);
    assert_false(bk_activity_begin(&activity, 2000, 78)); /* it never went out: since when stays */
    assert_int_equal(activity.lit_time, 77);
    bk_activity_end(&activity, 2001);
    assert_true(bk_activity_is_lit(&activity, 2001, &until_ms));
    assert_int_equal(until_ms, 2000 + BK_ACTIVITY_LIT_MS);
    assert_false(bk_activity_is_lit(&activity, until_ms, &until_ms));
    (void)bk_activity_begin(&activity, 10000, 79);
    bk_activity_end(&activity, 900000);
    assert_false(bk_activity_is_lit(&activity, 900000, &until_ms)); /* it was seen for long enough */
    (void)bk_activity_begin(&activity, 910000, 987);
    assert_int_equal(activity.lit_time, 987);
}

static void the_app_that_was_served_longest_ago_is_next(void **state)
{
    struct bk_permissions busy = { .served = 0 }, calm = { .served = 0 };
    struct bk_ask asks[4] = {
        { .permissions = &busy }, { .permissions = &busy }, { .permissions = &calm }, { .permissions = &busy }
    };
    struct bk_ask *waiting = NULL;

    (void)state;
    assert_null(bk_asks_next(waiting));
    for (unsigned i = 0; i < 4; i++)
        bk_asks_add(&waiting, &asks[i]);
    assert_int_equal(busy.asks, 3);
    assert_ptr_equal(bk_asks_next(waiting), &asks[0]); /* who came first */
    busy.served = 1;
    bk_asks_remove(&waiting, &asks[0]);
    assert_ptr_equal(bk_asks_next(waiting), &asks[2]); /* not the rest of those that came before it */
    calm.served = 2;
    bk_asks_remove(&waiting, &asks[2]);
    assert_ptr_equal(bk_asks_next(waiting), &asks[1]);
    bk_asks_remove(&waiting, &asks[3]);
    bk_asks_remove(&waiting, &asks[1]);
    assert_null(waiting);
    assert_int_equal(busy.asks, 0);
    assert_int_equal(calm.asks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_there_and_back),
        cmocka_unit_test(what_is_not_declared_is_refused_whatever_was_chosen),
        cmocka_unit_test(a_reason_is_bounded),
        cmocka_unit_test(a_choice_for_good_needs_no_dialog),
        cmocka_unit_test(who_is_refused_again_and_again_asks_in_vain_for_a_while),
        cmocka_unit_test(uses_that_follow_closely_are_one_entry),
        cmocka_unit_test(what_was_used_for_a_moment_is_seen),
        cmocka_unit_test(the_app_that_was_served_longest_ago_is_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
