/* SPDX-License-Identifier: Apache-2.0 */
/* The desktop's model of notifications: who sees what for how long, and who may answer. */
#include "notifications.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BROKER 100
#define SECOND 200

struct fixture {
    struct bk_notifications *model;
    int changes;
    int answers;
    int64_t answered_id;
    char answered_button[64]; /* "-": dismissed */
    char replied[64];
};

static void on_changed(void *userdata)
{
    ((struct fixture *)userdata)->changes++;
}

static void on_answered(int64_t id, const char *button, void *userdata)
{
    struct fixture *fixture = userdata;

    fixture->answers++;
    fixture->answered_id = id;
    snprintf(fixture->answered_button, sizeof fixture->answered_button, "%s", button != NULL ? button : "-");
}

static void on_replied(int64_t id, const char *text, void *userdata)
{
    struct fixture *fixture = userdata;

    fixture->answers++;
    fixture->answered_id = id;
    snprintf(fixture->replied, sizeof fixture->replied, "%s", text);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    const struct bk_notifications_listener listener = {
        .changed = on_changed, .answered = on_answered, .replied = on_replied, .userdata = &fixture
    };

    fixture = (struct fixture){ 0 };
    assert_int_equal(bk_notifications_create(BK_TOAST_MS, &fixture.model), 0);
    bk_notifications_listen(fixture.model, &listener);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    bk_notifications_destroy(((struct fixture *)*state)->model);
    return 0;
}

static int show(struct fixture *fixture, pid_t owner, int64_t id, uint64_t now_ms)
{
    const struct bk_notification_content content = {
        .app = "io.bulkhead.timer",
        .app_name = "Timer",
        .title = "Time is up",
        .body = "5 seconds have passed.",
        .buttons = { { "again", "Again" }, { "done", "Done" } },
        .button_count = 2,
    };

    return bk_notifications_show(fixture->model, owner, id, &content, now_ms, 0);
}

static size_t toasts(struct fixture *fixture, size_t *ret_more)
{
    struct bk_notification *visible[BK_TOASTS_VISIBLE];

    return bk_notifications_toasts(fixture->model, visible, ret_more);
}

static void newest_is_first_and_same_id_replaces(void **state)
{
    struct fixture *fixture = *state;

    show(fixture, BROKER, 1, 0);
    show(fixture, BROKER, 2, 0);
    assert_int_equal(bk_notifications_at(fixture->model, 0)->id, 2);
    uint64_t before = bk_notifications_find(fixture->model, 1)->revision;
    show(fixture, BROKER, 1, 0);
    assert_int_equal(bk_notifications_count(fixture->model), 2);
    assert_int_equal(bk_notifications_at(fixture->model, 0)->id, 1);
    assert_int_not_equal(bk_notifications_at(fixture->model, 0)->revision, before);
    assert_int_equal(fixture->changes, 3);
}

static void press_is_answered_once(void **state)
{
    struct fixture *fixture = *state;

    bk_notifications_owner_came(fixture->model, BROKER);
    show(fixture, BROKER, 7, 0);
    assert_int_equal(bk_notifications_press(fixture->model, 7, 2), -ENOENT);
    assert_int_equal(bk_notifications_press(fixture->model, 7, 1), 0);
    assert_int_equal(fixture->answers, 1);
    assert_int_equal(fixture->answered_id, 7);
    assert_string_equal(fixture->answered_button, "done");
    assert_int_equal(bk_notifications_press(fixture->model, 7, 1), -ENOENT);
    assert_int_equal(bk_notifications_count(fixture->model), 0);
}

static void nobody_listens_nothing_is_pressed(void **state)
{
    struct fixture *fixture = *state;

    show(fixture, BROKER, 1, 0);
    assert_false(bk_notifications_answerable(fixture->model, bk_notifications_at(fixture->model, 0)));
    assert_int_equal(bk_notifications_press(fixture->model, 1, 0), -ENOTCONN);
    assert_int_equal(bk_notifications_count(fixture->model), 1);
    bk_notifications_owner_came(fixture->model, BROKER);
    assert_true(bk_notifications_answerable(fixture->model, bk_notifications_at(fixture->model, 0)));
    assert_int_equal(bk_notifications_press(fixture->model, 1, 0), 0);
}

