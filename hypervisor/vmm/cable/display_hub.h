/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far ends of the App VMs' display cables, in the System VM's bk-vmm, and the display port that carries all of them
 * to the compositor (docs/protocols/display-port.md).
 *
 * Input from: app, through its bk-vmm, which it may have taken over (the cables); guest (what the compositor answers)
 * Runs in: bk-vmm of the System VM, I/O thread
 *
 * Theory. What an app announced, shows and has for a cursor is kept, with what of it the compositor does not know yet
 * (`due`): so a compositor that says HELLO is told everything, and one that is slow is told the newest. A cable is read
 * only while the port has room and nothing of that app is due, so a flood waits in the app's own process. Of an app's
 * frames one is under way to the compositor until that answers it; those that come meanwhile are joined to one. What is
 * for an app never waits for anything but that app: to one whose cable is full goes what is different by the time it is
 * not.
 */
#ifndef BK_CABLE_DISPLAY_HUB_H
#define BK_CABLE_DISPLAY_HUB_H

#include "display_port.h"

#include <stdint.h>

struct bk_display_hub;
struct bk_loop;

/* Takes `port`, a non-blocking SOCK_STREAM socket whose other end is the console port, in any case. */
int bk_display_hub_create(struct bk_loop *loop, int port, struct bk_display_hub **ret_hub);
void bk_display_hub_destroy(struct bk_display_hub *hub);

/* Takes `fd`, the SOCK_SEQPACKET socket of the app `cid`, in any case, in place of the one there was. -EINVAL for a CID
 * that no app has; -ENOSPC with BK_DISPLAY_PORT_APPS_MAX. */
int bk_display_hub_plug(struct bk_display_hub *hub, uint32_t cid, int fd);

/* The memory of an announced surface, by bk_display_port_blob_id(): a new descriptor of a memfd sealed against
 * shrinking, and how many bytes of it are the surface's. -ENOENT; or as fcntl(F_DUPFD) fails. */
int bk_display_hub_open(const struct bk_display_hub *hub, uint64_t blob_id, uint64_t *ret_size);

#endif
