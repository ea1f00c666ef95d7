/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Desktop's part about opening things with apps: the question, what comes to the front, the defaults.
 *
 * Input from: the broker (first-party, but what it passes on is an app's: sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_OPEN_SERVICE_H
#define BK_COMPOSITOR_OPEN_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

/* The userdata of each link is its bk_desktop_service. */
int bk_open_service_bind(sd_varlink_server *server);

/* Tells the broker what the person chose; `app` is NULL when they closed the question. */
void bk_open_service_opened(struct bk_desktop_service *service, int64_t id, const char *app, bool always, bool fresh);
/* … what the default of this kind is to be. */
void bk_open_service_change_default(struct bk_desktop_service *service, const char *kind, enum bk_default_wish wish);

#endif
