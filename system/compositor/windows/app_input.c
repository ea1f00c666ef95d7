/* SPDX-License-Identifier: Apache-2.0 */
#include "app_input.h"

#include "checked.h"

#include <string.h>

#define WHEEL_MAX 1024 /* clicks that can wait to be told */

static const uint16_t wheel_codes[] = {
    [BK_APP_WHEEL] = REL_WHEEL,
    [BK_APP_WHEEL_HI_RES] = REL_WHEEL_HI_RES,
    [BK_APP_HWHEEL] = REL_HWHEEL,
    [BK_APP_HWHEEL_HI_RES] = REL_HWHEEL_HI_RES,
};
static_assert(BK_ARRAY_SIZE(wheel_codes) == BK_APP_WHEELS, "one code for each wheel");

void bk_app_input_init(struct bk_app_input *input)
{
    *input = (struct bk_app_input){ .x = -1, .y = -1, .told_x = -1, .told_y = -1, .told_slot = -1 };
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        input->touches[i].id = input->told_touches[i].id = -1;
}

void bk_app_input_key(struct bk_app_input *input, unsigned code, bool down)
{
    if (code > KEY_MAX)
        return;
    if (down)
        input->down[code / 64] |= 1ULL << (code % 64);
    else
        input->down[code / 64] &= ~(1ULL << (code % 64));
}

bool bk_app_input_is_down(const struct bk_app_input *input, unsigned code)
{
    return code <= KEY_MAX && (input->down[code / 64] >> (code % 64) & 1) != 0;
}

void bk_app_input_release(struct bk_app_input *input)
{
    memset(input->down, 0, sizeof input->down);
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        input->touches[i].id = -1;
}

static int32_t scale(double at, int side)
{
    double value = side > 1 ? at * BK_DISPLAY_POINTER_MAX / (side - 1) : 0;

    return value <= 0 ? 0 : value >= BK_DISPLAY_POINTER_MAX ? BK_DISPLAY_POINTER_MAX : (int32_t)(value + 0.5);
}

void bk_app_input_point(struct bk_app_input *input, double x, double y, int width, int height)
{
    input->x = scale(x, width);
    input->y = scale(y, height);
}

static void add_wheel(int32_t *wheel, int32_t amount, int32_t most)
{
    int32_t sum = *wheel + amount;

    *wheel = sum > most ? most : sum < -most ? -most : sum;
}

void bk_app_input_scroll(struct bk_app_input *input, bool horizontal, int32_t amount)
{
    int32_t *rest = &input->wheel_rest[horizontal];

    /* The kernel's vertical wheel counts upwards. */
    amount = amount > WHEEL_MAX * 120 ? WHEEL_MAX * 120 : amount < -WHEEL_MAX * 120 ? -WHEEL_MAX * 120 : amount;
    amount = horizontal ? amount : -amount;
    add_wheel(&input->wheels[horizontal ? BK_APP_HWHEEL_HI_RES : BK_APP_WHEEL_HI_RES], amount, WHEEL_MAX * 120);
    *rest += amount;
    add_wheel(&input->wheels[horizontal ? BK_APP_HWHEEL : BK_APP_WHEEL], *rest / 120, WHEEL_MAX);
    *rest %= 120;
}

void bk_app_input_touch(struct bk_app_input *input, unsigned slot, double x, double y, int width, int height)
{
    struct bk_app_touch *touch = &input->touches[slot];

    if (touch->id < 0) {
        touch->id = input->touch_id;
        input->touch_id = (input->touch_id + 1) & 0xffff;
    }
    touch->x = scale(x, width);
    touch->y = scale(y, height);
}

void bk_app_input_touch_up(struct bk_app_input *input, unsigned slot)
{
    input->touches[slot].id = -1;
}

struct sender {
    struct bk_app_input *input;
    bool (*send)(void *userdata, const struct bk_display_message *message);
    void *userdata;
};

static bool send_event(const struct sender *sender, enum bk_display_input_device device, uint16_t type, unsigned code,
                       int32_t value)
{
    const struct bk_display_message message = {
        .type = BK_DISPLAY_INPUT,
        .input = { .device = device, .type = type, .code = (uint16_t)code, .value = value },
    };

    if (!sender->send(sender->userdata, &message))
        return false;
    sender->input->report_due[device] = type != EV_SYN;
    return true;
}

/* One axis: sent when it differs, and noted. */
static bool tell_value(const struct sender *sender, enum bk_display_input_device device, uint16_t code, int32_t value,
                       int32_t *told)
{
    if (value == *told)
        return true;
    if (!send_event(sender, device, EV_ABS, code, value))
        return false;
    *told = value;
    return true;
}

static bool tell_pointer(const struct sender *sender)
{
    struct bk_app_input *input = sender->input;

    if (!tell_value(sender, BK_DISPLAY_POINTER, ABS_X, input->x, &input->told_x) ||
        !tell_value(sender, BK_DISPLAY_POINTER, ABS_Y, input->y, &input->told_y))
        return false;
    for (size_t i = 0; i < BK_APP_WHEELS; i++) {
        if (input->wheels[i] != 0 && !send_event(sender, BK_DISPLAY_POINTER, EV_REL, wheel_codes[i], input->wheels[i]))
            return false;
        input->wheels[i] = 0;
    }
    return true;
}

/* Codes between BTN_MISC and KEY_OK are buttons of pointers, the rest are keys. */
static bool tell_keys(const struct sender *sender)
{
    struct bk_app_input *input = sender->input;

    for (unsigned word = 0; word < BK_APP_INPUT_WORDS; word++) {
        for (uint64_t different; (different = input->down[word] ^ input->told_down[word]) != 0;) {
            uint64_t lowest = different & -different;
            unsigned code = word * 64 + (unsigned)__builtin_ctzll(different);
            enum bk_display_input_device device =
                code >= BTN_MISC && code < KEY_OK ? BK_DISPLAY_POINTER : BK_DISPLAY_KEYBOARD;
            if (!send_event(sender, device, EV_KEY, code, (input->down[word] & lowest) != 0))
                return false;
            input->told_down[word] ^= lowest;
        }
    }
    return true;
}

static bool tell_touches(const struct sender *sender)
{
    struct bk_app_input *input = sender->input;

    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        const struct bk_app_touch *touch = &input->touches[i];
        struct bk_app_touch *told = &input->told_touches[i];
        bool moved = touch->id >= 0 && (touch->x != told->x || touch->y != told->y);
        if (touch->id == told->id && !moved)
            continue;
        if (!tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_SLOT, (int32_t)i, &input->told_slot) ||
            !tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_TRACKING_ID, touch->id, &told->id))
            return false;
        if (moved && (!tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_POSITION_X, touch->x, &told->x) ||
                      !tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_POSITION_Y, touch->y, &told->y)))
            return false;
    }
    return true;
}

bool bk_app_input_tell(struct bk_app_input *input,
                       bool (*send)(void *userdata, const struct bk_display_message *message), void *userdata)
{
    const struct sender sender = { .input = input, .send = send, .userdata = userdata };

    if (!tell_pointer(&sender) || !tell_keys(&sender) || !tell_touches(&sender))
        return false;
    for (unsigned device = 0; device < BK_ARRAY_SIZE(input->report_due); device++) {
        if (input->report_due[device] && !send_event(&sender, device, EV_SYN, SYN_REPORT, 0))
            return false;
    }
    return true;
}
