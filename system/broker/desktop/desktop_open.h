/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker asks and tells the desktop about opening things with apps, and what the desktop answers: the part of
 * io.bulkhead.Desktop that open.h speaks.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_OPEN_H
#define BK_BROKER_DESKTOP_OPEN_H

#include "desktop.h"
#include "open.h"
#include "open_defaults.h"

/* The question with which of `openers` to open the thing, among which `system` may be; false while there is no desktop.
 */
bool bk_desktop_ask_opening(struct bk_desktop *desktop, int64_t id, const struct bk_app *app,
                            const struct bk_open_thing *thing, bool keep, const struct bk_app *system,
                            struct bk_app *const *openers, size_t count);

/* The app's window gets the focus, or the next one that comes. */
void bk_desktop_present(struct bk_desktop *desktop, const struct bk_app *app);

/* What the settings show; a default of an app that is not installed has no name but its id. */
void bk_desktop_set_defaults(struct bk_desktop *desktop, struct bk_app_table *apps,
                             const struct bk_open_defaults *defaults);

/* Takes what Watch() says of it; false when it says nothing. `*ret_fault` is what is wrong with it, or NULL. */
bool bk_desktop_open_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                          const char **ret_fault);

#endif
