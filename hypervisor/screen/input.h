/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyboards, pointers and touchscreens: the events of evdev devices become those of the one keyboard, the one absolute
 * pointer and the one touchscreen that the System VM has (display_input.h).
 *
 * Input from: a person (events); trusted (what the devices are)
 * Runs in: bk-screen
 *
 * Touchscreens speak the kernel's multi-touch protocol B. A device's contacts are kept by its own slots. When a report
 * is complete a contact that is new takes a free place among the System VM's fingers, and goes without one as long as
 * it lasts when there is none. What a device held, a key or a finger, it holds no more when the kernel lost some of its
 * events, or when it is gone: a finger that is still there is one again once it was lifted.
 */
#ifndef BK_SCREEN_INPUT_H
#define BK_SCREEN_INPUT_H

#include "display_input.h"
#include "screen_control.h"

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_INPUT_DEVICES_MAX 32U
#define BK_INPUT_SLOTS_MAX   16U /* of a touchscreen; contacts in slots beyond are passed over */

/* What a touchscreen has in one slot. */
struct bk_input_contact {
    int32_t id, told_id; /* ABS_MT_TRACKING_ID now, and at the last report; -1: no finger */
    int32_t x, y;        /* 0..BK_DISPLAY_POINTER_MAX */
    int place;           /* among the System VM's fingers, of told_id; -1: none */
};

struct bk_input_device {
    int fd; /* owned; -1: this place is free */
    unsigned classes;
    struct bk_screen_range x, y;
    uint64_t down[BK_DISPLAY_KEY_WORDS];
    bool dropped; /* the kernel lost events: what comes is void up to the next SYN_REPORT */
    uint32_t slot;
    struct bk_input_contact contacts[BK_INPUT_SLOTS_MAX];
};

struct bk_input {
    struct bk_input_device devices[BK_INPUT_DEVICES_MAX];
    uint32_t width, height; /* pixels of the screen, for mice */
    int64_t x, y;           /* of the pointer, 0..BK_DISPLAY_POINTER_MAX in 1/65536 */
    struct bk_display_input display;
};

void bk_input_init(struct bk_input *input);

/* Takes `fd` in any case. -ENOSPC when there are too many devices. */
int bk_input_add(struct bk_input *input, int fd, const struct bk_screen_control_message *device);
void bk_input_remove(struct bk_input *input, struct bk_input_device *device);

/* Reads what the device has up to the next report, so that the VM can be told of a press before its release; removes
 * the device when it is gone. */
void bk_input_read(struct bk_input *input, struct bk_input_device *device);

/* Takes one event as if the device had it; true when it ends a report. */
bool bk_input_take(struct bk_input *input, struct bk_input_device *device, const struct input_event *event);

/* Sends what the VM does not know yet. `send` yields false when that cannot be now; so does this, and it is to be
 * called again. */
bool bk_input_tell(struct bk_input *input, bool (*send)(void *userdata, const struct bk_display_message *message),
                   void *userdata);

/* The VM is another one, which knows of nothing. */
void bk_input_forget(struct bk_input *input);

/* `value` of minimum..maximum (minimum < maximum) as 0..BK_DISPLAY_POINTER_MAX; what is outside goes to the edge. */
int32_t bk_input_scale(int32_t value, struct bk_screen_range range);

#endif
