/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ports of the System VM's trunk that apps' network cards are at (hypervisor/protocol/ethernet_cable.h). There are
 * fewer than VMs in a machine's life: each is given again after all the others that are free, so that what still speaks
 * of a VM that has ended has long fallen silent.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_PORTS_H
#define BK_SUPERVISOR_PORTS_H

#include "ethernet_cable.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised. */
struct bk_ports {
    uint32_t last;
    bool taken[BK_ETHERNET_PORT_LAST + 1];
};

/* -ENOSPC when all are taken. */
static inline int bk_ports_take(struct bk_ports *ports, uint32_t *ret_port)
{
    for (unsigned i = BK_ETHERNET_PORT_FIRST; i <= BK_ETHERNET_PORT_LAST; i++) {
        ports->last = ports->last < BK_ETHERNET_PORT_FIRST || ports->last == BK_ETHERNET_PORT_LAST
                          ? BK_ETHERNET_PORT_FIRST
                          : ports->last + 1;
        if (ports->taken[ports->last])
            continue;
        ports->taken[ports->last] = true;
        *ret_port = ports->last;
        return 0;
    }
    return -ENOSPC;
}

/* It may be 0, which nobody has. */
static inline void bk_ports_give_back(struct bk_ports *ports, uint32_t port)
{
    ports->taken[port] = false;
}

#endif
