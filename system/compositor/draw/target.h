/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What on the desktop can be pointed at, focused and pressed.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_TARGET_H
#define BK_COMPOSITOR_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bk_target_kind {
    BK_TARGET_NONE,
    BK_TARGET_CLOCK,
    BK_TARGET_BELL,
    BK_TARGET_LAUNCH,           /* opens the launcher */
    BK_TARGET_KEYBOARD,         /* opens the list of keyboard layouts */
    BK_TARGET_USES,             /* opens the list of what is in use */
    BK_TARGET_BATTERY,          /* opens the settings' page about it */
    BK_TARGET_TASK,             /* a window in the task list: `number` is its app's CID */
    BK_TARGET_APP,              /* an app in the launcher: `number` of those that match */
    BK_TARGET_LAUNCHER,         /* the launcher itself, where nothing else is */
    BK_TARGET_BACKDROP,         /* around it */
    BK_TARGET_LAYOUT,           /* a keyboard layout: `number` of the table */
    BK_TARGET_MENU,             /* the list of them, where nothing else is */
    BK_TARGET_APP_OPEN,         /* opens the app whose menu is there, … */
    BK_TARGET_APP_COPY,         /* … starts a fresh copy of it, … */
    BK_TARGET_APP_MENU,         /* … or is the menu, where nothing else is */
    BK_TARGET_STOP,             /* stops a use: its `number` in the list of them */
    BK_TARGET_PRIVACY,          /* opens the settings' page about it */
    BK_TARGET_USES_MENU,        /* that list, where nothing else is */
    BK_TARGET_GRANT,            /* changes a grant: its `number` in the list of them, to what `button` stands for */
    BK_TARGET_LOW_POWER,        /* switches that mode */
    BK_TARGET_SLEEP,            /* wants the machine to sleep, … */
    BK_TARGET_SLEEP_CANCEL,     /* … or rather not … */
    BK_TARGET_SLEEP_ANYWAY,     /* … or though apps keep it awake */
    BK_TARGET_OFF,              /* wants the machine switched off, … */
    BK_TARGET_OFF_CANCEL,       /* … or rather not … */
    BK_TARGET_OFF_YES,          /* … or really */
    BK_TARGET_DEFAULT,          /* changes a default: its `number` in the list of them, to what `button` stands for */
    BK_TARGET_PLACE,            /* the field for the place that the machine is at, … */
    BK_TARGET_PLACE_SET,        /* … what takes that, … */
    BK_TARGET_PLACE_FORGET,     /* … and what forgets it */
    BK_TARGET_SOFTWARE_CHOOSE,  /* wants to install from a file, … */
    BK_TARGET_SOFTWARE_AGREE,   /* … agrees to what is in it, … */
    BK_TARGET_SOFTWARE_DECLINE, /* … or not, or has read what came of it */
    BK_TARGET_SOFTWARE_APP,     /* shows an app, by its `number` in the list of them, … */
    BK_TARGET_SOFTWARE_BACK,    /* … all of them again, … */
    BK_TARGET_SOFTWARE_REMOVE,  /* … wants it removed, … */
    BK_TARGET_SOFTWARE_REMOVE_YES, /* … really, … */
    BK_TARGET_SOFTWARE_STAY,       /* … or rather not */
    BK_TARGET_POINT_KEEP,          /* makes a restore point of an app, … */
    BK_TARGET_POINT_BACK,          /* … wants the one of this `number` back, … */
    BK_TARGET_POINT_YES,           /* … really, the one or the other, … */
    BK_TARGET_POINT_NO,            /* … or rather not */
    BK_TARGET_SETTINGS,            /* the settings, where nothing else is */
    BK_TARGET_SETTINGS_CLOSE,      /* their close button */
    BK_TARGET_SETTINGS_PAGE,       /* shows the page with this `number` */
    BK_TARGET_SETTINGS_AROUND,     /* beside them */
    BK_TARGET_QUIET,               /* "Do not disturb" in the notification panel */
    BK_TARGET_CLEAR_PAST,          /* "Clear" beside what was answered */
    BK_TARGET_CLEAR,               /* "Clear all" in the notification panel */
    BK_TARGET_SHEET,               /* the notification panel itself, where nothing else is */
    BK_TARGET_MORE,                /* "2 more" below the toasts */
    BK_TARGET_CARD,                /* a notification, where it has nothing to press */
    BK_TARGET_CLOSE,               /* its close button */
    BK_TARGET_BUTTON,              /* its button number `button` */
    BK_TARGET_REPLY,               /* its field for a reply */
    BK_TARGET_SEND,                /* sends what is written there */
};

struct bk_target {
    enum bk_target_kind kind;
    int64_t notification; /* of the kinds from BK_TARGET_CARD on */
    size_t button;
    uint32_t number; /* of a window or an app */
};

static inline bool bk_target_equal(const struct bk_target *a, const struct bk_target *b)
{
    return a->kind == b->kind && a->notification == b->notification && a->button == b->button && a->number == b->number;
}

static inline bool bk_target_is_on(const struct bk_target *target, int64_t notification)
{
    return target->kind >= BK_TARGET_CARD && target->notification == notification;
}

/* Where the pointer is, what it pressed, what the keyboard acts on. */
struct bk_attention {
    struct bk_target hover;
    struct bk_target pressed;
    struct bk_target focus;
};

/* What can take the focus, in the order of the Tab key. */
#define BK_TARGETS_MAX 2304 /* every notification there can be with all its buttons, and the rest */

struct bk_target_list {
    struct bk_target items[BK_TARGETS_MAX];
    size_t count;
};

#endif
