/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues (virtio 1.3 §2.7): chains out of the available ring, answers into the used ring.
 *
 * Input from: guest (descriptors, indices, addresses)
 * Runs in: bk-vmm, I/O thread, under the VM's lock
 *
 * A chain is read once, checked whole and kept as host ranges that lie in guest RAM; what the guest writes
 * into its descriptors afterwards changes nothing. The bytes themselves stay the guest's: copy before checking.
 */
#ifndef BK_VIRTIO_QUEUE_H
#define BK_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define BK_QUEUE_SIZE_MAX 256
#define BK_QUEUE_BURST    64 /* chains that a device answers before it lets the VM's other work go first */

struct bk_queue; /* virtio/queue_state.h */
struct bk_virtio_device;

/* One request. `out` is what the driver wrote for the device, `in` what the device may write, in order. */
struct bk_chain {
    uint16_t head;
    unsigned out_count;
    unsigned in_count;
    size_t out_size; /* bytes, the sum over `out` */
    size_t in_size;
    struct iovec *out;
    struct iovec *in; /* follows `out` in the same array */
    struct iovec ranges[BK_QUEUE_SIZE_MAX];
};

/* Takes the next available chain, to be given back with bk_queue_push(). False: none is available, of the next one the
 * driver will notify; or the device is not running, or is in needs-reset now because the driver broke the rules. */
bool bk_queue_pop(struct bk_queue *queue, struct bk_chain *ret_chain);

/* Puts the last chain popped back as if it had not been taken. Only before any other pop on this queue. */
void bk_queue_unpop(struct bk_queue *queue);

/* True when a chain is available; no notification is asked for. */
bool bk_queue_has_chain(struct bk_queue *queue);

/* Answers: `written` is how many bytes of `in` the device filled from its start. */
void bk_queue_push(struct bk_queue *queue, const struct bk_chain *chain, size_t written);

/* Interrupts the driver when it wants to hear of what was pushed since the last call. */
void bk_queue_interrupt(struct bk_queue *queue);

/* False when the driver has not looked yet at all that was pushed, as far as its event index tells: it is behind. Ahead
 * of that, by no more than can be in flight, it asks to be left alone until then; further off it is no such word, as
 * the 0 with which Linux wants to hear of nothing. */
bool bk_queue_is_seen(const struct bk_queue *queue);

/* The device will be notified of the queue in a later turn of the I/O thread, as if by its driver. In any thread. */
void bk_queue_ring(struct bk_queue *queue);

/* Answers what is available: `serve` gets each chain and pushes it. After BK_QUEUE_BURST of them, or when `serve`
 * yields false, the rest waits for a later turn. */
void bk_queue_serve(struct bk_queue *queue,
                    bool (*serve)(struct bk_virtio_device *device, const struct bk_chain *chain));

/* Copy from `out`, or into `in`, from `offset`: the number of bytes copied, less than `size` at the end. */
size_t bk_chain_read(const struct bk_chain *chain, size_t offset, void *buffer, size_t size);
size_t bk_chain_write(const struct bk_chain *chain, size_t offset, const void *buffer, size_t size);

#endif
