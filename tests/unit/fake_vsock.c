/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_vsock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RECEIVE,
    TRANSMIT,
    EVENT
};

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        abort();
    return memory;
}

void fake_vsock_start(struct fake_vsock *guest, struct bk_virtio_device *device)
{
    *guest = (struct fake_vsock){ .device = device, .buffer_size = FAKE_VSOCK_BUFFER, .refill = true };
    fake_device_start(device, &guest->transport);
}

static void forget(struct fake_vsock *guest)
{
    for (unsigned i = 0; i < FAKE_QUEUE_CHAINS; i++) {
        free(guest->received[i]);
        free(guest->sent[i]);
        guest->received[i] = guest->sent[i] = NULL;
    }
}

void fake_vsock_reset(struct fake_vsock *guest)
{
    fake_device_reset(guest->device);
    forget(guest);
}

void fake_vsock_destroy(struct fake_vsock *guest)
{
    fake_device_destroy(guest->device);
    forget(guest);
}

static void post(struct fake_vsock *guest)
{
    uint8_t *buffer = allocate(guest->buffer_size);
    uint16_t head = fake_queue_add_buffers(guest->device, RECEIVE, NULL, 0, buffer, guest->buffer_size);

    memset(buffer, 0xa5, guest->buffer_size);
    guest->received[head] = buffer;
}

void fake_vsock_post(struct fake_vsock *guest, unsigned count)
{
    while (count-- > 0)
        post(guest);
    fake_queue_notify(guest->device, RECEIVE);
}

void fake_vsock_post_events(struct fake_vsock *guest, unsigned count)
{
    while (count-- > 0) {
        uint32_t *event = &guest->events[guest->next_event++ % FAKE_QUEUE_CHAINS];
        *event = UINT32_MAX;
        fake_queue_add_buffers(guest->device, EVENT, NULL, 0, event, sizeof *event);
    }
    fake_queue_notify(guest->device, EVENT);
}

bool fake_vsock_sent(struct fake_vsock *guest)
{
    uint16_t head;
    size_t written;

    while (fake_queue_next_answer(guest->device, TRANSMIT, &head, &written)) {
        assert(written == 0);
        free(guest->sent[head]);
        guest->sent[head] = NULL;
    }
    return fake_queue_available(guest->device, TRANSMIT) == 0;
}

bool fake_vsock_send(struct fake_vsock *guest, const struct bk_vsock_header *header, const void *payload, size_t size)
{
    uint8_t *bytes = allocate(sizeof *header + size);
    const struct iovec ranges[] = {
        { .iov_base = bytes, .iov_len = sizeof *header },
        { .iov_base = bytes + sizeof *header, .iov_len = size },
    };

    memcpy(bytes, header, sizeof *header);
    if (size > 0)
        memcpy(bytes + sizeof *header, payload, size);
    uint16_t head = fake_queue_add(guest->device, TRANSMIT, ranges, size > 0 ? 2 : 1, NULL, 0);
    guest->sent[head] = bytes;
    fake_queue_notify(guest->device, TRANSMIT);
    return fake_vsock_sent(guest);
}

bool fake_vsock_receive(struct fake_vsock *guest, struct bk_vsock_packet *packet)
{
    uint16_t head;
    size_t written;

    if (!fake_queue_next_answer(guest->device, RECEIVE, &head, &written))
        return false;
    uint8_t *buffer = guest->received[head];
    guest->received[head] = NULL;
    assert(written >= sizeof packet->header && written <= guest->buffer_size);
    memcpy(packet, buffer, written);
    assert(written == sizeof packet->header + packet->header.len);
    free(buffer);
    if (guest->refill && guest->device->running) {
        post(guest);
        fake_queue_notify(guest->device, RECEIVE);
    }
    return true;
}

bool fake_vsock_event(struct fake_vsock *guest)
{
    size_t written;

    if (!fake_queue_next_answer(guest->device, EVENT, NULL, &written))
        return false;
    assert(written == sizeof(uint32_t));
    assert(guest->events[guest->fetched_event % FAKE_QUEUE_CHAINS] == 0); /* a transport reset */
    guest->fetched_event++;
    return true;
}

bool fake_cable_send(int fd, const struct bk_vsock_header *header, const void *payload, size_t size)
{
    struct iovec ranges[] = {
        { .iov_base = (void *)(uintptr_t)header, .iov_len = sizeof *header },
        { .iov_base = (void *)(uintptr_t)payload, .iov_len = size },
    };
    const struct msghdr message = { .msg_iov = ranges, .msg_iovlen = 2 };

    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

ssize_t fake_cable_receive(int fd, struct bk_vsock_packet *packet)
{
    ssize_t n;

    do {
        n = recv(fd, packet, sizeof *packet, MSG_DONTWAIT);
    } while (n < 0 && errno == ECONNRESET);
    if (n > 0) {
        assert((size_t)n >= sizeof packet->header);
        assert((size_t)n == sizeof packet->header + packet->header.len);
    }
    return n;
}
