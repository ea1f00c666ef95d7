/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fresh copies of apps: VMs of an installed app beside its own, each gone with its VM.
 *
 * Input from: trusted (which app)
 * Runs in: bk-supervisor
 *
 * A copy is one of the supervisor's apps for as long as its VM runs: by the same bundle, with a CID, cables and a
 * log of its own. Its id is the app's, BK_COPY_MARK, which no installed app's has, and the smallest number that is
 * free. Its data disk is blank and has no name, so that neither its end nor a power cut leaves anything to be removed.
 * It has a manifest of its own: an update, or an undo, of the app changes nothing about a copy that runs. The removal
 * of the app ends it.
 */
#ifndef BK_SUPERVISOR_COPIES_H
#define BK_SUPERVISOR_COPIES_H

#include "supervisor.h"

#define BK_COPIES_MAX 8U /* at once, of all apps together */
#define BK_COPY_MARK  "+"

/* Starts a copy of an app, which may run or not, and is none itself. On failure `*ret_reason` says in words what
 * failed. */
int bk_copy_start(struct bk_app *app, struct bk_app **ret_copy, char ret_reason[static BK_VM_ENDED_MAX]);

/* Ends all copies of an app at once; they are gone when their VMs are. */
void bk_copies_end(struct bk_app *app);

#endif
