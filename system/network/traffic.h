/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ports send something: what the firewall's rules say of a packet a second of each (NFLOG), of which the number
 * of the port is looked at and nothing else.
 *
 * Input from: trusted (the System VM's kernel)
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_TRAFFIC_H
#define BK_NETWORK_TRAFFIC_H

#include <systemd/sd-event.h>

struct bk_traffic;

int bk_traffic_create(sd_event *event, void (*sends)(unsigned number, void *userdata), void *userdata,
                      struct bk_traffic **ret);
void bk_traffic_destroy(struct bk_traffic *traffic);

#endif
