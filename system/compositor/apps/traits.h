/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What apps say about their windows (io.bulkhead.Window.Set()), by the CID of their VMs.
 *
 * Input from: app, by the broker, which has bounded it; the text is cleaned here once more
 * Runs in: bk-compositor, main thread
 *
 * An app may speak before its window is there, and before the list of apps that has its CID; so nothing is asked for
 * but that there is room. What is of no app goes with the next list.
 */
#ifndef BK_COMPOSITOR_TRAITS_H
#define BK_COMPOSITOR_TRAITS_H

#include "mark.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_TRAITS_MAX        256U
#define BK_TRAIT_TITLE_BYTES 200U
#define BK_TRAIT_SIDE_MAX    65535U
#define BK_TRAIT_COUNT_MAX   99999U

struct bk_trait {
    uint32_t cid; /* 0: a free place */
    char *title;  /* NULL: none */
    struct bk_mark mark;
    int least_width, least_height; /* of the content, in logical pixels; 0: none */
    uint64_t revision;             /* another number after each change */
};

/* What is told of one; what is not given stays. */
struct bk_trait_told {
    uint32_t cid;
    const char *title; /* NULL: not given; empty: none */
    bool has_mark, has_least;
    struct bk_mark mark;
    int least_width, least_height;
};

/* Zero-initialised: nobody said anything. */
struct bk_traits {
    struct bk_trait items[BK_TRAITS_MAX];
    uint64_t revision; /* of the newest change */
    uint64_t marks;    /* of the newest change of a mark */
};

void bk_traits_finish(struct bk_traits *traits);

/* -ENOBUFS, -ENOMEM; -EINVAL for a CID that none has or numbers beyond their bounds. Nothing has changed then. */
int bk_traits_tell(struct bk_traits *traits, const struct bk_trait_told *told);

/* Never NULL: of a CID that said nothing it is one that says nothing. Valid until something changes. */
const struct bk_trait *bk_traits_of(const struct bk_traits *traits, uint32_t cid);

/* Forgets those that `keeps` says are no more. */
void bk_traits_prune(struct bk_traits *traits, bool (*keeps)(uint32_t cid, const void *userdata), const void *userdata);

#endif
