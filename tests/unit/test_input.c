/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/input.h"

#include "cable/display.h"
#include "cleanup.h"
#include "fake_loop.h"
#include "fake_queue.h"
#include "io.h"
#include "measure.h"

#include <errno.h>
#include <linux/input.h>
#include <linux/virtio_input.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS 0
#define STATUS 1

static struct bk_loop *loop;
static struct bk_display *display;
static struct bk_virtio_device *keyboard, *pointer, *touch;
static struct bk_virtio_transport keyboard_transport, pointer_transport, touch_transport;
static int screen;

static void plug(void)
{
    int ends[2];

    assert_int_equal(bk_socketpair(BK_DISPLAY_CABLE_BUFFER, ends), 0);
    assert_int_equal(bk_set_nonblock(ends[1]), 0);
    screen = ends[1];
    assert_int_equal(bk_display_plug(display, ends[0]), 0);
}

static int setup(void **state)
{
    (void)state;
    loop = fake_loop_create();
    assert_int_equal(bk_display_create(loop, &display), 0);
    assert_int_equal(bk_input_create(loop, display, BK_DISPLAY_KEYBOARD, &keyboard), 0);
    assert_int_equal(bk_input_create(loop, display, BK_DISPLAY_POINTER, &pointer), 0);
    assert_int_equal(bk_input_create(loop, display, BK_DISPLAY_TOUCH, &touch), 0);
    fake_device_start(keyboard, &keyboard_transport);
    fake_device_start(pointer, &pointer_transport);
    fake_device_start(touch, &touch_transport);
    plug();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_device_destroy(keyboard);
    fake_device_destroy(pointer);
    fake_device_destroy(touch);
    bk_display_destroy(display);
    fake_loop_destroy(loop);
    bk_close(screen);
    return 0;
}

static void queue_event(uint32_t device, uint16_t type, uint16_t code, int32_t value)
{
    struct bk_display_message message = { .type = BK_DISPLAY_INPUT,
                                          .input = { .device = device, .type = type, .code = code, .value = value } };

    while (bk_send_message(screen, &message, sizeof message, -1) == -EAGAIN)
        assert_int_not_equal(fake_loop_turn(loop, 0), 0);
}

static void syn(uint32_t device)
{
    queue_event(device, EV_SYN, SYN_REPORT, 0);
    fake_loop_settle(loop, 100);
}

static void key(uint16_t code, int32_t value)
{
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, code, value);
    syn(BK_DISPLAY_KEYBOARD);
}

/* One event of a finger, whose group is not ended. */
static void finger(uint16_t code, int32_t value)
{
    queue_event(BK_DISPLAY_TOUCH, EV_ABS, code, value);
}

static void finger_at(int32_t slot, int32_t id, int32_t x, int32_t y)
{
    finger(ABS_MT_SLOT, slot);
    finger(ABS_MT_TRACKING_ID, id);
    finger(ABS_MT_POSITION_X, x);
    finger(ABS_MT_POSITION_Y, y);
}

/* Buffers that each have a place of their own, so that what came can be read in order. */
static struct virtio_input_event got[1024];
static unsigned given, read_count;

static void give(struct bk_virtio_device *device, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fake_queue_add_buffers(device, EVENTS, NULL, 0, &got[given++], sizeof got[0]);
    fake_queue_notify(device, EVENTS);
}

static int setup_events(void **state)
{
    given = read_count = 0;
    memset(got, 0xa5, sizeof got);
    return setup(state);
}

static bool next(struct bk_virtio_device *device, struct virtio_input_event *ret_event)
{
    size_t written;

    if (!fake_queue_next_answer(device, EVENTS, NULL, &written))
        return false;
    assert_int_equal(written, sizeof *ret_event);
    *ret_event = got[read_count++];
    return true;
}

