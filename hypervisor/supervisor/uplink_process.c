/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "uplink_process.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "jail.h"
#include "log.h"
#include "uplink_control.h"
#include "vm.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ETHERNET_TYPE "1\n" /* ARPHRD_ETHER, as sysfs has it */
#define TYPE_MAX      16U
#define NEWS_MAX      1024U /* of one, as much as is thrown away */

static void tell(struct bk_uplink_process *uplink, enum bk_uplink_control_type type, const uint8_t *mac, int fd)
{
    struct bk_uplink_control_message message = { .type = type };

    if (mac != NULL)
        memcpy(message.mac, mac, sizeof message.mac);
    bk_program_tell(&uplink->program, &message, sizeof message, fd);
}

/* ---- which card ---- */

static bool has_file(const char *sys, const char *name, const char *file)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/class/net/%s/%s", sys, name, file) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

bool bk_uplink_is_ethernet(const char *sys, const char *name)
{
    _cleanup_free_ char *type = NULL;
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/class/net/%s/type", sys, name) >= (int)sizeof path ||
        bk_read_file(path, TYPE_MAX, &type, NULL) < 0)
        return false;
    return strcmp(type, ETHERNET_TYPE) == 0 && has_file(sys, name, "device") && !has_file(sys, name, "phy80211") &&
           !has_file(sys, name, "wireless");
}

/* ---- the card ---- */

/* Frames are not to be joined to longer ones before we see them. A card that does not know how says so; what was joined
 * all the same is too long, and is dropped. */
static void stop_offloads(int fd, const char *name)
{
    struct ethtool_value value = { .cmd = ETHTOOL_SGRO };
    struct ifreq request = { .ifr_data = (void *)&value };

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    (void)ioctl(fd, SIOCETHTOOL, &request);
    value = (struct ethtool_value){ .cmd = ETHTOOL_GFLAGS };
    if (ioctl(fd, SIOCETHTOOL, &request) < 0 || (value.data & ETH_FLAG_LRO) == 0)
        return;
    value = (struct ethtool_value){ .cmd = ETHTOOL_SFLAGS, .data = value.data & ~(uint32_t)ETH_FLAG_LRO };
    (void)ioctl(fd, SIOCETHTOOL, &request);
}

/* The machine has no IPv6 address there either, and so speaks to nobody by itself. */
static void stop_ipv6(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 ? errno != ENOENT : write(fd, "1", 1) != 1) /* a kernel may have no IPv6 */
        bk_warning("%s keeps its IPv6 address: %m", name);
}

/* Frames with a tag are another network's: the card takes the tag off, so that they would look like ours. */
static int refuse_tags(int fd)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog filter = { BK_ARRAY_SIZE(code), code };
    const int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
                   setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on) < 0
               ? -errno
               : 0;
}

static int bind_to(int fd, unsigned index)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)index,
    };
    const int on = 1;

    return setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0 ||
                   setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
                   bind(fd, (const struct sockaddr *)&address, sizeof address) < 0
               ? -errno
               : 0;
}

/* Fills in the card's index and address, and yields its socket. */
static int open_card(const char *name, unsigned *ret_index, uint8_t ret_mac[static BK_ETHERNET_MAC_SIZE])
{
    struct ifreq request = { 0 };
    /* Bound to nothing yet: nothing comes before the filter is there. */
    _cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &request) < 0)
        return -errno;
    unsigned index = (unsigned)request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
        return -errno;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return -EMEDIUMTYPE;
    memcpy(ret_mac, request.ifr_hwaddr.sa_data, BK_ETHERNET_MAC_SIZE);
    stop_offloads(fd, name);
    stop_ipv6(name);
    int r = refuse_tags(fd);
    if (r >= 0)
        r = bind_to(fd, index);
    if (r < 0)
        return r;
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return -errno;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return -errno;
    *ret_index = index;
    return TAKE_FD(fd);
}

