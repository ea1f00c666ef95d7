/* SPDX-License-Identifier: Apache-2.0 */
#include "vsock.h"

#include "memory.h"
#include "virtio.h"

#include <string.h>

#define RECEIVE       0U /* queues */
#define TRANSMIT      1U
#define EVENT         2U
#define SYSTEM_CID    2U
#define TYPE_STREAM   1U
#define FIRST_PORT    1024U
#define BUFFERS       BK_QUEUE_SIZE
#define BUFFER_SIZE   BK_PAGE
#define EVENTS        4U
#define SHUTDOWN_BOTH 3U

enum operation { /* §5.10.6 */
    REQUEST = 1,
    RESPONSE,
    RESET,
    SHUTDOWN,
    DATA,
    CREDIT_UPDATE,
    CREDIT_REQUEST,
};

struct header {
    uint64_t source_cid, target_cid;
    uint32_t source_port, target_port, length;
    uint16_t type, operation;
    uint32_t flags, room, took;
} __attribute__((packed));

struct packet {
    struct header header;
    char payload[BUFFER_SIZE - sizeof(struct header)];
};

static struct bk_virtio device;
static struct packet *received, *outgoing; /* BUFFERS of them; one */
static uint32_t *events;
static uint64_t cid;
static uint32_t next_port = FIRST_PORT;
static struct bk_connection *connections[BK_VSOCK_CONNECTIONS];

/* Gives a buffer again, whose address stands in its descriptor. */
static void give_back(unsigned queue, int id, size_t size)
{
    void *at = (void *)(uintptr_t)device.queues[queue].memory->descriptors[id].address;

    (void)bk_queue_give(&device.queues[queue], &(struct bk_piece){ at, size }, 0, 1);
    bk_virtio_ring(&device, queue);
}

bool bk_vsock_begin(void)
{
    if (!bk_virtio_open(&device, BK_VIRTIO_VSOCK, 0, 3) || device.config == NULL)
        return false;
    cid = *(volatile uint64_t *)device.config;
    received = bk_memory_take(BUFFERS * sizeof *received);
    outgoing = bk_memory_take(sizeof *outgoing);
    events = bk_memory_take(EVENTS * sizeof *events);
    if (received == NULL || outgoing == NULL || events == NULL)
        return false;
    for (unsigned i = 0; i < BUFFERS; i++)
        (void)bk_queue_give(&device.queues[RECEIVE], &(struct bk_piece){ &received[i], sizeof received[i] }, 0, 1);
    for (unsigned i = 0; i < EVENTS; i++)
        (void)bk_queue_give(&device.queues[EVENT], &(struct bk_piece){ &events[i], sizeof events[i] }, 0, 1);
    bk_virtio_start(&device);
    bk_virtio_ring(&device, RECEIVE);
    bk_virtio_ring(&device, EVENT);
    return true;
}

static bool transmit(const struct bk_connection *connection, enum operation operation, size_t length)
{
    if (outgoing == NULL)
        return false;
    outgoing->header = (struct header){
        .source_cid = cid,
        .target_cid = SYSTEM_CID,
        .source_port = connection->port,
        .target_port = connection->system_port,
        .length = (uint32_t)length,
        .type = TYPE_STREAM,
        .operation = (uint16_t)operation,
        .flags = operation == SHUTDOWN ? SHUTDOWN_BOTH : 0,
        .room = BK_VSOCK_ROOM,
        .took = connection->took,
    };
    return bk_virtio_ask(&device, TRANSMIT, &(struct bk_piece){ outgoing, sizeof outgoing->header + length }, 1, 0) >=
           0;
}

void bk_vsock_connect(struct bk_connection *connection, uint32_t port)
{
    bk_vsock_close(connection);
    *connection = (struct bk_connection){ .port = next_port++, .system_port = port };
    for (unsigned i = 0; i < BK_VSOCK_CONNECTIONS; i++) {
        if (connections[i] != NULL && connections[i] != connection)
            continue;
        connections[i] = connection;
        if (transmit(connection, REQUEST, 0))
            connection->state = BK_VSOCK_CONNECTING;
        return;
    }
}

void bk_vsock_close(struct bk_connection *connection)
{
    if (connection->state != BK_VSOCK_CLOSED)
        (void)transmit(connection, RESET, 0);
    connection->state = BK_VSOCK_CLOSED;
    for (unsigned i = 0; i < BK_VSOCK_CONNECTIONS; i++) {
        if (connections[i] == connection)
            connections[i] = NULL;
    }
}

