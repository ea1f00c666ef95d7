/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker asks and tells the desktop about permissions, and what the desktop answers: the part of
 * io.bulkhead.Desktop that permission_gate.h speaks.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_PRIVACY_H
#define BK_BROKER_DESKTOP_PRIVACY_H

#include "desktop.h"
#include "permission.h"
#include "permission_store.h"

#include <systemd/sd-json.h>

/* What the privacy page shows of the log. */
#define BK_DESKTOP_PAST_USES_MAX 100U

/* A dialog; false while there is no desktop. */
bool bk_desktop_ask(struct bk_desktop *desktop, int64_t id, const struct bk_app *app, enum bk_permission permission);
void bk_desktop_withdraw_ask(struct bk_desktop *desktop, int64_t id);

/* Who uses what at `now_ms`, and of what kind the panel shows it. */
void bk_desktop_set_uses(struct bk_desktop *desktop, const struct bk_app_table *apps, uint64_t now_ms);
void bk_desktop_set_privacy(struct bk_desktop *desktop, struct bk_app_table *apps, struct bk_permission_store *store);

/* Takes what Watch() says of permissions; false when it says nothing of them. `*ret_fault` is what is wrong with it, or
 * NULL. */
bool bk_desktop_privacy_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                             const char **ret_fault);

#endif
