/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyboards and pointers: the events of evdev devices become those of the one keyboard and the one absolute pointer
 * that the System VM has.
 *
 * Input from: a person (events); trusted (what the devices are)
 * Runs in: bk-screen
 *
 * Theory. What is sent is not a queue of events but the difference between how things are (keys that are down on any
 * device, where the pointer is, how far a wheel went) and how the VM was told that they are. So when the cable is full,
 * or the VM is a new one, or a keyboard is pulled out with a key held, nothing is lost and no key hangs: the next
 * bk_input_tell() sends what is different by then.
 */
#ifndef BK_SCREEN_INPUT_H
#define BK_SCREEN_INPUT_H

#include "display_cable.h"
#include "screen_control.h"

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_INPUT_DEVICES_MAX 32U
#define BK_INPUT_KEY_WORDS   ((KEY_CNT + 63) / 64)

enum bk_input_wheel {
    BK_INPUT_WHEEL,
    BK_INPUT_WHEEL_HI_RES,
    BK_INPUT_HWHEEL,
    BK_INPUT_HWHEEL_HI_RES,
    BK_INPUT_WHEELS,
};

struct bk_input_device {
    int fd; /* owned; -1: this place is free */
    unsigned classes;
    struct bk_screen_range x, y;
    uint64_t down[BK_INPUT_KEY_WORDS];
    bool dropped; /* the kernel lost events: what comes is void up to the next SYN_REPORT */
};

struct bk_input {
    struct bk_input_device devices[BK_INPUT_DEVICES_MAX];
    uint32_t width, height;          /* pixels of the screen, for mice */
    int64_t x, y;                    /* of the pointer, 0..BK_DISPLAY_POINTER_MAX in 1/65536 */
    int32_t wheels[BK_INPUT_WHEELS]; /* not told of yet */

    /* What the VM was told. */
    uint64_t told_down[BK_INPUT_KEY_WORDS];
    int32_t told_x, told_y; /* -1: nothing */
    bool report_due[2];     /* by enum bk_display_input_device: events were sent, their SYN_REPORT was not */
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
