/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's rules by themselves: where messages end, which text passes, what an app's notifications and its
 * window may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "framing.h"
#include "notification.h"
#include "text.h"
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- framing ---- */

static enum bk_framing_verdict scan(struct bk_framing *framing, const char *text, size_t size, size_t *taken)
{
    *taken = 9999;
    return bk_framing_scan(framing, text, size, taken);
}

static void messages_end_at_nul(void **state)
{
    static const char data[] = "{\"a\":1}\0{\"b\":[2]}\0{";
    struct bk_framing framing = { 0 };
    size_t taken;

    (void)state;
    assert_int_equal(scan(&framing, data, sizeof data - 1, &taken), BK_FRAMING_MESSAGE);
    assert_int_equal(taken, 8);
    assert_false(bk_framing_within(&framing));
    assert_int_equal(scan(&framing, data + 8, sizeof data - 9, &taken), BK_FRAMING_MESSAGE);
    assert_int_equal(taken, 10);
    assert_int_equal(scan(&framing, data + 18, 1, &taken), BK_FRAMING_MORE);
    assert_int_equal(taken, 1);
    assert_true(bk_framing_within(&framing));
    assert_int_equal(scan(&framing, "\0", 1, &taken), BK_FRAMING_MESSAGE);
    assert_int_equal(scan(&framing, "\0", 1, &taken), BK_FRAMING_EMPTY);
    assert_int_equal(scan(&framing, "", 0, &taken), BK_FRAMING_MORE);
    assert_int_equal(taken, 0);
}

static void length_is_bounded(void **state)
{
    char *data = malloc(BK_FRAMING_MESSAGE_MAX + 1);
    struct bk_framing framing = { 0 };
    size_t taken;

    (void)state;
    assert_non_null(data);
    memset(data, 'a', BK_FRAMING_MESSAGE_MAX + 1);
    assert_int_equal(scan(&framing, data, BK_FRAMING_MESSAGE_MAX, &taken), BK_FRAMING_MORE);
    assert_int_equal(scan(&framing, "\0", 1, &taken), BK_FRAMING_MESSAGE);
    assert_int_equal(scan(&framing, data, BK_FRAMING_MESSAGE_MAX + 1, &taken), BK_FRAMING_TOO_LONG);
    assert_int_equal(taken, BK_FRAMING_MESSAGE_MAX);
    framing = (struct bk_framing){ 0 };
    for (unsigned i = 0; i < BK_FRAMING_MESSAGE_MAX; i++)
        assert_int_equal(scan(&framing, data, 1, &taken), BK_FRAMING_MORE);
    assert_int_equal(scan(&framing, data, 1, &taken), BK_FRAMING_TOO_LONG);
    free(data);
}

static enum bk_framing_verdict scan_text(const char *text)
{
    struct bk_framing framing = { 0 };
    size_t taken;

    return scan(&framing, text, strlen(text) + 1, &taken);
}

static void depth_is_bounded(void **state)
{
    char text[200] = { 0 };

    (void)state;
    memset(text, '[', BK_FRAMING_DEPTH_MAX);
    assert_int_equal(scan_text(text), BK_FRAMING_MESSAGE);
    text[BK_FRAMING_DEPTH_MAX] = '{';
    assert_int_equal(scan_text(text), BK_FRAMING_TOO_DEEP);
    text[0] = '"'; /* all of it in a string */
    assert_int_equal(scan_text(text), BK_FRAMING_MESSAGE);

    /* What closes nothing gains nothing. */
    memset(text, 0, sizeof text);
    memset(text, ']', 20);
    memset(text + 20, '[', BK_FRAMING_DEPTH_MAX + 1);
    assert_int_equal(scan_text(text), BK_FRAMING_TOO_DEEP);
}

static void strings_hide_brackets(void **state)
{
    char text[300];
    char many[BK_FRAMING_DEPTH_MAX + 2] = { 0 };

    (void)state;
    memset(many, '{', BK_FRAMING_DEPTH_MAX + 1);
    snprintf(text, sizeof text, "[\"\\\"%s\\\\\"]", many);
    assert_int_equal(scan_text(text), BK_FRAMING_MESSAGE);
    snprintf(text, sizeof text, "[\"\\\\\"%s]", many); /* the backslash is escaped, the quote ends the string */
    assert_int_equal(scan_text(text), BK_FRAMING_TOO_DEEP);
    snprintf(text, sizeof text, "[\"%s\"%s", many, many);
    assert_int_equal(scan_text(text), BK_FRAMING_TOO_DEEP);
}

