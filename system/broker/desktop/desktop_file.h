/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker shows the desktop of folders while the person chooses a file, and what they do: the part of
 * io.bulkhead.Desktop that file.h speaks.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_FILE_H
#define BK_BROKER_DESKTOP_FILE_H

#include "desktop.h"
#include "file.h"

/* The question which file, with its first page; false while there is no desktop. */
bool bk_desktop_ask_file(struct bk_broker *broker, int64_t id, const struct bk_app *app,
                         const struct bk_file_wish *wish, const struct bk_file_page *page);
/* Its next page. */
void bk_desktop_show_files(struct bk_broker *broker, int64_t id, const struct bk_file_page *page);

/* Takes what Watch() says of it; false when it says nothing. `*ret_fault` is what is wrong with it, or NULL. */
bool bk_desktop_file_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                          const char **ret_fault);

#endif
