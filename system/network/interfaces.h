/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network interfaces: finds the trunk, makes one for each of its ports, gives them addresses.
 *
 * Input from: trusted
 * Runs in: bk-network
 *
 * A port's interface is one of IEEE 802.1Q on the trunk. One of its name that is there already is taken as it is: so
 * tests stand in for the trunk.
 */
#ifndef BK_NETWORK_INTERFACES_H
#define BK_NETWORK_INTERFACES_H

#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define BK_UPLINK_NAME "uplink"

/* The addresses of a port's subnet, in host byte order: 10.200.0.0 and four for each port. */
#define BK_PORT_MIN             2U
#define BK_PORT_MAX             4094U
#define BK_PORT_PREFIX          30
#define BK_PORT_GATEWAY(number) (0x0ac80000U + 4 * (number) + 1)
#define BK_PORT_ADDRESS(number) (BK_PORT_GATEWAY(number) + 1)
#define BK_ADDRESS_TEXT_MAX     16

/* "10.200.0.9". */
void bk_address_write(uint32_t address, char text[static BK_ADDRESS_TEXT_MAX]);

/* What the kernel does with packets is set for a router of ports that must not meet; once, before any is made. */
int bk_interfaces_prepare(void);

/* Makes the interface of a VLAN, of that name, or finds it; it is down. -ENODEV: there is no trunk. */
int bk_interface_make(unsigned vlan, const char *name);
/* Takes it away, or, when it is none of a VLAN, down. */
void bk_interface_remove(const char *name);

int bk_interface_set_mac(const char *name, const struct ether_addr *mac);
int bk_interface_set_address(const char *name, uint32_t address, unsigned prefix);
int bk_interface_set_up(const char *name, bool up);

#endif