static void a_message_leaves_nothing_behind(void **state)
{
    struct bk_framing framing = { 0 };
    size_t taken;

    (void)state;
    assert_int_equal(scan(&framing, "[[[\"\\\0", 6, &taken), BK_FRAMING_MESSAGE);
    assert_int_equal(framing.depth.open, 0);
    assert_false(framing.depth.in_string || framing.depth.escaped);
}

static void faults_have_words(void **state)
{
    (void)state;
    assert_null(bk_framing_fault(BK_FRAMING_MORE));
    assert_null(bk_framing_fault(BK_FRAMING_MESSAGE));
    assert_non_null(bk_framing_fault(BK_FRAMING_EMPTY));
    assert_non_null(bk_framing_fault(BK_FRAMING_TOO_LONG));
    assert_non_null(bk_framing_fault(BK_FRAMING_TOO_DEEP));
}

/* ---- text ---- */

static enum bk_text_fault line(const char *text)
{
    return bk_text_check(text, strlen(text), 1000, BK_TEXT_LINE);
}

static enum bk_text_fault lines(const char *text)
{
    return bk_text_check(text, strlen(text), 1000, BK_TEXT_LINES);
}

static void good_text(void **state)
{
    (void)state;
    assert_int_equal(line("Time is up"), BK_TEXT_GOOD);
    assert_int_equal(line("Zeit ist um \xe2\x8f\xb0 \xf0\x9f\x99\x82 \xd8\xaa\xd9\x85"), BK_TEXT_GOOD);
    assert_int_equal(line("<b>\"&\\"), BK_TEXT_GOOD);
    assert_int_equal(lines("a\n\nb"), BK_TEXT_GOOD);
    assert_int_equal(lines(""), BK_TEXT_GOOD);
    assert_int_equal(line("\xf4\x8f\xbf\xbd"), BK_TEXT_GOOD); /* U+10FFFD */
    assert_int_equal(bk_text_check("12345", 5, 5, BK_TEXT_LINE), BK_TEXT_GOOD);
}

static void text_with_nothing_to_see(void **state)
{
    (void)state;
    assert_int_equal(line(""), BK_TEXT_EMPTY);
    assert_int_equal(line("   "), BK_TEXT_EMPTY);
    assert_int_equal(line("\xc2\xa0\xe2\x80\x8b\xef\xbb\xbf"), BK_TEXT_EMPTY); /* blanks of no width and of one */
    assert_int_equal(lines("\n \n"), BK_TEXT_GOOD);
}

static void text_too_long(void **state)
{
    (void)state;
    assert_int_equal(bk_text_check("123456", 6, 5, BK_TEXT_LINE), BK_TEXT_TOO_LONG);
    assert_int_equal(bk_text_check("\xff\xff", 2, 1, BK_TEXT_LINES), BK_TEXT_TOO_LONG);
}

