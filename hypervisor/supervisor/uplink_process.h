/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-uplink's process: started, given the machine's network card as a packet socket, and the cable to the System VM
 * (hypervisor/protocol/uplink_control.h). Which card: the one that was asked for, or the first wired one, whether
 * a cable is in it or not; another one when that is gone. The machine itself gets no address and answers nobody.
 *
 * Input from: trusted (sysfs, the kernel)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_UPLINK_PROCESS_H
#define BK_SUPERVISOR_UPLINK_PROCESS_H

#include "ethernet_cable.h"
#include "program.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define BK_UPLINK_MAC_TEXT_SIZE 18 /* "02:00:5e:00:53:01" and a NUL */

struct bk_vm;

struct bk_uplink_process {
    struct bk_program program;
    const char *wanted; /* the card's name; NULL: the first there is */
    int links;          /* where the kernel tells of cards */
    sd_event_source *source;
    char card[IF_NAMESIZE]; /* empty: there is none */
    unsigned index;         /* the kernel's, of it */
    char mac[BK_UPLINK_MAC_TEXT_SIZE];
    void (*started)(void *userdata); /* a new process wants a cable */
    void (*changed)(void *userdata); /* there is another card, or none */
    void *userdata;
};

/* Zero-initialised means no network: then nothing below does anything. `started` and `changed` are called from here,
 * too. */
int bk_uplink_process_open(struct bk_uplink_process *uplink, sd_event *event, const char *program, const char *wanted,
                           bool drop_user, void (*started)(void *userdata), void (*changed)(void *userdata),
                           void *userdata);
void bk_uplink_process_close(struct bk_uplink_process *uplink);

/* The card's address; NULL: there is no card. */
const char *bk_uplink_process_mac(const struct bk_uplink_process *uplink);

/* Joins it to port 1 of the System VM's trunk, in place of the cable before. The VM is not STOPPED. Only the host's own
 * failures are yielded. */
int bk_uplink_process_plug(struct bk_uplink_process *uplink, struct bk_vm *system);

/* True for a card that the name alone does not choose: a wired one, which is neither made up nor a radio. `sys` is a
 * sysfs. */
bool bk_uplink_is_ethernet(const char *sys, const char *name);

#endif
