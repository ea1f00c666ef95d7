/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app may reach through the network, in words: "It reaches these 4 hosts alone:", and then the hosts, one a
 * line, so that nobody says yes to one that they could not read.
 *
 * Input from: app, through its manifest (names of hosts, which are plain letters; what is none is left out)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_REACH_H
#define BK_COMPOSITOR_REACH_H

#include <stdbool.h>
#include <stddef.h>

#define BK_REACH_HOSTS_MAX  64U
#define BK_REACH_HOST_BYTES 253U

/* Borrowed; no host: nothing is said of it. "*" alone is the internet. */
struct bk_reach_told {
    const char *hosts[BK_REACH_HOSTS_MAX];
    size_t count;
};

/* Zero-initialised: nothing is said. */
struct bk_reach {
    char *words; /* a sentence */
    char *hosts; /* all of them, one a line; NULL where the sentence says all */
};

/* -ENOMEM: nothing is said. */
int bk_reach_init(struct bk_reach *reach, const struct bk_reach_told *told);
void bk_reach_finish(struct bk_reach *reach);

/* There is something in `now` by its name that was not in `before`. */
bool bk_reach_grows(const struct bk_reach *before, const struct bk_reach *now);

#endif