static void bad_characters(void **state)
{
    static const char *const bad[] = {
        "\x01",
        "a\nb",
        "a\tb",
        "\x1b[31m",
        "\x7f",
        "\xc2\x9b", /* controls */
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaa",
        "x\xe2\x80\xae", /* separators, direction */
        "\x80",
        "\xff",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xf0\x9f\x99", /* not UTF-8 */
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xf8\x88\x80\x80\x80", /* longer than needed */
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xf7\xbf\xbf\xbf", /* surrogate, beyond the last */
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (line(bad[i]) != BK_TEXT_BAD_CHARACTER)
            fail_msg("text %zu passed", i);
        if (strchr(bad[i], '\n') == NULL)
            assert_int_equal(lines(bad[i]), BK_TEXT_BAD_CHARACTER);
    }
    assert_int_equal(bk_text_check("a\0b", 3, 10, BK_TEXT_LINE), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(bk_text_check("\xe2\x82\xac", 2, 10, BK_TEXT_LINE), BK_TEXT_BAD_CHARACTER); /* cut short */
}

/* ---- notifications ---- */

static enum bk_notification_verdict post(struct bk_notifications *all, int64_t replaces, uint64_t now_ms,
                                         int64_t *ret_id)
{
    static int64_t handle = 1000;
    const struct bk_notification content = { .title = "title" };
    const struct bk_notification *posted = NULL;
    uint64_t wait_ms = 0;
    enum bk_notification_verdict verdict =
        bk_notifications_post(all, &content, replaces, ++handle, now_ms, &posted, &wait_ms);

    if (verdict == BK_NOTIFICATION_POSTED)
        *ret_id = posted->id;
    if (verdict == BK_NOTIFICATION_TOO_SOON)
        assert_in_range(wait_ms, 1, BK_NOTIFICATION_INTERVAL_MS);
    return verdict;
}

static void shown_are_bounded(void **state)
{
    struct bk_notifications all = { 0 };
    int64_t id = 0;

    (void)state;
    for (unsigned i = 0; i < BK_NOTIFICATION_SHOWN_MAX; i++) {
        assert_int_equal(post(&all, 0, i * 5000UL, &id), BK_NOTIFICATION_POSTED);
        assert_int_equal(id, i + 1);
    }
    assert_int_equal(post(&all, 0, 1000000, &id), BK_NOTIFICATION_TOO_MANY);
    assert_int_equal(post(&all, 3, 1000000, &id), BK_NOTIFICATION_POSTED);
    assert_int_equal(id, 3);
    assert_true(bk_notifications_withdraw(&all, 7));
    assert_false(bk_notifications_withdraw(&all, 7));
    assert_int_equal(post(&all, 7, 2000000, &id), BK_NOTIFICATION_NONE_SUCH);
    assert_int_equal(post(&all, 0, 2000000, &id), BK_NOTIFICATION_POSTED);
    assert_int_equal(id, BK_NOTIFICATION_SHOWN_MAX + 1);
    bk_notifications_clear(&all);
    assert_null(bk_notifications_find(&all, 1));
}

static void images_are_few(void **state)
{
    const struct bk_notification plain = { .title = "plain" };
    char png[] = "abcd";
    const struct bk_notification pictured = { .title = "pictured", .image = png };
    struct bk_notifications all = { 0 };
    const struct bk_notification *posted = NULL;
    uint64_t wait_ms = 0;

    (void)state;
    for (unsigned i = 0; i < BK_NOTIFICATION_IMAGES_MAX; i++) {
        assert_int_equal(bk_notifications_post(&all, &pictured, 0, i, 0, &posted, &wait_ms), BK_NOTIFICATION_POSTED);
        assert_string_equal(posted->image, "abcd");
        assert_ptr_not_equal(posted->image, png);
    }
    assert_int_equal(bk_notifications_post(&all, &pictured, 0, 9, 0, &posted, &wait_ms),
                     BK_NOTIFICATION_TOO_MANY_IMAGES);
    assert_int_equal(bk_notifications_post(&all, &pictured, 2, 9, 0, &posted, &wait_ms), BK_NOTIFICATION_POSTED);
    assert_int_equal(bk_notifications_post(&all, &plain, 2, 9, 0, &posted, &wait_ms), BK_NOTIFICATION_POSTED);
    assert_null(posted->image);
    assert_int_equal(bk_notifications_post(&all, &pictured, 0, 9, 0, &posted, &wait_ms), BK_NOTIFICATION_POSTED);
    bk_notifications_clear(&all);
}

static void images_have_a_size(void **state)
{
    static const struct {
        unsigned char width[4], height[4];
        bool fits;
    } sizes[] = {
        { { 0, 0, 0, 16 }, { 0, 0, 1, 0 }, true },  { { 0, 0, 0, 15 }, { 0, 0, 0, 64 }, false },
        { { 0, 0, 1, 1 }, { 0, 0, 0, 64 }, false }, { { 0, 0, 0, 64 }, { 0x80, 0, 0, 64 }, false },
        { { 0, 0, 0, 64 }, { 0, 0, 0, 0 }, false },
    };
    unsigned char png[24] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R' };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memcpy(png + 16, sizes[i].width, 4);
        memcpy(png + 20, sizes[i].height, 4);
        assert_int_equal(bk_notification_image_fits(png, sizeof png), sizes[i].fits);
        assert_false(bk_notification_image_fits(png, sizeof png - 1));
    }
    memcpy(png + 16, sizes[0].width, 4);
    memcpy(png + 20, sizes[0].height, 4);
    png[0] = 0;
    assert_false(bk_notification_image_fits(png, sizeof png));
}

