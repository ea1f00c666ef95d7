/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One app's notifications: what it shows, which answers wait for it, how fast it may post. Knows no JSON, no
 * socket and no clock.
 *
 * Input from: app (content that bk_text_check() has passed); trusted (the rest)
 * Runs in: bk-broker
 *
 * Each VM has a set of its own, and nothing here names an app: a call that reached an app's set can touch that
 * app's notifications only. An app counts its ids by itself, so that they tell nothing of other apps; the
 * desktop knows each notification by a handle, unique over all apps, that comes from outside.
 */
#ifndef BK_BROKER_NOTIFICATION_H
#define BK_BROKER_NOTIFICATION_H

#include "pace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limits that api/io.bulkhead.Notification.varlink promises; lengths in bytes. */
#define BK_NOTIFICATION_SHOWN_MAX     16U
#define BK_NOTIFICATION_ANSWERS_MAX   16U
#define BK_NOTIFICATION_BUTTONS_MAX   4U
#define BK_NOTIFICATION_TITLE_MAX     200U
#define BK_NOTIFICATION_BODY_MAX      2000U
#define BK_NOTIFICATION_BUTTON_ID_MAX 32U
#define BK_NOTIFICATION_LABEL_MAX     40U
#define BK_NOTIFICATION_HINT_MAX      40U    /* what stands in an empty field for a reply */
#define BK_NOTIFICATION_REPLY_MAX     500U   /* what the person writes */
#define BK_NOTIFICATION_IMAGE_MAX     65536U /* in base64 */
#define BK_NOTIFICATION_IMAGES_MAX    4U     /* notifications with one */
#define BK_NOTIFICATION_SIDE_MIN      16U    /* of an image, in pixels */
#define BK_NOTIFICATION_SIDE_MAX      256U
#define BK_NOTIFICATION_BURST         10U    /* posts at once … */
#define BK_NOTIFICATION_INTERVAL_MS   1000UL /* … and then one each so many milliseconds */

struct bk_notification_button {
    char id[BK_NOTIFICATION_BUTTON_ID_MAX + 1];
    char label[BK_NOTIFICATION_LABEL_MAX + 1];
};

enum bk_notification_urgency {
    BK_NOTIFICATION_NORMAL,
    BK_NOTIFICATION_LOW,
    BK_NOTIFICATION_URGENT,
    BK_NOTIFICATION_URGENCIES,
};
extern const char *const bk_notification_urgency_names[BK_NOTIFICATION_URGENCIES];

/* How far something has come. */
struct bk_notification_progress {
    bool given;
    double part; /* 0 to 1; below 0: not known */
};

struct bk_notification {
    int64_t id;     /* the app's */
    int64_t handle; /* the desktop's */
    unsigned n_buttons;
    struct bk_notification_button buttons[BK_NOTIFICATION_BUTTONS_MAX];
    char title[BK_NOTIFICATION_TITLE_MAX + 1];
    char body[BK_NOTIFICATION_BODY_MAX + 1];
    enum bk_notification_urgency urgency;
    struct bk_notification_progress progress;
    char *image;                              /* base64; NULL: none */
    char reply[BK_NOTIFICATION_HINT_MAX + 1]; /* empty: no reply is asked for */
};

struct bk_notification_answer {
    int64_t id;
    bool dismissed;
    char button[BK_NOTIFICATION_BUTTON_ID_MAX + 1]; /* empty when dismissed or replied */
    char text[BK_NOTIFICATION_REPLY_MAX + 1];       /* what the person wrote; empty: it is no reply */
};

/* Zero-initialised. */
struct bk_notifications {
    struct bk_notification *shown[BK_NOTIFICATION_SHOWN_MAX]; /* NULL where none */
    struct bk_notification_answer answers[BK_NOTIFICATION_ANSWERS_MAX];
    unsigned first_answer; /* the oldest one's index; the others follow it round the array */
    unsigned n_answers;
    int64_t last_id;
    struct bk_pace posts;
};

enum bk_notification_verdict {
    BK_NOTIFICATION_POSTED,
    BK_NOTIFICATION_NONE_SUCH, /* there is nothing to replace */
    BK_NOTIFICATION_TOO_MANY,
    BK_NOTIFICATION_TOO_MANY_IMAGES,
    BK_NOTIFICATION_TOO_SOON,
    BK_NOTIFICATION_NO_MEMORY, /* ours, not the app's fault */
};

/* True for a PNG whose sides are within the bounds. Looks at its first bytes only. */
bool bk_notification_image_fits(const void *png, size_t size);

/* Adds a copy of `content` and of its image, whose id and handle are set here, or puts it in the place of the
 * notification `replaces` (0: none), which keeps both. `*ret` is set when posted and valid until the set changes;
 * `*ret_wait_ms` is set when too soon. */
enum bk_notification_verdict bk_notifications_post(struct bk_notifications *all, const struct bk_notification *content,
                                                   int64_t replaces, int64_t handle, uint64_t now_ms,
                                                   const struct bk_notification **ret, uint64_t *ret_wait_ms);

/* NULL when there is none. Valid until the set changes. */
const struct bk_notification *bk_notifications_find(const struct bk_notifications *all, int64_t id);
const struct bk_notification *bk_notifications_find_handle(const struct bk_notifications *all, int64_t handle);

/* False when there is none. */
bool bk_notifications_withdraw(struct bk_notifications *all, int64_t id);

/* Takes the notification away and keeps its answer, in the place of the oldest one where there are too many. `button`
 * is NULL when it was dismissed or replied to, `text` when there is no reply. False when there is no such notification.
 */
bool bk_notifications_answer(struct bk_notifications *all, int64_t id, const char *button, const char *text);

/* Takes the oldest answer; false when there is none. */
bool bk_notifications_take_answer(struct bk_notifications *all, struct bk_notification_answer *ret);

/* Frees everything; the set is as if new. */
void bk_notifications_clear(struct bk_notifications *all);

#endif
