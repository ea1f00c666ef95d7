/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-vmm's end of the supervisor's control socket (hypervisor/protocol/control.h).
 *
 * Input from: trusted (the supervisor)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_VMM_CONTROL_H
#define BK_VMM_CONTROL_H

#include "core/loop.h"
#include "core/vm.h"

struct bk_machine;

struct bk_control {
    struct bk_machine *machine;
    struct bk_source source;
    int fd; /* -1: nobody supervises */
};

/* Serves the socket; its end is an order to stop. */
int bk_control_init(struct bk_control *control, struct bk_machine *machine, int fd);

void bk_control_say_running(struct bk_control *control);
void bk_control_say_ended(struct bk_control *control, enum bk_vm_end end);

#endif
