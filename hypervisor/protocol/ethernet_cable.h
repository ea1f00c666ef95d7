/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ethernet cable, and the ports of the System VM's trunk: docs/protocols/ethernet-cable.md.
 *
 * Input from: either end checks what the other one sends; a guest may have taken over its bk-vmm
 * Runs in: bk-vmm, I/O thread; bk-uplink; bk-supervisor
 *
 * SOCK_SEQPACKET. A datagram is one ethernet frame without its check sequence and without an 802.1Q tag. No descriptor
 * goes with it. Who finds the cable full drops the frame, as ethernet may: nobody waits.
 */
#ifndef BK_PROTOCOL_ETHERNET_CABLE_H
#define BK_PROTOCOL_ETHERNET_CABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BK_ETHERNET_FRAME_MIN 14U /* two addresses and a type */
#define BK_ETHERNET_FRAME_MAX 1514U
#define BK_ETHERNET_MAC_SIZE  6U
#define BK_ETHERNET_TAG       0x8100U /* IEEE 802.1Q: two bytes before the tag's own two, whose low 12 bits are the port */
#define BK_ETHERNET_TAG_SIZE  4U

/* The ports of the trunk. An app's cable has one from BK_ETHERNET_PORT_FIRST on. */
#define BK_ETHERNET_PORT_UPLINK 1U
#define BK_ETHERNET_PORT_FIRST  2U
#define BK_ETHERNET_PORT_LAST   4094U

/* Bytes of a cable's socket buffer, each direction: some two hundred frames of full length, as the kernel counts them.
 */
#define BK_ETHERNET_CABLE_BUFFER (512U * 1024U)

/* The address of the app's card at this port; of port 1, the System VM's own at the trunk. */
static inline void bk_ethernet_mac(unsigned port, uint8_t ret[static BK_ETHERNET_MAC_SIZE])
{
    const uint8_t mac[BK_ETHERNET_MAC_SIZE] = { 0x02, 0xbc, 0, 0, (uint8_t)(port >> 8), (uint8_t)port };

    memcpy(ret, mac, sizeof mac);
}

static inline unsigned bk_ethernet_type(const uint8_t frame[static BK_ETHERNET_FRAME_MIN])
{
    return (unsigned)frame[12] << 8 | frame[13];
}

/* What keeps a frame from a cable; NULL: nothing. `source` is the only address that it may come from, or NULL. */
static inline const char *bk_ethernet_find_problem(const uint8_t *frame, size_t size, const uint8_t *source)
{
    if (size < BK_ETHERNET_FRAME_MIN || size > BK_ETHERNET_FRAME_MAX)
        return "too short or too long";
    unsigned type = bk_ethernet_type(frame);
    if (type == BK_ETHERNET_TAG || type == 0x88a8 || type == 0x9100) /* 802.1ad, and what was before it */
        return "with a tag";
    if (source != NULL && memcmp(frame + BK_ETHERNET_MAC_SIZE, source, BK_ETHERNET_MAC_SIZE) != 0)
        return "from an address that is not its own";
    return NULL;
}

#endif
