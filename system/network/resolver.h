/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What answers a port's names, and gives its VM an address by DHCP: a dnsmasq for each port, so that what one app
 * knows, asks and breaks is its own.
 *
 * Input from: trusted
 * Runs in: bk-network
 *
 * Where hosts are allowed, no other name leaves the machine, by which an app could tell somebody something; and what an
 * allowed one stands for goes into the port's set of the firewall before the app has the answer. An answer with a
 * private address is none. Nothing is kept for the next question: each comes by the firewall's set.
 */
#ifndef BK_NETWORK_RESOLVER_H
#define BK_NETWORK_RESOLVER_H

#include "child.h"
#include "firewall.h"
#include "hosts.h"

#define BK_SERVERS_MAX 4U

/* The servers for names that the network told the machine of; in host byte order. */
struct bk_servers {
    uint32_t addresses[BK_SERVERS_MAX];
    size_t count;
};

/* Starts it; the port's interface is up, and the firewall knows the port. Without a right or servers it refuses each
 * name. */
int bk_resolver_start(sd_event *event, struct bk_child *child, unsigned number, enum bk_access access,
                      const struct bk_hosts *hosts, const struct bk_servers *servers, void (*ended)(void *userdata),
                      void *userdata);

#endif
