/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fresh copies of apps, as the person asks for them: in the launcher, or to open something with.
 *
 * Input from: trusted (the person, through bk-compositor; io.bulkhead.Hypervisor)
 * Runs in: bk-broker
 *
 * A copy is one more app of app.h, named after its app, as long as its VM is there. Nothing of its app's counts for it
 * but what that may never use, nothing that is chosen for it is kept, and nothing is opened with it but what it was
 * started for.
 */
#ifndef BK_BROKER_COPIES_H
#define BK_BROKER_COPIES_H

#include "hypervisor.h"

#include <stdbool.h>

struct bk_broker;
struct bk_copy_start;

/* Called once: with the copy, whose VM is being set up, or NULL when there is none, which the person was told. */
typedef void (*bk_copy_started_t)(struct bk_app *copy, void *userdata);

/* Has a copy of an installed app started. `started` may be NULL: then the window that comes gets the focus; it is never
 * called from here. `ret` may be NULL, too: it
 * is what can be forgotten until then. */
int bk_copies_start(struct bk_broker *broker, const struct bk_app *app, bk_copy_started_t started, void *userdata,
                    struct bk_copy_start **ret);
/* Nobody wants it any more: it ends as soon as it has begun, and `started` is not called. */
void bk_copies_forget(struct bk_copy_start *start);

/* Makes an app that is new a copy of the one of this id. */
void bk_copies_begin(struct bk_broker *broker, struct bk_app *copy, const char *of);
/* Whether the copy that is known, or NULL, is no more, by what is told of one of its id. */
bool bk_copies_is_over(const struct bk_app *copy, const struct bk_hypervisor_app *told);

void bk_copies_stop(struct bk_broker *broker);

#endif