static void assert_event(struct bk_virtio_device *device, uint16_t type, uint16_t code, int32_t value)
{
    struct virtio_input_event event = { 0 };

    assert_true(next(device, &event));
    assert_int_equal(event.type, type);
    assert_int_equal(event.code, code);
    assert_int_equal((int32_t)event.value, value);
}

static void assert_syn(struct bk_virtio_device *device)
{
    assert_event(device, EV_SYN, SYN_REPORT, 0);
}

static void assert_finger(int32_t slot, int32_t id, int32_t x, int32_t y)
{
    assert_event(touch, EV_ABS, ABS_MT_SLOT, slot);
    assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, id);
    assert_event(touch, EV_ABS, ABS_MT_POSITION_X, x);
    assert_event(touch, EV_ABS, ABS_MT_POSITION_Y, y);
}

static void assert_silent(struct bk_virtio_device *device)
{
    struct virtio_input_event event = { 0 };

    assert_false(next(device, &event));
}

static void query(struct bk_virtio_device *device, uint8_t select, uint8_t subselect,
                  struct virtio_input_config *config)
{
    memset(config, 0xa5, sizeof *config);
    device->operations->write_config(device, 0, &select, 1);
    device->operations->write_config(device, 1, &subselect, 1);
    device->operations->read_config(device, 0, config, sizeof *config);
    assert_int_equal(config->select, select);
    assert_int_equal(config->subsel, subselect);
}

static bool has_bit(const struct virtio_input_config *config, unsigned bit)
{
    return bit / 8 < config->size && (config->u.bitmap[bit / 8] >> (bit % 8) & 1) != 0;
}

static void tells_what_it_is(void **state)
{
    struct virtio_input_config config;

    (void)state;
    query(keyboard, VIRTIO_INPUT_CFG_ID_NAME, 0, &config);
    assert_int_equal(config.size, 17);
    assert_memory_equal(config.u.string, "Bulkhead keyboard", 18);
    query(pointer, VIRTIO_INPUT_CFG_ID_NAME, 0, &config);
    assert_memory_equal(config.u.string, "Bulkhead pointer", 17);
    query(keyboard, VIRTIO_INPUT_CFG_ID_SERIAL, 0, &config);
    assert_true(config.size > 0);
    query(keyboard, VIRTIO_INPUT_CFG_ID_DEVIDS, 0, &config);
    assert_int_equal(config.size, 8);
    assert_int_equal(config.u.ids.bustype, BUS_VIRTUAL);

    query(keyboard, VIRTIO_INPUT_CFG_EV_BITS, EV_KEY, &config);
    for (unsigned i = 0; i < 8 * sizeof config.u.bitmap; i++)
        assert_int_equal(has_bit(&config, i), i >= KEY_ESC && i <= 248);
    query(keyboard, VIRTIO_INPUT_CFG_EV_BITS, EV_LED, &config);
    assert_true(has_bit(&config, LED_CAPSL));
    static const uint8_t absent[] = { EV_REP, EV_REL, EV_ABS, EV_MSC };
    for (unsigned i = 0; i < sizeof absent; i++) {
        query(keyboard, VIRTIO_INPUT_CFG_EV_BITS, absent[i], &config);
        assert_int_equal(config.size, 0);
    }

    query(pointer, VIRTIO_INPUT_CFG_EV_BITS, EV_KEY, &config);
    assert_true(has_bit(&config, BTN_LEFT) && has_bit(&config, BTN_RIGHT) && has_bit(&config, BTN_MIDDLE));
    assert_false(has_bit(&config, KEY_ESC));
    assert_false(has_bit(&config, BTN_TOUCH));
    query(pointer, VIRTIO_INPUT_CFG_EV_BITS, EV_REL, &config);
    assert_true(has_bit(&config, REL_WHEEL) && has_bit(&config, REL_WHEEL_HI_RES) && has_bit(&config, REL_HWHEEL));
    assert_false(has_bit(&config, REL_X));
    query(pointer, VIRTIO_INPUT_CFG_EV_BITS, EV_ABS, &config);
    assert_int_equal(config.u.bitmap[0], 3);
    for (uint8_t axis = ABS_X; axis <= ABS_Y; axis++) {
        query(pointer, VIRTIO_INPUT_CFG_ABS_INFO, axis, &config);
        assert_int_equal(config.size, sizeof config.u.abs);
        assert_int_equal(config.u.abs.min, 0);
        assert_int_equal(config.u.abs.max, 32767);
    }
}

