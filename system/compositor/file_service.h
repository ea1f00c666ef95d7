/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Desktop's part about choosing a file: the question, its pages, what the person does.
 *
 * Input from: the broker (first-party, but names are other apps': sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_FILE_SERVICE_H
#define BK_COMPOSITOR_FILE_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

/* The userdata of each link is its bk_desktop_service. */
int bk_file_service_bind(sd_varlink_server *server);

/* Tells the broker what the person did. */
void bk_file_service_did(struct bk_desktop_service *service, int64_t id, const struct bk_prompt_deed *deed);

#endif
