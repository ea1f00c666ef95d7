/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "permission_gate.h"

#include "desktop_privacy.h"
#include "permission_store.h"

#include "checked.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bk_use {
    struct bk_use *next;
    struct bk_permission_gate *gate;
    struct bk_app *app;
    enum bk_permission permission;
    enum bk_choice basis;
    void (*revoked)(void *userdata);
    void *userdata;
    bool resting;
};

struct bk_permission_gate {
    struct bk_desktop *desktop;
    struct bk_app_table *apps;
    struct bk_permission_store *store;
    struct bk_use *uses;

    struct bk_ask *asks;
    struct bk_ask *shown;  /* of them, the one whose dialog is up; NULL: there is none */
    int64_t dialog;        /* its number */
    uint64_t dialogs;      /* there were so far */
    sd_event_source *next; /* another dialog may be shown; not from within the desktop's callbacks */

    bool uses_due, privacy_due; /* the desktop does not know how things are … */
    uint64_t uses_told_ms, privacy_told_ms;
    uint64_t lit_until_ms; /* when something goes out by itself */
    sd_event_source *tell; /* … and is told then */
    sd_event_source *beat;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_shown(const struct bk_app *app)
{
    return app->window.visibility == BK_WINDOW_SHOWN;
}

/* An event source that exists is set without fail, but for lack of memory: then the next change sets it. */
static void set_time(sd_event_source *source, uint64_t at_ms)
{
    (void)sd_event_source_set_time(source, at_ms * 1000);
    (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void show_next(struct bk_permission_gate *gate)
{
    if (gate->shown == NULL && gate->asks != NULL)
        set_time(gate->next, 0);
}

/* ---- what the desktop and the log know ---- */

/* The desktop is told at once, and again after a pause. */
static void tell_later(struct bk_permission_gate *gate)
{
    uint64_t at_ms;

    gate->lit_until_ms = UINT64_MAX;
    for (size_t i = 0; i < gate->apps->n_apps; i++) {
        for (int permission = 0; permission < BK_PERMISSIONS; permission++) {
            uint64_t until_ms;
            if (bk_activity_is_lit(&gate->apps->apps[i]->permissions.activities[permission], now_ms(), &until_ms))
                gate->lit_until_ms = bk_min(gate->lit_until_ms, until_ms);
        }
    }
    at_ms = gate->lit_until_ms;
    if (gate->uses_due)
        at_ms = bk_min(at_ms, gate->uses_told_ms + BK_PERMISSION_GATE_TELL_MS);
    if (gate->privacy_due)
        at_ms = bk_min(at_ms, gate->privacy_told_ms + BK_PERMISSION_GATE_SLOW_MS);
    if (at_ms != UINT64_MAX)
        set_time(gate->tell, at_ms);
}

/* Puts down how long what has ended lasted, and, when `lasting`, what goes on until now. */
static void log_uses(struct bk_permission_gate *gate, bool lasting)
{
    for (size_t i = 0; i < gate->apps->n_apps; i++) {
        for (int permission = 0; permission < BK_PERMISSIONS; permission++) {
            struct bk_activity *activity = &gate->apps->apps[i]->permissions.activities[permission];
            if (!activity->dirty || (activity->uses > 0 && !lasting))
                continue;
            bk_permission_store_log_seconds(gate->store, activity->entry, bk_activity_seconds(activity, now_ms()),
                                            activity->uses == 0);
            activity->dirty = activity->uses > 0;
        }
    }
}

static int on_tell(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_permission_gate *gate = userdata;
    uint64_t now = now_ms();

    (void)source;
    (void)usec;
    if (now >= gate->lit_until_ms)
        gate->uses_due = true;
    if (gate->uses_due && now >= gate->uses_told_ms + BK_PERMISSION_GATE_TELL_MS) {
        gate->uses_due = false;
        gate->uses_told_ms = now;
        bk_desktop_set_uses(gate->desktop, gate->apps, now);
    }
    if (gate->privacy_due && now >= gate->privacy_told_ms + BK_PERMISSION_GATE_SLOW_MS) {
        gate->privacy_due = false;
        gate->privacy_told_ms = now;
        log_uses(gate, false);
        bk_desktop_set_privacy(gate->desktop, gate->apps, gate->store);
    }
    tell_later(gate);
    return 0;
}

static int on_beat(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_permission_gate *gate = userdata;

    (void)source;
    (void)usec;
    log_uses(gate, true);
    if (gate->uses != NULL)
        set_time(gate->beat, now_ms() + BK_PERMISSION_GATE_BEAT_MS);
    return 0;
}

/* ---- uses ---- */

int bk_use_begin_resting(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                         enum bk_choice basis, void (*revoked)(void *userdata), void *userdata, struct bk_use **ret)
{
    struct bk_use *use = malloc(sizeof *use);

    if (use == NULL)
        return -ENOMEM;
    *use = (struct bk_use){ gate->uses, gate, app, permission, basis, revoked, userdata, .resting = true };
    if (gate->uses == NULL)
        set_time(gate->beat, now_ms() + BK_PERMISSION_GATE_BEAT_MS);
    gate->uses = use;
    *ret = use;
    return 0;
}

int bk_use_begin(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                 enum bk_choice basis, void (*revoked)(void *userdata), void *userdata, struct bk_use **ret)
{
    int r = bk_use_begin_resting(gate, app, permission, basis, revoked, userdata, ret);

    if (r >= 0)
        bk_use_set_resting(*ret, false);
    return r;
}

void bk_use_set_resting(struct bk_use *use, bool resting)
{
    struct bk_permission_gate *gate = use->gate;
    struct bk_activity *activity = &use->app->permissions.activities[use->permission];
    int64_t time_now = (int64_t)time(NULL);

    if (use->resting == resting)
        return;
    use->resting = resting;
    if (resting)
        bk_activity_end(activity, now_ms());
    else if (bk_activity_begin(activity, now_ms(), time_now)) {
        bk_info("%s uses: %s", use->app->id, bk_permission_names[use->permission]);
        activity->entry = bk_permission_store_log(gate->store, use->app->id, use->permission, time_now);
    }
    gate->uses_due = gate->privacy_due = true;
    tell_later(gate);
}

void bk_use_end(struct bk_use *use)
{
    if (use == NULL)
        return;
    struct bk_use **at = &use->gate->uses;

    while (*at != use)
        at = &(*at)->next;
    *at = use->next;
    bk_use_set_resting(use, true);
    free(use);
}

static void revoke_use(struct bk_use *use, const char *why)
{
    void (*revoked)(void *userdata) = use->revoked;
    void *userdata = use->userdata;

    bk_info("%s uses no more: %s: %s", use->app->id, bk_permission_names[use->permission], why);
    bk_use_end(use);
    revoked(userdata);
}

/* What is said to a use may end others, so that each search begins anew. */
static struct bk_use *find_fallen(struct bk_permission_gate *gate, const struct bk_app *app)
{
    struct bk_use *use = gate->uses;

    while (use != NULL && ((app != NULL && use->app != app) || bk_choice_stands(use->basis, is_shown(use->app))))
        use = use->next;
    return use;
}

void bk_permission_gate_seen(struct bk_permission_gate *gate, const struct bk_app *app)
{
    for (struct bk_use *use; (use = find_fallen(gate, app)) != NULL;)
        revoke_use(use, "its window cannot be seen");
}

/* ---- asking ---- */

/* Tells who asked, who may do anything then. The dialog, if it is this one's, is no more. */
static void decide(struct bk_permission_gate *gate, struct bk_ask *ask, enum bk_choice basis)
{
    void (*decided)(enum bk_choice basis, void *userdata) = ask->decided;
    void *userdata = ask->userdata;

    if (gate->shown == ask)
        gate->shown = NULL;
    bk_asks_remove(&gate->asks, ask);
    free(ask);
    show_next(gate);
    decided(basis, userdata);
}

static enum bk_choice basis_of(const struct bk_app *app, enum bk_permission permission)
{
    return bk_permissions_judge(&app->permissions, permission, is_shown(app), now_ms()) == BK_VERDICT_GRANTED
               ? app->permissions.choices[permission]
               : BK_CHOICE_NONE;
}

/* Decides what needs no dialog any more. */
static void sweep(struct bk_permission_gate *gate)
{
    struct bk_ask *ask = gate->asks;

    while (ask != NULL) {
        if (bk_permissions_judge(ask->permissions, ask->permission, is_shown(ask->app), now_ms()) == BK_VERDICT_ASK) {
            ask = ask->next;
            continue;
        }
        if (ask == gate->shown)
            bk_desktop_withdraw_ask(gate->desktop, gate->dialog);
        decide(gate, ask, basis_of(ask->app, ask->permission));
        ask = gate->asks; /* whoever was told may have changed them */
    }
}

static int on_next(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_permission_gate *gate = userdata;
    struct bk_ask *ask = bk_asks_next(gate->asks);

    (void)source;
    (void)usec;
    if (gate->shown != NULL || ask == NULL)
        return 0;
    gate->shown = ask;
    gate->dialog = bk_desktop_number_question(gate->desktop);
    ask->permissions->served = ++gate->dialogs;
    if (!bk_desktop_ask(gate->desktop, gate->dialog, ask->app, ask->permission))
        gate->shown = NULL; /* the next desktop will be asked */
    return 0;
}

void bk_permission_gate_ask(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                            void (*decided)(enum bk_choice basis, void *userdata), void *userdata,
                            struct bk_ask **ret_ask)
{
    enum bk_verdict verdict = bk_permissions_judge(&app->permissions, permission, is_shown(app), now_ms());
    struct bk_ask *ask = NULL;

    *ret_ask = NULL;
    app->permissions.closed[permission] = false;
    if (verdict == BK_VERDICT_ASK && app->permissions.asks < BK_PERMISSION_ASKS_MAX)
        ask = malloc(sizeof *ask);
    if (ask == NULL) {
        decided(basis_of(app, permission), userdata);
        return;
    }
    *ask = (struct bk_ask){ NULL, app, &app->permissions, permission, decided, userdata };
    bk_asks_add(&gate->asks, ask);
    show_next(gate);
    *ret_ask = ask;
}

void bk_permission_gate_cancel(struct bk_permission_gate *gate, struct bk_ask *ask)
{
    if (ask == gate->shown) {
        /* A dialog that comes and goes is worse than one that stays. */
        bk_permissions_refused(ask->permissions, now_ms());
        gate->shown = NULL;
        bk_desktop_withdraw_ask(gate->desktop, gate->dialog);
    }
    bk_asks_remove(&gate->asks, ask);
    free(ask);
    sweep(gate);
    show_next(gate);
}

/* ---- what the person did ---- */

static void choose(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                   enum bk_choice choice)
{
    bk_info("%s may use: %s: %s", app->id, bk_permission_names[permission],
            choice != BK_CHOICE_NONE ? bk_choice_names[choice] : "it is to ask");
    app->permissions.choices[permission] = choice;
    if (!bk_app_is_copy(app)) /* what was chosen for that is over with it */
        bk_permission_store_choose(gate->store, app->owner, permission, choice);
    gate->privacy_due = true;
    tell_later(gate);
}

/* Who asks for the same waits in vain for another dialog. */
static void close_all(struct bk_permission_gate *gate, const struct bk_app *app, enum bk_permission permission)
{
    struct bk_ask *ask = gate->asks;

    while (ask != NULL) {
        struct bk_ask *next = ask->next;
        if (ask->app == app && ask->permission == permission) {
            decide(gate, ask, BK_CHOICE_NONE);
            next = gate->asks;
        }
        ask = next;
    }
}

/* A use that goes on does so on the new choice. */
static struct bk_use *find_other_basis(struct bk_permission_gate *gate, const struct bk_app *app,
                                       enum bk_permission permission, enum bk_choice choice)
{
    struct bk_use *use = gate->uses;

    while (use != NULL && (use->app != app || use->permission != permission || use->basis == choice))
        use = use->next;
    return use;
}

static void change(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                   enum bk_choice choice)
{
    choose(gate, app, permission, choice);
    for (struct bk_use *use; (use = find_other_basis(gate, app, permission, choice)) != NULL;) {
        if (bk_choice_stands(choice, is_shown(app)))
            use->basis = choice;
        else
            revoke_use(use, "the person ended it");
    }
}

static void never_for_copies(struct bk_permission_gate *gate, const struct bk_app *app, enum bk_permission permission)
{
    for (size_t i = 0; i < gate->apps->n_apps; i++) {
        if (strcmp(gate->apps->apps[i]->copy_of, app->id) == 0)
            change(gate, gate->apps->apps[i], permission, BK_CHOICE_NEVER);
    }
}

void bk_permission_gate_answered(struct bk_permission_gate *gate, int64_t id, enum bk_choice choice)
{
    struct bk_ask *ask = gate->shown;

    if (ask == NULL || id != gate->dialog)
        return; /* it was withdrawn meanwhile */
    if (choice == BK_CHOICE_ONCE) {
        bk_info("%s may use: %s: once", ask->app->id, bk_permission_names[ask->permission]);
        decide(gate, ask, BK_CHOICE_ONCE);
    } else if (choice == BK_CHOICE_NONE) {
        bk_info("%s may not use: %s: the person closed the dialog", ask->app->id, bk_permission_names[ask->permission]);
        bk_permissions_refused(ask->permissions, now_ms());
        ask->permissions->closed[ask->permission] = true;
        close_all(gate, ask->app, ask->permission);
    } else {
        struct bk_app *app = ask->app;
        const enum bk_permission permission = ask->permission;

        gate->shown = NULL; /* answered: there is nothing to withdraw */
        choose(gate, app, permission, choice);
        if (choice == BK_CHOICE_NEVER)
            never_for_copies(gate, app, permission);
    }
    sweep(gate);
    show_next(gate);
}

void bk_permission_gate_not_shown(struct bk_permission_gate *gate, int64_t id, bool busy)
{
    struct bk_ask *ask = gate->shown;

    if (ask == NULL || id != gate->dialog)
        return;
    gate->shown = NULL;
    if (busy)
        set_time(gate->next, now_ms() + BK_PERMISSION_GATE_BUSY_MS);
    else
        close_all(gate, ask->app, ask->permission); /* a desktop that cannot ask cannot allow either */
}

void bk_permission_gate_changed(struct bk_permission_gate *gate, const char *id, enum bk_permission permission,
                                enum bk_choice choice)
{
    struct bk_app *app = bk_app_by_id(gate->apps, id);

    if (app == NULL)
        return; /* it was removed meanwhile */
    change(gate, app, permission, choice);
    if (choice == BK_CHOICE_NEVER)
        never_for_copies(gate, app, permission);
    sweep(gate);
    show_next(gate);
}

/* ---- what happens ---- */

/* Nothing else that was chosen for the app counts for a copy. */
static void refuse_what_its_app_may_never(const struct bk_permission_gate *gate, struct bk_app *copy)
{
    const struct bk_app *app = bk_app_by_id(gate->apps, copy->copy_of);

    for (int permission = 0; app != NULL && permission < BK_PERMISSIONS; permission++) {
        if (app->permissions.choices[permission] == BK_CHOICE_NEVER)
            copy->permissions.choices[permission] = BK_CHOICE_NEVER;
    }
}

void bk_permission_gate_app_known(struct bk_permission_gate *gate, struct bk_app *app)
{
    if (bk_app_is_copy(app))
        refuse_what_its_app_may_never(gate, app);
    else
        bk_permission_store_load(gate->store, app->owner, app->permissions.choices);
    gate->privacy_due = true;
    tell_later(gate);
}

void bk_permission_gate_app_removed(struct bk_permission_gate *gate, struct bk_app *app)
{
    log_uses(gate, false);
    for (int permission = 0; permission < BK_PERMISSIONS; permission++) {
        if (app->permissions.choices[permission] != BK_CHOICE_NONE)
            choose(gate, app, (enum bk_permission)permission, BK_CHOICE_NONE);
    }
    gate->privacy_due = gate->uses_due = true;
    tell_later(gate);
}

static struct bk_ask *find_ask(struct bk_permission_gate *gate, const struct bk_app *app)
{
    struct bk_ask *ask = gate->asks;

    while (ask != NULL && ask->app != app)
        ask = ask->next;
    return ask;
}

static struct bk_use *find_use(struct bk_permission_gate *gate, const struct bk_app *app)
{
    struct bk_use *use = gate->uses;

    while (use != NULL && use->app != app)
        use = use->next;
    return use;
}

void bk_permission_gate_app_ended(struct bk_permission_gate *gate, struct bk_app *app)
{
    for (struct bk_ask *ask; (ask = find_ask(gate, app)) != NULL;) {
        if (ask == gate->shown) {
            bk_permissions_refused(ask->permissions, now_ms());
            bk_desktop_withdraw_ask(gate->desktop, gate->dialog);
        }
        decide(gate, ask, BK_CHOICE_NONE);
    }
    for (struct bk_use *use; (use = find_use(gate, app)) != NULL;)
        revoke_use(use, "its VM ended");
}

void bk_permission_gate_desktop_arrived(struct bk_permission_gate *gate)
{
    gate->uses_due = gate->privacy_due = true;
    gate->uses_told_ms = gate->privacy_told_ms = 0;
    tell_later(gate);
    show_next(gate);
}

void bk_permission_gate_desktop_lost(struct bk_permission_gate *gate)
{
    gate->shown = NULL; /* it waits, as the others do */
    bk_permission_gate_seen(gate, NULL);
    show_next(gate);
}

/* ---- life ---- */

static int add_timer(sd_event *event, sd_event_time_handler_t handler, struct bk_permission_gate *gate,
                     sd_event_source **ret)
{
    int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, 0, 1, handler, gate);

    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int bk_permission_gate_create(sd_event *event, struct bk_desktop *desktop, struct bk_app_table *apps,
                              const char *store_path, struct bk_permission_gate **ret)
{
    struct bk_permission_gate *gate = calloc(1, sizeof *gate);

    if (gate == NULL)
        return -ENOMEM;
    gate->desktop = desktop;
    gate->apps = apps;
    int r = bk_permission_store_open(store_path, &gate->store);
    if (r >= 0)
        r = add_timer(event, on_next, gate, &gate->next);
    if (r >= 0)
        r = add_timer(event, on_tell, gate, &gate->tell);
    if (r >= 0)
        r = add_timer(event, on_beat, gate, &gate->beat);
    if (r < 0) {
        bk_permission_gate_destroy(gate);
        return r;
    }
    *ret = gate;
    return 0;
}

void bk_permission_gate_destroy(struct bk_permission_gate *gate)
{
    if (gate == NULL)
        return;
    assert(gate->asks == NULL && gate->uses == NULL); /* what belongs to connections has gone with them */
    log_uses(gate, true);
    bk_permission_store_close(gate->store);
    sd_event_source_disable_unref(gate->next);
    sd_event_source_disable_unref(gate->tell);
    sd_event_source_disable_unref(gate->beat);
    free(gate);
}
