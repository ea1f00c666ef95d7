/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an evdev device is: a keyboard, a pointer or a touchscreen for bk-screen, the machine's power button, or nothing
 * of ours.
 *
 * Input from: trusted (the kernel); a device plugged in by hand chooses what it says of itself
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_INPUT_DEVICE_H
#define BK_SUPERVISOR_INPUT_DEVICE_H

#include "screen_control.h"

#include <linux/input.h>
#include <stdbool.h>

#define BK_INPUT_BYTES(bits) (((bits) + 7U) / 8U)

/* The device's event bits (EVIOCGBIT) and properties (EVIOCGPROP), least significant first. */
struct bk_input_bits {
    unsigned char types[BK_INPUT_BYTES(EV_CNT)];
    unsigned char keys[BK_INPUT_BYTES(KEY_CNT)];
    unsigned char relative[BK_INPUT_BYTES(REL_CNT)];
    unsigned char absolute[BK_INPUT_BYTES(ABS_CNT)];
    unsigned char properties[BK_INPUT_BYTES(INPUT_PROP_CNT)];
};

/* Bits of enum bk_screen_input_class; 0: bk-screen has no use for it. */
unsigned bk_input_classify(const struct bk_input_bits *bits);
/* A key that switches the machine off, and no keyboard around it. */
bool bk_input_is_power_button(const struct bk_input_bits *bits);

int bk_input_read_bits(int fd, struct bk_input_bits *ret);

/* What bk-screen is told of the device beside the classes: its absolute ranges. An absolute pointer or a touchscreen
 * without ranges is taken out of `classes`. */
void bk_input_read_ranges(int fd, struct bk_screen_control_message *message);

#endif
