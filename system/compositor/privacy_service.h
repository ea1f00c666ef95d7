/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop (desktop_service.h) that is about permissions: questions to the person, what is in
 * use, what was chosen.
 *
 * Input from: the broker (what it passes on is an app's: sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PRIVACY_SERVICE_H
#define BK_COMPOSITOR_PRIVACY_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_privacy_service_bind(sd_varlink_server *server);

/* Tells the broker what the person answered; `choice` is BK_CHOICES when they closed the question. */
void bk_privacy_service_answer(struct bk_desktop_service *service, int64_t id, enum bk_choice choice);
/* Tells the broker that the person wants a grant to be another, or, with BK_CHOICES, forgotten. */
void bk_privacy_service_change(struct bk_desktop_service *service, const char *app, const char *permission,
                               enum bk_choice choice);

#endif
