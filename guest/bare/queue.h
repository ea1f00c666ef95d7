/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's side of a split virtqueue (virtio 1.3 §2.7): buffers go in, and come back used.
 *
 * Input from: host (the used ring: what is wrong in it breaks the queue, which gives nothing back any more)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_QUEUE_H
#define BK_BARE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_QUEUE_SIZE   16U /* descriptors */
#define BK_QUEUE_PIECES 4U  /* of a buffer, at most */

struct bk_queue_memory { /* what the device is told of; from the start of a page on */
    struct bk_queue_descriptor {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } descriptors[BK_QUEUE_SIZE];
    struct {
        uint16_t flags, index, ring[BK_QUEUE_SIZE], used_event;
    } available;
    struct {
        uint16_t flags, index;
        struct {
            uint32_t id, length;
        } ring[BK_QUEUE_SIZE];
        uint16_t available_event;
    } used;
};

struct bk_piece {
    void *at;
    size_t length;
};

struct bk_queue {
    volatile struct bk_queue_memory *memory;
    uint16_t available, seen; /* indices: of the next buffer to give, of the next one to take back */
    uint16_t free[BK_QUEUE_SIZE], free_count;
    uint8_t pieces[BK_QUEUE_SIZE]; /* of the buffer that begins there; 0: none does */
    uint32_t room[BK_QUEUE_SIZE];  /* bytes that the device may write into it */
    bool broken;
};

void bk_queue_init(struct bk_queue *queue, struct bk_queue_memory *memory);

/* Gives the device a buffer: `out` pieces to read, then `in` ones to write to. What it is called when it comes back; -1
 * when there is no room. */
int bk_queue_give(struct bk_queue *queue, const struct bk_piece *pieces, unsigned out, unsigned in);

/* Takes one back: what it is called, and how many bytes the device wrote; -1 when there is none. */
int bk_queue_take(struct bk_queue *queue, size_t *ret_length);

#endif
