/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "fake_queue.h"

#include "core/loop.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum state {
    FREE,
    AVAILABLE,
    TAKEN,
    ANSWERED,
};

struct fake_chain {
    enum state state;
    unsigned out_count, in_count;
    size_t in_size;
    size_t written;
    struct iovec *ranges;
};

struct bk_queue {
    struct bk_virtio_device *device;
    unsigned index;
    int eventfd;
    struct bk_source source;
    bool restart_due; /* in the device's first queue */
    struct fake_chain chains[FAKE_QUEUE_CHAINS];
    uint16_t available[FAKE_QUEUE_CHAINS], answers[FAKE_QUEUE_CHAINS];
    unsigned available_count, answer_count;
    int last_popped; /* -1: none */
    unsigned interrupts;
};

static void *checked(void *pointer)
{
    if (pointer == NULL)
        abort();
    return pointer;
}

static void empty(struct bk_queue *queue)
{
    for (unsigned i = 0; i < FAKE_QUEUE_CHAINS; i++) {
        free(queue->chains[i].ranges);
        queue->chains[i] = (struct fake_chain){ .state = FREE };
    }
    queue->available_count = 0;
    queue->answer_count = 0;
    queue->last_popped = -1;
    queue->interrupts = 0;
}

static void notify(struct bk_queue *queue)
{
    struct bk_virtio_device *device = queue->device;

    if (device->queues[0]->restart_due && device->operations->restart != NULL)
        device->operations->restart(device);
    device->queues[0]->restart_due = false;
    if (device->running)
        device->operations->notify(device, queue->index);
}

static void on_ring(void *userdata, uint32_t events)
{
    struct bk_queue *queue = userdata;
    uint64_t count;

    (void)events;
    if (read(queue->eventfd, &count, sizeof count) != sizeof count)
        abort();
    notify(queue);
}

static struct bk_queue *create_queue(struct bk_virtio_device *device, unsigned index)
{
    struct bk_queue *queue = checked(calloc(1, sizeof *queue));

    queue->device = device;
    queue->index = index;
    queue->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->eventfd < 0 || bk_loop_add(device->loop, &queue->source, queue->eventfd, EPOLLIN, on_ring, queue) < 0)
        abort();
    return queue;
}

void fake_device_start(struct bk_virtio_device *device, struct bk_virtio_transport *transport)
{
    *transport = (struct bk_virtio_transport){ .broken = false };
    device->transport = transport;
    for (unsigned i = 0; i < device->queue_count; i++) {
        if (device->queues[i] == NULL)
            device->queues[i] = create_queue(device, i);
        empty(device->queues[i]);
    }
    device->negotiated = device->features | BK_VIRTIO_F_VERSION_1;
    device->running = true;
    if (device->operations->start != NULL)
        device->operations->start(device);
    for (unsigned i = 0; i < device->queue_count; i++)
        bk_queue_ring(device->queues[i]);
}

void fake_device_reset(struct bk_virtio_device *device)
{
    device->running = false;
    device->negotiated = 0;
    device->operations->reset(device);
    if (device->transport != NULL)
        device->transport->broken = false;
    for (unsigned i = 0; i < device->queue_count; i++) {
        if (device->queues[i] != NULL)
            empty(device->queues[i]);
    }
    if (device->queues[0] != NULL) {
        device->queues[0]->restart_due = true;
        bk_queue_ring(device->queues[0]);
    }
}

void fake_device_destroy(struct bk_virtio_device *device)
{
    struct bk_queue *queues[BK_VIRTIO_QUEUES_MAX];
    struct bk_loop *loop = device->loop;
    unsigned count = device->queue_count;

    fake_device_reset(device);
    memcpy(queues, device->queues, sizeof queues);
    device->operations->destroy(device);
    for (unsigned i = 0; i < count && queues[i] != NULL; i++) {
        bk_loop_remove(loop, &queues[i]->source);
        close(queues[i]->eventfd);
        free(queues[i]);
    }
}

uint16_t fake_queue_add(struct bk_virtio_device *device, unsigned index, const struct iovec *out, unsigned out_count,
                        const struct iovec *in, unsigned in_count)
{
    struct bk_queue *queue = device->queues[index];
    uint16_t head = 0;

    assert(out_count + in_count <= BK_QUEUE_SIZE_MAX);
    while (head < FAKE_QUEUE_CHAINS && queue->chains[head].state != FREE)
        head++;
    assert(head < FAKE_QUEUE_CHAINS);

    struct fake_chain *chain = &queue->chains[head];
    *chain = (struct fake_chain){ .state = AVAILABLE, .out_count = out_count, .in_count = in_count };
    chain->ranges = checked(calloc(out_count + in_count + 1, sizeof *chain->ranges));
    for (unsigned i = 0; i < out_count; i++)
        chain->ranges[i] = out[i];
    for (unsigned i = 0; i < in_count; i++) {
        chain->ranges[out_count + i] = in[i];
        chain->in_size += in[i].iov_len;
    }
    queue->available[queue->available_count++] = head;
    return head;
}

uint16_t fake_queue_add_buffers(struct bk_virtio_device *device, unsigned index, const void *out, size_t out_size,
                                void *in, size_t in_size)
{
    struct iovec out_range = { .iov_base = (void *)(uintptr_t)out, .iov_len = out_size };
    struct iovec in_range = { .iov_base = in, .iov_len = in_size };

    return fake_queue_add(device, index, &out_range, out != NULL, &in_range, in != NULL);
}

static void fetch(struct bk_queue *queue, unsigned position, size_t *ret_written)
{
    struct fake_chain *chain = &queue->chains[queue->answers[position]];

    if (ret_written != NULL)
        *ret_written = chain->written;
    free(chain->ranges);
    *chain = (struct fake_chain){ .state = FREE };
    queue->answer_count--;
    memmove(&queue->answers[position], &queue->answers[position + 1],
            (queue->answer_count - position) * sizeof queue->answers[0]);
}