static void dismissal_without_a_listener_is_the_persons_right(void **state)
{
    struct fixture *fixture = *state;

    show(fixture, BROKER, 1, 0);
    assert_int_equal(bk_notifications_dismiss(fixture->model, 1), 0);
    assert_int_equal(fixture->answers, 0);
    assert_int_equal(bk_notifications_count(fixture->model), 0);
}

static void an_owner_that_leaves_takes_its_own(void **state)
{
    struct fixture *fixture = *state;

    bk_notifications_owner_came(fixture->model, BROKER);
    show(fixture, BROKER, 1, 0);
    show(fixture, SECOND, 2, 0); /* the successor is quicker than the news of the end */
    bk_notifications_owner_left(fixture->model, BROKER);
    assert_int_equal(bk_notifications_count(fixture->model), 1);
    assert_int_equal(bk_notifications_at(fixture->model, 0)->id, 2);
    bk_notifications_owner_came(fixture->model, SECOND);
    assert_int_equal(bk_notifications_count(fixture->model), 1);
    assert_int_equal(bk_notifications_press(fixture->model, 2, 0), 0);
}

static void a_new_owner_sees_only_its_own(void **state)
{
    struct fixture *fixture = *state;

    show(fixture, BROKER, 1, 0);
    bk_notifications_owner_came(fixture->model, SECOND);
    assert_int_equal(bk_notifications_count(fixture->model), 0);
}

static void toasts_end_in_time(void **state)
{
    struct fixture *fixture = *state;
    size_t more;

    show(fixture, BROKER, 1, 1000);
    assert_int_equal(bk_notifications_advance(fixture->model, 1000), 1000 + BK_TOAST_MS);
    assert_int_equal(bk_notifications_advance(fixture->model, 999 + BK_TOAST_MS), 1000 + BK_TOAST_MS);
    assert_int_equal(toasts(fixture, &more), 1);
    assert_int_equal(bk_notifications_advance(fixture->model, 1000 + BK_TOAST_MS), UINT64_MAX);
    assert_int_equal(toasts(fixture, &more), 0);
    assert_int_equal(bk_notifications_count(fixture->model), 1);
}

static void three_toasts_and_the_rest_counted(void **state)
{
    struct fixture *fixture = *state;
    struct bk_notification *visible[BK_TOASTS_VISIBLE];
    size_t more;

    for (int64_t id = 1; id <= 5; id++)
        show(fixture, BROKER, id, 0);
    assert_int_equal(bk_notifications_toasts(fixture->model, visible, &more), 3);
    assert_int_equal(more, 2);
    assert_int_equal(visible[0]->id, 5);
    assert_int_equal(visible[2]->id, 3);
}

static void held_toasts_stand_still(void **state)
{
    const uint64_t later = UINT64_C(10) * BK_TOAST_MS;
    struct fixture *fixture = *state;
    size_t more;

    show(fixture, BROKER, 1, 0);
    bk_notifications_set_held(fixture->model, true, BK_TOAST_MS - 500);
    assert_int_equal(bk_notifications_advance(fixture->model, later), UINT64_MAX);
    assert_int_equal(toasts(fixture, &more), 1);
    show(fixture, BROKER, 2, later);
    bk_notifications_set_held(fixture->model, false, later);
    /* The first was about to end: it has the least there is after a hold. The second has all of its time. */
    assert_int_equal(bk_notifications_advance(fixture->model, later), later + BK_TOAST_AFTER_HOLD_MS);
    assert_int_equal(bk_notifications_advance(fixture->model, later + BK_TOAST_AFTER_HOLD_MS), later + BK_TOAST_MS);
}

static void quiet_makes_no_toasts(void **state)
{
    struct fixture *fixture = *state;
    size_t more;

    show(fixture, BROKER, 1, 0);
    bk_notifications_set_quiet(fixture->model, true);
    assert_int_equal(toasts(fixture, &more), 0);
    show(fixture, BROKER, 2, 0);
    assert_int_equal(toasts(fixture, &more), 0);
    bk_notifications_set_quiet(fixture->model, false);
    show(fixture, BROKER, 3, 0);
    assert_int_equal(toasts(fixture, &more), 1);
    assert_int_equal(bk_notifications_count(fixture->model), 3);
}

static void there_is_a_most(void **state)
{
    struct fixture *fixture = *state;

    for (int64_t id = 0; id < BK_NOTIFICATIONS_MAX; id++)
        assert_int_equal(show(fixture, BROKER, id, 0), 0);
    assert_int_equal(show(fixture, BROKER, -1, 0), -ENOBUFS);
    assert_int_equal(show(fixture, BROKER, 5, 0), 0); /* a replacement needs no room */
    bk_notifications_dismiss_all(fixture->model);
    assert_int_equal(bk_notifications_count(fixture->model), 0);
}