static void tells_of_fingers(void **state)
{
    static const struct {
        uint8_t code;
        uint32_t max;
    } axes[] = {
        { ABS_MT_SLOT, 9 }, { ABS_MT_TRACKING_ID, 65535 }, { ABS_MT_POSITION_X, 32767 }, { ABS_MT_POSITION_Y, 32767 }
    };
    struct virtio_input_config config;

    (void)state;
    query(touch, VIRTIO_INPUT_CFG_ID_NAME, 0, &config);
    assert_memory_equal(config.u.string, "Bulkhead touchscreen", 20);
    query(touch, VIRTIO_INPUT_CFG_PROP_BITS, 0, &config);
    assert_int_equal(config.size, 1);
    assert_int_equal(config.u.bitmap[0], 1 << INPUT_PROP_DIRECT);
    query(pointer, VIRTIO_INPUT_CFG_PROP_BITS, 0, &config);
    assert_int_equal(config.size, 0);
    query(touch, VIRTIO_INPUT_CFG_EV_BITS, EV_ABS, &config);
    unsigned bits = 0;
    for (unsigned i = 0; i < 8 * sizeof config.u.bitmap; i++)
        bits += has_bit(&config, i);
    assert_int_equal(bits, 4);
    for (unsigned i = 0; i < 4; i++) {
        query(touch, VIRTIO_INPUT_CFG_EV_BITS, EV_ABS, &config);
        assert_true(has_bit(&config, axes[i].code));
        query(touch, VIRTIO_INPUT_CFG_ABS_INFO, axes[i].code, &config);
        assert_int_equal(config.size, sizeof config.u.abs);
        assert_int_equal(config.u.abs.min, 0);
        assert_int_equal(config.u.abs.max, axes[i].max);
    }
    static const uint8_t absent[] = { EV_KEY, EV_REL, EV_LED };
    for (unsigned i = 0; i < sizeof absent; i++) {
        query(touch, VIRTIO_INPUT_CFG_EV_BITS, absent[i], &config);
        assert_int_equal(config.size, 0);
    }
}

static void survives_every_selector(void **state)
{
    struct virtio_input_config config;

    (void)state;
    for (unsigned select = 0; select < 256; select++) {
        for (unsigned subselect = 0; subselect < 256; subselect++) {
            query(keyboard, (uint8_t)select, (uint8_t)subselect, &config);
            assert_in_range(config.size, 0, 128);
            query(pointer, (uint8_t)select, (uint8_t)subselect, &config);
            assert_in_range(config.size, 0, 128);
            query(touch, (uint8_t)select, (uint8_t)subselect, &config);
            assert_in_range(config.size, 0, 128);
        }
    }
    uint32_t all = UINT32_MAX; /* writes elsewhere change nothing */
    keyboard->operations->write_config(keyboard, 2, &all, 4);
    keyboard->operations->write_config(keyboard, 132, &all, 4);
    keyboard->operations->write_config(keyboard, 1, &all, 2);
    keyboard->operations->read_config(keyboard, 0, &config, sizeof config);
    assert_int_equal(config.subsel, 0xff);
    assert_int_equal(config.select, 0xff);
}

