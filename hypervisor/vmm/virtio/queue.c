/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues. The rings are shared with a driver that may be hostile and runs at the same time:
 *
 * 1. Every field is loaded once; only the loaded value is checked and used.
 * 2. The device's own position and the set of heads in flight live here, never in guest memory.
 * 3. A walk takes at most BK_QUEUE_SIZE_MAX steps, and one into an indirect table, so that no loop of descriptors
 *    lasts; a chain holds at most that many ranges.
 * 4. A head is in flight at most once: two answers to one request cannot be asked for.
 *
 * The barriers pair with the driver's: acquire after the available index, release before the used index, and a
 * full one between telling the other side what to wake us for and looking whether it has gone past that already
 * (virtio 1.3 §2.7.7, §2.7.10).
 */
#include "virtio/queue_state.h"

#include "checked.h"
#include "core/memory.h"
#include "virtio/device.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct vring_desc) == 16, "virtio 1.3 §2.7.5");

/* Set-up */

static bool give_up(struct bk_queue *queue, const char *reason)
{
    bk_virtio_device_break(queue->device, "queue %u: %s", queue->index, reason);
    return false;
}

bool bk_queue_enable(struct bk_queue *queue, const struct bk_queue_registers *registers)
{
    uint64_t size = registers->size;

    if (size == 0 || (size & (size - 1)) != 0 || size > queue->device->queue_size)
        return give_up(queue, "its size is no power of two that was offered");
    if (registers->descriptors % VRING_DESC_ALIGN_SIZE != 0 || registers->available % VRING_AVAIL_ALIGN_SIZE != 0 ||
        registers->used % VRING_USED_ALIGN_SIZE != 0)
        return give_up(queue, "a ring is not aligned");
    bk_queue_disable(queue);
    queue->descriptors = bk_memory_at(queue->memory, registers->descriptors, size * sizeof(struct vring_desc));
    queue->available =
        bk_memory_at(queue->memory, registers->available, sizeof(struct vring_avail) + (size + 1) * sizeof(uint16_t));
    queue->used = bk_memory_at(queue->memory, registers->used,
                               sizeof(struct vring_used) + size * sizeof(struct vring_used_elem) + sizeof(uint16_t));
    if (queue->descriptors == NULL || queue->available == NULL || queue->used == NULL)
        return give_up(queue, "a ring is not in RAM");
    queue->size = registers->size;
    queue->event_index = (queue->device->negotiated & BK_VIRTIO_F_EVENT_IDX) != 0;
    queue->indirect = (queue->device->negotiated & BK_VIRTIO_F_INDIRECT_DESC) != 0;
    queue->enabled = true;
    return true;
}

void bk_queue_disable(struct bk_queue *queue)
{
    *queue = (struct bk_queue){ .device = queue->device, .memory = queue->memory, .index = queue->index };
}

/* Taking chains */

static bool is_live(const struct bk_queue *queue)
{
    return queue->enabled && queue->device->running;
}

static bool in_flight(const struct bk_queue *queue, uint16_t head)
{
    return queue->in_flight[head / 64] >> (head % 64) & 1;
}

static void toggle_in_flight(struct bk_queue *queue, uint16_t head)
{
    queue->in_flight[head / 64] ^= 1ULL << (head % 64);
}

/* Chains that wait, by the driver's word: above the queue's size it lies. */
static uint16_t count_available(const struct bk_queue *queue)
{
    return (uint16_t)(__atomic_load_n(&queue->available->idx, __ATOMIC_ACQUIRE) - queue->next_available);
}

/* Asks the driver to notify of the next chain; yields how many came meanwhile, of which it may not have told. Without
 * an event index it is never asked not to: every driver of note has one. */
