/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "interfaces.h"

#include "firewall.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_vlan.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLASS        "/sys/class/net"
#define TRUNK_DRIVER "virtio_net" /* the System VM has one such device */

void bk_address_write(uint32_t address, char text[static BK_ADDRESS_TEXT_MAX])
{
    const struct in_addr in = { .s_addr = htonl(address) };

    inet_ntop(AF_INET, &in, text, BK_ADDRESS_TEXT_MAX); /* it has room for any */
}

/* ---- the kernel's rules ---- */

int bk_interfaces_prepare(void)
{
    /* It answers for an address only on the interface that has it, believes a source only where it would answer it, and
     * neither tells nor believes of better ways. A connection that stands for days without a packet is none; for how
     * long after a packet one is kept, firewall.c counts on. */
    static const struct {
        const char *path, *value;
        int fine; /* errno that is: a kernel may not have it, or, in a test, have it for all of the machine alone */
    } rules[] = {
        { "/proc/sys/net/ipv4/conf/all/arp_ignore", "1", 0 },
        { "/proc/sys/net/ipv4/conf/all/arp_announce", "2", 0 },
        { "/proc/sys/net/ipv4/conf/all/rp_filter", "1", 0 },
        { "/proc/sys/net/ipv4/conf/all/accept_redirects", "0", 0 },
        { "/proc/sys/net/ipv4/conf/default/accept_redirects", "0", 0 },
        { "/proc/sys/net/ipv4/conf/all/send_redirects", "0", 0 },
        { "/proc/sys/net/ipv4/conf/default/send_redirects", "0", 0 },
        { "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1", ENOENT }, /* where the kernel has it at all */
        { "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_buckets", BK_FIREWALL_KEPT_BUCKETS, EACCES },
        { "/proc/sys/net/netfilter/nf_conntrack_max", BK_FIREWALL_KEPT_MAX_OF_ALL, EACCES },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established", "7440", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_fin_wait", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_unacknowledged", "60", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_udp_timeout", "20", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream", "120", ENOENT },
        { "/proc/sys/net/netfilter/nf_conntrack_generic_timeout", "60", ENOENT },
        { "/proc/sys/net/ipv4/ip_forward", "1", 0 },
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        _cleanup_close_ int fd = open(rules[i].path, O_WRONLY | O_CLOEXEC);
        int r = fd < 0 ? -errno : bk_write_all(fd, rules[i].value, strlen(rules[i].value));
        if (r < 0 && r != -rules[i].fine)
            return bk_fail(r, "cannot write %s: %m", rules[i].path);
    }
    return 0;
}

/* ---- the trunk ---- */

static bool is_trunk(const char *name)
{
    char path[sizeof CLASS + IFNAMSIZ + sizeof "/device/driver"], driver[256];

    if (strlen(name) >= IFNAMSIZ)
        return false;
    snprintf(path, sizeof path, CLASS "/%s/device/driver", name);
    ssize_t size = readlink(path, driver, sizeof driver - 1);
    if (size < 0)
        return false;
    driver[size] = '\0';
    const char *last = strrchr(driver, '/');
    return strcmp(last != NULL ? last + 1 : driver, TRUNK_DRIVER) == 0;
}

static int find_trunk(char name[static IFNAMSIZ])
{
    DIR *class = opendir(CLASS);
    int r = -ENODEV;

    if (class == NULL)
        return -errno;
    for (struct dirent *entry; r < 0 && (entry = readdir(class)) != NULL;) {
        if (!is_trunk(entry->d_name))
            continue;
        snprintf(name, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, entry->d_name);
        r = 0;
    }
    closedir(class);
    return r;
}

/* ---- requests ---- */

/* A socket for nothing but requests about interfaces. */
static int request(unsigned long number, void *argument)
{
    _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    return ioctl(fd, number, argument) < 0 ? -errno : 0;
}

static struct ifreq request_for(const char *name)
{
    struct ifreq ifreq = { 0 };

    snprintf(ifreq.ifr_name, sizeof ifreq.ifr_name, "%s", name);
    return ifreq;
}

static int set_address(unsigned long number, const char *name, uint32_t address)
{
    struct ifreq ifreq = request_for(name);
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };

    memcpy(&ifreq.ifr_addr, &in, sizeof in);
    return request(number, &ifreq);
}

int bk_interface_set_address(const char *name, uint32_t address, unsigned prefix)
{
    int r = set_address(SIOCSIFADDR, name, address);

    return r < 0 ? r : set_address(SIOCSIFNETMASK, name, ~(uint32_t)0 << (32 - prefix));
}

int bk_interface_set_up(const char *name, bool up)
{
    struct ifreq ifreq = request_for(name);

    int r = request(SIOCGIFFLAGS, &ifreq);
    if (r < 0)
        return r;
    ifreq.ifr_flags = (short)(up ? ifreq.ifr_flags | IFF_UP : ifreq.ifr_flags & ~IFF_UP);
    return request(SIOCSIFFLAGS, &ifreq);
}

int bk_interface_set_mac(const char *name, const struct ether_addr *mac)
{
    struct ifreq ifreq = request_for(name);

    ifreq.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(ifreq.ifr_hwaddr.sa_data, mac, sizeof *mac);
    return request(SIOCSIFHWADDR, &ifreq);
}

static int make_vlan(const char *trunk, unsigned vlan, const char *name)
{
    struct vlan_ioctl_args names = { .cmd = SET_VLAN_NAME_TYPE_CMD, .u.name_type = VLAN_NAME_TYPE_PLUS_VID_NO_PAD };
    struct vlan_ioctl_args add = { .cmd = ADD_VLAN_CMD, .u.VID = (int)vlan };
    struct ifreq ifreq = { 0 };

    snprintf(add.device1, sizeof add.device1, "%s", trunk);
    snprintf(ifreq.ifr_name, sizeof ifreq.ifr_name, "vlan%u", vlan);
    snprintf(ifreq.ifr_newname, sizeof ifreq.ifr_newname, "%s", name);
    int r = request(SIOCSIFVLAN, &names);
    if (r >= 0)
        r = request(SIOCSIFVLAN, &add);
    if (r >= 0)
        r = request(SIOCSIFNAME, &ifreq);
    return r;
}

int bk_interface_make(unsigned vlan, const char *name)
{
    char trunk[IFNAMSIZ];

    if (if_nametoindex(name) != 0)
        return 0;
    int r = find_trunk(trunk);
    if (r >= 0)
        r = bk_interface_set_up(trunk, true);
    return r < 0 ? r : make_vlan(trunk, vlan, name);
}

void bk_interface_remove(const char *name)
{
    struct vlan_ioctl_args remove = { .cmd = DEL_VLAN_CMD };

    snprintf(remove.device1, sizeof remove.device1, "%s", name);
    if (request(SIOCSIFVLAN, &remove) < 0)
        (void)bk_interface_set_up(name, false); /* it is gone, or a test's */
}