static void delivers_keys(void **state)
{
    (void)state;
    give(keyboard, 10);
    key(KEY_A, 1);
    assert_event(keyboard, EV_KEY, KEY_A, 1);
    assert_syn(keyboard);
    key(KEY_A, 2); /* repetition: the guest's own affair */
    assert_silent(keyboard);
    key(KEY_A, 0);
    assert_event(keyboard, EV_KEY, KEY_A, 0);
    assert_syn(keyboard);
    queue_event(BK_DISPLAY_KEYBOARD, EV_MSC, MSC_SCAN, 30); /* what it does not have it passes over */
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, 249, 1);
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, 0, 1);
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, UINT16_MAX, 1);
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, KEY_B, 77);
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, KEY_B, -1);
    queue_event(BK_DISPLAY_KEYBOARD, EV_ABS, ABS_X, 1);
    queue_event(9, EV_KEY, KEY_C, 1);
    syn(BK_DISPLAY_KEYBOARD);
    assert_silent(keyboard);
}

static void delivers_motion(void **state)
{
    (void)state;
    give(pointer, 20);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_X, 100);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_Y, 40000);
    queue_event(BK_DISPLAY_POINTER, EV_KEY, BTN_LEFT, 1);
    queue_event(BK_DISPLAY_POINTER, EV_REL, REL_WHEEL, -1);
    queue_event(BK_DISPLAY_POINTER, EV_REL, REL_WHEEL_HI_RES, -120);
    queue_event(BK_DISPLAY_POINTER, EV_REL, REL_X, 5);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_Z, 5);
    syn(BK_DISPLAY_POINTER);
    assert_event(pointer, EV_ABS, ABS_X, 100);
    assert_event(pointer, EV_ABS, ABS_Y, 32767);
    assert_event(pointer, EV_KEY, BTN_LEFT, 1);
    assert_event(pointer, EV_REL, REL_WHEEL, -1);
    assert_event(pointer, EV_REL, REL_WHEEL_HI_RES, -120);
    assert_syn(pointer);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_X, INT32_MIN);
    syn(BK_DISPLAY_POINTER);
    assert_event(pointer, EV_ABS, ABS_X, 0);
    assert_syn(pointer);
    assert_silent(pointer);
}

/* Whole groups or nothing. */
static void drops_a_group_whole(void **state)
{
    (void)state;
    give(pointer, 3);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_X, 1);
    queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_Y, 2);
    queue_event(BK_DISPLAY_POINTER, EV_KEY, BTN_LEFT, 1);
    syn(BK_DISPLAY_POINTER); /* four events, three buffers; but where it was lost, the position is made up for */
    assert_event(pointer, EV_ABS, ABS_X, 1);
    assert_event(pointer, EV_ABS, ABS_Y, 2);
    assert_syn(pointer);
    assert_silent(pointer);
    give(pointer, 10);
    assert_silent(pointer); /* the lost press stays lost, */
    queue_event(BK_DISPLAY_POINTER, EV_KEY, BTN_LEFT, 0);
    syn(BK_DISPLAY_POINTER); /* and its release does no harm */
    assert_event(pointer, EV_KEY, BTN_LEFT, 0);
    assert_syn(pointer);
}

static void makes_up_for_lost_releases(void **state)
{
    (void)state;
    give(keyboard, 6);
    key(KEY_LEFTSHIFT, 1);
    key(KEY_A, 1);
    key(KEY_B, 1);
    for (unsigned i = 0; i < 2; i++) {
        struct virtio_input_event event = { 0 };
        for (unsigned j = 0; j < 3; j++)
            assert_true(next(keyboard, &event));
    }
    key(KEY_A, 0); /* no buffers: all lost */
    key(KEY_B, 0);
    key(KEY_B, 1);
    key(KEY_C, 1);
    key(KEY_LEFTSHIFT, 0);
    assert_silent(keyboard);
    give(keyboard, 1); /* not enough for anything */
    assert_silent(keyboard);
    give(keyboard, 9);
    assert_event(keyboard, EV_KEY, KEY_A, 0); /* B is held again, and was all the time as far as the guest knows */
    assert_event(keyboard, EV_KEY, KEY_LEFTSHIFT, 0);
    assert_syn(keyboard);
    assert_silent(keyboard);
    key(KEY_B, 0);
    assert_event(keyboard, EV_KEY, KEY_B, 0);
    assert_syn(keyboard);
}

