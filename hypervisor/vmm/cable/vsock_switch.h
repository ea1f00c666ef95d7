/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The System VM's end of all vsock cables: which packet goes where, whose turn it is, and what becomes of an app
 * that does not take what is sent to it.
 *
 * Input from: guest (the System VM's, and the apps' through their cables)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_VSOCK_SWITCH_H
#define BK_CABLE_VSOCK_SWITCH_H

#include "cable/vsock_packet.h"

#include <stdbool.h>

struct bk_loop;
struct bk_vsock_switch;

#define BK_VSOCK_CABLES_MAX 768

/* Bytes queued for one app, and for all of them: what is beyond BK_VSOCK_CABLE_QUEUE_SURE takes part in the latter,
 * so that greedy apps cannot take the least that every app has. */
#define BK_VSOCK_CABLE_QUEUE_MAX  (16U * 1024U * 1024U)
#define BK_VSOCK_CABLE_QUEUE_SURE (1U * 1024U * 1024U)
#define BK_VSOCK_QUEUE_MAX        (128U * 1024U * 1024U)

#define BK_VSOCK_STRAYS_MAX 64 /* RSTs that wait for one app and belong to no flow; what is beyond is not sent */

/* `wake` is called when bk_vsock_switch_receive() may have something new: by the loop, by bk_vsock_switch_plug() and
 * bk_vsock_switch_unplug(). NULL: out of memory. */
struct bk_vsock_switch *bk_vsock_switch_create(struct bk_loop *loop, void (*wake)(void *userdata), void *userdata);
void bk_vsock_switch_destroy(struct bk_vsock_switch *vsock_switch);

int bk_vsock_switch_plug(struct bk_vsock_switch *vsock_switch, uint32_t cid, int fd);
void bk_vsock_switch_unplug(struct bk_vsock_switch *vsock_switch, uint32_t cid);

/* A packet from the guest. Never waits: it is sent, queued, or its flow is reset. The header is rewritten. */
enum bk_vsock_verdict bk_vsock_switch_send(struct bk_vsock_switch *vsock_switch, struct bk_vsock_outgoing *packet);

/* The next packet for the guest, if there is one: RSTs first, then the cables in turn. What is looked at, packets
 * that nobody gets too, counts against `budget`; at 0 there may be more. */
bool bk_vsock_switch_receive(struct bk_vsock_switch *vsock_switch, struct bk_vsock_packet *packet, unsigned *budget);

/* The guest's driver started anew and knows no flow any more: the apps are told. */
void bk_vsock_switch_restart(struct bk_vsock_switch *vsock_switch);

#endif
