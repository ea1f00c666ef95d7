/* SPDX-License-Identifier: Apache-2.0 */
#include "display_input.h"

#include "checked.h"

#include <string.h>

#define WHEEL_MAX (1 << 20) /* clicks, or parts of them, that can wait to be told */

static const uint16_t wheel_codes[] = { REL_WHEEL, REL_WHEEL_HI_RES, REL_HWHEEL, REL_HWHEEL_HI_RES };
static_assert(BK_ARRAY_SIZE(wheel_codes) == BK_DISPLAY_WHEELS, "one code for each wheel");

void bk_display_input_init(struct bk_display_input *input)
{
    *input = (struct bk_display_input){ .x = -1, .y = -1 };
    bk_display_input_release(input);
    bk_display_input_forget(input);
}

void bk_display_input_forget(struct bk_display_input *input)
{
    memset(input->told_down, 0, sizeof input->told_down);
    memset(input->wheels, 0, sizeof input->wheels);
    memset(input->report_due, 0, sizeof input->report_due);
    input->lift_due = false;
    input->told_x = input->told_y = input->told_slot = -1;
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        input->told_fingers[i] = (struct bk_display_finger){ .id = -1, .x = -1, .y = -1 };
}

void bk_display_input_key(struct bk_display_input *input, unsigned code, bool down)
{
    if (code > KEY_MAX)
        return;
    if (down)
        input->down[code / 64] |= 1ULL << (code % 64);
    else
        input->down[code / 64] &= ~(1ULL << (code % 64));
}

bool bk_display_input_is_down(const struct bk_display_input *input, unsigned code)
{
    return code <= KEY_MAX && (input->down[code / 64] >> (code % 64) & 1) != 0;
}

void bk_display_input_release(struct bk_display_input *input)
{
    memset(input->down, 0, sizeof input->down);
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        input->fingers[i].id = -1;
}

void bk_display_input_point(struct bk_display_input *input, int32_t x, int32_t y)
{
    input->x = x;
    input->y = y;
}

void bk_display_input_turn(struct bk_display_input *input, unsigned code, int32_t amount)
{
    for (unsigned i = 0; i < BK_DISPLAY_WHEELS; i++) {
        if (code == wheel_codes[i]) {
            int64_t sum = (int64_t)input->wheels[i] + amount;
            input->wheels[i] = (int32_t)bk_max(bk_min(sum, (int64_t)WHEEL_MAX), (int64_t)-WHEEL_MAX);
        }
    }
}

void bk_display_input_touch(struct bk_display_input *input, unsigned place, int32_t x, int32_t y)
{
    struct bk_display_finger *finger = &input->fingers[place];

    if (finger->id < 0) {
        finger->id = input->next_id;
        input->next_id = (input->next_id + 1) & 0xffff;
    }
    finger->x = x;
    finger->y = y;
}

void bk_display_input_lift(struct bk_display_input *input, unsigned place)
{
    input->fingers[place].id = -1;
}

int bk_display_input_free_place(const struct bk_display_input *input)
{
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        if (input->fingers[i].id < 0)
            return (int)i;
    }
    return -1;
}

static void take_touch(struct bk_display_input *input, unsigned code, int32_t value)
{
    if (code == ABS_MT_SLOT)
        input->slot = value >= 0 && value < (int32_t)BK_DISPLAY_TOUCHES_MAX ? (unsigned)value : BK_DISPLAY_TOUCHES_MAX;
    if (input->slot == BK_DISPLAY_TOUCHES_MAX)
        return;
    const struct bk_display_finger *finger = &input->fingers[input->slot];
    if (code == ABS_MT_TRACKING_ID && value < 0)
        bk_display_input_lift(input, input->slot);
    else if (code == ABS_MT_TRACKING_ID) /* where it is follows */
        bk_display_input_touch(input, input->slot, finger->x, finger->y);
    else if (code == ABS_MT_POSITION_X && finger->id >= 0)
        bk_display_input_touch(input, input->slot, value, finger->y);
    else if (code == ABS_MT_POSITION_Y && finger->id >= 0)
        bk_display_input_touch(input, input->slot, finger->x, value);
}