static void releases_all_when_unplugged(void **state)
{
    (void)state;
    give(keyboard, 100);
    for (uint16_t code = KEY_1; code < KEY_1 + 20; code++) {
        key(code, 1);
        assert_event(keyboard, EV_KEY, code, 1);
        assert_syn(keyboard);
    }
    screen = bk_close(screen);
    fake_loop_settle(loop, 10);
    for (uint16_t code = KEY_1; code < KEY_1 + 20; code++) {
        if (code == KEY_1 + 15) /* a group is 16 events at most */
            assert_syn(keyboard);
        assert_event(keyboard, EV_KEY, code, 0);
    }
    assert_syn(keyboard);
    assert_silent(keyboard);
    plug();
    key(KEY_A, 1);
    assert_event(keyboard, EV_KEY, KEY_A, 1);
}

/* A group that was begun on one cable does not end on the next. */
static void forgets_half_a_group(void **state)
{
    (void)state;
    give(keyboard, 10);
    queue_event(BK_DISPLAY_KEYBOARD, EV_KEY, KEY_A, 1);
    fake_loop_settle(loop, 10);
    screen = bk_close(screen);
    fake_loop_settle(loop, 10);
    plug();
    syn(BK_DISPLAY_KEYBOARD);
    assert_silent(keyboard);
}

static void drops_a_group_without_end(void **state)
{
    (void)state;
    give(pointer, 40);
    for (unsigned i = 0; i < 1000; i++)
        queue_event(BK_DISPLAY_POINTER, EV_ABS, ABS_X, (int32_t)i);
    syn(BK_DISPLAY_POINTER);
    assert_event(pointer, EV_ABS, ABS_X, 999); /* where it is now is told all the same */
    assert_syn(pointer);
    assert_silent(pointer);
}

static void drops_what_comes_before_the_driver(void **state)
{
    (void)state;
    fake_device_reset(keyboard);
    key(KEY_A, 1);
    fake_device_start(keyboard, &keyboard_transport);
    give(keyboard, 4);
    assert_silent(keyboard);
    key(KEY_A, 0);
    assert_event(keyboard, EV_KEY, KEY_A, 0);
}

static void forgets_taken_buffers_at_reset(void **state)
{
    (void)state;
    give(keyboard, 1);
    key(KEY_A, 1); /* the one buffer is taken, and no group fits */
    assert_int_equal(fake_queue_available(keyboard, EVENTS), 0);
    fake_device_reset(keyboard);
    fake_device_start(keyboard, &keyboard_transport);
    read_count = given;
    give(keyboard, 4);
    key(KEY_B, 1);
    assert_event(keyboard, EV_KEY, KEY_B, 1);
    assert_syn(keyboard);
}

static void delivers_ten_fingers(void **state)
{
    (void)state;
    give(touch, 64);
    for (int32_t slot = 0; slot < 10; slot++)
        finger_at(slot, 100 + slot, 1000 * slot, 3 * slot);
    syn(BK_DISPLAY_TOUCH);
    for (int32_t slot = 0; slot < 10; slot++)
        assert_finger(slot, 100 + slot, 1000 * slot, 3 * slot);
    assert_syn(touch);
    finger(ABS_MT_POSITION_X, 7); /* the slot is still the last one; each group names its first */
    finger(ABS_MT_SLOT, 2);
    finger(ABS_MT_TRACKING_ID, -1);
    syn(BK_DISPLAY_TOUCH);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 9);
    assert_event(touch, EV_ABS, ABS_MT_POSITION_X, 7);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 2);
    assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, -1);
    assert_syn(touch);
    assert_silent(touch);
}

