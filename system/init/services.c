/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include <linux/capability.h>
#include <string.h>

#define DESKTOP_UID 1000
#define BROKER_UID  1001
#define NETWORK_UID 1002

#define RIGHT(capability) (UINT64_C(1) << (capability))

const struct bk_service bk_services[] = {
    {
        .name = "bk-broker",
        .arguments = { "/usr/bin/bk-broker", "--hypervisor" },
        .environment = { "HOME=/run/broker", "XDG_RUNTIME_DIR=/run/broker" },
        .uid = BROKER_UID,
        .groups = { DESKTOP_UID, NETWORK_UID },       /* to reach their sockets */
        .capabilities = RIGHT(CAP_NET_BIND_SERVICE),  /* to listen on vsock ports below 1024 */
        .runtimes = { "/run/broker" },
        .state = "/var/lib/bulkhead",
        .need = BK_NEED_PORT,
    },
    {
        .name = "bk-compositor",
        .arguments = { "/usr/bin/bk-compositor" },
        .environment = {
            "HOME=/run/desktop",
            "XDG_RUNTIME_DIR=/run/desktop",
            "LIBSEAT_BACKEND=builtin", /* there is no seat manager */
            "SEATD_VTBOUND=0",         /* the kernel has no virtual terminals */
            "WLR_RENDERER=pixman",
            "WLR_BACKENDS=drm,libinput",
            "WLR_DRM_DEVICES=/dev/dri/card0", /* there is one, and no udevd to wait for */
            "WLR_LIBINPUT_NO_DEVICES=1",      /* a desktop without input devices is still a desktop */
        },
        .uid = DESKTOP_UID,
        .runtimes = { "/run/desktop" },
        .need = BK_NEED_DISPLAY,
    },
    {
        .name = "bk-network",
        .arguments = { "/usr/bin/bk-network" },
        .uid = NETWORK_UID,
        /* For interfaces and the firewall; for DHCP, which dnsmasq and dhcpcd speak, and for names. */
        .capabilities = RIGHT(CAP_NET_ADMIN) | RIGHT(CAP_NET_RAW) | RIGHT(CAP_NET_BIND_SERVICE),
        .runtimes = { "/run/network", "/run/dhcpcd" }, /* dhcpcd knows no other */
        .shared = true,
        .need = BK_NEED_NOTHING,
    },
};
const size_t bk_services_count = sizeof bk_services / sizeof bk_services[0];

_Static_assert(sizeof bk_services / sizeof bk_services[0] <= BK_SERVICES_MAX,
               "a table for each that runs has this size");

const struct bk_service *bk_service_find(const char *name)
{
    for (size_t i = 0; i < bk_services_count; i++) {
        if (strcmp(bk_services[i].name, name) == 0)
            return &bk_services[i];
    }
    return NULL;
}

uint64_t bk_service_pause(uint64_t last_pause_ms, uint64_t life_ms)
{
    if (life_ms >= BK_LIFE_MS_LONG || last_pause_ms == 0)
        return BK_RESTART_MS_MIN;
    return last_pause_ms * 2 > BK_RESTART_MS_MAX ? BK_RESTART_MS_MAX : last_pause_ms * 2;
}
