/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker asks and tells the desktop about the clipboard: the part of io.bulkhead.Desktop that clipboard_api.h
 * speaks.
 *
 * Input from: trusted
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_CLIPBOARD_H
#define BK_BROKER_DESKTOP_CLIPBOARD_H

#include "desktop.h"

/* What one app copied is pasted into the other now. */
void bk_desktop_show_paste(struct bk_desktop *desktop, const struct bk_app *from, const struct bk_app *to,
                           const char *type);

/* Asks the person whether it shall be; false while there is no desktop. bk_desktop_withdraw_ask() takes it back. */
bool bk_desktop_ask_paste(struct bk_desktop *desktop, int64_t id, const struct bk_app *from, const struct bk_app *to,
                          const char *type);

#endif
