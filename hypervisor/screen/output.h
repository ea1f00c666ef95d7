/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graphics card and one monitor at it: kernel mode setting with dumb buffers, through libdrm's legacy calls, which
 * are what the drivers of virtual cards do best with. One buffer stands on the screen and is drawn into; a driver that
 * has to carry the pixels somewhere is told which changed.
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-screen
 */
#ifndef BK_SCREEN_OUTPUT_H
#define BK_SCREEN_OUTPUT_H

#include "view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

/* Memory of the card that this process sees too. */
struct bk_dumb_buffer {
    uint32_t handle; /* 0: none */
    uint32_t stride;
    size_t size;
    uint8_t *pixels;
};

struct bk_output {
    int card; /* owned; -1: none */
    uint32_t connector, crtc;
    drmModeModeInfo mode;
    uint32_t width_mm, height_mm;
    struct bk_dumb_buffer buffer, cursor;
    uint32_t framebuffer;
    bool tells_damage; /* the driver wants to hear of it */
    bool hardware_cursor;
};

/* Lights up the first connected monitor with the mode that it prefers. Takes `card` when it yields 0; -ENODEV: no
 * monitor is connected. */
int bk_output_open(struct bk_output *output, int card);

/* Lets the monitor go dark and yields the card, open; -1 when there is none. */
int bk_output_take_card(struct bk_output *output);

/* True when bk_output_open() would now choose another monitor or mode. */
bool bk_output_is_outdated(const struct bk_output *output);

struct bk_canvas bk_output_canvas(const struct bk_output *output);

/* Puts what was drawn on the screen: -EBUSY or another error when it has to be tried again. */
int bk_output_flush(struct bk_output *output, struct bk_rectangle painted);

/* Shows, hides and moves the hardware cursor as the view has it. */
void bk_output_update_cursor(struct bk_output *output, struct bk_view *view);

#endif
