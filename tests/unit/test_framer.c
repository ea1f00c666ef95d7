/* SPDX-License-Identifier: Apache-2.0 */
/* The bound before the supervisor's JSON parser, and the mark that begins a session. */
#include "framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bk_framer framer;

static int reset(void **state)
{
    (void)state;
    bk_framer_reset(&framer);
    return 0;
}

/* Feeds all of it in pieces of `piece` bytes; the events as letters: M, S, T. The last message is left in the framer.
 */
static const char *feed(const char *data, size_t size, size_t piece)
{
    static char events[256];
    size_t count = 0;

    for (size_t at = 0; at < size;) {
        size_t length = size - at < piece ? size - at : piece;
        size_t taken = 0;
        enum bk_frame frame = bk_framer_feed(&framer, data + at, length, &taken);

        assert_true(taken > 0 && taken <= length);
        at += taken;
        if (frame == BK_FRAME_NONE) {
            assert_int_equal(taken, length);
            continue;
        }
        assert_true(count < sizeof events - 1);
        events[count++] = frame == BK_FRAME_MESSAGE ? 'M' : frame == BK_FRAME_SESSION ? 'S' : 'T';
        if (frame == BK_FRAME_MESSAGE)
            assert_int_equal(framer.message[framer.size - 1], '\0');
    }
    events[count] = '\0';
    return events;
}

#define FEED(text, piece) feed((text), sizeof(text) - 1, (piece))

static void cuts_messages(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 12; piece++) {
        bk_framer_reset(&framer);
        assert_string_equal(FEED("{\"a\":1}\0[2]\0", piece), "MM");
        assert_string_equal(framer.message, "[2]");
        assert_int_equal(framer.size, 4);
    }
}

static void begins_a_session_whatever_was_before(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 8; piece++) {
        bk_framer_reset(&framer);
        assert_string_equal(FEED("\0\0{}\0", piece), "SM");
        assert_string_equal(FEED("\0\0{}\0", piece), "SM"); /* three NULs in a row */
        assert_string_equal(FEED("{\"half", piece), "");
        assert_string_equal(FEED("\0\0{}\0", piece), "MSM"); /* the half one is the parser's to refuse */
    }
}

static void each_client_gets_one_answer(void **state)
{
    (void)state;
    assert_string_equal(FEED("\0\0", 1), "S");
    assert_string_equal(FEED("\0\0", 1), "S");
    assert_string_equal(FEED("{}\0", 1), "M");
    assert_string_equal(FEED("\0\0", 1), "S");
    assert_string_equal(FEED("\0\0", 1), "S");
}

static void bounds_the_length(void **state)
{
    char *text = malloc(BK_FRAMER_MESSAGE_MAX + 1);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', BK_FRAMER_MESSAGE_MAX);
    text[BK_FRAMER_MESSAGE_MAX - 1] = '\0';
    assert_string_equal(feed(text, BK_FRAMER_MESSAGE_MAX, 4096), "M");
    assert_int_equal(framer.size, BK_FRAMER_MESSAGE_MAX);
    text[BK_FRAMER_MESSAGE_MAX - 1] = 'x';
    text[BK_FRAMER_MESSAGE_MAX] = '\0';
    assert_string_equal(feed(text, BK_FRAMER_MESSAGE_MAX + 1, 4096), "T");
    assert_string_equal(FEED("{}\0{}\0", 3), ""); /* nothing more of this session */
    assert_string_equal(FEED("\0{}\0", 3), "SM");
    free(text);
}

static void bounds_the_depth(void **state)
{
    (void)state;
    assert_string_equal(FEED("[[[[[[[[{{{{{{{{}}}}}}}}]]]]]]]]\0", 5), "M");
    assert_string_equal(FEED("[[[[[[[[{{{{{{{{[\0", 5), "T");
    bk_framer_reset(&framer);
    assert_string_equal(FEED("\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"\0", 5), "M"); /* within a string */
    assert_string_equal(FEED("]]]]]]]]]]]][[[[[[[[[[[[[[[[\0", 5), "M"); /* closing what is not open buys nothing */
    assert_string_equal(FEED("]]]][[[[[[[[[[[[[[[[[\0", 5), "T");
}

static void refusing_lasts_until_the_next_session(void **state)
{
    (void)state;
    bk_framer_refuse(&framer);
    assert_string_equal(FEED("{}\0{}\0\"", 2), "");
    assert_string_equal(FEED("\0\0{}\0", 2), "SM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cuts_messages, reset),
        cmocka_unit_test_setup(begins_a_session_whatever_was_before, reset),
        cmocka_unit_test_setup(each_client_gets_one_answer, reset),
        cmocka_unit_test_setup(bounds_the_length, reset),
        cmocka_unit_test_setup(bounds_the_depth, reset),
        cmocka_unit_test_setup(refusing_lasts_until_the_next_session, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