static void a_reply_is_an_answer(void **state)
{
    struct bk_notifications all = { 0 };
    struct bk_notification_answer answer;
    int64_t id = 0;

    (void)state;
    assert_int_equal(post(&all, 0, 0, &id), BK_NOTIFICATION_POSTED);
    assert_true(bk_notifications_answer(&all, id, NULL, "At six"));
    assert_true(bk_notifications_take_answer(&all, &answer));
    assert_false(answer.dismissed);
    assert_string_equal(answer.text, "At six");
    assert_string_equal(answer.button, "");
    bk_notifications_clear(&all);
}

static void ids_that_are_none(void **state)
{
    struct bk_notifications all = { 0 };
    int64_t id = 0;

    (void)state;
    assert_int_equal(post(&all, 0, 0, &id), BK_NOTIFICATION_POSTED);
    assert_false(bk_notifications_withdraw(&all, 0));
    assert_false(bk_notifications_withdraw(&all, -1));
    assert_false(bk_notifications_withdraw(&all, INT64_MIN));
    assert_null(bk_notifications_find(&all, 0));
    assert_int_equal(post(&all, -1, 0, &id), BK_NOTIFICATION_NONE_SUCH);
    bk_notifications_clear(&all);
}

static void a_replacement_keeps_its_handle(void **state)
{
    struct bk_notifications all = { 0 };
    const struct bk_notification content = { .title = "after" };
    const struct bk_notification *posted = NULL;
    uint64_t wait_ms;
    int64_t id = 0;

    (void)state;
    assert_int_equal(post(&all, 0, 0, &id), BK_NOTIFICATION_POSTED);
    int64_t handle = bk_notifications_find(&all, id)->handle;
    assert_int_equal(bk_notifications_post(&all, &content, id, 5, 0, &posted, &wait_ms), BK_NOTIFICATION_POSTED);
    assert_ptr_equal(bk_notifications_find_handle(&all, handle), posted);
    assert_null(bk_notifications_find_handle(&all, 5));
    assert_string_equal(posted->title, "after");
    bk_notifications_clear(&all);
}

static void posts_are_bounded_in_time(void **state)
{
    struct bk_notifications all = { 0 };
    uint64_t now = 50000;
    int64_t id = 0;

    (void)state;
    for (unsigned i = 0; i < BK_NOTIFICATION_BURST; i++)
        assert_int_equal(post(&all, i == 0 ? 0 : 1, now, &id), BK_NOTIFICATION_POSTED);
    assert_int_equal(post(&all, 1, now, &id), BK_NOTIFICATION_TOO_SOON);
    assert_int_equal(post(&all, 1, now + BK_NOTIFICATION_INTERVAL_MS - 1, &id), BK_NOTIFICATION_TOO_SOON);
    assert_int_equal(post(&all, 1, now + BK_NOTIFICATION_INTERVAL_MS, &id), BK_NOTIFICATION_POSTED);
    assert_int_equal(post(&all, 1, now + BK_NOTIFICATION_INTERVAL_MS, &id), BK_NOTIFICATION_TOO_SOON);
    /* After a long rest the burst is whole, and not more than that. */
    now += 1000000;
    for (unsigned i = 0; i < BK_NOTIFICATION_BURST; i++)
        assert_int_equal(post(&all, 1, now, &id), BK_NOTIFICATION_POSTED);
    assert_int_equal(post(&all, 1, now, &id), BK_NOTIFICATION_TOO_SOON);
    bk_notifications_clear(&all);
}

static void answers_wait_in_their_order(void **state)
{
    struct bk_notifications all = { 0 };
    struct bk_notification_answer answer = { 0 };
    int64_t id = 0;

    (void)state;
    assert_false(bk_notifications_take_answer(&all, &answer));
    for (unsigned i = 0; i < BK_NOTIFICATION_ANSWERS_MAX + 3; i++) {
        assert_int_equal(post(&all, 0, i * 5000UL, &id), BK_NOTIFICATION_POSTED);
        assert_true(bk_notifications_answer(&all, id, i % 2 == 0 ? "button" : NULL, NULL));
        assert_false(bk_notifications_answer(&all, id, "again", NULL));
    }
    for (unsigned i = 3; i < BK_NOTIFICATION_ANSWERS_MAX + 3; i++) { /* the three oldest had to go */
        assert_true(bk_notifications_take_answer(&all, &answer));
        assert_int_equal(answer.id, i + 1);
        assert_int_equal(answer.dismissed, i % 2 != 0);
        assert_string_equal(answer.button, i % 2 == 0 ? "button" : "");
    }
    assert_false(bk_notifications_take_answer(&all, &answer));
    bk_notifications_clear(&all);
}

