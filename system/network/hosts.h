/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts that a port may reach, as their names: no more than what goes into the resolver's arguments unharmed.
 *
 * Input from: trusted (the broker, which has them from an installed manifest)
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_HOSTS_H
#define BK_NETWORK_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#define BK_HOSTS_MAX     64U
#define BK_HOST_NAME_MAX 253U

struct bk_hosts {
    char *names[BK_HOSTS_MAX];
    size_t count;
};

/* Labels of lower case, digits and hyphens, joined by dots; "*." before them stands for all below. */
bool bk_host_name_is_fine(const char *name);

/* Takes a copy; -E2BIG when there are too many, -EINVAL for what is no name. */
int bk_hosts_add(struct bk_hosts *hosts, const char *name);
void bk_hosts_finish(struct bk_hosts *hosts);

bool bk_hosts_are_same(const struct bk_hosts *one, const struct bk_hosts *other);

#endif
