/* SPDX-License-Identifier: Apache-2.0 */
/* What cameras may be called, which mode suits a wish, and how frames are cut out of what comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "camera.h"
#include "camera_frame.h"

#include <errno.h>
#include <string.h>

static void names(void **state)
{
    static const char longest[] = "12345678901234567890123456789012x";

    (void)state;
    assert_int_equal(bk_camera_check_name("phone", 5), BK_TEXT_GOOD);
    assert_int_equal(bk_camera_check_name("a-b_1", 5), BK_TEXT_GOOD);
    assert_int_equal(bk_camera_check_name(longest, BK_CAMERA_NAME_MAX), BK_TEXT_GOOD);
    assert_int_equal(bk_camera_check_name(longest, BK_CAMERA_NAME_MAX + 1), BK_TEXT_TOO_LONG);
    assert_int_equal(bk_camera_check_name("", 0), BK_TEXT_EMPTY);
    assert_int_equal(bk_camera_check_name("a/b", 3), BK_TEXT_BAD_CHARACTER);
    assert_int_equal(bk_camera_check_name("a\0b", 3), BK_TEXT_BAD_CHARACTER);
}

static void formats(void **state)
{
    (void)state;
    assert_true(bk_camera_is_format("YUYV"));
    assert_true(bk_camera_is_format("Y8  "));
    assert_false(bk_camera_is_format("Y  8"));
    assert_false(bk_camera_is_format("    "));
    assert_false(bk_camera_is_format("YUY"));
    assert_false(bk_camera_is_format("YUYV2"));
    assert_false(bk_camera_is_format("YU\tV"));
    assert_false(bk_camera_is_format("YU\xc3\xb6"));
}

static void modes(void **state)
{
    static const struct bk_camera_mode good = { "YUYV", BK_CAMERA_SIDE_MAX, 1, BK_CAMERA_RATE_MAX };
    struct bk_camera_mode wrong = good;

    (void)state;
    assert_true(bk_camera_is_mode(&good));
    wrong.width++;
    assert_false(bk_camera_is_mode(&wrong));
    wrong = good;
    wrong.height = 0;
    assert_false(bk_camera_is_mode(&wrong));
    wrong = good;
    wrong.rate++;
    assert_false(bk_camera_is_mode(&wrong));
    wrong = good;
    wrong.format[0] = '\0';
    assert_false(bk_camera_is_mode(&wrong));
}

static unsigned choose(const char *format, unsigned width, unsigned height, unsigned rate)
{
    static const struct bk_camera_mode offered[] = {
        { "YUYV", 640, 480, 30 },  { "YUYV", 320, 240, 30 },  { "YUYV", 1280, 720, 10 },
        { "MJPG", 1280, 720, 30 }, { "MJPG", 8192, 8192, 5 },
    };
    struct bk_camera_mode wish = { .width = width, .height = height, .rate = rate };

    memcpy(wish.format, format, strlen(format) + 1);
    return bk_camera_choose(offered, 5, &wish);
}

static void choices(void **state)
{
    (void)state;
    assert_int_equal(choose("", 0, 0, 0), 0);
    assert_int_equal(choose("", 320, 240, 0), 1);
    assert_int_equal(choose("", 300, 0, 60), 1);
    assert_int_equal(choose("", 1280, 720, 0), 2);
    assert_int_equal(choose("", 1280, 720, 25), 3);   /* the size counts for more, … */
    assert_int_equal(choose("", 0, 0, 5), 4);         /* … but only if it is wished */
    assert_int_equal(choose("MJPG", 320, 240, 0), 3); /* the format for most */
    assert_int_equal(choose("MJPG", 8000, 8000, 240), 4);
    assert_int_equal(choose("NV12", 640, 480, 30), 5);
}

/* Feeds `size` bytes, in pieces of `piece`; yields how many frames came of it, all of them "abc", or what failed. */
static int feed(struct bk_camera_intake *intake, const uint8_t *data, size_t size, size_t piece)
{
    int frames = 0;

    while (size > 0) {
        struct bk_camera_frame *frame = NULL;
        size_t room = 0;
        void *at = bk_camera_intake_room(intake, &room);
        assert_true(room > 0);
        size_t part = size < piece ? size : piece;
        part = part < room ? part : room;
        memcpy(at, data, part);
        data += part;
        size -= part;
        int r = bk_camera_intake_filled(intake, part, &frame);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        assert_int_equal(frame->size, BK_CAMERA_FRAME_HEADER + 3);
        assert_memory_equal(frame->bytes + BK_CAMERA_FRAME_HEADER, "abc", 3);
        bk_camera_frame_unref(frame);
        frames++;
    }
    return frames;
}

static void frames(void **state)
{
    static const uint8_t two[] = "\3\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0abc\3\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0abc";
    struct bk_camera_intake intake = { .frame = NULL };

    (void)state;
    for (size_t piece = 1; piece < sizeof two; piece++)
        assert_int_equal(feed(&intake, two, sizeof two - 1, piece), 2);
    assert_int_equal(feed(&intake, two, 18, 5), 0);
    bk_camera_intake_finish(&intake); /* in the middle of one */
    assert_int_equal(feed(&intake, two, sizeof two - 1, 100), 2);
}

static void lengths(void **state)
{
    uint8_t header[BK_CAMERA_FRAME_HEADER] = { 0, 0, 0x40, 0 };
    struct bk_camera_intake intake = { .frame = NULL };

    (void)state;
    assert_int_equal(feed(&intake, header, sizeof header, 16), 0); /* the longest */
    size_t room = 0;
    (void)bk_camera_intake_room(&intake, &room);
    assert_int_equal(room, BK_CAMERA_FRAME_MAX);
    bk_camera_intake_finish(&intake);
    header[0] = 1;
    assert_int_equal(feed(&intake, header, sizeof header, 16), -EBADMSG);
    bk_camera_intake_finish(&intake);
    memset(header, 0, 4);
    assert_int_equal(feed(&intake, header, sizeof header, 16), -EBADMSG);
    bk_camera_intake_finish(&intake);
    memset(header, 0xff, 4);
    assert_int_equal(feed(&intake, header, sizeof header, 3), -EBADMSG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),   cmocka_unit_test(formats), cmocka_unit_test(modes),
        cmocka_unit_test(choices), cmocka_unit_test(frames),  cmocka_unit_test(lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
