/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device (virtio 1.3 §5.10), whose packets go over cables (hypervisor/protocol/vsock_cable.h) to the
 * guest of another bk-vmm: the App VM's end with one cable, the System VM's end with one for each App VM.
 *
 * Input from: guest (every packet), host (what comes out of a cable is a guest's, checked again)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_VSOCK_H
#define BK_DEVICES_VSOCK_H

#include "vsock_cable.h"

struct bk_loop;
struct bk_virtio_device;

#define BK_VSOCK_FLOWS_MAX 4096 /* connections of one app */

/* The device of an App VM whose guest has the address `cid`. NULL with errno set when the host fails us, EINVAL
 * when an app cannot have that address. */
struct bk_virtio_device *bk_vsock_create_app(struct bk_loop *loop, uint32_t cid);

/* The device of the System VM; its guest has the address BK_VSOCK_CID_SYSTEM_GUEST. */
struct bk_virtio_device *bk_vsock_create_system(struct bk_loop *loop);

/* Plugs in the cable to the VM that this device's guest calls `cid`: BK_VSOCK_CID_SYSTEM on an app's device, from
 * BK_VSOCK_CID_APP_FIRST up on the System VM's. It replaces the cable that was there, whose connections are reset;
 * with -1 for `fd` that is all. Takes `fd`, a SOCK_SEQPACKET socket, in any case. -EINVAL: no such address; -ENOSPC:
 * too many cables; -ENOMEM. */
int bk_vsock_plug(struct bk_virtio_device *base, uint32_t cid, int fd);

#endif
