/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle that the System VM offers to be installed: it comes through the System VM's port, is judged, and waits
 * until the person has agreed to what is in it, or not. io.bulkhead.Software has the methods, and who watches
 * io.bulkhead.Hypervisor is told what became of it.
 *
 * Input from: the System VM (through service.c's bounds; the bundle's bytes go to bk-installer)
 * Runs in: bk-supervisor
 *
 *     nothing ── Judge() ──▶ coming ── bk-installer, software.c ──▶ judged ── Confirm() ──▶ ended: installed
 *        ▲                     └── refused, did not come, Drop() ──────┴── Drop(), nobody answers ──▶ ended: why not
 *        └── the System VM ends
 *
 * Who confirms names the mark of what the person saw: another bundle that came meanwhile has another one.
 */
#ifndef BK_SUPERVISOR_OFFER_H
#define BK_SUPERVISOR_OFFER_H

#include "bundle_stream.h"

#include <systemd/sd-json.h>

struct bk_supervisor;

/* Zero-initialised. */
struct bk_offer {
    struct bk_bundle_stream stream;
    char mark[BK_BUNDLE_MARK_SIZE + 1]; /* of the newest */
    bool pending;                       /* it comes, or waits, … */
    bool dropped;                       /* … and is not wanted any more, */
    bool confirmed;                     /* … or is, and is being installed */
    sd_json_variant *told;              /* as Watch() tells it, or NULL: there was none */
};

/* The System VM begins, with this end of its port, which is taken in any case; or it has ended. */
int bk_offer_open(struct bk_supervisor *supervisor, int fd);
void bk_offer_close(struct bk_supervisor *supervisor);

/* -EINVAL: no mark, or no bytes. -ENODEV: there is no disk for apps, or no port. -EBUSY: another bundle comes or waits.
 */
int bk_offer_judge(struct bk_supervisor *supervisor, const char *mark, uint64_t size);
/* It is to be installed, or not. -ENOENT: it is not there, or cannot be confirmed yet. */
int bk_offer_confirm(struct bk_supervisor *supervisor, const char *mark);
int bk_offer_drop(struct bk_supervisor *supervisor, const char *mark);

#endif