static void button_ids_are_checked(void **state)
{
    struct fixture *fixture = *state;
    static char longest[BK_NOTIFICATION_BUTTON_ID_BYTES + 2];
    struct bk_notification_content content = {
        .app = "", .app_name = "", .title = "", .body = "", .buttons = { { "a", "A" }, { "a", "B" } }, .button_count = 2
    };

    assert_int_equal(bk_notifications_show(fixture->model, BROKER, 1, &content, 0, 0), -EINVAL);
    content.buttons[1].id = "";
    assert_int_equal(bk_notifications_show(fixture->model, BROKER, 1, &content, 0, 0), -EINVAL);
    memset(longest, 'x', sizeof longest - 1);
    content.buttons[1].id = longest;
    assert_int_equal(bk_notifications_show(fixture->model, BROKER, 1, &content, 0, 0), -EINVAL);
    content.buttons[1].id = longest + 1;
    assert_int_equal(bk_notifications_show(fixture->model, BROKER, 1, &content, 0, 0), 0);
    assert_int_equal(bk_notifications_withdraw(fixture->model, 1), 0);
    assert_int_equal(bk_notifications_withdraw(fixture->model, 1), -ENOENT);
}

static int show_as(struct fixture *fixture, int64_t id, const char *app, struct bk_notification_content more,
                   uint64_t now_ms)
{
    more.app = more.app_name = app;
    more.title = "title";
    more.body = "";
    return bk_notifications_show(fixture->model, BROKER, id, &more, now_ms, 0);
}

static void urgency_decides_about_toasts(void **state)
{
    struct fixture *fixture = *state;
    size_t more;

    assert_int_equal(show_as(fixture, 1, "a", (struct bk_notification_content){ .urgency = BK_NOTIFICATION_LOW }, 0),
                     0);
    assert_int_equal(toasts(fixture, &more), 0);
    assert_int_equal(show_as(fixture, 2, "a", (struct bk_notification_content){ .urgency = BK_NOTIFICATION_URGENT }, 0),
                     0);
    assert_true(bk_notifications_advance(fixture->model, 1000 * BK_TOAST_MS) == UINT64_MAX);
    bk_notifications_set_held(fixture->model, true, 0);
    bk_notifications_set_held(fixture->model, false, 5000);
    assert_true(bk_notifications_advance(fixture->model, 1000 * BK_TOAST_MS) == UINT64_MAX);
    assert_int_equal(toasts(fixture, &more), 1);
    bk_notifications_set_undisturbed(fixture->model, true);
    assert_int_equal(toasts(fixture, &more), 0);
    assert_int_equal(show_as(fixture, 3, "a", (struct bk_notification_content){ .urgency = BK_NOTIFICATION_URGENT }, 0),
                     0);
    bk_notifications_set_undisturbed(fixture->model, false);
    assert_int_equal(toasts(fixture, &more), 0);
    assert_int_equal(bk_notifications_count(fixture->model), 3);
}

static void progress_goes_on_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    const struct bk_notification_content half = { .has_progress = true, .progress = 0.5 };
    size_t more;

    assert_int_equal(show_as(fixture, 1, "a", half, 0), 0);
    assert_int_equal(show_as(fixture, 2, "a", (struct bk_notification_content){ 0 }, 1), 0);
    assert_int_equal(show_as(fixture, 1, "a", half, 5000), 0);
    assert_int_equal(bk_notifications_at(fixture->model, 0)->id, 2);
    bk_notifications_advance(fixture->model, BK_TOAST_MS);
    assert_int_equal(toasts(fixture, &more), 1); /* its time ran on */
    assert_int_equal(show_as(fixture, 1, "a", half, BK_TOAST_MS), 0);
    assert_int_equal(toasts(fixture, &more), 1);
    assert_int_equal(show_as(fixture, 1, "a", (struct bk_notification_content){ 0 }, BK_TOAST_MS), 0);
    assert_int_equal(toasts(fixture, &more), 2); /* done: that is news */
    assert_int_equal(bk_notifications_at(fixture->model, 0)->id, 1);
}

