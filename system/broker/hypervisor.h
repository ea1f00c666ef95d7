/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's line to the supervisor (api/internal/io.bulkhead.Hypervisor.varlink): learns which apps there are
 * and which run as which CID, and starts those that shall run from the start.
 *
 * Input from: trusted (bk-supervisor, through the System VM's virtio-console port)
 * Runs in: bk-broker
 *
 * The line is a byte stream that was there before this process and may hold the rest of a predecessor's session.
 * A session here goes: the opening (two NUL bytes and a call that only this session makes), List(), a Start() for
 * each app that asks for it, then Watch() for ever. When anything of it fails, the next session begins a little later.
 */
#ifndef BK_BROKER_HYPERVISOR_H
#define BK_BROKER_HYPERVISOR_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct bk_hypervisor;

/* An app as the supervisor knows it; `cid` is 0 while it has no VM. The strings are borrowed. */
typedef void (*bk_hypervisor_app_t)(const char *id, const char *name, uint32_t cid, void *userdata);

/* Owns `fd`, a non-blocking stream or character device, when it succeeds. `on_app` is called for each app at the
 * start of each session, and whenever something of it changed. */
int bk_hypervisor_create(sd_event *event, int fd, bk_hypervisor_app_t on_app, void *userdata,
                         struct bk_hypervisor **ret);
void bk_hypervisor_destroy(struct bk_hypervisor *hypervisor);

#endif
