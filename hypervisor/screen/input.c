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
#define STEP_MAX       (1 << 20) /* of a mouse or a wheel: no hand moves that far at once, and no sum gets out of hand */
#define EVENTS_AT_ONCE 64U       /* a device that never reports does not keep the others waiting */

void bk_input_init(struct bk_input *input)
{
    *input = (struct bk_input){ .x = POSITION_MAX / 2, .y = POSITION_MAX / 2 };
    for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++)
        input->devices[i].fd = -1;
    bk_display_input_init(&input->display);
}

int bk_input_add(struct bk_input *input, int fd, const struct bk_screen_control_message *device)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++) {
        if (input->devices[i].fd >= 0)
            continue;
        input->devices[i] =
            (struct bk_input_device){ .fd = fd, .classes = device->classes, .x = device->x, .y = device->y };
        for (size_t slot = 0; slot < BK_INPUT_SLOTS_MAX; slot++)
            input->devices[i].contacts[slot] = (struct bk_input_contact){ .id = -1, .told_id = -1, .place = -1 };
        return 0;
    }
    bk_close(fd);
    return -ENOSPC;
}

/* A key that hangs is worse than one that lets go early; so is a finger. */
static void let_go(struct bk_input *input, struct bk_input_device *device)
{
    memset(device->down, 0, sizeof device->down);
    for (size_t i = 0; i < BK_INPUT_SLOTS_MAX; i++) {
        struct bk_input_contact *contact = &device->contacts[i];
        if (contact->place >= 0)
            bk_display_input_lift(&input->display, (unsigned)contact->place);
        contact->id = contact->told_id = contact->place = -1;
    }
}

void bk_input_remove(struct bk_input *input, struct bk_input_device *device)
{
    let_go(input, device);
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
    if ((device->classes & BK_SCREEN_TOUCH) != 0 && code >= BTN_DIGI && code < BTN_WHEEL)
        return; /* says once more that there are fingers */
    if (code == BTN_TOUCH)
        code = BTN_LEFT; /* the only button of a touchscreen that knows one finger */
    if (value > 1 || code > KEY_MAX)
        return; /* the System VM repeats keys by itself */
    if (value == 1)
        device->down[code / 64] |= 1ULL << (code % 64);
    else
        device->down[code / 64] &= ~(1ULL << (code % 64));
}

static void take_relative(struct bk_input *input, const struct bk_input_device *device, uint16_t code, int32_t value)
{
    value = bk_max(bk_min(value, STEP_MAX), -STEP_MAX);
    if (code == REL_X && (device->classes & BK_SCREEN_POINTER_RELATIVE) != 0)
        input->x = move(input->x, value, input->width);
    if (code == REL_Y && (device->classes & BK_SCREEN_POINTER_RELATIVE) != 0)
        input->y = move(input->y, value, input->height);
    bk_display_input_turn(&input->display, code, value);
}

static void take_absolute(struct bk_input *input, const struct bk_input_device *device, uint16_t code, int32_t value)
{
    if (code == ABS_X)
        input->x = (int64_t)bk_input_scale(value, device->x) * FRACTION;
    else if (code == ABS_Y)
        input->y = (int64_t)bk_input_scale(value, device->y) * FRACTION;
}

static void take_touch(struct bk_input_device *device, uint16_t code, int32_t value)
{
    if (code == ABS_MT_SLOT)
        device->slot = (uint32_t)value; /* a negative one is beyond the last, too */
    if (device->slot >= BK_INPUT_SLOTS_MAX)
        return;
    struct bk_input_contact *contact = &device->contacts[device->slot];
    if (code == ABS_MT_TRACKING_ID)
        contact->id = value < 0 ? -1 : value;
    else if (code == ABS_MT_POSITION_X)
        contact->x = bk_input_scale(value, device->x);
    else if (code == ABS_MT_POSITION_Y)
        contact->y = bk_input_scale(value, device->y);
}

/* What a touchscreen's report says of its fingers. Those that went make room for those that came. */
static void settle_touch(struct bk_input *input, struct bk_input_device *device)
{
    for (size_t i = 0; i < BK_INPUT_SLOTS_MAX; i++) {
        struct bk_input_contact *contact = &device->contacts[i];
        if (contact->id == contact->told_id || contact->place < 0)
            continue;
        bk_display_input_lift(&input->display, (unsigned)contact->place);
        contact->place = -1;
    }
    for (size_t i = 0; i < BK_INPUT_SLOTS_MAX; i++) {
        struct bk_input_contact *contact = &device->contacts[i];
        if (contact->id != contact->told_id && contact->id >= 0)
            contact->place = bk_display_input_free_place(&input->display);
        contact->told_id = contact->id;
        if (contact->place >= 0)
            bk_display_input_touch(&input->display, (unsigned)contact->place, contact->x, contact->y);
    }
}

bool bk_input_take(struct bk_input *input, struct bk_input_device *device, const struct input_event *event)
{
    if (event->type == EV_SYN && event->code == SYN_REPORT) {
        device->dropped = false;
        settle_touch(input, device);
        return true;
    }
    if (event->type == EV_SYN && event->code == SYN_DROPPED) {
        device->dropped = true;
        let_go(input, device);
    } else if (device->dropped) {
        return false;
    } else if (event->type == EV_KEY) {
        take_key(device, event->code, event->value);
    } else if (event->type == EV_REL) {
        take_relative(input, device, event->code, event->value);
    } else if (event->type == EV_ABS && (device->classes & BK_SCREEN_TOUCH) != 0) {
        take_touch(device, event->code, event->value);
    } else if (event->type == EV_ABS && (device->classes & BK_SCREEN_POINTER_ABSOLUTE) != 0) {
        take_absolute(input, device, event->code, event->value);
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

bool bk_input_tell(struct bk_input *input, bool (*send)(void *userdata, const struct bk_display_message *message),
                   void *userdata)
{
    struct bk_display_input *display = &input->display;

    bk_display_input_point(display, (int32_t)((input->x + FRACTION / 2) / FRACTION),
                           (int32_t)((input->y + FRACTION / 2) / FRACTION));
    for (unsigned word = 0; word < BK_DISPLAY_KEY_WORDS; word++) {
        display->down[word] = 0;
        for (size_t i = 0; i < BK_ARRAY_SIZE(input->devices); i++)
            display->down[word] |= input->devices[i].down[word];
    }
    return bk_display_input_tell(display, send, userdata);
}

void bk_input_forget(struct bk_input *input)
{
    bk_display_input_forget(&input->display);
}
