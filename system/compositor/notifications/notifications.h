/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notifications that wait for the person's answer: each app's stand together, newest first, the app with the newest
 * first; and which of them are toasts just now.
 * Knows nothing of drawing and of the wire; time is an argument.
 *
 * Input from: app, through the broker; its text is cleaned on the way in
 * Runs in: bk-compositor, main thread
 *
 * A notification is a toast for BK_TOAST_MS after it was shown, then it stays in the notification panel. The
 * countdown stands still while toasts are held (the pointer or the focus is on one of them). While the model is
 * quiet (the notification panel is open) or the person does not want to be disturbed nothing becomes a toast. One of
 * low urgency is never a toast; an urgent one is one until it is answered, unless the notification panel showed it. One
 * with progress that replaces one with progress is no news: it takes its place and its toast over.
 *
 * What was answered or dismissed is kept for the person to look up, without all that could be pressed: the history.
 *
 * Each has an owner, the process that showed it. A button can be pressed only while the owner listens for the
 * answer: an answer that nobody would hear must not look as if it had been given. When the owner goes away,
 * what it showed goes with it: nobody is left to act on an answer.
 */
#ifndef BK_COMPOSITOR_NOTIFICATIONS_H
#define BK_COMPOSITOR_NOTIFICATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BK_NOTIFICATIONS_MAX        256
#define BK_NOTIFICATION_HISTORY_MAX 100
#define BK_NOTIFICATION_BUTTONS_MAX 6
#define BK_TOASTS_VISIBLE           3
#define BK_TOAST_MS                 8000
#define BK_TOAST_AFTER_HOLD_MS      2000 /* at least this long after the pointer left */

/* What is kept of each text, in bytes; the rest is cut. A button's id is an identifier: longer is refused. */
#define BK_NOTIFICATION_NAME_BYTES      128
#define BK_NOTIFICATION_TITLE_BYTES     512
#define BK_NOTIFICATION_BODY_BYTES      4096
#define BK_NOTIFICATION_LABEL_BYTES     128
#define BK_NOTIFICATION_BUTTON_ID_BYTES 256
#define BK_NOTIFICATION_HINT_BYTES      128
#define BK_NOTIFICATION_REPLY_BYTES     500U            /* of a reply; the rest is cut */
#define BK_NOTIFICATION_IMAGE_BYTES     (48UL * 1024UL) /* of a PNG; a larger one is left out */
#define BK_NOTIFICATION_IMAGE_SIDE_MIN  16U
#define BK_NOTIFICATION_IMAGE_SIDE_MAX  256U

enum bk_notification_urgency {
    BK_NOTIFICATION_NORMAL,
    BK_NOTIFICATION_LOW,
    BK_NOTIFICATION_URGENT,
    BK_NOTIFICATION_URGENCIES,
};
/* As io.bulkhead.Notification has them. */
extern const char *const bk_notification_urgency_names[BK_NOTIFICATION_URGENCIES];

struct bk_notification_button {
    char *id;
    char *label;
};

struct bk_notification {
    int64_t id;
    pid_t owner;
    uint64_t revision; /* another number after each Show, never 0 */
    uint64_t order;    /* larger is newer */
    char *app;
    char *app_name;
    char *title;
    char *body;
    struct bk_notification_button buttons[BK_NOTIFICATION_BUTTONS_MAX];
    size_t button_count;
    enum bk_notification_urgency urgency;
    bool has_progress;
    double progress; /* 0 to 1; below 0: not known */
    void *image;     /* a PNG; NULL: none */
    size_t image_size;
    char *reply; /* what stands in the empty field for a reply; NULL: none is asked for */
    char draft[BK_NOTIFICATION_REPLY_BYTES + 1]; /* what the person has written of a reply */
    bool past;                                   /* it is in the history */
    int64_t shown_at;                            /* seconds since the epoch */
    bool toast;
    uint64_t toast_until_ms;
    bool announced; /* the log has said that it is on the screen */
};