bool bk_display_input_take(struct bk_display_input *input, const struct bk_display_message *message)
{
    const unsigned code = message->input.code;
    int32_t value = message->input.value;

    if (message->input.type == EV_ABS && code != ABS_MT_TRACKING_ID)
        value = bk_max(0, bk_min(value, BK_DISPLAY_POINTER_MAX));
    if (message->input.type == EV_KEY)
        bk_display_input_key(input, code, value != 0);
    else if (message->input.type == EV_REL)
        bk_display_input_turn(input, code, value);
    else if (message->input.type == EV_ABS && code == ABS_X)
        bk_display_input_point(input, value, bk_max(input->y, 0));
    else if (message->input.type == EV_ABS && code == ABS_Y)
        bk_display_input_point(input, bk_max(input->x, 0), value);
    else if (message->input.type == EV_ABS)
        take_touch(input, code, value);
    return message->input.type == EV_SYN && code == SYN_REPORT;
}

struct sender {
    struct bk_display_input *input;
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
    if (type == EV_SYN && device == BK_DISPLAY_TOUCH)
        sender->input->lift_due = false;
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
    struct bk_display_input *input = sender->input;

    if (!tell_value(sender, BK_DISPLAY_POINTER, ABS_X, input->x, &input->told_x) ||
        !tell_value(sender, BK_DISPLAY_POINTER, ABS_Y, input->y, &input->told_y))
        return false;
    for (unsigned i = 0; i < BK_DISPLAY_WHEELS; i++) {
        if (input->wheels[i] != 0 && !send_event(sender, BK_DISPLAY_POINTER, EV_REL, wheel_codes[i], input->wheels[i]))
            return false;
        input->wheels[i] = 0;
    }
    return true;
}

/* Codes between BTN_MISC and KEY_OK are buttons of pointers, the rest are keys. */
static bool tell_keys(const struct sender *sender)
{
    struct bk_display_input *input = sender->input;

    for (unsigned word = 0; word < BK_DISPLAY_KEY_WORDS; word++) {
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

static bool tell_report(const struct sender *sender, enum bk_display_input_device device)
{
    return !sender->input->report_due[device] || send_event(sender, device, EV_SYN, SYN_REPORT, 0);
}

static bool tell_finger(const struct sender *sender, unsigned place)
{
    struct bk_display_input *input = sender->input;
    const struct bk_display_finger *finger = &input->fingers[place];
    struct bk_display_finger *told = &input->told_fingers[place];
    bool gone = told->id >= 0 && finger->id != told->id;
    bool there = finger->id >= 0 && (finger->id != told->id || finger->x != told->x || finger->y != told->y);

    if ((gone || there) && !tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_SLOT, (int32_t)place, &input->told_slot))
        return false;
    if (gone) {
        if (!tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_TRACKING_ID, -1, &told->id))
            return false;
        input->lift_due = true;
    }
    if (!there)
        return true;
    /* Who hears of one finger going and of another coming to its place in one report takes them for one. */
    if (told->id < 0 && input->lift_due && !tell_report(sender, BK_DISPLAY_TOUCH))
        return false;
    return tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_TRACKING_ID, finger->id, &told->id) &&
           tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_POSITION_X, finger->x, &told->x) &&
           tell_value(sender, BK_DISPLAY_TOUCH, ABS_MT_POSITION_Y, finger->y, &told->y);
}

/* The slot told last goes first: what did not fit was of the finger there, and no report is to come before the rest. */
static bool tell_fingers(const struct sender *sender)
{
    unsigned first = sender->input->told_slot >= 0 ? (unsigned)sender->input->told_slot : 0;

    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        if (!tell_finger(sender, (first + i) % BK_DISPLAY_TOUCHES_MAX))
            return false;
    }
    return true;
}

bool bk_display_input_tell(struct bk_display_input *input,
                           bool (*send)(void *userdata, const struct bk_display_message *message), void *userdata)
{
    const struct sender sender = { .input = input, .send = send, .userdata = userdata };

    /* First where, then what: a click is a click there. */
    return tell_pointer(&sender) && tell_keys(&sender) && tell_fingers(&sender) &&
           tell_report(&sender, BK_DISPLAY_KEYBOARD) && tell_report(&sender, BK_DISPLAY_POINTER) &&
           tell_report(&sender, BK_DISPLAY_TOUCH);
}
