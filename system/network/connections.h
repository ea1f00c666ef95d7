/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel keeps of a port's connections, which ends with the port.
 *
 * Input from: trusted
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_CONNECTIONS_H
#define BK_NETWORK_CONNECTIONS_H

#include <stdint.h>

/* Forgets those that an address began, in host byte order. -EOPNOTSUPP: a kernel before 6.11, which keeps them until
 * they end by themselves. */
int bk_connections_forget(uint32_t address);

#endif
