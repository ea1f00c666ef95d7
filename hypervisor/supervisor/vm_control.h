/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bk-vmm may say on its control socket (hypervisor/protocol/control.h), and when; and why a VM ended, in words.
 *
 * Input from: host (a bk-vmm that its guest may have taken over)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_VM_CONTROL_H
#define BK_SUPERVISOR_VM_CONTROL_H

#include "control.h"

#include <stdbool.h>
#include <stddef.h>

/* What the VM has said so far. Zero-initialised. */
struct bk_control_state {
    bool running; /* it said BK_CONTROL_RUNNING */
    bool ended;   /* it said BK_CONTROL_ENDED; nothing may follow */
    enum bk_control_end end;
};

enum bk_control_verdict {
    BK_CONTROL_VERDICT_RUNNING,
    BK_CONTROL_VERDICT_ENDED,
    BK_CONTROL_VERDICT_BROKEN, /* not by the protocol: the process is not to be trusted with a VM any longer */
};

/* Judges a datagram of `size` bytes and notes what it says in `state`. */
enum bk_control_verdict bk_control_check(struct bk_control_state *state, const void *datagram, size_t size,
                                         bool with_descriptor);

/* Whether it is a crash that the VM ended so, where nobody had asked it to. */
bool bk_control_is_crash(const struct bk_control_state *state);

/* "the guest powered off", or, where the VM said nothing, what waitid(2) says of the process: si_code and si_status.
 * `killed` (or NULL) is why the supervisor killed it. Yields `buffer`. */
const char *bk_control_describe_end(const struct bk_control_state *state, int code, int status, const char *killed,
                                    char *buffer, size_t size);

#endif
