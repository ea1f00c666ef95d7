/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-screen's work: the cable, the card and the input devices brought together in one loop.
 *
 * Input from: trusted (the supervisor's control socket); guest, through its bk-vmm (the cable); a person
 * Runs in: bk-screen
 *
 * Theory of pacing. The screen is painted at most once in each of its refresh periods, however much the VM sends; what
 * comes meanwhile is noted and painted together. After it was painted the VM is told which frame is done, and a VM that
 * waits for that draws at the screen's pace.
 */
#ifndef BK_SCREEN_SCREEN_H
#define BK_SCREEN_SCREEN_H

#include "cable.h"
#include "input.h"
#include "log.h"
#include "output.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

#define BK_SCREEN_CARDS_MAX 4U

struct bk_screen {
    int control;
    int cable_fd; /* -1: there is no VM */
    struct bk_cable cable;
    struct bk_view view;
    struct bk_output output;
    int cards[BK_SCREEN_CARDS_MAX]; /* those that are not `output`; -1: free */
    struct bk_input input;
    bool input_waits;   /* for room in the cable */
    bool configure_due; /* the VM does not know the screen's size */
    bool paint_failed;  /* `unflushed` is to be tried again */
    struct bk_rectangle unflushed;
    uint64_t painted_nsec; /* CLOCK_MONOTONIC, when we painted last */
};

void bk_screen_init(struct bk_screen *screen, int control);

/* Runs until the supervisor is gone, then yields 0; or a negative errno. */
int bk_screen_run(struct bk_screen *screen);

#endif
