/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the apps that want to use what is the person's, and the person: asks, keeps what was chosen, ends uses that
 * are allowed no more, and says on the panel and in the log who uses what.
 *
 * Input from: app (that it asks); trusted (desktop: what the person answered, and how windows are seen)
 * Runs in: bk-broker
 *
 *     a method ── bk_permission_gate_ask() ──▶ decided at once, or after one dialog at a time over all apps
 *              ── bk_use_begin() ────────────▶ a use, until bk_use_end() or until it is revoked
 *
 * How a method uses it: ask; when `decided` says yes, begin a use on that basis; end it when the app does. Each use is
 * revoked at most once, at once when what allowed it is gone: the person chose otherwise, the window cannot be seen
 * any more, the app's VM ended.
 *
 * A use may rest: it can be revoked as any other, but nothing is shown or put down of it.
 *
 * While there is no desktop those who ask wait for one. A new desktop is told everything anew.
 */
#ifndef BK_BROKER_PERMISSION_GATE_H
#define BK_BROKER_PERMISSION_GATE_H

#include "app.h"
#include "desktop.h"
#include "permission.h"

#include <systemd/sd-event.h>

#define BK_PERMISSION_GATE_BUSY_MS 1000U /* until a desktop that had no place for a dialog is asked again */
#define BK_PERMISSION_GATE_TELL_MS 100U  /* between two times that the desktop is told of uses … */
#define BK_PERMISSION_GATE_SLOW_MS 1000U /* … and of all that the privacy page shows */
#define BK_PERMISSION_GATE_BEAT_MS \
    60000U /* between two notes of how long uses last: so exact is the log after a crash */

struct bk_permission_gate;
struct bk_use;

/* `store_path` is where what was chosen is kept (bk_permission_store_open()); `desktop` and `apps` must outlive it. */
int bk_permission_gate_create(sd_event *event, struct bk_desktop *desktop, struct bk_app_table *apps,
                              const char *store_path, struct bk_permission_gate **ret);
void bk_permission_gate_destroy(struct bk_permission_gate *gate);

/* Asks whether `app` may use something. `decided` is called once: from here, or later, with the basis of the use or
 * with BK_CHOICE_NONE. `*ret_ask` is what can be cancelled until then, NULL when it was decided from here. */
void bk_permission_gate_ask(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                            void (*decided)(enum bk_choice basis, void *userdata), void *userdata,
                            struct bk_ask **ret_ask);
/* The app does not want to know any more; `decided` is not called. */
void bk_permission_gate_cancel(struct bk_permission_gate *gate, struct bk_ask *ask);

/* Begins a use of what `decided` allowed. `revoked` is called when it has to end; the use is gone by then, and whatever
 * flows must flow no more when that returns. */
int bk_use_begin(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                 enum bk_choice basis, void (*revoked)(void *userdata), void *userdata, struct bk_use **ret);
/* The same, of one that rests. */
int bk_use_begin_resting(struct bk_permission_gate *gate, struct bk_app *app, enum bk_permission permission,
                         enum bk_choice basis, void (*revoked)(void *userdata), void *userdata, struct bk_use **ret);
/* It rests from now on, or does so no longer. */
void bk_use_set_resting(struct bk_use *use, bool resting);
/* The app ends it. NULL is fine. */
void bk_use_end(struct bk_use *use);

/* ---- what happens ---- */

/* An app is new to the broker: what was chosen for it before counts again; for a fresh copy, what was chosen for its
 * app counts when it was `never`, and nothing that is chosen for it is kept. */
void bk_permission_gate_app_known(struct bk_permission_gate *gate, struct bk_app *app);
/* It is not installed any more: what was chosen for it is forgotten. Its VM is no more by then. */
void bk_permission_gate_app_removed(struct bk_permission_gate *gate, struct bk_app *app);
/* Its VM is no more: what it asked is withdrawn and what it used has ended. */
void bk_permission_gate_app_ended(struct bk_permission_gate *gate, struct bk_app *app);
/* Its window is seen otherwise than before; NULL: so may be any. */
void bk_permission_gate_seen(struct bk_permission_gate *gate, const struct bk_app *app);

void bk_permission_gate_desktop_arrived(struct bk_permission_gate *gate);
void bk_permission_gate_desktop_lost(struct bk_permission_gate *gate);
/* The person answered the dialog `id`; BK_CHOICE_NONE: closed it. */
void bk_permission_gate_answered(struct bk_permission_gate *gate, int64_t id, enum bk_choice choice);
/* The desktop does not show the dialog `id`; `busy`: it shows another one. */
void bk_permission_gate_not_shown(struct bk_permission_gate *gate, int64_t id, bool busy);
/* The person changed on the privacy page what an app may; BK_CHOICE_NONE: it is to ask again. `never` holds for its
 * copies too. */
void bk_permission_gate_changed(struct bk_permission_gate *gate, const char *id, enum bk_permission permission,
                                enum bk_choice choice);

#endif