static void apps_stand_together_and_toasts_by_age(void **state)
{
    static const char *const apps[] = { "a", "b", "a", "c", "b" };
    static const int64_t wanted[] = { 5, 2, 4, 3, 1 };
    struct fixture *fixture = *state;
    struct bk_notification *visible[BK_TOASTS_VISIBLE];
    size_t more;

    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(show_as(fixture, i + 1, apps[i], (struct bk_notification_content){ 0 }, 0), 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(bk_notifications_at(fixture->model, i)->id, wanted[i]);
    assert_int_equal(bk_notifications_toasts(fixture->model, visible, &more), BK_TOASTS_VISIBLE);
    for (size_t i = 0; i < BK_TOASTS_VISIBLE; i++)
        assert_int_equal(visible[i]->id, 5 - (int64_t)i);
}

static void a_reply_is_written_and_sent(void **state)
{
    struct fixture *fixture = *state;
    const struct bk_notification_content asks = { .reply = "Say" };

    bk_notifications_owner_came(fixture->model, BROKER);
    assert_int_equal(show_as(fixture, 1, "a", asks, 0), 0);
    assert_int_equal(show_as(fixture, 2, "a", (struct bk_notification_content){ 0 }, 0), 0);
    assert_int_equal(bk_notifications_reply(fixture->model, 2), -ENOENT); /* none is asked for */
    bk_notifications_type(fixture->model, 1, "  ");
    assert_int_equal(bk_notifications_reply(fixture->model, 1), -EINVAL);
    bk_notifications_type(fixture->model, 1, "gr\xc3\xbc");
    bk_notifications_erase(fixture->model, 1); /* both bytes */
    bk_notifications_type(fixture->model, 1,
                          "\xe2\x80\xae"
                          "een");
    assert_int_equal(show_as(fixture, 1, "a", asks, 0), 0);
    for (int i = 0; i < 1000; i++)
        bk_notifications_type(fixture->model, 1, "0123456789");
    assert_int_equal(strlen(bk_notifications_find(fixture->model, 1)->draft), BK_NOTIFICATION_REPLY_BYTES);
    assert_int_equal(bk_notifications_reply(fixture->model, 1), 0);
    assert_int_equal(fixture->answered_id, 1);
    assert_memory_equal(fixture->replied, "green0123456789", 15);
    bk_notifications_owner_left(fixture->model, BROKER);
    assert_int_equal(show_as(fixture, 3, "a", asks, 0), 0);
    bk_notifications_type(fixture->model, 3, "x");
    assert_int_equal(bk_notifications_reply(fixture->model, 3), -ENOTCONN);
}

static void what_was_answered_is_kept_for_a_while(void **state)
{
    struct fixture *fixture = *state;

    bk_notifications_owner_came(fixture->model, BROKER);
    for (int64_t id = 1; id <= BK_NOTIFICATION_HISTORY_MAX + 5; id++) {
        assert_int_equal(show(fixture, BROKER, id, 0), 0);
        assert_int_equal(bk_notifications_press(fixture->model, id, 0), 0);
    }
    assert_int_equal(bk_notifications_history_count(fixture->model), BK_NOTIFICATION_HISTORY_MAX);
    const struct bk_notification *newest = bk_notifications_history_at(fixture->model, 0);
    assert_int_equal(newest->id, BK_NOTIFICATION_HISTORY_MAX + 5);
    assert_true(newest->past);
    assert_int_equal(newest->button_count, 0);
    assert_int_equal(show(fixture, BROKER, 500, 0), 0);
    assert_int_equal(bk_notifications_withdraw(fixture->model, 500), 0); /* nobody answered it */
    assert_int_equal(bk_notifications_history_at(fixture->model, 0)->id, BK_NOTIFICATION_HISTORY_MAX + 5);
    bk_notifications_clear_history(fixture->model);
    assert_int_equal(bk_notifications_history_count(fixture->model), 0);
    assert_int_equal(show(fixture, BROKER, 501, 0), 0);
    bk_notifications_dismiss_all(fixture->model);
    assert_int_equal(bk_notifications_history_count(fixture->model), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newest_is_first_and_same_id_replaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(press_is_answered_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_listens_nothing_is_pressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dismissal_without_a_listener_is_the_persons_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_owner_that_leaves_takes_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_owner_sees_only_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(toasts_end_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(three_toasts_and_the_rest_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_toasts_stand_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quiet_makes_no_toasts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(urgency_decides_about_toasts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(progress_goes_on_where_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(apps_stand_together_and_toasts_by_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reply_is_written_and_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_answered_is_kept_for_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_a_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(button_ids_are_checked, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
