/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of a bk-vmm: docs/protocols/control.md.
 *
 * Input from: bk-vmm trusts what the supervisor sends; the supervisor checks what a bk-vmm sends
 * Runs in: bk-supervisor; bk-vmm, I/O thread
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, at most one descriptor with it.
 */
#ifndef BK_PROTOCOL_CONTROL_H
#define BK_PROTOCOL_CONTROL_H

#include <assert.h>
#include <stdint.h>

enum bk_control_type {
    /* supervisor → bk-vmm */
    BK_CONTROL_PLUG_VSOCK = 1,   /* descriptor: a vsock cable; cid: the App VM at its far end, or 2 for the System VM */
    BK_CONTROL_UNPLUG_VSOCK = 2, /* cid: as above */
    BK_CONTROL_PLUG_DISPLAY = 3, /* descriptor: a display cable, replaces the one before; cid: 0 for the VM's own
                                    display; in the System VM also the App VM whose display it brings (--import) */
    BK_CONTROL_POWER_BUTTON = 4, /* press the ACPI power button */
    BK_CONTROL_STOP = 5,         /* end now; the guest is not asked */
    BK_CONTROL_PLUG_SOUND = 6,   /* descriptor: a sound cable, replaces the one before */
    BK_CONTROL_PLUG_NETWORK = 7, /* descriptor: an ethernet cable, replaces the one before; cid: 0 for the app's card,
                                    in the System VM the trunk's port */
    /* bk-vmm → supervisor */
    BK_CONTROL_RUNNING = 16, /* the vCPUs are about to run and the jail is closed */
    BK_CONTROL_ENDED = 17,   /* value: enum bk_control_end; the process exits next */
};

enum bk_control_end {
    BK_CONTROL_END_POWEROFF = 0,
    BK_CONTROL_END_RESET = 1, /* the guest rebooted or crashed, where that ends it (--on-reset, --on-fault) */
    BK_CONTROL_END_STOPPED = 2,
    BK_CONTROL_END_FAULT = 3, /* KVM could not go on with the guest's state */
};

struct bk_control_message {
    uint32_t type; /* enum bk_control_type */
    uint32_t cid;
    uint64_t value;
};
static_assert(sizeof(struct bk_control_message) == 16, "wire size");

#endif
