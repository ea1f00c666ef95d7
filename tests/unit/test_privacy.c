/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker told of permissions: replaced as a whole or not at all, bounded, and in words.
 */
#include "privacy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct bk_privacy_told memo = {
    .app = "org.example.memo", .app_name = "Memo", .permission = "microphone", .choice = BK_CHOICE_ALWAYS
};

static void grants_stand_by_app_and_once_is_none(void **state)
{
    struct bk_privacy privacy = { 0 };
    struct bk_privacy_told told[4] = { memo, memo, memo, memo };

    (void)state;
    told[0].permission = "location";
    told[1].app = "org.example.zebra";
    told[1].app_name = "A\nzebra";
    told[3].permission = "camera";
    told[3].choice = BK_CHOICE_ONCE;
    assert_int_equal(bk_privacy_set(&privacy, told, 4, NULL, 0), 0);
    assert_int_equal(privacy.grants.count, 3);
    assert_string_equal(privacy.grants.items[0].app_name, "A zebra");
    assert_string_equal(privacy.grants.items[1].permission, "location");
    assert_string_equal(privacy.grants.items[2].permission, "microphone");
    bk_privacy_finish(&privacy);
}

static void what_is_wrong_changes_nothing(void **state)
{
    struct bk_privacy privacy = { 0 };
    struct bk_privacy_told wrong = memo;
    struct bk_privacy_told *many = calloc(BK_GRANTS_MAX + 1, sizeof *many);

    (void)state;
    assert_non_null(many);
    assert_int_equal(bk_privacy_set_uses(&privacy, &memo, 1), 0);
    assert_int_equal(bk_privacy_set(&privacy, &memo, 1, &memo, 1), 0);
    uint64_t revision = privacy.revision;
    wrong.permission = "";
    assert_int_equal(bk_privacy_set_uses(&privacy, &wrong, 1), -EINVAL);
    assert_int_equal(bk_privacy_set(&privacy, &memo, 1, &wrong, 1), -EINVAL);
    wrong = memo;
    wrong.choice = BK_CHOICES;
    assert_int_equal(bk_privacy_set(&privacy, &wrong, 1, NULL, 0), -EINVAL);
    wrong = memo;
    wrong.start = -1;
    assert_int_equal(bk_privacy_set_uses(&privacy, &wrong, 1), -EINVAL);
    for (size_t i = 0; i <= BK_GRANTS_MAX; i++)
        many[i] = memo;
    assert_int_equal(bk_privacy_set(&privacy, many, BK_GRANTS_MAX + 1, NULL, 0), -ENOBUFS);
    assert_int_equal(bk_privacy_set(&privacy, &memo, 1, many, BK_PAST_USES_MAX + 1), -ENOBUFS);
    assert_int_equal(bk_privacy_set_uses(&privacy, many, BK_USES_MAX + 1), -ENOBUFS);
    assert_int_equal(privacy.revision, revision);
    assert_int_equal(privacy.uses.count, 1);
    assert_int_equal(privacy.grants.count, 1);
    assert_int_equal(privacy.past.count, 1);
    free(many);
    bk_privacy_finish(&privacy);
}

static void a_kind_is_shown_once(void **state)
{
    struct bk_privacy privacy = { 0 };
    struct bk_privacy_told told[3] = { memo, memo, memo };

    (void)state;
    told[2].permission = "teleport";
    assert_int_equal(bk_privacy_sensors(&privacy), 0);
    assert_int_equal(bk_privacy_set_uses(&privacy, told, 3), 0);
    assert_int_equal(bk_privacy_sensors(&privacy), 1U << BK_SENSOR_MICROPHONE | 1U << BK_SENSOR_OTHER);
    bk_privacy_clear(&privacy);
    assert_int_equal(bk_privacy_sensors(&privacy), 0);
}

static void times_are_words(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } durations[] = { { -1, "now" },           { 0, "0 s" },
                      { 59, "59 s" },          { 60, "1 min" },
                      { 3599, "59 min" },      { 3600, "1 h 0 min" },
                      { 90061, "25 h 1 min" }, { INT64_MAX, "2562047788015215 h 30 min" } };
    char text[BK_PRIVACY_TIME_MAX];

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        bk_privacy_write_duration(durations[i].seconds, text);
        assert_string_equal(text, durations[i].text);
    }
    bk_privacy_write_time(1764337500, 1764338000, text); /* both on 28 November 2025 */
    assert_string_equal(text, "13:45");
    bk_privacy_write_time(1764251100, 1764338000, text);
    assert_string_equal(text, "27 Nov, 13:45");
    bk_privacy_write_time(1700000000, 1764338000, text);
    assert_string_equal(text, "14 Nov 2023");
    bk_privacy_write_time(INT64_MAX, 1764338000, text);
    assert_string_equal(text, "—");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_stand_by_app_and_once_is_none),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(a_kind_is_shown_once),
        cmocka_unit_test(times_are_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
