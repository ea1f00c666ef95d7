/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app keeps, as the person sees it and goes back to on the settings' page "Software": how much room it takes,
 * its restore points, one more of them, and one brought back.
 *
 * Input from: trusted (what the person did; what bk-supervisor tells)
 * Runs in: bk-broker
 *
 *     none ── "Keep now", "Go back" ──▶ ending: the app, if it runs ──▶ working ── bk-supervisor says ──▶ done, failed
 *
 * One deed at a time, of whichever app. bk-supervisor answers that it has begun, and Watch() tells its end: it may take
 * tens of seconds, and the line has one call at a time. What came of it stays until the person has seen it.
 */
#ifndef BK_BROKER_STORAGE_H
#define BK_BROKER_STORAGE_H

#include "app.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-json.h>

#define BK_STORAGE_POINTS_MAX 64U /* that the desktop is told of */

struct bk_broker;

enum bk_deed_state {
    BK_DEED_NONE,
    BK_DEED_ENDING, /* the app was asked to end */
    BK_DEED_WORKING,
    BK_DEED_DONE,
    BK_DEED_FAILED,
    BK_DEED_STATES,
};

struct bk_deed {
    enum bk_deed_state state;
    char app[BK_APP_ID_MAX + 1];
    bool restores; /* the point of this number; else one is made */
    uint64_t point;
    uint64_t work;          /* bk-supervisor's number for it; 0: it has not begun */
    char *verdict, *reason; /* why it failed; both may be NULL */
    bool seen;              /* the person looked at the app when it was over, or since then */
};

/* The broker's; zero-initialised. */
struct bk_storage {
    char app[BK_APP_ID_MAX + 1];     /* which the person looks at; empty: none */
    sd_json_variant *usage, *points; /* what bk-supervisor answered of it, or NULL */
    bool asking;                     /* it is being asked, … */
    bool again;                      /* … and is to be asked once more */
    struct bk_deed deed;
};

/* The person looks at this app. */
void bk_storage_look(struct bk_broker *broker, const char *id);
/* They want one more restore point, or that of this number back. One that runs is asked to end first: they were told
 * so. */
void bk_storage_keep(struct bk_broker *broker, const char *id);
void bk_storage_restore(struct bk_broker *broker, const char *id, uint64_t point);

/* What bk-supervisor tells of work that it was asked for (io.bulkhead.Hypervisor.Watch()). */
void bk_storage_told(struct bk_broker *broker, sd_json_variant *work);
void bk_storage_desktop_arrived(struct bk_broker *broker);
/* All apps were listed; one of them has changed its state; is not installed any more. */
void bk_storage_apps_listed(struct bk_broker *broker);
void bk_storage_app_changed(struct bk_broker *broker, const struct bk_app *app);
void bk_storage_app_removed(struct bk_broker *broker, const struct bk_app *app);

void bk_storage_stop(struct bk_broker *broker);

#endif
