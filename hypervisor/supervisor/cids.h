/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vsock context ids of app VMs: each is given once while the machine is up, so that nothing that still speaks of
 * a VM that has ended can mean another one.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_CIDS_H
#define BK_SUPERVISOR_CIDS_H

#include "jail.h"
#include "vsock_cable.h"

#include <errno.h>
#include <stdint.h>

/* Each CID has a user of its own, BK_JAIL_UID_VM + CID. */
#define BK_CIDS_LAST (BK_JAIL_UID_HAND - BK_JAIL_UID_VM - 1)

/* Zero-initialised. */
struct bk_cids {
    uint32_t last;
};

/* -ENOSPC when all were given. */
static inline int bk_cids_take(struct bk_cids *cids, uint32_t *ret_cid)
{
    if (cids->last >= BK_CIDS_LAST)
        return -ENOSPC;
    cids->last = cids->last == 0 ? BK_VSOCK_CID_APP_FIRST : cids->last + 1;
    *ret_cid = cids->last;
    return 0;
}

#endif
