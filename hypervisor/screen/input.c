/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* system calls [screen]: read close */

#define FRACTION       65536 /* of a unit of the pointer's position */
#define POSITION_MAX   ((int64_t)BK_DISPLAY_POINTER_MAX * FRACTION)
#define WHEEL_MAX      (1 << 20) /* clicks, or parts of them, that can wait to be told */
#define EVENTS_AT_ONCE 64U       /* a device that never reports does not keep the others waiting */

static const uint16_t wheel_codes[] = {
    [BK_INPUT_WHEEL] = REL_WHEEL,
    [BK_INPUT_WHEEL_HI_RES] = REL_WHEEL_HI_RES,
    [BK_INPUT_HWHEEL] = REL_HWHEEL,
    [BK_INPUT_HWHEEL_HI_RES] = REL_HWHEEL_HI_RES,
};
static_assert(BK_ARRAY_SIZE(wheel_codes) == BK_INPUT_WHEELS, "one code for each wheel");

void bk_input_init(struct bk_input *input)
{
    *input = (struct bk_input){ .x = POSITION_MAX / 2, .y = POSITION_MAX / 2 };
    for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++)
        input->devices[i].fd = -1;
    bk_input_forget(input);
}

int bk_input_add(struct bk_input *input, int fd, const struct bk_screen_control_message *device)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++) {
        if (input->devices[i].fd >= 0)
            continue;
        input->devices[i] =
            (struct bk_input_device){ .fd = fd, .classes = device->classes, .x = device->x, .y = device->y };
        return 0;
    }
    bk_close(fd);
    return -ENOSPC;
}

void bk_input_remove(struct bk_input *input, struct bk_input_device *device)
{
    (void)input; /* its keys are no longer among those that are down */
    bk_close(device->fd);
    *device = (struct bk_input_device){ .fd = -1 };
}

int32_t bk_input_scale(int32_t value, struct bk_screen_range range)
{
    int64_t span = (int64_t)range.maximum - range.minimum;

    if (value <= range.minimum)
        return 0;
    if (value >= range.maximum)
        return BK_DISPLAY_POINTER_MAX;
    return (int32_t)((((int64_t)value - range.minimum) * BK_DISPLAY_POINTER_MAX + span / 2) / span);
}

static int64_t move(int64_t position, int32_t pixels, uint32_t side)
{
    int64_t moved = position + pixels * (POSITION_MAX / (side > 1 ? side - 1 : 1));

    return moved < 0 ? 0 : moved > POSITION_MAX ? POSITION_MAX : moved;
}

static void take_key(struct bk_input_device *device, uint16_t code, int32_t value)
{
    if (code == BTN_TOUCH)
        code = BTN_LEFT; /* a touchscreen's only button */
    if (value > 1 || code > KEY_MAX)
        return; /* the System VM repeats keys by itself */
    if (value == 1)
        device->down[code / 64] |= 1ULL << (code % 64);
    else
        device->down[code / 64] &= ~(1ULL << (code % 64));
}

static void take_relative(struct bk_input *input, const struct bk_input_device *device, uint16_t code, int32_t value)
{
    /* No hand moves that far at once; and no sum gets out of hand. */
    value = value > WHEEL_MAX ? WHEEL_MAX : value < -WHEEL_MAX ? -WHEEL_MAX : value;
    if (code == REL_X && (device->classes & BK_SCREEN_POINTER_RELATIVE) != 0)
        input->x = move(input->x, value, input->width);
    if (code == REL_Y && (device->classes & BK_SCREEN_POINTER_RELATIVE) != 0)
        input->y = move(input->y, value, input->height);
    for (size_t i = 0; i < BK_INPUT_WHEELS; i++) {
        int32_t sum = input->wheels[i] + value;
        if (code == wheel_codes[i] && sum <= WHEEL_MAX && sum >= -WHEEL_MAX)
            input->wheels[i] = sum;
    }
}