static bool use_card(struct bk_uplink_process *uplink, const char *name)
{
    uint8_t mac[BK_ETHERNET_MAC_SIZE];
    unsigned index = 0;

    _cleanup_close_ int fd = open_card(name, &index, mac);
    if (fd < 0) {
        bk_error("the network card %s cannot be used: %s", name, strerror(-fd));
        return false;
    }
    snprintf(uplink->card, sizeof uplink->card, "%s", name);
    snprintf(uplink->mac, sizeof uplink->mac, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
    uplink->index = index;
    tell(uplink, BK_UPLINK_CARD, mac, fd);
    bk_info("the network card is %s, %s", uplink->card, uplink->mac);
    return true;
}

static void forget_card(struct bk_uplink_process *uplink)
{
    uplink->card[0] = uplink->mac[0] = '\0';
    uplink->index = 0;
}

static void choose_card(struct bk_uplink_process *uplink)
{
    struct dirent **entries = NULL;
    bool found = false;

    if (uplink->wanted != NULL) {
        if (if_nametoindex(uplink->wanted) != 0)
            (void)use_card(uplink, uplink->wanted);
        return;
    }
    int count = scandir("/sys/class/net", &entries, NULL, versionsort);
    for (int i = 0; i < count; i++) {
        if (!found && bk_uplink_is_ethernet("/sys", entries[i]->d_name))
            found = use_card(uplink, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* A card came, went or changed in some way, which need not be read: ours may be gone, or be there now. */
static int on_links(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_uplink_process *uplink = userdata;
    char text[NEWS_MAX];

    (void)source;
    (void)events;
    while (recv(fd, text, sizeof text, MSG_DONTWAIT) >= 0 || errno == ENOBUFS) /* some were lost: as good as one */
        ;
    if (!bk_program_runs(&uplink->program))
        return 0;
    bool had = uplink->index != 0;
    if (had && if_nametoindex(uplink->card) == uplink->index)
        return 0;
    if (had) {
        bk_info("the network card %s is gone", uplink->card);
        forget_card(uplink);
        tell(uplink, BK_UPLINK_NO_CARD, NULL, -1);
    }
    choose_card(uplink);
    if (had || uplink->index != 0)
        uplink->changed(uplink->userdata);
    return 0;
}

/* The kernel's news of network cards. It tells of one when it can be used; its uevent comes too early for that. */
static int watch_links(int *ret_fd)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* ---- the process ---- */

static void on_started(void *userdata)
{
    struct bk_uplink_process *uplink = userdata;

    forget_card(uplink);
    choose_card(uplink);
    uplink->started(uplink->userdata);
    uplink->changed(uplink->userdata);
}

static const struct bk_program_kind kind = {
    .name = "bk-uplink",
    .prefix = "bk-uplink: ",
    .uid = BK_JAIL_UID_UPLINK,
    .started = on_started,
};

int bk_uplink_process_open(struct bk_uplink_process *uplink, sd_event *event, const char *program, const char *wanted,
                           bool drop_user, void (*started)(void *userdata), void (*changed)(void *userdata),
                           void *userdata)
{
    *uplink = (struct bk_uplink_process){
        .wanted = wanted,
        .links = -1,
        .started = started,
        .changed = changed,
        .userdata = userdata,
    };
    int r = watch_links(&uplink->links);
    if (r >= 0)
        r = sd_event_add_io(event, &uplink->source, uplink->links, EPOLLIN, on_links, uplink);
    if (r >= 0)
        r = bk_program_open(&uplink->program, event, &kind, program, drop_user, uplink);
    if (r < 0)
        bk_uplink_process_close(uplink);
    return r;
}

void bk_uplink_process_close(struct bk_uplink_process *uplink)
{
    if (uplink->started == NULL)
        return;
    bk_program_close(&uplink->program);
    uplink->source = sd_event_source_disable_unref(uplink->source);
    uplink->links = bk_close(uplink->links);
    uplink->started = NULL;
}

const char *bk_uplink_process_mac(const struct bk_uplink_process *uplink)
{
    return uplink->index != 0 ? uplink->mac : NULL;
}

int bk_uplink_process_plug(struct bk_uplink_process *uplink, struct bk_vm *system)
{
    int ends[2];

    if (!bk_program_runs(&uplink->program))
        return 0;
    int r = bk_socketpair(BK_ETHERNET_CABLE_BUFFER, ends);
    if (r < 0)
        return r;
    tell(uplink, BK_UPLINK_CABLE, NULL, ends[0]);
    bk_vm_tell(system, BK_CONTROL_PLUG_NETWORK, BK_ETHERNET_PORT_UPLINK, ends[1]);
    bk_close(ends[0]);
    bk_close(ends[1]);
    return 0;
}
