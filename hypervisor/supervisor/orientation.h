/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the person holds the machine. Whatever knows it (a sensor; a developer's io.bulkhead.Debug.Rotate) sets it here;
 * whoever needs it is told from here, and does not see where it came from.
 *
 * Input from: trusted (the debug port; a sensor's driver)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_ORIENTATION_H
#define BK_SUPERVISOR_ORIENTATION_H

#include <stdbool.h>
#include <stdint.h>

struct bk_orientation {
    unsigned degrees; /* 0, 90, 180 or 270: so far was the machine turned clockwise from its upright way */
    void (*turned)(void *userdata);
    void *userdata;
};

/* `turned` is called after each change. The machine outlives its System VM, and so does this. */
void bk_orientation_init(struct bk_orientation *orientation, void (*turned)(void *userdata), void *userdata);

/* False, and nothing is done, when it is none of the four. */
bool bk_orientation_set(struct bk_orientation *orientation, int64_t degrees);

#endif