bool bk_input_take(struct bk_input *input, struct bk_input_device *device, const struct input_event *event)
{
    if (event->type == EV_SYN && event->code == SYN_REPORT) {
        device->dropped = false;
        return true;
    }
    if (event->type == EV_SYN && event->code == SYN_DROPPED) {
        device->dropped = true;
        memset(device->down, 0, sizeof device->down); /* a key that hangs is worse than one that lets go early */
    } else if (device->dropped) {
        return false;
    } else if (event->type == EV_KEY) {
        take_key(device, event->code, event->value);
    } else if (event->type == EV_REL) {
        take_relative(input, device, event->code, event->value);
    } else if (event->type == EV_ABS && (device->classes & BK_SCREEN_POINTER_ABSOLUTE) != 0) {
        if (event->code == ABS_X)
            input->x = (int64_t)bk_input_scale(event->value, device->x) * FRACTION;
        else if (event->code == ABS_Y)
            input->y = (int64_t)bk_input_scale(event->value, device->y) * FRACTION;
    }
    return false;
}

void bk_input_read(struct bk_input *input, struct bk_input_device *device)
{
    bool reported = false;

    for (unsigned i = 0; i < EVENTS_AT_ONCE && !reported; i++) {
        struct input_event event;

        ssize_t n = read(device->fd, &event, sizeof event);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n != (ssize_t)sizeof event) {
            bk_input_remove(input, device);
            return;
        }
        reported = bk_input_take(input, device, &event);
    }
}

/* Codes between BTN_MISC and KEY_OK are buttons of pointers, the rest are keys. */
static enum bk_display_input_device device_of_key(unsigned code)
{
    return code >= BTN_MISC && code < KEY_OK ? BK_DISPLAY_POINTER : BK_DISPLAY_KEYBOARD;
}

struct sender {
    struct bk_input *input;
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

static bool tell_pointer(const struct sender *sender)
{
    struct bk_input *input = sender->input;
    int32_t x = (int32_t)((input->x + FRACTION / 2) / FRACTION);
    int32_t y = (int32_t)((input->y + FRACTION / 2) / FRACTION);

    if (x != input->told_x && !send_event(sender, BK_DISPLAY_POINTER, EV_ABS, ABS_X, x))
        return false;
    input->told_x = x;
    if (y != input->told_y && !send_event(sender, BK_DISPLAY_POINTER, EV_ABS, ABS_Y, y))
        return false;
    input->told_y = y;
    for (size_t i = 0; i < BK_INPUT_WHEELS; i++) {
        if (input->wheels[i] != 0 && !send_event(sender, BK_DISPLAY_POINTER, EV_REL, wheel_codes[i], input->wheels[i]))
            return false;
        input->wheels[i] = 0;
    }
    return true;
}

static bool tell_keys(const struct sender *sender)
{
    struct bk_input *input = sender->input;

    for (unsigned word = 0; word < BK_INPUT_KEY_WORDS; word++) {
        uint64_t down = 0;

        for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++)
            down |= input->devices[i].down[word];
        for (uint64_t different; (different = down ^ input->told_down[word]) != 0;) {
            unsigned bit = (unsigned)__builtin_ctzll(different);
            unsigned code = word * 64 + bit;

            if (!send_event(sender, device_of_key(code), EV_KEY, code, (int32_t)(down >> bit & 1)))
                return false;
            input->told_down[word] ^= 1ULL << bit;
        }
    }
    return true;
}

bool bk_input_tell(struct bk_input *input, bool (*send)(void *userdata, const struct bk_display_message *message),
                   void *userdata)
{
    const struct sender sender = { .input = input, .send = send, .userdata = userdata };

    /* First where, then what: a click is a click there. */
    if (!tell_pointer(&sender) || !tell_keys(&sender))
        return false;
    for (unsigned device = BK_DISPLAY_KEYBOARD; device <= BK_DISPLAY_POINTER; device++) {
        if (input->report_due[device] && !send_event(&sender, device, EV_SYN, SYN_REPORT, 0))
            return false;
    }
    return true;
}

void bk_input_forget(struct bk_input *input)
{
    memset(input->told_down, 0, sizeof input->told_down);
    memset(input->wheels, 0, sizeof input->wheels);
    memset(input->report_due, 0, sizeof input->report_due);
    input->told_x = input->told_y = -1;
}
