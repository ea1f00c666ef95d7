/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process's ends of ethernet cables (hypervisor/protocol/ethernet_cable.h): an App VM has one, at port 0; the
 * System VM one for each port of its trunk.
 *
 * Input from: host (the bk-vmm at the far end, which a guest may have taken over; bk-uplink), checked: a frame that
 * its port may not bring is dropped
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_ETHERNET_H
#define BK_CABLE_ETHERNET_H

#include "ethernet_cable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bk_ethernet;
struct bk_loop;

int bk_ethernet_create(struct bk_loop *loop, struct bk_ethernet **ret_ethernet);
void bk_ethernet_destroy(struct bk_ethernet *ethernet);

/* Takes `fd`, a SOCK_SEQPACKET socket, in any case, in place of the cable that the port had. -EINVAL: no such port. */
int bk_ethernet_plug(struct bk_ethernet *ethernet, unsigned port, int fd);

/* `come` is called when there may be something to receive. NULL: nobody listens. */
void bk_ethernet_listen(struct bk_ethernet *ethernet, void (*come)(void *userdata), void *userdata);

/* False: it was dropped, for there is no cable at this port or it is full. */
bool bk_ethernet_send(struct bk_ethernet *ethernet, unsigned port, const uint8_t *frame, size_t size);

/* The next frame, of the cables in turn: its size, and its port. 0: there is none, and `come` will tell of the next
 * one. -EBADMSG: one was dropped, and `ret_problem` says why. */
ssize_t bk_ethernet_receive(struct bk_ethernet *ethernet, uint8_t frame[static BK_ETHERNET_FRAME_MAX],
                            unsigned *ret_port, const char **ret_problem);

#endif