/* ---- windows ---- */

static void what_is_left_out_stays(void **state)
{
    struct bk_window window = { 0 };
    const struct bk_window_said title = { .has = BK_WINDOW_TITLE, .title = "a title" };
    const struct bk_window_said rest = { .has = BK_WINDOW_BADGE | BK_WINDOW_MINIMUM,
                                         .badge = BK_WINDOW_BADGE_COUNT,
                                         .count = 3,
                                         .least_width = 300,
                                         .least_height = 200 };
    const struct bk_window_said none = { .has = BK_WINDOW_BADGE };

    (void)state;
    assert_int_equal(bk_window_say(&window, &title, 0), 0);
    assert_int_equal(bk_window_say(&window, &rest, 0), 0);
    assert_string_equal(window.said.title, "a title");
    assert_int_equal(window.said.count, 3);
    assert_int_equal(bk_window_say(&window, &none, 0), 0);
    assert_int_equal(window.said.has, BK_WINDOW_TITLE | BK_WINDOW_BADGE | BK_WINDOW_MINIMUM);
    assert_int_equal(window.said.badge, BK_WINDOW_BADGE_NONE);
    assert_int_equal(window.said.least_height, 200);
}

static void what_is_said_too_soon_does_not_count(void **state)
{
    struct bk_window window = { 0 };
    struct bk_window_said said = { .has = BK_WINDOW_BADGE, .badge = BK_WINDOW_BADGE_COUNT };

    (void)state;
    for (said.count = 1; said.count <= BK_WINDOW_SET_BURST; said.count++)
        assert_int_equal(bk_window_say(&window, &said, 7000), 0);
    assert_int_equal(bk_window_say(&window, &said, 7000), BK_WINDOW_SET_INTERVAL_MS);
    assert_int_equal(bk_window_say(&window, &said, 7000 + BK_WINDOW_SET_INTERVAL_MS - 1), 1);
    assert_int_equal(window.said.count, BK_WINDOW_SET_BURST);
    assert_int_equal(bk_window_say(&window, &said, 7000 + BK_WINDOW_SET_INTERVAL_MS), 0);
    assert_int_equal(window.said.count, BK_WINDOW_SET_BURST + 1);
}

static void changes_are_told_once(void **state)
{
    struct bk_window window = { 0 };

    (void)state;
    assert_false(bk_window_see(&window, false, BK_WINDOW_NONE));
    assert_true(bk_window_see(&window, true, BK_WINDOW_SHOWN));
    assert_false(bk_window_see(&window, true, BK_WINDOW_SHOWN));
    assert_true(bk_window_close(&window, 5));
    assert_int_equal(window.end_ms, 5 + BK_WINDOW_END_MS);
    assert_false(bk_window_close(&window, 500));
    assert_int_equal(window.end_ms, 5 + BK_WINDOW_END_MS);
    assert_true(bk_window_stay(&window));
    assert_false(bk_window_stay(&window));
    assert_int_equal(window.end_ms, 0);
    assert_true(bk_window_close(&window, 600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_end_at_nul),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(strings_hide_brackets),
        cmocka_unit_test(a_message_leaves_nothing_behind),
        cmocka_unit_test(faults_have_words),
        cmocka_unit_test(good_text),
        cmocka_unit_test(text_with_nothing_to_see),
        cmocka_unit_test(text_too_long),
        cmocka_unit_test(bad_characters),
        cmocka_unit_test(shown_are_bounded),
        cmocka_unit_test(images_are_few),
        cmocka_unit_test(images_have_a_size),
        cmocka_unit_test(a_reply_is_an_answer),
        cmocka_unit_test(ids_that_are_none),
        cmocka_unit_test(a_replacement_keeps_its_handle),
        cmocka_unit_test(posts_are_bounded_in_time),
        cmocka_unit_test(answers_wait_in_their_order),
        cmocka_unit_test(what_is_left_out_stays),
        cmocka_unit_test(what_is_said_too_soon_does_not_count),
        cmocka_unit_test(changes_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
