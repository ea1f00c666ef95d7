/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#define NEXT  1U
#define WRITE 2U

/* What is written before is seen before (on x86 that is for the compiler to keep, and for the pair of a write and a
 * read). */
static void barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void bk_queue_init(struct bk_queue *queue, struct bk_queue_memory *memory)
{
    *queue = (struct bk_queue){ .memory = memory, .free_count = BK_QUEUE_SIZE };
    for (uint16_t i = 0; i < BK_QUEUE_SIZE; i++)
        queue->free[i] = i;
}

int bk_queue_give(struct bk_queue *queue, const struct bk_piece *pieces, unsigned out, unsigned in)
{
    unsigned count = out + in;
    uint16_t next = 0;

    if (count == 0 || count > BK_QUEUE_PIECES || count > queue->free_count || queue->broken)
        return -1;
    uint32_t room = 0;
    for (unsigned i = count; i-- > 0;) { /* from the last one, which has no next, to the head */
        uint16_t here = queue->free[--queue->free_count];
        queue->memory->descriptors[here].address = (uintptr_t)pieces[i].at;
        queue->memory->descriptors[here].length = (uint32_t)pieces[i].length;
        queue->memory->descriptors[here].flags = (uint16_t)((i + 1 < count ? NEXT : 0) | (i >= out ? WRITE : 0));
        queue->memory->descriptors[here].next = next;
        room += i >= out ? (uint32_t)pieces[i].length : 0;
        next = here;
    }
    queue->pieces[next] = (uint8_t)count;
    queue->room[next] = room;
    queue->memory->available.ring[queue->available % BK_QUEUE_SIZE] = next;
    barrier();
    queue->memory->available.index = ++queue->available;
    barrier();
    return next;
}

int bk_queue_take(struct bk_queue *queue, size_t *ret_length)
{
    uint16_t waiting = (uint16_t)(queue->memory->used.index - queue->seen);

    if (waiting == 0 || queue->broken)
        return -1;
    barrier();
    uint32_t id = queue->memory->used.ring[queue->seen % BK_QUEUE_SIZE].id;
    uint32_t length = queue->memory->used.ring[queue->seen % BK_QUEUE_SIZE].length;
    if (waiting > BK_QUEUE_SIZE || id >= BK_QUEUE_SIZE || queue->pieces[id] == 0 || length > queue->room[id]) {
        queue->broken = true;
        return -1;
    }
    queue->seen++;
    /* Descriptors were the device's to read only, but its they were: the chain is followed for as long as it was. */
    uint16_t at = (uint16_t)id;
    for (unsigned left = queue->pieces[id]; left > 0; left--) {
        queue->free[queue->free_count++] = at;
        at = queue->memory->descriptors[at].next % BK_QUEUE_SIZE;
    }
    queue->pieces[id] = 0;
    *ret_length = length;
    return (int)id;
}
