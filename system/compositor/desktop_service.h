/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Desktop: what the broker asks of the desktop, over Varlink on a Unix socket.
 *
 * Input from: the broker (first-party, but what it passes on is an app's: sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_DESKTOP_SERVICE_H
#define BK_COMPOSITOR_DESKTOP_SERVICE_H

#include "desktop.h"

#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>

/* Serves on the options' socket; replaces what is left there from before. */
int bk_desktop_service_create(struct bk_desktop *desktop, struct bk_desktop_service **ret_service);
void bk_desktop_service_destroy(struct bk_desktop_service *service);

/* Tells the broker what the person did; `button` is NULL for "dismissed". */
void bk_desktop_service_answer(struct bk_desktop_service *service, int64_t id, const char *button);

/* The same for a reply. */
void bk_desktop_service_reply(struct bk_desktop_service *service, int64_t id, const char *text);

/* Asks the broker for what the person wants of an app; false when there is no broker. */
bool bk_desktop_service_request(struct bk_desktop_service *service, const char *app, enum bk_stage_request request);

/* For its other parts (privacy_service.h, …). */

/* The names of hosts in a list, which may be NULL; other than 0: what is wrong has been answered. */
int bk_desktop_service_take_hosts(sd_varlink *link, sd_json_variant *list, struct bk_reach_told *ret);

struct bk_desktop *bk_desktop_service_desktop(struct bk_desktop_service *service);
/* The process at the other end; 0 when it is gone. */
pid_t bk_desktop_service_peer(sd_varlink *link);

/* Tells the broker how something is, as the parameters of a reply to its Watch(); nothing when there is no broker. */
void bk_desktop_service_tell(struct bk_desktop_service *service, sd_json_variant *news);

#endif
