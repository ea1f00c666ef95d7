/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices.h"

#include "cleanup.h"
#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KERNEL_GROUP 1U

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

int bk_uevent_read(const char *text, size_t size, enum bk_device_kind *ret_kind, char *ret_path, size_t path_size)
{
    const char *action = "", *subsystem = "", *name = "", *hotplug = "";

    if (size == 0 || text[size - 1] != '\0')
        return 0;
    for (const char *at = text; at < text + size; at += strlen(at) + 1) {
        if (starts_with(at, "ACTION="))
            action = at + strlen("ACTION=");
        else if (starts_with(at, "SUBSYSTEM="))
            subsystem = at + strlen("SUBSYSTEM=");
        else if (starts_with(at, "DEVNAME="))
            name = at + strlen("DEVNAME=");
        else if (starts_with(at, "HOTPLUG="))
            hotplug = at + strlen("HOTPLUG=");
    }
    if (strcmp(subsystem, "drm") == 0 && strcmp(action, "change") == 0 && strcmp(hotplug, "1") == 0) {
        *ret_kind = BK_DEVICE_CHANGED;
        ret_path[0] = '\0';
        return 1;
    }
    if (strcmp(action, "add") != 0)
        return 0;
    bool card = strcmp(subsystem, "drm") == 0 && starts_with(name, "dri/card");
    bool input = strcmp(subsystem, "input") == 0 && starts_with(name, "input/event");
    bool sound =
        strcmp(subsystem, "sound") == 0 && (starts_with(name, "snd/pcmC") || starts_with(name, "snd/controlC"));
    bool video = strcmp(subsystem, "video4linux") == 0 && starts_with(name, "video");
    if ((!card && !input && !sound && !video) || strstr(name, "..") != NULL)
        return 0;
    if (snprintf(ret_path, path_size, "/dev/%s", name) >= (int)path_size)
        return 0;
    *ret_kind = card ? BK_DEVICE_CARD : input ? BK_DEVICE_INPUT : sound ? BK_DEVICE_SOUND : BK_DEVICE_VIDEO;
    return 1;
}

bool bk_uevent_is_of(const char *text, size_t size, const char *subsystem)
{
    if (size == 0 || text[size - 1] != '\0')
        return false;
    for (const char *at = text; at < text + size; at += strlen(at) + 1) {
        if (starts_with(at, "SUBSYSTEM="))
            return strcmp(at + strlen("SUBSYSTEM="), subsystem) == 0;
    }
    return false;
}

int bk_uevent_open(int *ret_fd)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

ssize_t bk_uevent_receive(int fd, char text[static BK_UEVENT_MAX])
{
    struct sockaddr_nl sender = { 0 };
    socklen_t length = sizeof sender;
    ssize_t n = recvfrom(fd, text, BK_UEVENT_MAX, MSG_DONTWAIT, (struct sockaddr *)&sender, &length);

    if (n < 0)
        return -errno;
    return sender.nl_pid == 0 ? n : 0; /* 0 is the kernel */
}

static int on_uevent(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_devices *devices = userdata;
    char text[BK_UEVENT_MAX], path[64];
    enum bk_device_kind kind;

    (void)source;
    (void)events;
    ssize_t n = bk_uevent_receive(fd, text);
    /* It means that some were lost: look at everything again. */
    if (n == -ENOBUFS)
        bk_devices_scan(devices);
    if (n <= 0)
        return 0;
    if (bk_uevent_read(text, (size_t)n, &kind, path, sizeof path) > 0)
        devices->found(devices->userdata, kind, path);
    return 0;
}

int bk_devices_open(struct bk_devices *devices, sd_event *event,
                    void (*found)(void *userdata, enum bk_device_kind kind, const char *path), void *userdata)
{
    *devices = (struct bk_devices){ .fd = -1, .found = found, .userdata = userdata };
    int r = bk_uevent_open(&devices->fd);
    if (r >= 0)
        r = sd_event_add_io(event, &devices->source, devices->fd, EPOLLIN, on_uevent, devices);
    if (r < 0)
        bk_devices_close(devices);
    return r;
}

void bk_devices_close(struct bk_devices *devices)
{
    if (devices->found == NULL)
        return;
    devices->source = sd_event_source_disable_unref(devices->source);
    devices->fd = bk_close(devices->fd);
    devices->found = NULL;
}

static void scan_directory(struct bk_devices *devices, const char *directory, const char *start,
                           enum bk_device_kind kind)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, NULL, versionsort);

    for (int i = 0; i < count; i++) {
        char path[320];

        if (starts_with(entries[i]->d_name, start)) {
            snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
            devices->found(devices->userdata, kind, path);
        }
        free(entries[i]);
    }
    free(entries);
}

void bk_devices_scan(struct bk_devices *devices)
{
    scan_directory(devices, "/dev/dri", "card", BK_DEVICE_CARD);
    scan_directory(devices, "/dev/input", "event", BK_DEVICE_INPUT);
    scan_directory(devices, "/dev/snd", "controlC", BK_DEVICE_SOUND);
    scan_directory(devices, "/dev/snd", "pcmC", BK_DEVICE_SOUND);
    scan_directory(devices, "/dev", "video", BK_DEVICE_VIDEO);
}
