/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-uplink: docs/protocols/control.md. All that bk-uplink works with comes over it
 * as open descriptors.
 *
 * Input from: bk-uplink believes the supervisor, and says nothing
 * Runs in: bk-supervisor; bk-uplink
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, at most one descriptor with it.
 */
#ifndef BK_PROTOCOL_UPLINK_CONTROL_H
#define BK_PROTOCOL_UPLINK_CONTROL_H

#include "ethernet_cable.h"

#include <assert.h>
#include <stdint.h>

enum bk_uplink_control_type {
    /* descriptor: a packet socket, non-blocking, bound to the machine's network card, with PACKET_VNET_HDR; mac: that
     * card's. In place of the one before. */
    BK_UPLINK_CARD = 1,
    BK_UPLINK_NO_CARD = 2, /* it is gone */
    BK_UPLINK_CABLE = 3,   /* descriptor: the ethernet cable to the System VM, in place of the one before */
};

struct bk_uplink_control_message {
    uint32_t type; /* enum bk_uplink_control_type */
    uint8_t mac[BK_ETHERNET_MAC_SIZE];
    uint8_t zero[6];
};
static_assert(sizeof(struct bk_uplink_control_message) == 16, "wire size");

#endif
