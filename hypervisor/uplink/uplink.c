/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "uplink.h"

#include "cleanup.h"
#include "io.h"
#include "uplink_control.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* system calls [uplink]: poll recvfrom sendto recvmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

static void drop(struct bk_uplink *uplink, const char *from, const char *problem)
{
    uplink->dropped++;
    if (bk_ratelimit_pass(&uplink->limit))
        bk_warning("a frame from %s is dropped: it is %s; that makes %" PRIu64, from, problem, uplink->dropped);
}

/* The sum of 16-bit words that many protocols have, over `size` bytes; which protocol this is is not known here. */
static uint16_t sum(const uint8_t *bytes, size_t size)
{
    uint32_t total = 0;

    for (size_t i = 0; i < size; i++)
        total += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (total > 0xffff)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)total;
}

const char *bk_uplink_finish(struct bk_uplink_packet *packet, size_t size)
{
    const struct virtio_net_hdr header = packet->header;

    if (size < sizeof packet->header + BK_ETHERNET_FRAME_MIN || size > sizeof *packet ||
        header.gso_type != VIRTIO_NET_HDR_GSO_NONE)
        return "too short or too long";
    const char *problem = bk_ethernet_find_problem(packet->frame, size - sizeof packet->header, NULL);
    if (problem != NULL || (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
        return problem;
    size_t frame_size = size - sizeof packet->header, at = (size_t)header.csum_start + header.csum_offset;
    if (at + 2 > frame_size)
        return "without the place for its checksum";
    uint16_t checksum = (uint16_t)~sum(packet->frame + header.csum_start, frame_size - header.csum_start);
    if (checksum == 0)
        checksum = 0xffff; /* which is the same number, and does not mean "none" where 0 does */
    packet->frame[at] = (uint8_t)(checksum >> 8);
    packet->frame[at + 1] = (uint8_t)checksum;
    return NULL;
}

/* One frame; false when there is none now. That the card is down is told once, and then it is silent. */
static bool take_from_card(struct bk_uplink *uplink)
{
    struct bk_uplink_packet packet;

    ssize_t n = recv(uplink->card, &packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0)
        return errno == EINTR;
    const char *problem = bk_uplink_finish(&packet, (size_t)n);
    if (problem != NULL)
        drop(uplink, "the network", problem);
    else if (uplink->cable >= 0) /* no room: dropped, as ethernet may */
        (void)send(uplink->cable, packet.frame, (size_t)n - sizeof packet.header, MSG_DONTWAIT | MSG_NOSIGNAL);
    return true;
}

static bool take_from_cable(struct bk_uplink *uplink)
{
    struct bk_uplink_packet packet = { .header.gso_type = VIRTIO_NET_HDR_GSO_NONE };

    ssize_t n = recv(uplink->cable, packet.frame, sizeof packet.frame, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return errno == EINTR;
    if (n <= 0) { /* the System VM has ended; its next one brings another */
        uplink->cable = bk_close(uplink->cable);
        return false;
    }
    const char *problem = bk_ethernet_find_problem(packet.frame, (size_t)n, uplink->mac);
    if (problem != NULL)
        drop(uplink, "the System VM", problem);
    else if (uplink->card >= 0)
        (void)send(uplink->card, &packet, sizeof packet.header + (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return true;
}

/* ---- the supervisor ---- */

static int take_control(struct bk_uplink *uplink, const struct bk_uplink_control_message *message, int *fd)
{
    if (message->type == BK_UPLINK_NO_CARD) {
        uplink->card = bk_close(uplink->card);
        return 0;
    }
    if (*fd < 0 || (message->type != BK_UPLINK_CARD && message->type != BK_UPLINK_CABLE))
        return -EINVAL;
    int r = bk_set_nonblock(*fd);
    if (r < 0)
        return r;
    int *end = message->type == BK_UPLINK_CARD ? &uplink->card : &uplink->cable;
    if (message->type == BK_UPLINK_CARD)
        memcpy(uplink->mac, message->mac, sizeof uplink->mac);
    bk_close(*end);
    *end = TAKE_FD(*fd);
    return 0;
}

/* False when the supervisor is gone. */
static bool read_control(struct bk_uplink *uplink)
{
    struct bk_uplink_control_message message;
    _cleanup_close_ int fd = -1;

    ssize_t n = bk_recv_message(uplink->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return true;
    if (n != (ssize_t)sizeof message)
        return false;
    int r = take_control(uplink, &message, &fd);
    if (r < 0)
        bk_error("control message %u: %s", message.type, strerror(-r));
    return true;
}

static void take_some(struct bk_uplink *uplink, bool (*take)(struct bk_uplink *uplink))
{
    for (unsigned i = 0; i < BK_UPLINK_FRAMES_AT_ONCE && take(uplink); i++)
        ;
}

void bk_uplink_init(struct bk_uplink *uplink, int control)
{
    *uplink = (struct bk_uplink){ .control = control, .card = -1, .cable = -1 };
}

int bk_uplink_run(struct bk_uplink *uplink)
{
    int r = bk_set_nonblock(uplink->control);

    if (r < 0)
        return r;
    for (;;) {
        struct pollfd polls[] = {
            { .fd = uplink->control, .events = POLLIN },
            { .fd = uplink->card, .events = POLLIN },
            { .fd = uplink->cable, .events = POLLIN },
        };
        if (poll(polls, 3, -1) < 0) {
            if (errno != EINTR)
                return -errno;
            continue;
        }
        if (polls[1].revents != 0)
            take_some(uplink, take_from_card);
        if (polls[2].revents != 0)
            take_some(uplink, take_from_cable);
        if (polls[0].revents != 0 && !read_control(uplink))
            return 0;
    }
}
