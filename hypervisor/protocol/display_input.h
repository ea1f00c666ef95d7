/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keyboard, the pointer and the touchscreen at a VM's display cable are to say (docs/protocols/
 * display-cable.md), for all who send it: bk-screen to the System VM, the compositor to an app, the System VM's bk-vmm
 * that passes on what the compositor said.
 *
 * Input from: a person; guest (bk_display_input_take() in the System VM's bk-vmm)
 * Runs in: bk-screen; bk-compositor, main thread; bk-vmm of the System VM, I/O thread
 *
 * Theory. What is sent is not a queue of events but the difference between how things are (keys that are down, where
 * the pointer and the fingers are, how far a wheel went) and how the other end was told that they are. So when the
 * cable is full, or the VM is a new one, or a keyboard is pulled out with a key held, nothing is lost but motion and
 * nothing hangs: the next bk_display_input_tell() sends what is different by then.
 */
#ifndef BK_PROTOCOL_DISPLAY_INPUT_H
#define BK_PROTOCOL_DISPLAY_INPUT_H

#include "display_cable.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_DISPLAY_KEY_WORDS ((KEY_CNT + 63) / 64)
#define BK_DISPLAY_WHEELS    4U

struct bk_display_finger {
    int32_t id;   /* as the other end sees it; -1: no finger */
    int32_t x, y; /* 0..BK_DISPLAY_POINTER_MAX */
};

struct bk_display_input {
    /* How things are. */
    uint64_t down[BK_DISPLAY_KEY_WORDS]; /* a bit for each key and button */
    int32_t x, y;                        /* of the pointer, 0..BK_DISPLAY_POINTER_MAX; -1: it was never there */
    int32_t wheels[BK_DISPLAY_WHEELS];   /* not told of yet */
    struct bk_display_finger fingers[BK_DISPLAY_TOUCHES_MAX];
    int32_t next_id;
    unsigned slot; /* that the next touch taken is about; BK_DISPLAY_TOUCHES_MAX: none there is */

    /* What the other end was told. */
    uint64_t told_down[BK_DISPLAY_KEY_WORDS];
    int32_t told_x, told_y;
    struct bk_display_finger told_fingers[BK_DISPLAY_TOUCHES_MAX];
    int32_t told_slot;                         /* -1: none */
    bool report_due[BK_DISPLAY_INPUT_DEVICES]; /* events were sent, their SYN_REPORT was not */
    bool lift_due;                             /* a finger's going was among them */
};

void bk_display_input_init(struct bk_display_input *input);

/* A code above KEY_MAX is none. */
void bk_display_input_key(struct bk_display_input *input, unsigned code, bool down);
bool bk_display_input_is_down(const struct bk_display_input *input, unsigned code);
/* Every key, button and finger is let go of. */
void bk_display_input_release(struct bk_display_input *input);

/* Both 0..BK_DISPLAY_POINTER_MAX. */
void bk_display_input_point(struct bk_display_input *input, int32_t x, int32_t y);
/* `code`: REL_WHEEL, REL_HWHEEL or their _HI_RES; another is passed over. */
void bk_display_input_turn(struct bk_display_input *input, unsigned code, int32_t amount);

/* The finger at `place`, below BK_DISPLAY_TOUCHES_MAX: it came down there or moved, or went up. */
void bk_display_input_touch(struct bk_display_input *input, unsigned place, int32_t x, int32_t y);
void bk_display_input_lift(struct bk_display_input *input, unsigned place);
/* A place with no finger; -1 when there is none. */
int bk_display_input_free_place(const struct bk_display_input *input);

/* Takes an INPUT message as things that are so; what makes no sense is passed over. True with a SYN_REPORT: it is time
 * to tell. */
bool bk_display_input_take(struct bk_display_input *input, const struct bk_display_message *message);

/* Sends what the other end does not know yet. `send` yields false when that cannot be now; so does this, and it is to
 * be called again. */
bool bk_display_input_tell(struct bk_display_input *input,
                           bool (*send)(void *userdata, const struct bk_display_message *message), void *userdata);

/* The other end is another one, which knows of nothing. */
void bk_display_input_forget(struct bk_display_input *input);

#endif
