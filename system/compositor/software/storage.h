/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one app keeps on the disk, its restore points, and what is or was done with them, as the broker told. Knows
 * nothing of drawing and of the wire.
 *
 * Input from: the broker; a version is an app developer's: text is cleaned
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_STORAGE_H
#define BK_COMPOSITOR_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_STORAGE_POINTS_MAX    64U
#define BK_STORAGE_APP_BYTES     255U
#define BK_STORAGE_VERSION_BYTES 40U
#define BK_STORAGE_VERDICT_BYTES 64U
#define BK_STORAGE_REASON_BYTES  400U

enum bk_point_cause {
    BK_POINT_KEPT,
    BK_POINT_UPDATE,
    BK_POINT_UNDO,
    BK_POINT_CAUSES,
};
/* As io.bulkhead.Desktop has them. */
extern const char *const bk_point_cause_names[BK_POINT_CAUSES];

struct bk_restore_point {
    uint32_t number;
    int64_t time;  /* in seconds since 1970 */
    char *version; /* NULL: of an app that came with the system */
    enum bk_point_cause cause;
    int64_t size;
};

/* The same, borrowed. */
struct bk_restore_point_told {
    int64_t number, time, size;
    const char *version;
    enum bk_point_cause cause;
};

enum bk_deed_state {
    BK_DEED_NONE,
    BK_DEED_ENDING, /* the app ends first */
    BK_DEED_WORKING,
    BK_DEED_DONE,
    BK_DEED_FAILED,
    BK_DEED_STATES,
};
/* As io.bulkhead.Desktop has them; NULL for none. */
extern const char *const bk_deed_state_names[BK_DEED_STATES];

/* A restore point that is made, or, `restores`, brought back. */
struct bk_deed {
    enum bk_deed_state state;
    bool restores;
    char *app;
    char *verdict, *reason; /* why it failed; both may be NULL */
};

/* Borrowed. `deed_app` NULL: there is none. */
struct bk_storage_told {
    const char *app;
    bool known; /* the three sizes */
    int64_t quota, data, taken;
    struct bk_restore_point_told points[BK_STORAGE_POINTS_MAX];
    size_t point_count;
    const char *deed_app, *verdict, *reason;
    enum bk_deed_state deed_state;
    bool restores;
};

/* Zero-initialised: of none. */
struct bk_storage {
    char *app;
    bool known;
    int64_t quota;                                         /* of its data disk, 0: it has none, … */
    int64_t data;                                          /* … what of that is taken, … */
    int64_t taken;                                         /* … and what its restore points take */
    struct bk_restore_point points[BK_STORAGE_POINTS_MAX]; /* the newest first */
    size_t point_count;
    struct bk_deed deed;
};

/* NULL: of none. -EINVAL: ids that are none, numbers out of range, two points of one number. -ENOMEM. Nothing has
 * changed then. */
int bk_storage_set(struct bk_storage *storage, const struct bk_storage_told *told);
void bk_storage_clear(struct bk_storage *storage);

/* NULL: it is gone. */
const struct bk_restore_point *bk_storage_point(const struct bk_storage *storage, uint32_t number);
/* Something is done, with whichever app. */
bool bk_storage_is_busy(const struct bk_storage *storage);

/* Why there is one, as a person says it. */
const char *bk_point_cause_words(enum bk_point_cause cause);
/* Why it failed. What the reason adds is the system's. */
const char *bk_deed_verdict_words(const struct bk_deed *deed);

/* "Sun 29 Nov, 20:45", or "29 Nov 2025, 20:45" of another year than now's: when a point was made, by the local clock.
 */
#define BK_STORAGE_TIME_MAX 64
void bk_storage_write_time(int64_t time, int64_t now, char text[static BK_STORAGE_TIME_MAX]);

#endif
