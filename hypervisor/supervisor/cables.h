/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cables between VMs: made here, and both ends plugged in at once, so that none ever leads nowhere.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_CABLES_H
#define BK_SUPERVISOR_CABLES_H

#include <stdint.h>

struct bk_vm;

/* Joins an app's vsock device to the System VM's, where the app appears as `cid`. A VM that does not take its end is
 * killed (bk_vm_tell()); only the host's own failures are yielded. Neither VM may be STOPPED. */
int bk_cable_plug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid);

/* Joins an app's display to the System VM's import device, where it is the display of `cid`; as above. There is nothing
 * to take out: the end of either VM ends the cable. */
int bk_cable_plug_display(struct bk_vm *app, struct bk_vm *system, uint32_t cid);

/* Joins an app's network card to this port of the System VM's trunk; likewise. */
int bk_cable_plug_network(struct bk_vm *app, struct bk_vm *system, uint32_t port);

/* Takes the ends of a vsock cable out again, where their VMs are not STOPPED; one of them is or will be. */
void bk_cable_unplug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid);

#endif
