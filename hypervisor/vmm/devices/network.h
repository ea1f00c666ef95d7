/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network device (virtio 1.3 §5.1): an App VM's card, at the one end of an ethernet cable; or the System VM's
 * trunk, whose frames have a tag that says the port. One pair of queues and no offload: a frame is bytes, of which the
 * addresses and the type are looked at, and no more.
 *
 * Input from: guest (frames); the ethernet cables (checked there)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_NETWORK_H
#define BK_DEVICES_NETWORK_H

#include <stdbool.h>

struct bk_ethernet;
struct bk_loop;
struct bk_virtio_device;

/* `cables` outlives the device, which listens to it. `port` is where the card is at the trunk, and gives its address.
 */
int bk_network_create(struct bk_loop *loop, struct bk_ethernet *cables, unsigned port, bool trunk,
                      struct bk_virtio_device **ret_device);

#endif
