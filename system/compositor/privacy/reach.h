/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app may reach through the network, in words: "It reaches 4 hosts: example.org, *.example.net, …"
 *
 * Input from: app, through its manifest (names of hosts, which are plain letters; what is none is left out)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_REACH_H
#define BK_COMPOSITOR_REACH_H

#include <stddef.h>

#define BK_REACH_HOSTS_MAX  64U
#define BK_REACH_HOST_BYTES 253U

/* Borrowed; no host: nothing is said of it. "*" alone is the internet. */
struct bk_reach_told {
    const char *hosts[BK_REACH_HOSTS_MAX];
    size_t count;
};

/* A sentence with so many of the names at most, each of so many bytes at most; the caller's to free. NULL when nothing
 * is said, or memory ends. */
char *bk_reach_words(const struct bk_reach_told *told, size_t most, size_t longest);

#endif