/* Numbers out of range come to their nearest; what a touchscreen does not have is passed over. */
static void bounds_fingers(void **state)
{
    (void)state;
    give(touch, 30);
    finger_at(INT32_MAX, INT32_MAX, INT32_MAX, INT32_MIN);
    finger(ABS_X, 1);
    finger(ABS_MT_PRESSURE, 1);
    queue_event(BK_DISPLAY_TOUCH, EV_KEY, BTN_TOUCH, 1);
    syn(BK_DISPLAY_TOUCH);
    assert_finger(9, 65535, 32767, 0);
    assert_syn(touch);
    finger_at(-1, INT32_MIN, -1, 5);
    syn(BK_DISPLAY_TOUCH);
    assert_finger(0, -1, 0, 5);
    assert_syn(touch);
    assert_silent(touch);
    assert_silent(pointer);
}

/* Lifts of which the guest could not be told; and what comes after a lost group is still of the right finger. */
static void makes_up_for_lost_lifts(void **state)
{
    (void)state;
    give(touch, 13);
    finger_at(0, 10, 1, 1);
    finger_at(1, 11, 2, 2);
    finger_at(2, 12, 3, 3);
    syn(BK_DISPLAY_TOUCH);
    for (int32_t slot = 0; slot < 3; slot++)
        assert_finger(slot, 10 + slot, slot + 1, slot + 1);
    assert_syn(touch);
    finger(ABS_MT_SLOT, 0); /* no buffers: all lost */
    finger(ABS_MT_TRACKING_ID, -1);
    syn(BK_DISPLAY_TOUCH);
    finger(ABS_MT_SLOT, 2);
    finger(ABS_MT_TRACKING_ID, -1);
    finger(ABS_MT_SLOT, 1);
    finger(ABS_MT_POSITION_X, 20);
    syn(BK_DISPLAY_TOUCH);
    assert_silent(touch);
    give(touch, 2); /* not enough for a lift */
    assert_silent(touch);
    give(touch, 3);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 0);
    assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, -1);
    assert_syn(touch);
    assert_silent(touch);
    give(touch, 20);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 2);
    assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, -1);
    assert_syn(touch);
    finger(ABS_MT_POSITION_Y, 21);
    syn(BK_DISPLAY_TOUCH);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 1);
    assert_event(touch, EV_ABS, ABS_MT_POSITION_Y, 21);
    assert_syn(touch);
    assert_silent(touch);
}

/* The buffers are there before the device is notified of them, and a group comes first: it says whose it is. */
static void names_the_slot_after_a_lost_group(void **state)
{
    (void)state;
    give(touch, 9);
    finger_at(0, 10, 1, 1);
    finger_at(1, 11, 2, 2);
    syn(BK_DISPLAY_TOUCH);
    for (int32_t slot = 0; slot < 2; slot++)
        assert_finger(slot, 10 + slot, slot + 1, slot + 1);
    assert_syn(touch);
    finger(ABS_MT_SLOT, 0);
    finger(ABS_MT_POSITION_X, 5);
    syn(BK_DISPLAY_TOUCH); /* lost, and the slot with it */
    for (unsigned i = 0; i < 10; i++)
        fake_queue_add_buffers(touch, EVENTS, NULL, 0, &got[given++], sizeof got[0]);
    finger(ABS_MT_POSITION_X, 6);
    syn(BK_DISPLAY_TOUCH);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 0);
    assert_event(touch, EV_ABS, ABS_MT_POSITION_X, 6);
    assert_syn(touch);
    assert_silent(touch);
}

