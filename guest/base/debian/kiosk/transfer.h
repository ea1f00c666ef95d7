/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data of the clipboard between a program's pipe and a stream of the system (docs/protocols/streams.md): a copy goes
 * up, a paste comes down.
 *
 * Input from: trusted (the program, the system)
 * Runs in: bk-kiosk, its one thread
 *
 * Up, the system wants to know how much it is before it comes, and a pipe does not say: so all of it is read first.
 */
#ifndef BK_KIOSK_TRANSFER_H
#define BK_KIOSK_TRANSFER_H

#include <stddef.h>
#include <wayland-server-core.h>

#define BK_TRANSFER_SIZE_MAX (32UL * 1024UL * 1024UL) /* that the system takes: beyond, nothing is sent */

struct bk_transfer;

struct bk_transfers {
    struct wl_event_loop *loop;
    int (*connect)(unsigned port);
    struct wl_list up, down; /* struct bk_transfer */
};

/* `connect` is bk_line_connect_vsock(), or what a test puts in its place. */
void bk_transfers_init(struct bk_transfers *transfers, struct wl_event_loop *loop, int (*connect)(unsigned port));
void bk_transfers_finish(struct bk_transfers *transfers);

/* Sends what comes out of `fd`, up to its end, to the stream `token`. Owns `fd` in any case. */
void bk_transfer_up(struct bk_transfers *transfers, int fd, const char *token);
/* What goes up is wanted no more. */
void bk_transfers_end_up(struct bk_transfers *transfers);

/* Writes what the stream `token` brings into `fd`. Owns `fd` in any case. */
void bk_transfer_down(struct bk_transfers *transfers, int fd, const char *token);

#endif
