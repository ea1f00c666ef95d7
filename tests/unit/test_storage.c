/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker told of what an app keeps: replaced as a whole or not at all; what is asked of it; and in words.
 */
#include "software.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PAINT "org.example.paint"

static const struct bk_storage_told told = {
    .app = PAINT,
    .known = true,
    .quota = 64,
    .data = 2,
    .taken = 3,
    .points = { { .number = 7, .time = 1764337500, .version = "1.0", .cause = BK_POINT_KEPT, .size = 9 },
                { .number = 2, .cause = BK_POINT_UNDO } },
    .point_count = 2,
};

static void what_is_wrong_changes_nothing(void **state)
{
    struct bk_storage storage = { 0 };
    struct bk_storage_told wrong[] = { told, told, told, told, told, told, told, told };

    (void)state;
    assert_int_equal(bk_storage_set(&storage, &told), 0);
    wrong[0].app = "";
    wrong[1].quota = -1;
    wrong[2].points[1].number = 7;
    wrong[3].points[1].number = (int64_t)UINT32_MAX + 1;
    wrong[4].points[0].time = -1;
    wrong[5].point_count = BK_STORAGE_POINTS_MAX + 1;
    wrong[6].deed_app = "";
    wrong[7].deed_app = PAINT; /* in no state */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(bk_storage_set(&storage, &wrong[i]), -EINVAL);
        assert_string_equal(storage.app, PAINT);
        assert_int_equal(storage.point_count, 2);
        assert_string_equal(bk_storage_point(&storage, 7)->version, "1.0");
    }
    assert_null(bk_storage_point(&storage, 1));
    assert_int_equal(bk_storage_set(&storage, NULL), 0);
    assert_null(storage.app);
    assert_null(bk_storage_point(&storage, 7));
}

static void a_question_goes_with_what_it_is_about(void **state)
{
    struct bk_software software = { 0 };
    struct bk_storage_told other = told;

    (void)state;
    assert_int_equal(bk_software_show(&software, PAINT), 0);
    assert_null(bk_software_shown_storage(&software));
    assert_int_equal(bk_software_set_storage(&software, &told), 0);
    assert_non_null(bk_software_shown_storage(&software));
    software.question = BK_SOFTWARE_ASKS_RESTORE;
    software.asked_point = 2;
    assert_int_equal(bk_software_set_storage(&software, &told), 0);
    assert_int_equal(software.question, BK_SOFTWARE_ASKS_RESTORE);
    other.point_count = 1; /* that point is gone */
    assert_int_equal(bk_software_set_storage(&software, &other), 0);
    assert_int_equal(software.question, BK_SOFTWARE_ASKS_NOTHING);
    software.question = BK_SOFTWARE_ASKS_KEEP;
    assert_int_equal(bk_software_set_storage(&software, &other), 0);
    assert_int_equal(software.question, BK_SOFTWARE_ASKS_KEEP);
    other.deed_app = "org.example.words"; /* something is done, with another app */
    other.deed_state = BK_DEED_WORKING;
    assert_int_equal(bk_software_set_storage(&software, &other), 0);
    assert_int_equal(software.question, BK_SOFTWARE_ASKS_NOTHING);
    software.question = BK_SOFTWARE_ASKS_REMOVE; /* which is about nothing of these */
    assert_int_equal(bk_software_set_storage(&software, NULL), 0);
    assert_int_equal(software.question, BK_SOFTWARE_ASKS_REMOVE);
    bk_software_clear(&software);
}

static void texts_are_cleaned(void **state)
{
    struct bk_storage storage = { 0 };
    struct bk_storage_told dirty = told;

    (void)state;
    dirty.points[0].version = "1\n0";
    dirty.deed_app = PAINT;
    dirty.deed_state = BK_DEED_FAILED;
    dirty.reason = "no\nroom";
    assert_int_equal(bk_storage_set(&storage, &dirty), 0);
    assert_string_equal(storage.points[0].version, "1 0");
    assert_null(storage.points[1].version);
    assert_string_equal(storage.deed.reason, "no room");
    assert_false(bk_storage_is_busy(&storage));
    bk_storage_clear(&storage);
}

static void times_and_verdicts_are_words(void **state)
{
    char text[BK_STORAGE_TIME_MAX];
    char gone[] = "noSuchPoint", unheard[] = "unheard";
    const struct bk_deed failed = { .verdict = gone }, unknown = { .verdict = unheard }, lost = { .verdict = NULL };

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    bk_storage_write_time(1764337500, 1764338000, text);
    assert_string_equal(text, "Fri 28 Nov, 13:45");
    bk_storage_write_time(1700000000, 1764338000, text);
    assert_string_equal(text, "14 Nov 2023, 22:13");
    bk_storage_write_time(INT64_MAX, 1764338000, text);
    assert_string_equal(text, "—");
    setenv("TZ", "UTC-2", 1); /* two hours east: the local clock's */
    tzset();
    bk_storage_write_time(1764337500, 1764338000, text);
    assert_string_equal(text, "Fri 28 Nov, 15:45");
    assert_string_equal(bk_deed_verdict_words(&failed), "That restore point is not there any more.");
    assert_string_equal(bk_deed_verdict_words(&unknown), bk_deed_verdict_words(&lost));
    for (int cause = 0; cause < BK_POINT_CAUSES; cause++)
        assert_non_null(bk_point_cause_words((enum bk_point_cause)cause));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(a_question_goes_with_what_it_is_about),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(times_and_verdicts_are_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
