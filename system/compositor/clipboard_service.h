/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about pasting: what is shown and asked of it, and what the person did.
 *
 * Input from: the broker
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_CLIPBOARD_SERVICE_H
#define BK_COMPOSITOR_CLIPBOARD_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_clipboard_service_bind(sd_varlink_server *server);

/* Tells the broker that the person pressed what pastes, in the window of the app with this CID. */
void bk_clipboard_service_gesture(struct bk_desktop_service *service, uint32_t cid);

#endif
