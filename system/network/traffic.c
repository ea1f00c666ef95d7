/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "traffic.h"

#include "firewall.h"

#include "cleanup.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct bk_traffic {
    void (*sends)(unsigned number, void *userdata);
    void *userdata;
    int fd;
    sd_event_source *source;
};

/* Netlink's alignment, of sizes; its own macros are of int. */
static size_t align(size_t size)
{
    return (size + NLA_ALIGNTO - 1) & ~(size_t)(NLA_ALIGNTO - 1);
}

/* A request with one attribute. */
struct request {
    struct nlmsghdr header;
    struct nfgenmsg generic;
    struct nlattr attribute;
    unsigned char value[8];
};

static int ask(int fd, uint16_t type, const void *value, size_t size)
{
    struct request request = {
        .header = { .nlmsg_len = (uint32_t)(offsetof(struct request, value) + align(size)),
                    .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
        .generic = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(BK_FIREWALL_LOG_GROUP) },
        .attribute = { .nla_len = (uint16_t)(sizeof request.attribute + size), .nla_type = type },
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        unsigned char more[256];
    } answer;

    memcpy(request.value, value, size);
    if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
        return -errno;
    do {
        if (recv(fd, &answer, sizeof answer, 0) < (ssize_t)offsetof(typeof(answer), more))
            return -EBADMSG;
    } while (answer.header.nlmsg_type != NLMSG_ERROR); /* a packet may have been quicker */
    return answer.error.error;
}

static int bind_group(int fd)
{
    const struct nfulnl_msg_config_cmd command = { .command = NFULNL_CFG_CMD_BIND };
    const struct nfulnl_msg_config_mode mode = { .copy_mode = NFULNL_COPY_NONE };
    const uint32_t at_once = htonl(1); /* as many wait before they are told */

    int r = ask(fd, NFULA_CFG_CMD, &command, sizeof command);
    if (r >= 0)
        r = ask(fd, NFULA_CFG_MODE, &mode, sizeof mode);
    return r < 0 ? r : ask(fd, NFULA_CFG_QTHRESH, &at_once, sizeof at_once);
}

/* The prefix that a rule gave it, which ends with a NUL byte. */
static void take(const struct bk_traffic *traffic, const unsigned char *message, size_t size)
{
    size_t at = align(sizeof(struct nlmsghdr)) + align(sizeof(struct nfgenmsg));
    struct nlattr attribute;

    for (; at + sizeof attribute <= size; at += align(attribute.nla_len)) {
        memcpy(&attribute, message + at, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || attribute.nla_len > size - at)
            return;
        if ((attribute.nla_type & NLA_TYPE_MASK) != NFULA_PREFIX || message[at + attribute.nla_len - 1] != '\0')
            continue;
        traffic->sends((unsigned)strtoul((const char *)message + at + sizeof attribute, NULL, 10), traffic->userdata);
        return;
    }
}

static int on_packets(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    _Alignas(struct nlmsghdr) unsigned char buffer[8192];
    struct nlmsghdr header;

    (void)source;
    (void)events;
    for (;;) {
        ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (size < 0 && errno == ENOBUFS)
            continue; /* some are lost; the next second has others */
        if (size < 0)
            return 0;
        for (size_t at = 0; at + sizeof header <= (size_t)size; at += align(header.nlmsg_len)) {
            memcpy(&header, buffer + at, sizeof header);
            if (header.nlmsg_len < sizeof header || header.nlmsg_len > (size_t)size - at)
                break;
            if (header.nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
                take(userdata, buffer + at, header.nlmsg_len);
        }
    }
}

int bk_traffic_create(sd_event *event, void (*sends)(unsigned number, void *userdata), void *userdata,
                      struct bk_traffic **ret)
{
    struct bk_traffic *traffic = calloc(1, sizeof *traffic);

    if (traffic == NULL)
        return -ENOMEM;
    traffic->sends = sends;
    traffic->userdata = userdata;
    traffic->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    int r = traffic->fd < 0 ? -errno : bind_group(traffic->fd);
    if (r >= 0)
        r = sd_event_add_io(event, &traffic->source, traffic->fd, EPOLLIN, on_packets, traffic);
    if (r < 0) {
        bk_traffic_destroy(traffic);
        return r;
    }
    *ret = traffic;
    return 0;
}

void bk_traffic_destroy(struct bk_traffic *traffic)
{
    if (traffic == NULL)
        return;
    sd_event_source_disable_unref(traffic->source);
    bk_close(traffic->fd);
    free(traffic);
}
