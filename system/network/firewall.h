/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel lets through between the ports and the uplink: one table of nftables, "inet bulkhead".
 *
 * Input from: trusted
 * Runs in: bk-network, and the System VM's kernel
 *
 * 1. What is not from a port's own address is dropped, before anything else sees it; but who asks for one has none yet.
 * 2. From a port a packet goes to the uplink or, for names and an address, to the System VM; never to another port.
 * 3. Every packet is judged by what its port may at that moment, in both directions, also of a connection that is open.
 * 4. What is private, special, or in the machine's own network nobody reaches.
 * 5. A port that this knows nothing of has nothing.
 * 6. What a port makes the kernel keep of its connections is bounded.
 * Each change is one transaction: there is no moment between.
 */
#ifndef BK_NETWORK_FIREWALL_H
#define BK_NETWORK_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

/* As io.bulkhead.Network has them. */
enum bk_access {
    BK_ACCESS_WAITING,
    BK_ACCESS_REFUSED,
    BK_ACCESS_HOSTS,
    BK_ACCESS_INTERNET,
    BK_ACCESSES,
};
extern const char *const bk_access_names[BK_ACCESSES];

/* What a resolver puts a port's hosts into, as dnsmasq names it: of IPv4, and then the port's number. */
#define BK_FIREWALL_HOSTS_SET "4#inet#bulkhead#hosts"

#define BK_FIREWALL_LOG_GROUP                                                               \
    7 /* of NFLOG: a packet a second of each port that sends, with its number as the prefix \
       */

/* Of a port, connections that the kernel keeps at once … */
#define BK_FIREWALL_KEPT_MAX 2048U
/* … and of all ports and the System VM's own, at a third of a KiB each. One port has at most some 3700, with what is
 * asked about names for it. */
#define BK_FIREWALL_KEPT_MAX_OF_ALL "131072"
#define BK_FIREWALL_KEPT_BUCKETS    "65536" /* of the kernel's table of them, which each is in twice; 8 bytes each */

struct bk_firewall;

/* All is shut, whatever it was before. */
int bk_firewall_create(struct bk_firewall **ret);
/* What was let through last stays so. */
void bk_firewall_destroy(struct bk_firewall *firewall);

/* The port is known from now on; `forget`: what its hosts' names stand for is not any more. */
int bk_firewall_set_port(struct bk_firewall *firewall, unsigned number, enum bk_access access, bool forget);
int bk_firewall_forget_port(struct bk_firewall *firewall, unsigned number);

/* The network that the machine itself is in, instead of the one before; prefix 0: none. */
int bk_firewall_set_lan(struct bk_firewall *firewall, uint32_t address, unsigned prefix);

#endif
