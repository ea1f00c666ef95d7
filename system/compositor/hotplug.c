/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wlroots learns of display changes from udevd, which does not run here, and takes a connector's modes only once.
 * So this listens to the kernel itself (netlink, the uevent group), asks the connector for its modes anew, and
 * hands the preferred one to the output when its size is another.
 */
#include "hotplug.h"

#include "output.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <wlr/backend/drm.h>
#include <xf86drmMode.h>

#define UEVENT_MAX 8192

struct bk_hotplug {
    struct bk_desktop *desktop;
    sd_event_source *source;
};

bool bk_hotplug_is_display_change(const char *message, size_t length)
{
    bool change = false, display = false, hotplug = false;

    /* "change@/devices/..." and then KEY=VALUE, each ended by a NUL. */
    for (size_t at = 0; at < length;) {
        size_t size = strnlen(message + at, length - at);
        if (at + size == length)
            return false; /* not ended: not from the kernel */
        change = change || strcmp(message + at, "ACTION=change") == 0;
        display = display || strcmp(message + at, "SUBSYSTEM=drm") == 0;
        hotplug = hotplug || strcmp(message + at, "HOTPLUG=1") == 0;
        at += size + 1;
    }
    return change && display && hotplug;
}

static void take_preferred_mode(struct bk_hotplug *hotplug)
{
    struct bk_output *output = hotplug->desktop->output;

    if (output == NULL || !wlr_output_is_drm(bk_output_wlr(output)))
        return;
    struct wlr_output *wlr = bk_output_wlr(output);
    drmModeConnector *connector =
        drmModeGetConnector(wlr_backend_get_drm_fd(hotplug->desktop->backend), wlr_drm_connector_get_id(wlr));
    if (connector == NULL)
        return;
    for (int i = 0; i < connector->count_modes; i++) {
        const drmModeModeInfo *info = &connector->modes[i];
        if ((info->type & DRM_MODE_TYPE_PREFERRED) == 0)
            continue;
        if (info->hdisplay != wlr->width || info->vdisplay != wlr->height) {
            drmModeModeInfo added = *info;
            added.type = DRM_MODE_TYPE_USERDEF; /* the only kind that may be added */
            struct wlr_output_mode *mode = wlr_drm_connector_add_mode(wlr, &added);
            bk_output_set_mm(output, (int)connector->mmWidth);
            if (mode != NULL)
                bk_output_set_mode(output, mode, 0, 0);
        }
        break;
    }
    drmModeFreeConnector(connector);
}

static int on_uevent(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_hotplug *hotplug = userdata;
    char message[UEVENT_MAX];
    struct sockaddr_nl sender = { 0 };
    socklen_t sender_size = sizeof sender;

    (void)source;
    (void)events;
    ssize_t size = recvfrom(fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&sender, &sender_size);
    if (size < 0) {
        /* ENOBUFS: events were lost; one of them may have been ours. */
        if (errno == ENOBUFS)
            take_preferred_mode(hotplug);
        return 0;
    }
    if (sender.nl_pid == 0 && bk_hotplug_is_display_change(message, (size_t)size))
        take_preferred_mode(hotplug);
    return 0;
}

int bk_hotplug_create(struct bk_desktop *desktop, struct bk_hotplug **ret_hotplug)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;

    struct bk_hotplug *hotplug = calloc(1, sizeof *hotplug);
    if (hotplug == NULL)
        return -ENOMEM;
    hotplug->desktop = desktop;
    int r = sd_event_add_io(desktop->event, &hotplug->source, fd, EPOLLIN, on_uevent, hotplug);
    if (r >= 0)
        r = sd_event_source_set_io_fd_own(hotplug->source, true);
    if (r < 0) {
        sd_event_source_unref(hotplug->source);
        free(hotplug);
        return r;
    }
    TAKE_FD(fd);
    *ret_hotplug = hotplug;
    return 0;
}

void bk_hotplug_destroy(struct bk_hotplug *hotplug)
{
    if (hotplug == NULL)
        return;
    sd_event_source_disable_unref(hotplug->source);
    free(hotplug);
}