bool fake_queue_answered(struct bk_virtio_device *device, unsigned index, uint16_t head, size_t *ret_written)
{
    struct bk_queue *queue = device->queues[index];

    for (unsigned i = 0; i < queue->answer_count; i++) {
        if (queue->answers[i] == head) {
            fetch(queue, i, ret_written);
            return true;
        }
    }
    return false;
}

bool fake_queue_next_answer(struct bk_virtio_device *device, unsigned index, uint16_t *ret_head, size_t *ret_written)
{
    struct bk_queue *queue = device->queues[index];

    if (queue->answer_count == 0)
        return false;
    if (ret_head != NULL)
        *ret_head = queue->answers[0];
    fetch(queue, 0, ret_written);
    return true;
}

unsigned fake_queue_notify(struct bk_virtio_device *device, unsigned index)
{
    unsigned before = device->queues[index]->interrupts;

    notify(device->queues[index]);
    return device->queues[index]->interrupts - before;
}

unsigned fake_queue_interrupts(struct bk_virtio_device *device, unsigned index)
{
    return device->queues[index]->interrupts;
}

unsigned fake_queue_available(struct bk_virtio_device *device, unsigned index)
{
    return device->queues[index]->available_count;
}

/* What the devices call. */

void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(device->transport->reason, sizeof device->transport->reason, format, arguments);
    va_end(arguments);
    device->transport->broken = true;
    device->running = false;
}

void bk_virtio_config_changed(struct bk_virtio_device *device)
{
    device->transport->config_changes++;
}

bool bk_queue_pop(struct bk_queue *queue, struct bk_chain *ret_chain)
{
    queue->last_popped = -1;
    if (!queue->device->running || queue->available_count == 0)
        return false;

    uint16_t head = queue->available[0];
    struct fake_chain *chain = &queue->chains[head];
    queue->available_count--;
    memmove(&queue->available[0], &queue->available[1], queue->available_count * sizeof queue->available[0]);
    chain->state = TAKEN;
    queue->last_popped = head;

    ret_chain->head = head;
    ret_chain->out_count = chain->out_count;
    ret_chain->in_count = chain->in_count;
    ret_chain->out = ret_chain->ranges;
    ret_chain->in = ret_chain->ranges + chain->out_count;
    ret_chain->out_size = 0;
    ret_chain->in_size = chain->in_size;
    for (unsigned i = 0; i < chain->out_count + chain->in_count; i++) {
        ret_chain->ranges[i] = chain->ranges[i];
        if (i < chain->out_count)
            ret_chain->out_size += chain->ranges[i].iov_len;
    }
    return true;
}

void bk_queue_unpop(struct bk_queue *queue)
{
    assert(queue->last_popped >= 0);
    memmove(&queue->available[1], &queue->available[0], queue->available_count * sizeof queue->available[0]);
    queue->available[0] = (uint16_t)queue->last_popped;
    queue->available_count++;
    queue->chains[queue->last_popped].state = AVAILABLE;
    queue->last_popped = -1;
}

bool bk_queue_has_chain(struct bk_queue *queue)
{
    return queue->device->running && queue->available_count > 0;
}

void bk_queue_push(struct bk_queue *queue, const struct bk_chain *chain, size_t written)
{
    assert(chain->head < FAKE_QUEUE_CHAINS);
    struct fake_chain *fake = &queue->chains[chain->head];

    assert(fake->state == TAKEN);
    assert(written <= fake->in_size);
    fake->state = ANSWERED;
    fake->written = written;
    queue->answers[queue->answer_count++] = chain->head;
    if (queue->last_popped == chain->head)
        queue->last_popped = -1;
}

bool bk_queue_is_seen(const struct bk_queue *queue)
{
    return queue->answer_count == 0;
}

void bk_queue_interrupt(struct bk_queue *queue)
{
    queue->interrupts++;
}

void bk_queue_ring(struct bk_queue *queue)
{
    const uint64_t one = 1;

    if (write(queue->eventfd, &one, sizeof one) != sizeof one)
        abort();
}

void bk_queue_serve(struct bk_queue *queue,
                    bool (*serve)(struct bk_virtio_device *device, const struct bk_chain *chain))
{
    struct bk_chain chain;
    unsigned count = 0;

    while (bk_queue_pop(queue, &chain)) {
        if (!serve(queue->device, &chain) || ++count == BK_QUEUE_BURST) {
            bk_queue_ring(queue);
            break;
        }
    }
    bk_queue_interrupt(queue);
}

static size_t copy(const struct iovec *ranges, unsigned count, size_t offset, void *buffer, size_t size, bool to_ranges)
{
    size_t done = 0;

    for (unsigned i = 0; i < count && done < size; i++) {
        if (offset >= ranges[i].iov_len) {
            offset -= ranges[i].iov_len;
            continue;
        }
        size_t part = ranges[i].iov_len - offset;
        if (part > size - done)
            part = size - done;
        char *place = (char *)ranges[i].iov_base + offset;
        if (to_ranges)
            memcpy(place, (char *)buffer + done, part);
        else
            memcpy((char *)buffer + done, place, part);
        done += part;
        offset = 0;
    }
    return done;
}

size_t bk_chain_read(const struct bk_chain *chain, size_t offset, void *buffer, size_t size)
{
    return copy(chain->out, chain->out_count, offset, buffer, size, false);
}

size_t bk_chain_write(const struct bk_chain *chain, size_t offset, const void *buffer, size_t size)
{
    return copy(chain->in, chain->in_count, offset, (void *)(uintptr_t)buffer, size, true);
}
