/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from the machine's network card. What goes on is a frame as the cable's rules have it, and nothing of it
 * was changed but two bytes that the header named.
 *
 * Input: a packet, as a packet socket with PACKET_VNET_HDR gives it.
 */
#include "checked.h"
#include "uplink.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_uplink_packet *packet =
        malloc(sizeof *packet); /* a block of its own: the sanitizer sees a byte too far */
    struct bk_uplink_packet before;
    unsigned changed = 0;

    require(packet != NULL);
    memset(packet, 0, sizeof *packet);
    if (size > 0)
        memcpy(packet, data, bk_min(size, sizeof *packet));
    before = *packet;
    if (bk_uplink_finish(packet, size) == NULL) {
        require(bk_ethernet_find_problem(packet->frame, size - sizeof packet->header, NULL) == NULL);
        for (size_t i = 0; i < sizeof packet->frame; i++)
            changed += packet->frame[i] != before.frame[i];
        require(changed <= ((before.header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 ? 2 : 0));
    }
    free(packet);
    return 0;
}
