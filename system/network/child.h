/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that works for bk-network, with its rights: dnsmasq, dhcpcd. It ends with it.
 *
 * Input from: trusted
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_CHILD_H
#define BK_NETWORK_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* Zero-initialised: it does not run. */
struct bk_child {
    pid_t pid;
    sd_event_source *source;
    void (*ended)(void *userdata);
    void *userdata;
};

static inline bool bk_child_runs(const struct bk_child *child)
{
    return child->pid != 0;
}

/* Executes arguments[0]; `ended` is called when it ends by itself, also when it could not be executed. */
int bk_child_start(sd_event *event, struct bk_child *child, char *const arguments[], void (*ended)(void *userdata),
                   void *userdata);

/* Ends it, and all that it has started, and waits for that: nothing that it held is in use any more. */
void bk_child_stop(struct bk_child *child);

#endif