bool bk_vsock_send(struct bk_connection *connection, const char *bytes, size_t count)
{
    uint32_t under_way = connection->sent - connection->peer_took;

    if (connection->state != BK_VSOCK_OPEN || outgoing == NULL || under_way > connection->peer_room ||
        count > connection->peer_room - under_way) {
        bk_vsock_close(connection);
        return false;
    }
    while (count > 0) {
        size_t piece = count < sizeof outgoing->payload ? count : sizeof outgoing->payload;
        memcpy(outgoing->payload, bytes, piece);
        if (!transmit(connection, DATA, piece)) {
            bk_vsock_close(connection);
            return false;
        }
        connection->sent += (uint32_t)piece;
        bytes += piece;
        count -= piece;
    }
    return true;
}

/* The system, which keeps to what it was told, has no room left. */
static bool is_full(const struct bk_connection *connection)
{
    return connection->length + (connection->took - connection->told) >= BK_VSOCK_ROOM;
}

static void tell_room(struct bk_connection *connection)
{
    connection->told = connection->took;
    (void)transmit(connection, CREDIT_UPDATE, 0);
}

void bk_vsock_took(struct bk_connection *connection, size_t count)
{
    connection->length -= count;
    memmove(connection->bytes, connection->bytes + count, connection->length);
    connection->took += (uint32_t)count;
    if (connection->state == BK_VSOCK_OPEN &&
        (connection->took - connection->told >= BK_VSOCK_ROOM / 4 || is_full(connection)))
        tell_room(connection);
}

static struct bk_connection *find(const struct header *header)
{
    for (unsigned i = 0; i < BK_VSOCK_CONNECTIONS; i++) {
        struct bk_connection *connection = connections[i];
        if (connection != NULL && connection->port == header->target_port &&
            connection->system_port == header->source_port && connection->state != BK_VSOCK_CLOSED)
            return connection;
    }
    return NULL;
}

static void hear(struct bk_connection *connection, const struct packet *packet)
{
    const struct header *header = &packet->header;

    connection->peer_room = header->room;
    connection->peer_took = header->took;
    switch (header->operation) {
    case RESPONSE:
        connection->state = BK_VSOCK_OPEN;
        break;
    case DATA:
        if (header->length > BK_VSOCK_ROOM - connection->length) {
            bk_vsock_close(connection); /* more than it was given room for */
            break;
        }
        memcpy(connection->bytes + connection->length, packet->payload, header->length);
        connection->length += header->length;
        if (!is_full(connection) || memchr(connection->bytes, '\0', connection->length) != NULL)
            break;
        if (connection->length < BK_VSOCK_ROOM)
            tell_room(connection);
        else
            bk_vsock_close(connection); /* a message that has no end here */
        break;
    case CREDIT_REQUEST:
        (void)transmit(connection, CREDIT_UPDATE, 0);
        break;
    case SHUTDOWN:
        bk_vsock_close(connection);
        break;
    case RESET:
        connection->state = BK_VSOCK_CLOSED;
        bk_vsock_close(connection);
        break;
    default:
        break;
    }
}

static void take_packet(const struct packet *packet, size_t length)
{
    const struct header *header = &packet->header;

    if (length < sizeof *header || header->source_cid != SYSTEM_CID || header->target_cid != cid ||
        header->type != TYPE_STREAM || header->length > length - sizeof *header)
        return;
    struct bk_connection *connection = find(header);
    if (connection != NULL)
        hear(connection, packet);
}

void bk_vsock_look(void)
{
    size_t length;
    int id;

    if (received == NULL)
        return;
    while ((id = bk_queue_take(&device.queues[RECEIVE], &length)) >= 0) {
        take_packet((const struct packet *)(uintptr_t)device.queues[RECEIVE].memory->descriptors[id].address, length);
        give_back(RECEIVE, id, sizeof(struct packet));
    }
    /* There is one event: the system's end went away, and with it all connections. */
    while ((id = bk_queue_take(&device.queues[EVENT], &length)) >= 0) {
        for (unsigned i = 0; i < BK_VSOCK_CONNECTIONS; i++) {
            if (connections[i] != NULL)
                connections[i]->state = BK_VSOCK_CLOSED;
        }
        give_back(EVENT, id, sizeof *events);
    }
}