static uint16_t ask_notification(struct bk_queue *queue)
{
    uint16_t *event = (uint16_t *)&queue->used->ring[queue->size]; /* §2.7.8: after the used ring */

    if (queue->event_index)
        __atomic_store_n(event, queue->next_available, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return count_available(queue);
}

/* Copies one descriptor, of a table that need not be aligned; the compiler may not go back to it afterwards. */
static struct vring_desc load_descriptor(const uint8_t *table, uint32_t index)
{
    struct vring_desc copy;

    memcpy(&copy, table + (size_t)index * sizeof(copy), sizeof(copy));
    __asm__ volatile("" ::: "memory");
    return copy;
}

static const char *add_range(const struct bk_memory *memory, const struct vring_desc *descriptor,
                             struct bk_chain *chain)
{
    bool writable = (descriptor->flags & VRING_DESC_F_WRITE) != 0;
    unsigned count = chain->out_count + chain->in_count;

    if (!writable && chain->in_count > 0)
        return "a readable descriptor follows a writable one";
    if (descriptor->len == 0) /* nothing to read or write there, whatever its address */
        return NULL;
    if (count == BK_QUEUE_SIZE_MAX)
        return "a chain is too long";
    void *host = bk_memory_at(memory, descriptor->addr, descriptor->len);
    if (host == NULL)
        return "a buffer is not in RAM";
    chain->ranges[count] = (struct iovec){ .iov_base = host, .iov_len = descriptor->len };
    if (writable) {
        chain->in_count++;
        chain->in_size += descriptor->len;
    } else {
        chain->out_count++;
        chain->out_size += descriptor->len;
    }
    /* §2.7.5: 2^32 bytes at most. Tested after each of at most 2^32 - 1 bytes, so neither sum can overflow. */
    if (chain->in_size + chain->out_size > UINT32_MAX)
        return "a chain holds more than 4 GiB";
    return NULL;
}

/* Reads the next chain; yields NULL or what is wrong. An indirect descriptor is the last one of its chain in the ring,
 * which goes on in the table that it describes. */
static const char *read_chain(const struct bk_queue *queue, struct bk_chain *chain)
{
    const uint16_t *shared = &queue->available->ring[queue->next_available % queue->size];
    uint16_t head = __atomic_load_n(shared, __ATOMIC_RELAXED);
    const uint8_t *table = queue->descriptors;
    uint32_t count = queue->size, next = head;
    bool indirect = false;

    if (head >= queue->size)
        return "a head lies outside the descriptor table";
    if (in_flight(queue, head))
        return "a chain was made available again before it was used";
    chain->head = head;
    chain->out_count = chain->in_count = 0;
    chain->out_size = chain->in_size = 0;
    for (unsigned steps = 0; steps <= BK_QUEUE_SIZE_MAX; steps++) { /* one more, for the indirect descriptor */
        if (next >= count)
            return "a descriptor's index lies outside its table";
        struct vring_desc descriptor = load_descriptor(table, next);
        if (descriptor.flags & VRING_DESC_F_INDIRECT) {
            if (!queue->indirect || indirect || (descriptor.flags & VRING_DESC_F_NEXT))
                return "an indirect descriptor where none may be, or with a successor";
            if (descriptor.len == 0 || descriptor.len % sizeof(descriptor) != 0)
                return "an indirect table's length is no multiple of a descriptor's";
            table = bk_memory_at(queue->memory, descriptor.addr, descriptor.len);
            if (table == NULL)
                return "an indirect table is not in RAM";
            count = (uint32_t)(descriptor.len / sizeof(descriptor));
            next = 0;
            indirect = true;
            continue;
        }
        const char *wrong = add_range(queue->memory, &descriptor, chain);
        if (wrong != NULL)
            return wrong;
        if (!(descriptor.flags & VRING_DESC_F_NEXT)) {
            chain->out = chain->ranges;
            chain->in = chain->ranges + chain->out_count;
            return NULL;
        }
        next = descriptor.next;
    }
    return "a chain loops or is too long";
}

bool bk_queue_pop(struct bk_queue *queue, struct bk_chain *ret_chain)
{
    if (!is_live(queue))
        return false;
    uint16_t available = count_available(queue);
    if (available == 0)
        available = ask_notification(queue);
    if (available == 0)
        return false;
    const char *wrong =
        available > queue->size ? "more chains are available than it holds" : read_chain(queue, ret_chain);
    if (wrong != NULL)
        return give_up(queue, wrong);
    toggle_in_flight(queue, ret_chain->head);
    queue->last_head = ret_chain->head;
    queue->next_available++;
    return true;
}

void bk_queue_unpop(struct bk_queue *queue)
{
    if (!is_live(queue))
        return;
    assert(in_flight(queue, queue->last_head));
    toggle_in_flight(queue, queue->last_head);
    queue->next_available--;
}

bool bk_queue_has_chain(struct bk_queue *queue)
{
    return is_live(queue) && count_available(queue) != 0;
}

/* Answering */

void bk_queue_push(struct bk_queue *queue, const struct bk_chain *chain, size_t written)
{
    if (!is_live(queue))
        return;
    assert(chain->head < queue->size && in_flight(queue, chain->head));
    assert(written <= chain->in_size);
    toggle_in_flight(queue, chain->head);
    queue->used->ring[queue->next_used % queue->size] = (struct vring_used_elem){
        .id = chain->head,
        .len = (uint32_t)written,
    };
    queue->next_used++;
    __atomic_store_n(&queue->used->idx, queue->next_used, __ATOMIC_RELEASE);
    if (queue->unsignalled <= UINT16_MAX)
        queue->unsignalled++;
}

void bk_queue_interrupt(struct bk_queue *queue)
{
    if (!is_live(queue) || queue->unsignalled == 0)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint16_t flags = __atomic_load_n(&queue->available->flags, __ATOMIC_RELAXED);
    uint16_t event = __atomic_load_n(&queue->available->ring[queue->size], __ATOMIC_RELAXED); /* §2.7.6 */
    /* §2.7.7: has the used index passed the driver's event index since the last decision? Always, once it has been all
     * around. */
    uint16_t past_event = (uint16_t)(queue->next_used - event - 1);
    bool wanted = queue->event_index ? past_event < queue->unsignalled : !(flags & VRING_AVAIL_F_NO_INTERRUPT);
    queue->unsignalled = 0;
    if (wanted)
        bk_virtio_interrupt_queue(queue);
}

bool bk_queue_is_seen(const struct bk_queue *queue)
{
    if (!is_live(queue) || !queue->event_index)
        return true;
    uint16_t event = __atomic_load_n(&queue->available->ring[queue->size], __ATOMIC_RELAXED);
    return (uint16_t)(event - queue->next_used) < queue->size;
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

/* Bytes */

/* Copies between a buffer and the ranges from `offset` on; exactly one of `from` and `to` is not NULL. */
static size_t copy(const struct iovec *ranges, unsigned count, size_t offset, uint8_t *to, const uint8_t *from,
                   size_t size)
{
    size_t done = 0;

    for (unsigned i = 0; i < count && done < size; i++) {
        size_t skip = offset < ranges[i].iov_len ? offset : ranges[i].iov_len;
        size_t room = ranges[i].iov_len - skip;
        size_t length = room < size - done ? room : size - done;
        uint8_t *host = (uint8_t *)ranges[i].iov_base + skip;
        if (to != NULL)
            memcpy(to + done, host, length);
        else
            memcpy(host, from + done, length);
        done += length;
        offset -= skip;
    }
    return done;
}

size_t bk_chain_read(const struct bk_chain *chain, size_t offset, void *buffer, size_t size)
{
    return copy(chain->out, chain->out_count, offset, buffer, NULL, size);
}

size_t bk_chain_write(const struct bk_chain *chain, size_t offset, const void *buffer, size_t size)
{
    return copy(chain->in, chain->in_count, offset, NULL, buffer, size);
}