struct bk_notification_content {
    const char *app;
    const char *app_name;
    const char *title;
    const char *body;
    struct {
        const char *id;
        const char *label;
    } buttons[BK_NOTIFICATION_BUTTONS_MAX];
    size_t button_count;
    enum bk_notification_urgency urgency;
    bool has_progress;
    double progress;   /* 0 to 1; below 0: not known */
    const void *image; /* a PNG; NULL: none */
    size_t image_size;
    const char *reply; /* NULL: none */
};

/* All are called after the change; `button` is NULL when the person dismissed the notification. */
struct bk_notifications_listener {
    void (*changed)(void *userdata);
    void (*answered)(int64_t id, const char *button, void *userdata);
    void (*replied)(int64_t id, const char *text, void *userdata);
    void *userdata;
};

struct bk_notifications;

int bk_notifications_create(uint64_t toast_ms, struct bk_notifications **ret_model);
void bk_notifications_destroy(struct bk_notifications *model);
void bk_notifications_listen(struct bk_notifications *model, const struct bk_notifications_listener *listener);

/* -ENOBUFS: too many. -EINVAL: a button's id is empty, too long, or there twice. -ENOMEM. */
int bk_notifications_show(struct bk_notifications *model, pid_t owner, int64_t id,
                          const struct bk_notification_content *content, uint64_t now_ms, int64_t now_epoch);

/* -ENOENT when there is none. */
int bk_notifications_withdraw(struct bk_notifications *model, int64_t id);

/* What the person did. A press is refused with -ENOTCONN while nobody listens, see above. */
int bk_notifications_press(struct bk_notifications *model, int64_t id, size_t button);
/* The person writes a reply: text at its end, or the last character gone. One that is replaced keeps it. */
void bk_notifications_type(struct bk_notifications *model, int64_t id, const char *text);
void bk_notifications_erase(struct bk_notifications *model, int64_t id);
/* They send it; one in which nothing is to be seen is none, and -EINVAL. */
int bk_notifications_reply(struct bk_notifications *model, int64_t id);
int bk_notifications_dismiss(struct bk_notifications *model, int64_t id);
/* All, and the history with them. */
void bk_notifications_dismiss_all(struct bk_notifications *model);
void bk_notifications_clear_history(struct bk_notifications *model);

/* `owner` listens for answers from now on; all that others had shown goes. */
void bk_notifications_owner_came(struct bk_notifications *model, pid_t owner);
/* Nobody listens any more; all that `owner` had shown goes. */
void bk_notifications_owner_left(struct bk_notifications *model, pid_t owner);
bool bk_notifications_answerable(const struct bk_notifications *model, const struct bk_notification *notification);

/* The person does not want to be disturbed, or does again. */
void bk_notifications_set_undisturbed(struct bk_notifications *model, bool undisturbed);
bool bk_notifications_is_undisturbed(const struct bk_notifications *model);
void bk_notifications_set_quiet(struct bk_notifications *model, bool quiet);
void bk_notifications_set_held(struct bk_notifications *model, bool held, uint64_t now_ms);

/* Ends the toasts whose time is over; yields when to call again, UINT64_MAX for not before the next change. */
uint64_t bk_notifications_advance(struct bk_notifications *model, uint64_t now_ms);

size_t bk_notifications_count(const struct bk_notifications *model);
struct bk_notification *bk_notifications_at(struct bk_notifications *model, size_t index);
struct bk_notification *bk_notifications_find(struct bk_notifications *model, int64_t id);

/* What was answered or dismissed, newest first. */
size_t bk_notifications_history_count(const struct bk_notifications *model);
struct bk_notification *bk_notifications_history_at(struct bk_notifications *model, size_t index);

/* The toasts to be seen, newest first, and how many more have not had their time yet. */
size_t bk_notifications_toasts(struct bk_notifications *model, struct bk_notification *toasts[static BK_TOASTS_VISIBLE],
                               size_t *ret_more);

#endif
