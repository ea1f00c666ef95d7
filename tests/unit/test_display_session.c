/* SPDX-License-Identifier: Apache-2.0 */
/* The display port's records: what is taken, what is refused, what is told. */
#include "display_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CID 7U

struct fixture {
    struct bk_display_session session;
    int joined, left, announced, withdrawn, shown, refused;
};

static void on_joined(struct bk_display_app *app, void *userdata)
{
    (void)app;
    ((struct fixture *)userdata)->joined++;
}

static void on_left(struct bk_display_app *app, void *userdata)
{
    (void)app;
    ((struct fixture *)userdata)->left++;
}

static void on_announced(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    (void)app;
    (void)surface;
    ((struct fixture *)userdata)->announced++;
}

static void on_withdrawn(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    (void)app;
    (void)surface;
    ((struct fixture *)userdata)->withdrawn++;
}

static void on_shown(struct bk_display_app *app, void *userdata)
{
    (void)app;
    ((struct fixture *)userdata)->shown++;
}

static void on_refused(struct bk_display_app *app, const char *why, void *userdata)
{
    (void)app;
    assert_non_null(why);
    ((struct fixture *)userdata)->refused++;
}

static const struct bk_display_events events = { .joined = on_joined,
                                                 .left = on_left,
                                                 .announced = on_announced,
                                                 .withdrawn = on_withdrawn,
                                                 .shown = on_shown,
                                                 .refused = on_refused };

static void send(struct fixture *fixture, uint32_t cid, struct bk_display_message message)
{
    const struct bk_display_port_record record = { .cid = cid, .message = message };

    bk_display_session_take(&fixture->session, &record, sizeof record);
}

static void simple(struct fixture *fixture, uint32_t cid, uint32_t type)
{
    send(fixture, cid, (struct bk_display_message){ .type = type });
}

static struct bk_display_message surface(uint32_t id, uint32_t width, uint32_t height)
{
    return (struct bk_display_message){ .type = BK_DISPLAY_SURFACE,
                                        .surface = { .id = id,
                                                     .width = width,
                                                     .height = height,
                                                     .stride = width * 4,
                                                     .size = (uint64_t)width * height * 4 } };
}

static struct bk_display_message frame(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                                       uint32_t serial)
{
    return (struct bk_display_message){
        .type = BK_DISPLAY_FRAME,
        .frame = { .id = id, .x = x, .y = y, .width = width, .height = height, .serial = serial }
    };
}

/* The next record that is to be written. */
static bool receive(struct fixture *fixture, struct bk_display_port_record *ret_record)
{
    size_t size;

    const void *data = bk_display_session_output(&fixture->session, &size);
    if (size < sizeof *ret_record)
        return false;
    memcpy(ret_record, data, sizeof *ret_record);
    bk_display_session_written(&fixture->session, sizeof *ret_record);
    return true;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct bk_display_port_record record;

    fixture = (struct fixture){ 0 };
    bk_display_session_init(&fixture.session, &events, &fixture);
    assert_true(receive(&fixture, &record));
    assert_int_equal(record.message.type, BK_DISPLAY_PORT_HELLO);
    assert_int_equal(record.cid, 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    bk_display_session_finish(&((struct fixture *)*state)->session);
    return 0;
}

static struct bk_display_app *join(struct fixture *fixture)
{
    if (!fixture->session.begun)
        simple(fixture, 0, BK_DISPLAY_PORT_HELLO);
    simple(fixture, CID, BK_DISPLAY_PORT_JOINED);
    struct bk_display_app *app = bk_display_session_find(&fixture->session, CID);
    assert_non_null(app);
    return app;
}

static void what_came_before_hello_is_thrown_away(void **state)
{
    struct fixture *fixture = *state;
    const uint8_t rest[23] = { 66, 0, 0, 0, 1 };

    simple(fixture, CID, BK_DISPLAY_PORT_JOINED);
    assert_false(fixture->session.begun);
    bk_display_session_take(&fixture->session, rest, sizeof rest); /* the end of a record that was half read */
    simple(fixture, 66, BK_DISPLAY_BLANK);
    simple(fixture, 0, BK_DISPLAY_PORT_HELLO);
    assert_true(fixture->session.begun);
    assert_int_equal(fixture->joined, 0);
    simple(fixture, CID, BK_DISPLAY_PORT_JOINED);
    assert_int_equal(fixture->joined, 1);
}

static void records_may_come_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    struct bk_display_port_record records[3] = {
        { .message.type = BK_DISPLAY_PORT_HELLO },
        { .cid = CID, .message.type = BK_DISPLAY_PORT_JOINED },
        { .cid = CID, .message = surface(1, 10, 10) },
    };

    for (size_t i = 0; i < sizeof records; i++)
        bk_display_session_take(&fixture->session, (const uint8_t *)records + i, 1);
    assert_int_equal(fixture->joined, 1);
    assert_int_equal(fixture->announced, 1);
}

