/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ports, the way out, and what each port may: keeps interfaces, firewall and resolvers as they are to be.
 *
 * Input from: trusted
 * Runs in: bk-network
 *
 * What is taken away is taken from the firewall first; what is given comes there last. A program of ours that ends is
 * started again a second later.
 */
#ifndef BK_NETWORK_NETWORK_H
#define BK_NETWORK_NETWORK_H

#include "firewall.h"
#include "hosts.h"
#include "resolver.h"
#include "uplink.h"

#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_NETWORK_PORTS_MAX 256U /* as many as there may be apps */

struct bk_network;

/* What the network gave the machine; prefix 0: nothing. The address is in host byte order. */
struct bk_network_lease {
    uint32_t address;
    unsigned prefix;
    struct bk_servers servers;
};

/* `programs` must outlive it. `sends` is called with a port whose app sends something, at most once a second. */
int bk_network_create(sd_event *event, const struct bk_uplink_programs *programs,
                      void (*sends)(unsigned number, void *userdata), void *userdata, struct bk_network **ret);
/* All is shut, and what it made is gone. */
void bk_network_destroy(struct bk_network *network);

/* Takes what `hosts` has. -E2BIG: too many ports. Where it fails, the port is forgotten. */
int bk_network_set_port(struct bk_network *network, unsigned number, enum bk_access access, struct bk_hosts *hosts);
/* -ENOENT when there is no such port. */
int bk_network_forget_port(struct bk_network *network, unsigned number);
void bk_network_forget_ports(struct bk_network *network);

/* NULL: there is none. */
int bk_network_set_uplink(struct bk_network *network, const struct ether_addr *mac);
int bk_network_set_lease(struct bk_network *network, const struct bk_network_lease *lease);

#endif
