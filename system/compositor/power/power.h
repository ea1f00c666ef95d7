/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker told of the machine's power, and whether the person is being asked if it shall sleep although apps
 * keep it awake. Knows nothing of drawing and of the wire.
 *
 * Input from: the broker; names and reasons are an app developer's: text is cleaned
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_POWER_H
#define BK_COMPOSITOR_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_INHIBITORS_MAX 64U

#define BK_POWER_APP_BYTES     255U /* an app's id: longer is refused */
#define BK_POWER_NAME_BYTES    128U
#define BK_POWER_REASON_BYTES  200U
#define BK_POWER_PROBLEM_BYTES 128U
#define BK_POWER_LOW_PERCENT   20 /* less, on battery, is shown as little */

struct bk_inhibitor {
    char *app, *app_name, *reason;
};

/* The same, borrowed. */
struct bk_inhibitor_told {
    const char *app, *app_name, *reason;
};

/* How things are, as told. */
struct bk_power_state {
    int percent; /* of the batteries; -1: there is none */
    bool plugged, charging;
    int64_t seconds; /* until they are full or empty; -1: not known */
    bool low;        /* low-power mode */
    bool suspends;   /* the machine can sleep */
    bool suspending; /* … and is about to */
};

/* Begins with BK_POWER_DEFAULT: nothing was told. */
struct bk_power {
    struct bk_power_state state;
    char *problem; /* why it did not sleep, or NULL */
    struct bk_inhibitor *inhibitors;
    size_t count;
    bool asking;       /* the person wants it to sleep, and has not said yet whether anyway */
    bool off_asking;   /* they want it switched off, and have not said yet whether really */
    bool off;          /* they have */
    uint64_t revision; /* another number after each change */
};
#define BK_POWER_DEFAULT ((struct bk_power){ .state = { .percent = -1, .plugged = true, .seconds = -1 } })

void bk_power_finish(struct bk_power *power);

/* Replaces all of it; `problem` may be NULL. -ENOBUFS: too many. -EINVAL: a percentage or a time that is none, or an
 * app without a proper name. -ENOMEM. Nothing has changed then. */
int bk_power_set(struct bk_power *power, const struct bk_power_state *state, const char *problem,
                 const struct bk_inhibitor_told *inhibitors, size_t count);
/* Nobody is there who would know. */
void bk_power_clear(struct bk_power *power);

/* The person wants the machine to sleep. True: it shall, since nothing speaks against it. Else, when apps do, they are
 * being asked from now on. */
bool bk_power_want_sleep(struct bk_power *power);
/* They answered; true when they were asked at all. */
bool bk_power_answer(struct bk_power *power);

/* The person wants the machine switched off, and is being asked from now on whether really. */
void bk_power_want_off(struct bk_power *power);
/* They answered. True: it shall be. */
bool bk_power_answer_off(struct bk_power *power, bool really);

/* Little is left, and nothing charges it. */
bool bk_power_is_scarce(const struct bk_power *power);

/* How things are with the battery, as a person says it. */
#define BK_POWER_TEXT_MAX 96
void bk_power_write_state(const struct bk_power *power, char text[static BK_POWER_TEXT_MAX]);

#endif