static void frames_are_joined(void **state)
{
    struct fixture *fixture = *state;
    struct bk_display_app *app = join(fixture);

    send(fixture, CID, surface(1, 100, 100));
    send(fixture, CID, frame(1, 5, 5, 1, 1, 1));
    assert_int_equal(app->damage.x2, 100); /* the first one is all new */
    app->changed = false;
    send(fixture, CID, frame(1, 10, 20, 5, 5, 2));
    send(fixture, CID, frame(1, 0, 0, 0, 0, 3));
    send(fixture, CID, frame(1, 30, 10, 5, 5, 4));
    assert_int_equal(app->damage.x1, 10);
    assert_int_equal(app->damage.y1, 10);
    assert_int_equal(app->damage.x2, 35);
    assert_int_equal(app->damage.y2, 25);
    assert_int_equal(app->serial, 4);
    app->changed = false;
    send(fixture, CID, surface(2, 50, 50));
    send(fixture, CID, frame(2, 1, 1, 1, 1, 5));
    assert_int_equal(app->damage.x2, 50);
    send(fixture, CID, (struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 2 });
    assert_null(app->shown);
    assert_false(app->changed);
    assert_int_equal(fixture->withdrawn, 1);
    simple(fixture, CID, BK_DISPLAY_BLANK);
    assert_true(app->blank && app->changed);
    assert_int_equal(fixture->refused, 0);
}

static void lies_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bk_display_message wrong[32];
    size_t count = 0;

#define WRONG(what, field, number)     \
    do {                               \
        wrong[count] = (what);         \
        wrong[count].field = (number); \
        count++;                       \
    } while (0)
    WRONG(surface(2, 10, 10), surface.id, 0);
    WRONG(surface(2, 10, 10), surface.id, 1);
    WRONG(surface(2, 10, 10), surface.width, 0);
    WRONG(surface(2, 10, 10), surface.width, 8193);
    WRONG(surface(2, 10, 10), surface.height, 0xffffffff);
    WRONG(surface(2, 10, 10), surface.stride, 39);
    WRONG(surface(2, 10, 10), surface.stride, 36);
    WRONG(surface(2, 10, 10), surface.stride, 0xfffffffc);
    WRONG(surface(2, 10, 10), surface.size, 399);
    WRONG(surface(2, 10, 10), surface.size, UINT64_MAX);
    WRONG(surface(2, 10, 10), surface.has_alpha, 2);
    WRONG(surface(2, 10, 10), reserved, 1);
    WRONG(frame(1, 0, 0, 10, 10, 1), frame.id, 2);
    WRONG(frame(1, 0, 0, 10, 10, 1), frame.serial, 0);
    WRONG(frame(1, 0, 0, 10, 10, 1), frame.x, 1);
    WRONG(frame(1, 0, 0, 10, 10, 1), frame.y, 0xffffffff);
    WRONG(frame(1, 0, 0, 10, 10, 1), frame.height, 0xffffffff);
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW }, surface.id, 9);
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_CURSOR }, cursor.id, 1); /* no cursor's size */
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_CURSOR }, cursor.hot_x, 64);
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_CURSOR }, cursor.hot_y, 0xffffffff);
    WRONG((struct bk_display_message){ 0 }, type, 0);
    WRONG((struct bk_display_message){ 0 }, type, BK_DISPLAY_INPUT);
    WRONG((struct bk_display_message){ 0 }, type, 67);
#undef WRONG
    for (size_t i = 0; i < count; i++) {
        struct bk_display_app *app = join(fixture);
        send(fixture, CID, surface(1, 10, 10));
        send(fixture, CID, frame(1, 0, 0, 10, 10, 1));
        send(fixture, CID, wrong[i]);
        assert_int_equal(fixture->refused, (int)i + 1);
        assert_true(app->refused);
        send(fixture, CID, frame(1, 0, 0, 10, 10, 2)); /* it is not listened to */
        assert_int_equal(app->serial, 1);
        assert_non_null(app->shown);
    }
    assert_int_equal(fixture->left, (int)count - 1); /* joining again is leaving first */
}

static void surfaces_have_a_most(void **state)
{
    struct fixture *fixture = *state;

    join(fixture);
    for (uint32_t id = 1; id <= BK_DISPLAY_SURFACES_MAX; id++)
        send(fixture, CID, surface(id, 8192, 8192));
    assert_int_equal(fixture->refused, 0);
    send(fixture, CID, surface(99, 1, 1));
    assert_int_equal(fixture->refused, 1);
    simple(fixture, CID, BK_DISPLAY_PORT_LEFT);
    assert_int_equal(fixture->withdrawn, BK_DISPLAY_SURFACES_MAX);
    assert_int_equal(fixture->left, 1);
    assert_null(bk_display_session_find(&fixture->session, CID));
    send(fixture, CID, frame(1, 0, 0, 1, 1, 1)); /* of nobody */
}

static void apps_have_a_most(void **state)
{
    struct fixture *fixture = *state;

    join(fixture);
    for (uint32_t cid = 100; cid < 300; cid++)
        simple(fixture, cid, BK_DISPLAY_PORT_JOINED);
    assert_int_equal(fixture->session.count, BK_DISPLAY_PORT_APPS_MAX);
}

