/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "connections.h"

#include "cleanup.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>

/* Which of the addresses of a connection a filter looks at; the kernel has no header for it. */
#define BY_SOURCE 1U

/* One request: to delete what has this source. Attributes lie in attributes, each of a multiple of four bytes. */
struct request {
    struct nlmsghdr header;
    struct nfgenmsg generic;
    struct nlattr tuple, addresses, source;
    uint32_t address;
    struct nlattr filter, flags;
    uint32_t by;
    struct nlattr reply_flags;
    uint32_t reply_by;
};
static_assert(sizeof(struct request) == sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) + 6 * 4 + 3 * 4,
              "nothing lies between");

#define SIZE_FROM(first, last) \
    (uint16_t)(offsetof(struct request, last) + sizeof(uint32_t) - offsetof(struct request, first))

int bk_connections_forget(uint32_t address)
{
    const struct request request = {
        .header = { .nlmsg_len = sizeof request,
                    .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
        .generic = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 },
        .tuple = { SIZE_FROM(tuple, address), CTA_TUPLE_ORIG | NLA_F_NESTED },
        .addresses = { SIZE_FROM(addresses, address), CTA_TUPLE_IP | NLA_F_NESTED },
        .source = { SIZE_FROM(source, address), CTA_IP_V4_SRC },
        .address = htonl(address),
        .filter = { SIZE_FROM(filter, reply_by), CTA_FILTER | NLA_F_NESTED },
        .flags = { SIZE_FROM(flags, by), CTA_FILTER_ORIG_FLAGS },
        .by = BY_SOURCE,
        .reply_flags = { SIZE_FROM(reply_flags, reply_by), CTA_FILTER_REPLY_FLAGS },
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        unsigned char more[256]; /* the request, again */
    } answer;
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

    if (fd < 0 || send(fd, &request, sizeof request, 0) < 0)
        return -errno;
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    if (n < 0)
        return -errno;
    if ((size_t)n < offsetof(typeof(answer), more) || answer.header.nlmsg_type != NLMSG_ERROR)
        return -EBADMSG;
    return answer.error.error;
}
