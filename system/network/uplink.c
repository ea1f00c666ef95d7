/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "uplink.h"

#include "interfaces.h"

#include "cleanup.h"

#include <errno.h>
#include <stdio.h>

#define PROGRAM "/usr/sbin/dhcpcd"
#define VLAN    1U

int bk_uplink_start(sd_event *event, struct bk_child *child, const struct ether_addr *mac,
                    const struct bk_uplink_programs *programs, void (*ended)(void *userdata), void *userdata)
{
    _cleanup_free_ char *environment = NULL;

    if (asprintf(&environment, "--env=BK_NETWORK_SOCKET=%s", programs->socket) < 0)
        return -ENOMEM;
    char *arguments[] = { (char[]){ PROGRAM },
                          (char[]){ "--nobackground" },
                          (char[]){ "--config=/dev/null" },
                          (char[]){ "--ipv4only" },
                          (char[]){ "--noipv4ll" },
                          (char[]){ "--option=domain_name_servers" },
                          environment,
                          (char[]){ "--script" },
                          (char *)(uintptr_t)programs->lease, /* execv() writes through none of them */
                          (char[]){ BK_UPLINK_NAME },
                          NULL };
    int r = bk_interface_make(VLAN, BK_UPLINK_NAME);
    if (r >= 0)
        r = bk_interface_set_up(BK_UPLINK_NAME, false); /* some cards take another address only so */
    if (r >= 0)
        r = bk_interface_set_mac(BK_UPLINK_NAME, mac);
    if (r >= 0)
        r = bk_interface_set_up(BK_UPLINK_NAME, true);
    return r < 0 ? r : bk_child_start(event, child, arguments, ended, userdata);
}

void bk_uplink_stop(struct bk_child *child)
{
    bk_child_stop(child);
    bk_interface_remove(BK_UPLINK_NAME);
}
