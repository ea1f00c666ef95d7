/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app may use that is the person's, and what it makes of it. Knows no JSON, no clock and no disk.
 *
 * Input from: trusted (the manifest as the hypervisor tells it, the person's choices, times)
 * Runs in: bk-broker
 *
 * An app may ask for what its manifest declares, with a reason, and for nothing else. What the person chose for good is
 * kept; `once` is not, and neither is that they closed the dialog. Who had its dialogs closed again and again is
 * answered no for a while without one.
 *
 * What an app does with a permission is a use; all its uses of one permission together are its activity, which the
 * panel shows and the log keeps. Uses that follow each other closely are one entry of the log, so that an app cannot
 * fill it, and what was used for a moment is shown for long enough to be seen.
 */
#ifndef BK_BROKER_PERMISSION_H
#define BK_BROKER_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_PERMISSION_REASON_MAX 200U /* bytes */
#define BK_PERMISSION_ASKS_MAX   4U   /* of an app that wait for the person's answer */

/* So many dialogs that an app had closed within so long … and it asks in vain for so long. */
#define BK_PERMISSION_REFUSALS_MAX 3U
#define BK_PERMISSION_REFUSALS_MS  60000U
#define BK_PERMISSION_QUIET_MS     300000U

#define BK_ACTIVITY_LIT_MS   3000U  /* the least that the panel shows of it */
#define BK_ACTIVITY_APART_MS 60000U /* what begins later than this after the last end is another entry of the log */

/* As manifests name them. */
enum bk_permission {
    BK_PERMISSION_MICROPHONE,
    BK_PERMISSION_CAMERA,
    BK_PERMISSION_LOCATION,
    BK_PERMISSION_FOLDERS,
    BK_PERMISSION_LOCATION_SOURCE, /* to say where the machine is */
    BK_PERMISSION_NETWORK,
    BK_PERMISSIONS,
};
extern const char *const bk_permission_names[BK_PERMISSIONS];

/* BK_PERMISSIONS when there is none of that name. */
enum bk_permission bk_permission_by_name(const char *name);

/* As io.bulkhead.Desktop has them; none is null there. */
enum bk_choice {
    BK_CHOICE_NONE, /* nothing was chosen: ask */
    BK_CHOICE_ONCE,
    BK_CHOICE_WHILE_IN_USE, /* while the app's window can be seen */
    BK_CHOICE_ALWAYS,
    BK_CHOICE_NEVER,
    BK_CHOICES,
};
extern const char *const bk_choice_names[BK_CHOICES]; /* NULL for none */

/* BK_CHOICES when there is none of that name. */
enum bk_choice bk_choice_by_name(const char *name);

/* What an app does, or did last, with a permission. Zero-initialised. */
struct bk_activity {
    unsigned uses;         /* that go on now */
    uint64_t lit_until_ms; /* the panel shows it as long as they do, and not shorter than this; */
    int64_t lit_time;      /* it does since then, in seconds since 1970 */
    bool logged;           /* the log has an entry, which begins … */
    uint64_t begun_ms;
    uint64_t ended_ms; /* when the last use ended, while none goes on */
    int64_t entry;     /* its number in the store's log, … */
    bool dirty;        /* which does not say yet how long it is */
};

/* True when it is to be a new entry of the log, whose number the caller puts down. */
bool bk_activity_begin(struct bk_activity *activity, uint64_t now_ms, int64_t time);
void bk_activity_end(struct bk_activity *activity, uint64_t now_ms);
/* How long the entry is by now. */
uint64_t bk_activity_seconds(const struct bk_activity *activity, uint64_t now_ms);
/* True while the panel shows it; `*ret_until_ms` is when that ends by itself, UINT64_MAX when it does not. */
bool bk_activity_is_lit(const struct bk_activity *activity, uint64_t now_ms, uint64_t *ret_until_ms);

/* Zero-initialised; an app's for as long as it is installed, whatever VMs it has. */
struct bk_permissions {
    char *reasons[BK_PERMISSIONS]; /* of the manifest; NULL: not declared */
    enum bk_choice choices[BK_PERMISSIONS];
    bool closed[BK_PERMISSIONS];                     /* since it last asked, the person closed a dialog about that */
    uint64_t refused_ms[BK_PERMISSION_REFUSALS_MAX]; /* when dialogs were closed, the newest first */
    unsigned refusals;
    uint64_t quiet_until_ms;
    unsigned asks;   /* that wait for the person's answer */
    uint64_t served; /* the number of its last dialog, over all apps; 0: it had none */
    struct bk_activity activities[BK_PERMISSIONS];
};

/* Takes a copy; NULL: it is not declared. Reasons that are too long are none. */
void bk_permissions_declare(struct bk_permissions *permissions, enum bk_permission permission, const char *reason);
void bk_permissions_finish(struct bk_permissions *permissions);

enum bk_verdict {
    BK_VERDICT_GRANTED,
    BK_VERDICT_REFUSED, /* without a dialog */
    BK_VERDICT_ASK,
};

/* What becomes of a request; `shown`: the app's window can be seen. */
enum bk_verdict bk_permissions_judge(const struct bk_permissions *permissions, enum bk_permission permission,
                                     bool shown, uint64_t now_ms);

/* The person closed a dialog of the app, or the app took it away before they could answer. */
void bk_permissions_refused(struct bk_permissions *permissions, uint64_t now_ms);

/* True while a use that such a choice allows may go on. */
bool bk_choice_stands(enum bk_choice choice, bool shown);

/* ---- who waits for an answer ---- */

struct bk_app;

/* What an app asked the person. */
struct bk_ask {
    struct bk_ask *next;
    struct bk_app *app;
    struct bk_permissions *permissions; /* the app's */
    enum bk_permission permission;
    /* The basis that the app got; BK_CHOICE_NONE: no. The ask is gone by then. */
    void (*decided)(enum bk_choice basis, void *userdata);
    void *userdata;
};

/* Appends; counts it among those of its app. */
void bk_asks_add(struct bk_ask **asks, struct bk_ask *ask);
/* Takes it out; it must be there. */
void bk_asks_remove(struct bk_ask **asks, struct bk_ask *ask);
/* Whose dialog is next: that of the app whose last one is longest ago. NULL when nobody waits. */
struct bk_ask *bk_asks_next(struct bk_ask *asks);

#endif
