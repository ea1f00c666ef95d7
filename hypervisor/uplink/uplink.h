/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's network card, and the cable between it and the System VM: whole frames from one to the other. Of a
 * frame it looks at the addresses and the type alone.
 *
 * Input from: trusted (the supervisor); the System VM, and whoever is on the network: checked
 * Runs in: bk-uplink
 */
#ifndef BK_UPLINK_UPLINK_H
#define BK_UPLINK_UPLINK_H

#include "ethernet_cable.h"
#include "log.h"

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_UPLINK_FRAMES_AT_ONCE 64U /* in one direction, before the other one has its turn */

/* What a packet socket with PACKET_VNET_HDR gives and takes. */
struct bk_uplink_packet {
    struct virtio_net_hdr header;
    uint8_t frame[BK_ETHERNET_FRAME_MAX];
} __attribute__((packed));

struct bk_uplink {
    int control, card, cable; /* -1: there is none now */
    uint8_t mac[BK_ETHERNET_MAC_SIZE];
    uint64_t dropped; /* of frames that nobody may send */
    struct bk_ratelimit limit;
};

void bk_uplink_init(struct bk_uplink *uplink, int control);
/* Serves until the supervisor is gone; yields 0, or a negative errno. */
int bk_uplink_run(struct bk_uplink *uplink);

/* Makes a packet of `size` bytes that came from the card a frame that can go on: its checksum is made whole when the
 * card was to do it. Yields NULL, or why it cannot. */
const char *bk_uplink_finish(struct bk_uplink_packet *packet, size_t size);

#endif