static void input_is_a_difference(void **state)
{
    struct fixture *fixture = *state;
    struct bk_display_app *app = join(fixture);
    struct bk_display_port_record record;
    static const struct {
        uint32_t device;
        uint16_t type, code;
        int32_t value;
    } expected[] = {
        { BK_DISPLAY_POINTER, EV_ABS, ABS_X, 0 },
        { BK_DISPLAY_POINTER, EV_ABS, ABS_Y, BK_DISPLAY_POINTER_MAX },
        { BK_DISPLAY_POINTER, EV_REL, REL_WHEEL, -1 },
        { BK_DISPLAY_POINTER, EV_REL, REL_WHEEL_HI_RES, -180 },
        { BK_DISPLAY_KEYBOARD, EV_KEY, KEY_A, 1 },
        { BK_DISPLAY_POINTER, EV_KEY, BTN_LEFT, 1 },
        { BK_DISPLAY_TOUCH, EV_ABS, ABS_MT_SLOT, 2 },
        { BK_DISPLAY_TOUCH, EV_ABS, ABS_MT_TRACKING_ID, 0 },
        { BK_DISPLAY_TOUCH, EV_ABS, ABS_MT_POSITION_X, BK_DISPLAY_POINTER_MAX },
        { BK_DISPLAY_TOUCH, EV_ABS, ABS_MT_POSITION_Y, 0 },
        { BK_DISPLAY_KEYBOARD, EV_SYN, SYN_REPORT, 0 },
        { BK_DISPLAY_POINTER, EV_SYN, SYN_REPORT, 0 },
        { BK_DISPLAY_TOUCH, EV_SYN, SYN_REPORT, 0 },
        { BK_DISPLAY_KEYBOARD, EV_KEY, KEY_A, 0 },
        { BK_DISPLAY_POINTER, EV_KEY, BTN_LEFT, 0 },
        { BK_DISPLAY_TOUCH, EV_ABS, ABS_MT_TRACKING_ID, -1 },
        { BK_DISPLAY_KEYBOARD, EV_SYN, SYN_REPORT, 0 },
        { BK_DISPLAY_POINTER, EV_SYN, SYN_REPORT, 0 },
        { BK_DISPLAY_TOUCH, EV_SYN, SYN_REPORT, 0 },
    };

    bk_app_input_point(&app->input, -5, 99, 100, 100);
    bk_app_input_scroll(&app->input, false, 180);
    bk_display_input_key(&app->input.devices, KEY_A, true);
    bk_display_input_key(&app->input.devices, BTN_LEFT, true);
    bk_app_input_touch(&app->input, 2, 99, 0, 100, 100);
    bk_display_session_tell(&fixture->session);
    bk_display_input_release(&app->input.devices); /* the focus went elsewhere */
    bk_display_session_tell(&fixture->session);
    bk_display_session_tell(&fixture->session);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(receive(fixture, &record));
        assert_int_equal(record.cid, CID);
        assert_int_equal(record.message.type, BK_DISPLAY_INPUT);
        assert_int_equal(record.message.input.device, expected[i].device);
        assert_int_equal(record.message.input.type, expected[i].type);
        assert_int_equal(record.message.input.code, expected[i].code);
        assert_int_equal(record.message.input.value, expected[i].value);
    }
    assert_false(receive(fixture, &record));
}

static void a_full_port_loses_nothing_but_motion(void **state)
{
    struct fixture *fixture = *state;
    struct bk_display_app *app = join(fixture);
    struct bk_display_port_record record;
    int32_t x = -1;
    bool down = false, told_size = false, told_done = false;

    for (int i = 0; i < 5000; i++) {
        bk_app_input_point(&app->input, i, 0, 5000, 100);
        bk_display_session_tell(&fixture->session);
    }
    bk_display_input_key(&app->input.devices, KEY_B, true);
    app->configure =
        (struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE, .configure = { .width = 5, .height = 6 } };
    send(fixture, CID, surface(1, 10, 10));
    send(fixture, CID, frame(1, 0, 0, 10, 10, 77));
    app->done_due = true;
    bk_display_session_tell(&fixture->session);
    while (receive(fixture, &record)) {
        if (record.message.type == BK_DISPLAY_CONFIGURE)
            told_size = record.message.configure.width == 5;
        else if (record.message.type == BK_DISPLAY_FRAME_DONE)
            told_done = record.message.frame.serial == 77;
        else if (record.message.input.type == EV_ABS && record.message.input.code == ABS_X)
            x = record.message.input.value;
        else if (record.message.input.type == EV_KEY)
            down = record.message.input.value == 1;
        bk_display_session_tell(&fixture->session);
    }
    assert_int_equal(x, BK_DISPLAY_POINTER_MAX);
    assert_true(down && told_size && told_done);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_came_before_hello_is_thrown_away),
        TEST(records_may_come_in_pieces),
        TEST(frames_are_joined),
        TEST(lies_are_refused),
        TEST(surfaces_have_a_most),
        TEST(apps_have_a_most),
        TEST(input_is_a_difference),
        TEST(a_full_port_loses_nothing_but_motion),
    };
#undef TEST

    return cmocka_run_group_tests_name("display_session", tests, NULL, NULL);
}