static void lifts_all_when_unplugged(void **state)
{
    (void)state;
    give(touch, 100);
    finger_at(3, 10, 1, 1);
    finger_at(8, 11, 2, 2);
    syn(BK_DISPLAY_TOUCH);
    assert_finger(3, 10, 1, 1);
    assert_finger(8, 11, 2, 2);
    assert_syn(touch);
    screen = bk_close(screen);
    fake_loop_settle(loop, 10);
    for (unsigned i = 0; i < 2; i++) {
        assert_event(touch, EV_ABS, ABS_MT_SLOT, i ? 8 : 3);
        assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, -1);
        assert_syn(touch);
    }
    assert_silent(touch);
    plug();
    finger(ABS_MT_TRACKING_ID, 12); /* a new cable begins with slot 0 */
    syn(BK_DISPLAY_TOUCH);
    assert_event(touch, EV_ABS, ABS_MT_SLOT, 0);
    assert_event(touch, EV_ABS, ABS_MT_TRACKING_ID, 12);
    assert_syn(touch);
}

static void breaks_on_small_buffers(void **state)
{
    uint8_t small[7] = { 0 };

    (void)state;
    fake_queue_add_buffers(keyboard, EVENTS, NULL, 0, small, sizeof small);
    key(KEY_A, 1);
    assert_true(keyboard_transport.broken);
    fake_device_reset(keyboard);
    fake_device_start(keyboard, &keyboard_transport);
    fake_queue_add_buffers(keyboard, EVENTS, small, sizeof small, NULL, 0);
    key(KEY_A, 0);
    assert_true(keyboard_transport.broken);
    assert_false(pointer_transport.broken);
}

static void takes_event_buffers_in_pieces(void **state)
{
    uint8_t bytes[2][9] = { { 0 } };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct iovec pieces[3] = { { bytes[i], 3 }, { bytes[i] + 3, 1 }, { bytes[i] + 4, 5 } };
        fake_queue_add(keyboard, EVENTS, NULL, 0, pieces, 3);
    }
    fake_queue_notify(keyboard, EVENTS);
    key(KEY_A, 1);
    assert_memory_equal(bytes[0], "\x01\x00\x1e\x00\x01\x00\x00\x00", 8);
}

static void drains_status(void **state)
{
    struct virtio_input_event led = { .type = EV_LED, .code = LED_CAPSL, .value = 1 };
    unsigned answers = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        fake_queue_add_buffers(keyboard, STATUS, &led, i % 9 ? sizeof led : 1, NULL, 0);
    fake_queue_notify(keyboard, STATUS);
    fake_loop_settle(loop, 10);
    while (fake_queue_next_answer(keyboard, STATUS, NULL, NULL))
        answers++;
    assert_int_equal(answers, 200);
}

static void holds_nothing_after_a_flood(void **state)
{
    (void)state;
    key(KEY_A, 1);
    size_t heap = measure_heap();
    for (unsigned i = 0; i < 20000; i++) {
        queue_event(i % 2, EV_KEY, (uint16_t)(i % 700), (int32_t)(i / 3 % 2));
        finger((uint16_t)(ABS_MT_SLOT + i % 16), (int32_t)(i * 2654435761U));
        if (i % 5 == 0)
            syn(i % 3);
    }
    fake_loop_settle(loop, 10000);
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_events, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tells_what_it_is),
        TEST(tells_of_fingers),
        TEST(survives_every_selector),
        TEST(delivers_keys),
        TEST(delivers_motion),
        TEST(drops_a_group_whole),
        TEST(makes_up_for_lost_releases),
        TEST(releases_all_when_unplugged),
        TEST(forgets_half_a_group),
        TEST(drops_a_group_without_end),
        TEST(drops_what_comes_before_the_driver),
        TEST(forgets_taken_buffers_at_reset),
        TEST(delivers_ten_fingers),
        TEST(bounds_fingers),
        TEST(makes_up_for_lost_lifts),
        TEST(names_the_slot_after_a_lost_group),
        TEST(lifts_all_when_unplugged),
        TEST(breaks_on_small_buffers),
        TEST(takes_event_buffers_in_pieces),
        TEST(drains_status),
        TEST(holds_nothing_after_a_flood),
    };

    return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
