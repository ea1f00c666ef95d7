/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out: the interface of the trunk's port 1, with the MAC address of the machine's network card, and dhcpcd,
 * which asks the network for an address for it. dhcpcd sets the address and the routes itself; bk-lease says what it
 * got.
 *
 * Input from: trusted; the network, through dhcpcd
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_UPLINK_H
#define BK_NETWORK_UPLINK_H

#include "child.h"

#include <net/ethernet.h>

/* Where dhcpcd is found, and what it says it to: bk-lease, and the socket that that one calls. */
struct bk_uplink_programs {
    const char *lease;
    const char *socket;
};

int bk_uplink_start(sd_event *event, struct bk_child *child, const struct ether_addr *mac,
                    const struct bk_uplink_programs *programs, void (*ended)(void *userdata), void *userdata);
void bk_uplink_stop(struct bk_child *child);

#endif
