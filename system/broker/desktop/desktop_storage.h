/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about what an app keeps.
 *
 * Input from: trusted (bk-supervisor's answers, which are passed on)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_STORAGE_H
#define BK_BROKER_DESKTOP_STORAGE_H

#include "desktop.h"
#include "storage.h"

/* Of the app that the person looks at, and what is or was done. */
void bk_desktop_set_storage(struct bk_desktop *desktop, const struct bk_storage *storage);

#endif
