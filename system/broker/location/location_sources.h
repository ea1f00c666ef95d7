/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the sources look where the machine is, and which one is believed. Knows no socket and no clock.
 *
 * Input from: trusted (sources, times)
 * Runs in: bk-broker
 *
 * Theory. The sources stand in their order, by rank and then as they came. While somebody wants to know,
 *  1. the first one looks;
 *  2. another one looks when no better one has a fresh fix, and each of them has looked for BK_LOCATION_PATIENCE_MS;
 *  3. believed is the first that looks and has a fresh fix. A fix is fresh for BK_LOCATION_FRESH_MS after the machine
 * was there; that of a source that stays, always. So a source that falls silent is passed over, and one that is back
 * has its place again, and those behind it rest.
 *
 * Nothing here calls back: bk_location_sources_settle() starts and stops, and says when it has to be called again.
 */
#ifndef BK_BROKER_LOCATION_SOURCES_H
#define BK_BROKER_LOCATION_SOURCES_H

#include "location_source.h"

#include <stdbool.h>
#include <stdint.h>

#define BK_LOCATION_FRESH_MS    30000U
#define BK_LOCATION_PATIENCE_MS 10000U

/* Zero-initialised. */
struct bk_location_sources {
    struct bk_location_source *first; /* the best; borrowed, as the others */
    bool wanted;
};

/* The source does not look yet. */
void bk_location_sources_add(struct bk_location_sources *sources, struct bk_location_source *source);
/* Stops it if it looks. It must be there. */
void bk_location_sources_remove(struct bk_location_sources *sources, struct bk_location_source *source);

/* The source says that the machine was there at `at_ms`. */
void bk_location_sources_take(struct bk_location_source *source, const struct bk_fix *fix, uint64_t at_ms);

/* Starts and stops as the rules say. Yields when they may say otherwise by themselves, UINT64_MAX: never. */
uint64_t bk_location_sources_settle(struct bk_location_sources *sources, uint64_t now_ms);

/* The source that is believed; NULL while nothing is known. */
const struct bk_location_source *bk_location_sources_best(const struct bk_location_sources *sources, uint64_t now_ms);

#endif
