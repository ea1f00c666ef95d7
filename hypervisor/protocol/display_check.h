/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of what a VM says on its display cable (docs/protocols/display-cable.md, "What is checked"), for all who
 * receive it.
 *
 * Input from: guest | app, through its bk-vmm, which it may have taken over
 * Runs in: bk-screen; bk-vmm of the System VM, I/O thread; bk-compositor
 *
 * A receiver keeps a bk_display_check for each cable. Each surface that was announced has a place in it, at which the
 * receiver may keep, in a table of its own, what it makes of the surface. All functions that yield text yield why the
 * VM broke a rule (static), or NULL. After the first text the cable is over: nothing is asked about it any more.
 */
#ifndef BK_PROTOCOL_DISPLAY_CHECK_H
#define BK_PROTOCOL_DISPLAY_CHECK_H

#include "display_cable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_display_announced {
    uint32_t id;            /* 0: the place is free */
    uint32_t width, height; /* pixels */
    bool has_alpha;
};

/* Zero-initialised: nothing was said yet. */
struct bk_display_check {
    struct bk_display_announced surfaces[BK_DISPLAY_SURFACES_MAX];
};

/* Judges the next message. With SURFACE, WITHDRAW, FRAME and a CURSOR that is not hidden `ret_place` is the place of
 * the surface it names, taken from now on or, with WITHDRAW, free from now on; else -1. */
const char *bk_display_check_message(struct bk_display_check *check, const struct bk_display_message *message,
                                     int *ret_place);

/* The same for a datagram of `size` bytes as it came, with its descriptor or -1, which stays the caller's. */
const char *bk_display_check_datagram(struct bk_display_check *check, const void *datagram, size_t size, int fd,
                                      struct bk_display_message *ret_message, int *ret_place);

/* Only a memfd of ordinary memory, of at least `size` bytes, sealed against shrinking, new writers and unsealing: what
 * is sealed so can be read to its end for ever without a SIGBUS, and nobody punches holes into it, for which a reader
 * would wait. bk_display_check_datagram() asks this by itself. */
const char *bk_display_check_memory(int fd, uint64_t size);

#endif
