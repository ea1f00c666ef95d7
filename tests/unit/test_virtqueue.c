/* SPDX-License-Identifier: Apache-2.0 */
/* Split virtqueues against a driver that keeps the rules, and against one that breaks each of them. */
#define _GNU_SOURCE
#include "fake_vm.h"

#include "core/layout.h"
#include "virtio/device.h"
#include "virtio/queue_state.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define LOW_SIZE    (32UL << 20)
#define HIGH_SIZE   (1UL << 20)
#define QUEUE_SIZE  16U
#define DESCRIPTORS 0x10000ULL
#define AVAILABLE   0x12000ULL
#define USED        0x14000ULL
#define TABLE       0x20000ULL
#define DATA        0x100000ULL
#define FEATURES    (BK_VIRTIO_F_VERSION_1 | BK_VIRTIO_F_INDIRECT_DESC)

struct bench {
    struct fake_vm *fake;
    struct bk_virtio_device device;
    struct bk_queue queue;
    struct bk_queue_registers registers;
    struct bk_chain chain;
    struct vring_desc *descriptors;
    struct vring_avail *available;
    struct vring_used *used;
    unsigned interrupts;
    unsigned breaks;
    unsigned rings, served;
    sem_t interrupted;
};

static struct bench *the_bench;

/* What the queues use of the transport. */
void bk_virtio_interrupt_queue(struct bk_queue *queue)
{
    (void)queue;
    the_bench->interrupts++;
    sem_post(&the_bench->interrupted);
}

void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
{
    (void)format;
    device->running = false;
    the_bench->breaks++;
}

void bk_queue_ring(struct bk_queue *queue)
{
    (void)queue;
    the_bench->rings++;
}

static void *at(struct bench *bench, uint64_t address)
{
    void *host = bk_memory_at(&bench->fake->vm.memory, address, 1);
    assert_non_null(host);
    return host;
}

static void start(struct bench *bench, uint64_t features)
{
    memset(bench->descriptors, 0, 4096);
    memset(bench->available, 0, 4096);
    memset(bench->used, 0, 4096);
    bench->device.running = true;
    bench->device.negotiated = features;
    bench->interrupts = bench->breaks = 0;
    assert_true(bk_queue_enable(&bench->queue, &bench->registers));
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->fake = fake_vm_create(LOW_SIZE, HIGH_SIZE);
    bench->device.name = "test";
    bench->device.queue_size = BK_QUEUE_SIZE_MAX;
    bench->queue.device = &bench->device;
    bench->queue.memory = &bench->fake->vm.memory;
    bench->registers = (struct bk_queue_registers){
        .size = QUEUE_SIZE,
        .descriptors = DESCRIPTORS,
        .available = AVAILABLE,
        .used = USED,
    };
    bench->descriptors = at(bench, DESCRIPTORS);
    bench->available = at(bench, AVAILABLE);
    bench->used = at(bench, USED);
    sem_init(&bench->interrupted, 0, 0);
    the_bench = bench;
    start(bench, FEATURES);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    sem_destroy(&bench->interrupted);
    fake_vm_destroy(bench->fake);
    free(bench);
    return 0;
}

static void describe(struct bench *bench, unsigned index, uint64_t address, uint32_t length, uint16_t flags,
                     uint16_t next)
{
    bench->descriptors[index] = (struct vring_desc){ address, length, flags, next };
}

static void describe_indirect(struct bench *bench, unsigned index, uint64_t address, uint32_t length, uint16_t flags,
                              uint16_t next)
{
    struct vring_desc *table = at(bench, TABLE);
    table[index] = (struct vring_desc){ address, length, flags, next };
}

static void offer(struct bench *bench, uint16_t head)
{
    uint16_t index = bench->available->idx;
    bench->available->ring[index % bench->registers.size] = head;
    __atomic_store_n(&bench->available->idx, (uint16_t)(index + 1), __ATOMIC_RELEASE);
}

static void expect_broken(struct bench *bench)
{
    assert_false(bk_queue_pop(&bench->queue, &bench->chain));
    assert_int_equal(bench->breaks, 1);
    assert_false(bench->device.running);
    /* And so it stays. */
    assert_false(bk_queue_pop(&bench->queue, &bench->chain));
    assert_false(bk_queue_has_chain(&bench->queue));
    start(bench, FEATURES);
}

static void expect_chain(struct bench *bench)
{
    assert_true(bk_queue_pop(&bench->queue, &bench->chain));
}

static void test_layouts(void **state)
{
    struct bench *bench = *state;
    const struct bk_queue_registers good = bench->registers;
    static const uint16_t sizes[] = { 0, 3, 15, 17, 255, 257, 512, 0x8000, 0xffff };
    static const uint64_t nowhere[] = {
        LOW_SIZE - 16,                        /* begins in RAM and ends behind it */
        LOW_SIZE,                             /* the hole */
        0xfffffff0,                           /* before the high part */
        BK_MEMORY_HIGH_BASE - 64,             /* from the hole into RAM */
        BK_MEMORY_HIGH_BASE + HIGH_SIZE - 16, /* over the end */
        BK_LAYOUT_PCI64_BASE,                 /* a BAR */
        BK_LAYOUT_ECAM_BASE,
        UINT64_MAX - 15, /* wraps */
        1ULL << 63,
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bk_queue_registers bad = good;
        bad.size = sizes[i];
        assert_false(bk_queue_enable(&bench->queue, &bad));
    }
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        struct bk_queue_registers bad = good;
        bad.descriptors = nowhere[i];
        assert_false(bk_queue_enable(&bench->queue, &bad));
        bad = good;
        bad.available = nowhere[i];
        assert_false(bk_queue_enable(&bench->queue, &bad));
        bad = good;
        bad.used = nowhere[i];
        assert_false(bk_queue_enable(&bench->queue, &bad));
    }
    struct bk_queue_registers bad = good;
    bad.descriptors += 8;
    assert_false(bk_queue_enable(&bench->queue, &bad));
    bad = good;
    bad.available += 1;
    assert_false(bk_queue_enable(&bench->queue, &bad));
    bad = good;
    bad.used += 2;
    assert_false(bk_queue_enable(&bench->queue, &bad));

    /* Rings may end where RAM ends: 16 bytes a descriptor, 6 + 2 and 6 + 8 bytes an entry. */
    struct bk_queue_registers edge = {
        .size = 16,
        .descriptors = LOW_SIZE - 256,
        .available = BK_MEMORY_HIGH_BASE + HIGH_SIZE - 38,
        .used = LOW_SIZE - 256 - 136,
    };
    assert_true(bk_queue_enable(&bench->queue, &edge));
}

static void test_round_trip(void **state)
{
    struct bench *bench = *state;
    char text[16] = { 0 };

    memcpy(at(bench, DATA), "hello ", 6);
    memcpy(at(bench, DATA + 64), "guest", 5);
    describe(bench, 3, DATA, 6, VRING_DESC_F_NEXT, 1);
    describe(bench, 1, DATA + 64, 5, VRING_DESC_F_NEXT, 7);
    describe(bench, 7, DATA + 128, 3, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2);
    describe(bench, 2, DATA + 256, 8, VRING_DESC_F_WRITE, 0);
    assert_false(bk_queue_has_chain(&bench->queue));
    offer(bench, 3);
    assert_true(bk_queue_has_chain(&bench->queue));
    expect_chain(bench);
    struct bk_chain *chain = &bench->chain;
    assert_int_equal(chain->head, 3);
    assert_int_equal(chain->out_count, 2);
    assert_int_equal(chain->in_count, 2);
    assert_int_equal(chain->out_size, 11);
    assert_int_equal(chain->in_size, 11);
    assert_int_equal(bk_chain_read(chain, 0, text, sizeof(text)), 11);
    assert_string_equal(text, "hello guest");
    assert_int_equal(bk_chain_read(chain, 4, text, 4), 4);
    assert_memory_equal(text, "o gu", 4);
    assert_int_equal(bk_chain_read(chain, 11, text, 4), 0);
    assert_int_equal(bk_chain_read(chain, SIZE_MAX, text, 4), 0);
    assert_int_equal(bk_chain_write(chain, 2, "abcdefghijkl", 12), 9);
    assert_memory_equal(at(bench, DATA + 130), "a", 1);
    assert_memory_equal(at(bench, DATA + 256), "bcdefghi", 8);
    bk_queue_push(&bench->queue, chain, 11);
    assert_int_equal(bench->used->idx, 1);
    assert_int_equal(bench->used->ring[0].id, 3);
    assert_int_equal(bench->used->ring[0].len, 11);
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 1);
    bk_queue_interrupt(&bench->queue); /* nothing new */
    assert_int_equal(bench->interrupts, 1);
    assert_false(bk_queue_pop(&bench->queue, chain));
}

static void test_indices_wrap(void **state)
{
    struct bench *bench = *state;

    describe(bench, 0, DATA, 4, VRING_DESC_F_WRITE, 0);
    for (unsigned i = 0; i < 70000; i++) {
        offer(bench, 0);
        expect_chain(bench);
        bk_queue_push(&bench->queue, &bench->chain, 4);
        assert_int_equal(bench->used->idx, (uint16_t)(i + 1));
    }
}

static void test_unpop(void **state)
{
    struct bench *bench = *state;

    describe(bench, 0, DATA, 4, 0, 0);
    describe(bench, 1, DATA, 5, 0, 0);
    offer(bench, 0);
    offer(bench, 1);
    expect_chain(bench);
    bk_queue_unpop(&bench->queue);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_size, 4);
    bk_queue_push(&bench->queue, &bench->chain, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_size, 5);
    bk_queue_unpop(&bench->queue);
    assert_true(bk_queue_has_chain(&bench->queue));
}

/* Says stop after the tenth chain. */
static bool serve_ten(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    assert_ptr_equal(device, &the_bench->device);
    bk_queue_push(&the_bench->queue, chain, 0);
    return ++the_bench->served != 10;
}

static void test_serve(void **state)
{
    struct bench *bench = *state;

    bench->registers.size = 128;
    start(bench, 0);
    for (uint16_t i = 0; i < 128; i++) {
        describe(bench, i, DATA, 4, 0, 0);
        offer(bench, i);
    }
    bk_queue_serve(&bench->queue, serve_ten);
    assert_int_equal(bench->served, 10);
    assert_int_equal(bench->used->idx, 10);
    assert_int_equal(bench->rings, 1);
    assert_int_equal(bench->interrupts, 1);
    bk_queue_serve(&bench->queue, serve_ten);
    assert_int_equal(bench->served, 10 + BK_QUEUE_BURST);
    assert_int_equal(bench->rings, 2);
    bk_queue_serve(&bench->queue, serve_ten);
    assert_int_equal(bench->served, 128);
    assert_int_equal(bench->rings, 2); /* the driver notifies of the next one */
    assert_int_equal(bench->interrupts, 3);
    bk_queue_serve(&bench->queue, serve_ten);
    assert_int_equal(bench->interrupts, 3);
}

static void test_stopped(void **state)
{
    struct bench *bench = *state;

    describe(bench, 0, DATA, 4, VRING_DESC_F_WRITE, 0);
    offer(bench, 0);
    expect_chain(bench);
    bench->device.running = false;
    assert_false(bk_queue_pop(&bench->queue, &bench->chain));
    bk_queue_push(&bench->queue, &bench->chain, 4);
    bk_queue_interrupt(&bench->queue);
    bench->device.running = true;
    bk_queue_disable(&bench->queue);
    assert_false(bk_queue_pop(&bench->queue, &bench->chain));
    bk_queue_push(&bench->queue, &bench->chain, 4);
    bk_queue_interrupt(&bench->queue);
    bk_queue_unpop(&bench->queue);
    assert_false(bk_queue_has_chain(&bench->queue));
    assert_int_equal(bench->used->idx, 0);
    assert_int_equal(bench->interrupts, 0);
}

static void test_bad_indices(void **state)
{
    struct bench *bench = *state;

    /* The available index jumps. */
    bench->available->idx = QUEUE_SIZE + 1;
    expect_broken(bench);
    bench->available->idx = 0xffff;
    expect_broken(bench);
    /* A head, or a successor, outside the table. */
    for (unsigned head = QUEUE_SIZE; head <= 0xffff; head = head * 2 + 1) {
        offer(bench, (uint16_t)head);
        expect_broken(bench);
        describe(bench, 0, DATA, 4, VRING_DESC_F_NEXT, (uint16_t)head);
        offer(bench, 0);
        expect_broken(bench);
    }
    /* It goes round: on itself, over two, over all; with buffers and without. */
    for (uint32_t length = 0; length <= 4; length += 4) {
        describe(bench, 5, DATA, length, VRING_DESC_F_NEXT, 5);
        offer(bench, 5);
        expect_broken(bench);
        describe(bench, 5, DATA, length, VRING_DESC_F_NEXT, 6);
        describe(bench, 6, DATA, length, VRING_DESC_F_NEXT, 5);
        offer(bench, 5);
        expect_broken(bench);
        for (unsigned i = 0; i < QUEUE_SIZE; i++)
            describe(bench, i, DATA, length, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, (uint16_t)((i + 1) % QUEUE_SIZE));
        offer(bench, 0);
        expect_broken(bench);
    }
    /* As long as the queue is fine. */
    for (unsigned i = 0; i < QUEUE_SIZE; i++)
        describe(bench, i, DATA, 4, i + 1 < QUEUE_SIZE ? VRING_DESC_F_NEXT : 0, (uint16_t)(i + 1));
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_count, QUEUE_SIZE);
}

static void test_bad_buffers(void **state)
{
    struct bench *bench = *state;
    static const struct {
        uint64_t address;
        uint32_t length;
    } bad[] = {
        { LOW_SIZE - 1, 2 },
        { LOW_SIZE, 1 },
        { 0, (uint32_t)LOW_SIZE + 1 },
        { 0, UINT32_MAX },
        { BK_MEMORY_HIGH_BASE - 1, 2 },
        { BK_MEMORY_HIGH_BASE + HIGH_SIZE - 1, 2 },
        { BK_MEMORY_HIGH_BASE + HIGH_SIZE, 1 },
        { UINT64_MAX, 1 },
        { UINT64_MAX, 2 },
        { UINT64_MAX - 3, 8 },
        { BK_LAYOUT_PCI64_BASE, 4 },          /* its own registers */
        { BK_LAYOUT_PCI64_BASE + 0x4000, 4 }, /* its own doorbell */
        { BK_LAYOUT_PCI32_BASE, 4 },
        { BK_LAYOUT_ECAM_BASE, 4 },
        { BK_LAYOUT_LOCAL_APIC, 4 },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (unsigned flags = 0; flags <= VRING_DESC_F_WRITE; flags += VRING_DESC_F_WRITE) {
            describe(bench, 0, bad[i].address, bad[i].length, (uint16_t)flags, 0);
            offer(bench, 0);
            expect_broken(bench);
        }
    }
    /* A readable one behind a writable one. */
    describe(bench, 0, DATA, 4, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
    describe(bench, 1, DATA, 4, 0, 0);
    offer(bench, 0);
    expect_broken(bench);

    /* The last bytes of RAM are RAM. */
    describe(bench, 0, LOW_SIZE - 4, 4, VRING_DESC_F_NEXT, 1);
    describe(bench, 1, BK_MEMORY_HIGH_BASE + HIGH_SIZE - 4, 4, 0, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_size, 8);
}

static void test_empty_buffers(void **state)
{
    struct bench *bench = *state;

    /* Without a byte, an address means nothing, and neither does a chain. */
    describe(bench, 0, UINT64_MAX, 0, VRING_DESC_F_NEXT, 1);
    describe(bench, 1, DATA, 4, VRING_DESC_F_NEXT, 2);
    describe(bench, 2, DATA, 0, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 3);
    describe(bench, 3, DATA, 4, VRING_DESC_F_WRITE, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_count, 1);
    assert_int_equal(bench->chain.in_count, 1);
    bk_queue_push(&bench->queue, &bench->chain, 0);
    describe(bench, 0, 0, 0, 0, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_count + bench->chain.in_count, 0);
    char byte;
    assert_int_equal(bk_chain_read(&bench->chain, 0, &byte, 1), 0);
    assert_int_equal(bk_chain_write(&bench->chain, 0, "x", 1), 0);
    bk_queue_push(&bench->queue, &bench->chain, 0);
}

static void test_indirect(void **state)
{
    struct bench *bench = *state;

    /* Alone, and at the end of a chain; its own write flag says nothing. */
    describe_indirect(bench, 0, DATA, 4, VRING_DESC_F_NEXT, 2);
    describe_indirect(bench, 1, DATA, 16, VRING_DESC_F_WRITE, 0);
    describe_indirect(bench, 2, DATA, 8, VRING_DESC_F_NEXT, 1);
    describe(bench, 0, TABLE, 48, VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_size, 12);
    assert_int_equal(bench->chain.in_size, 16);
    bk_queue_push(&bench->queue, &bench->chain, 0);
    describe(bench, 4, DATA, 100, VRING_DESC_F_NEXT, 0);
    offer(bench, 4);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_count, 3);
    assert_int_equal(bench->chain.out_size, 112);
    bk_queue_push(&bench->queue, &bench->chain, 0);

    /* At an odd address, which is allowed. */
    struct vring_desc odd = { DATA, 5, 0, 0 };
    memcpy(at(bench, TABLE + 3), &odd, sizeof(odd));
    describe(bench, 0, TABLE + 3, 16, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_size, 5);

    /* As long as can be, more than the queue's size. */
    start(bench, FEATURES);
    for (unsigned i = 0; i < BK_QUEUE_SIZE_MAX; i++)
        describe_indirect(bench, i, DATA, 1, i + 1 < BK_QUEUE_SIZE_MAX ? VRING_DESC_F_NEXT : 0, (uint16_t)(i + 1));
    describe(bench, 0, TABLE, BK_QUEUE_SIZE_MAX * 16, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_chain(bench);
    assert_int_equal(bench->chain.out_count, BK_QUEUE_SIZE_MAX);
    bk_queue_push(&bench->queue, &bench->chain, 0);
    /* One more, in the ring itself. */
    describe(bench, 1, DATA, 1, VRING_DESC_F_NEXT, 0);
    offer(bench, 1);
    expect_broken(bench);
}

static void test_bad_indirect(void **state)
{
    struct bench *bench = *state;
    static const uint32_t lengths[] = { 0, 1, 15, 17, 47, UINT32_MAX, 0xfffffff8 };
    static const uint64_t nowhere[] = { LOW_SIZE - 16, LOW_SIZE, BK_MEMORY_HIGH_BASE - 16, BK_LAYOUT_PCI64_BASE,
                                        UINT64_MAX - 15 };

    describe_indirect(bench, 0, DATA, 4, 0, 0);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        describe(bench, 0, TABLE, lengths[i], VRING_DESC_F_INDIRECT, 0);
        offer(bench, 0);
        expect_broken(bench);
    }
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        describe(bench, 0, nowhere[i], 32, VRING_DESC_F_INDIRECT, 0);
        offer(bench, 0);
        expect_broken(bench);
    }
    /* With a successor; nested; nested without a length. */
    describe(bench, 0, TABLE, 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1);
    offer(bench, 0);
    expect_broken(bench);
    for (uint32_t length = 0; length <= 16; length += 16) {
        describe_indirect(bench, 0, TABLE, length, VRING_DESC_F_INDIRECT, 0);
        describe(bench, 0, TABLE, 16, VRING_DESC_F_INDIRECT, 0);
        offer(bench, 0);
        expect_broken(bench);
    }
    /* A loop and an index outside, in the table. */
    describe_indirect(bench, 0, DATA, 0, VRING_DESC_F_NEXT, 0);
    describe(bench, 0, TABLE, 64, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_broken(bench);
    describe_indirect(bench, 0, DATA, 1, VRING_DESC_F_NEXT, 4);
    describe(bench, 0, TABLE, 64, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_broken(bench);
    /* Hundreds of descriptors without a byte, though they end. */
    for (unsigned i = 0; i < 300; i++)
        describe_indirect(bench, i, 0, 0, i < 299 ? VRING_DESC_F_NEXT : 0, (uint16_t)(i + 1));
    describe(bench, 0, TABLE, 300 * 16, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_broken(bench);
    /* More than 4 GiB in all. */
    for (unsigned i = 0; i < 200; i++)
        describe_indirect(bench, i, 0, LOW_SIZE, i < 199 ? VRING_DESC_F_NEXT : 0, (uint16_t)(i + 1));
    describe(bench, 0, TABLE, 200 * 16, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_broken(bench);
    /* Not negotiated. */
    start(bench, BK_VIRTIO_F_VERSION_1);
    describe_indirect(bench, 0, DATA, 4, 0, 0);
    describe(bench, 0, TABLE, 16, VRING_DESC_F_INDIRECT, 0);
    offer(bench, 0);
    expect_broken(bench);
}

static void test_head_twice(void **state)
{
    struct bench *bench = *state;

    describe(bench, 2, DATA, 4, VRING_DESC_F_WRITE, 0);
    offer(bench, 2);
    offer(bench, 2);
    expect_chain(bench);
    expect_broken(bench);
    describe(bench, 2, DATA, 4, VRING_DESC_F_WRITE, 0);
    offer(bench, 2);
    expect_chain(bench);
    bk_queue_push(&bench->queue, &bench->chain, 0);
    offer(bench, 2);
    expect_chain(bench);
}

static void test_rewritten_in_flight(void **state)
{
    struct bench *bench = *state;

    describe(bench, 0, DATA, 4, VRING_DESC_F_NEXT, 1);
    describe(bench, 1, DATA + 8, 4, VRING_DESC_F_WRITE, 0);
    offer(bench, 0);
    expect_chain(bench);
    describe(bench, 0, UINT64_MAX, UINT32_MAX, VRING_DESC_F_NEXT, 0xffff);
    describe(bench, 1, UINT64_MAX, UINT32_MAX, 0, 0xffff);
    bench->available->ring[0] = 0xffff;
    assert_int_equal(bk_chain_write(&bench->chain, 0, "abcdef", 6), 4);
    assert_memory_equal(at(bench, DATA + 8), "abcd", 4);
    bench->used->idx = 0x1234; /* not looked at */
    bk_queue_push(&bench->queue, &bench->chain, 4);
    assert_int_equal(bench->used->idx, 1);
}

static void test_notifications(void **state)
{
    struct bench *bench = *state;

    start(bench, FEATURES | BK_VIRTIO_F_EVENT_IDX);
    uint16_t *event = (uint16_t *)&bench->used->ring[QUEUE_SIZE];
    for (unsigned i = 0; i < 3; i++) {
        describe(bench, i, DATA, 4, 0, 0);
        offer(bench, (uint16_t)i);
        expect_chain(bench);
    }
    assert_int_equal(*event, 0);
    assert_false(bk_queue_pop(&bench->queue, &bench->chain));
    assert_int_equal(*event, 3);
    assert_int_equal(bench->used->flags, 0);
}

static void answer(struct bench *bench, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        describe(bench, 0, DATA, 4, VRING_DESC_F_WRITE, 0);
        offer(bench, 0);
        expect_chain(bench);
        bk_queue_push(&bench->queue, &bench->chain, 4);
    }
}

static void test_interrupts(void **state)
{
    struct bench *bench = *state;

    bench->available->flags = VRING_AVAIL_F_NO_INTERRUPT;
    answer(bench, 1);
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 0);
    assert_true(bk_queue_is_seen(&bench->queue)); /* it cannot be known */
    bench->available->flags = 0;
    answer(bench, 2);
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 1);

    start(bench, FEATURES | BK_VIRTIO_F_EVENT_IDX);
    uint16_t *event = &bench->available->ring[QUEUE_SIZE];
    bench->available->flags = VRING_AVAIL_F_NO_INTERRUPT; /* without a meaning now */
    *event = 2;
    answer(bench, 2);
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 0);
    assert_true(bk_queue_is_seen(&bench->queue));
    answer(bench, 1); /* the third, which was asked for */
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 1);
    assert_false(bk_queue_is_seen(&bench->queue));
    answer(bench, 5); /* past it */
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 1);
    *event = 7;
    assert_false(bk_queue_is_seen(&bench->queue));
    *event = 8 + QUEUE_SIZE; /* it wants to hear of nothing that there can be */
    assert_false(bk_queue_is_seen(&bench->queue));
    *event = 8 + QUEUE_SIZE - 1; /* of the last in flight */
    assert_true(bk_queue_is_seen(&bench->queue));
    *event = 8;
    assert_true(bk_queue_is_seen(&bench->queue));
    answer(bench, 70000); /* all around since the last decision */
    bk_queue_interrupt(&bench->queue);
    assert_int_equal(bench->interrupts, 2);
}

/* A driver in a thread of its own that notifies, and sleeps, only as the rings say it may: a notification or an
 * interrupt that gets lost between two looks leaves both asleep. */
#define EXCHANGES 40000U

struct exchange {
    struct bench *bench;
    bool event_index;
    sem_t kicked;
};

static void wait_or_fail(sem_t *semaphore)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    if (sem_timedwait(semaphore, &until) != 0)
        abort();
}

static void *drive(void *userdata)
{
    struct exchange *exchange = userdata;
    struct bench *bench = exchange->bench;
    struct vring_avail *available = bench->available;
    struct vring_used *used = bench->used;
    uint16_t *used_event = &available->ring[QUEUE_SIZE];
    uint16_t *available_event = (uint16_t *)&used->ring[QUEUE_SIZE];
    unsigned offered = 0, seen = 0;

    while (seen < EXCHANGES) {
        uint16_t before = (uint16_t)offered;
        while (offered < EXCHANGES && offered - seen < 4) {
            /* A slot's own descriptor is free again only in order here, as the device answers in order. */
            available->ring[offered % QUEUE_SIZE] = (uint16_t)(offered % QUEUE_SIZE);
            offered++;
            __atomic_store_n(&available->idx, (uint16_t)offered, __ATOMIC_RELEASE);
        }
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        bool notify =
            exchange->event_index
                ? vring_need_event(__atomic_load_n(available_event, __ATOMIC_RELAXED), (uint16_t)offered, before)
                : !(__atomic_load_n(&used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
        if (notify && before != (uint16_t)offered)
            sem_post(&exchange->kicked);
        uint16_t done = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
        if (done == (uint16_t)seen) {
            __atomic_store_n(used_event, (uint16_t)seen, __ATOMIC_RELAXED);
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
            if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == (uint16_t)seen)
                wait_or_fail(&bench->interrupted);
            continue;
        }
        seen += (uint16_t)(done - (uint16_t)seen);
    }
    return NULL;
}

static void test_no_lost_wakeup(void **state)
{
    struct bench *bench = *state;

    for (unsigned round = 0; round < 2; round++) {
        struct exchange exchange = { .bench = bench, .event_index = round == 1 };
        pthread_t thread;
        unsigned done = 0;

        start(bench, FEATURES | (exchange.event_index ? BK_VIRTIO_F_EVENT_IDX : 0));
        for (unsigned i = 0; i < QUEUE_SIZE; i++)
            describe(bench, i, DATA, 4, VRING_DESC_F_WRITE, 0);
        sem_init(&exchange.kicked, 0, 0);
        assert_int_equal(pthread_create(&thread, NULL, drive, &exchange), 0);
        while (done < EXCHANGES) {
            if (!bk_queue_pop(&bench->queue, &bench->chain)) {
                assert_int_equal(bench->breaks, 0);
                wait_or_fail(&exchange.kicked);
                continue;
            }
            bk_queue_push(&bench->queue, &bench->chain, 4);
            bk_queue_interrupt(&bench->queue);
            done++;
        }
        pthread_join(thread, NULL);
        sem_destroy(&exchange.kicked);
    }
}

/* A second vCPU writes rubbish into the rings while chains are read: whatever comes out lies in RAM. */
static atomic_bool stop_mutation;

static void *mutate(void *userdata)
{
    struct bench *bench = userdata;
    static const uint64_t addresses[] = { DATA, LOW_SIZE - 2, UINT64_MAX, TABLE, BK_LAYOUT_PCI64_BASE };
    unsigned seed = 1;

    while (!atomic_load(&stop_mutation)) {
        volatile struct vring_desc *descriptor = &bench->descriptors[(unsigned)rand_r(&seed) % QUEUE_SIZE];
        descriptor->addr = addresses[(unsigned)rand_r(&seed) % 5];
        descriptor->len = (uint32_t)rand_r(&seed) % 64;
        descriptor->flags = (uint16_t)((unsigned)rand_r(&seed) % 8);
        descriptor->next = (uint16_t)((unsigned)rand_r(&seed) % (QUEUE_SIZE + 1));
    }
    return NULL;
}

static void test_mutating_driver(void **state)
{
    struct bench *bench = *state;
    pthread_t thread;
    unsigned chains = 0;

    atomic_store(&stop_mutation, false);
    assert_int_equal(pthread_create(&thread, NULL, mutate, bench), 0);
    for (unsigned i = 0; i < 100000; i++) {
        if (!bench->device.running) {
            bench->device.running = true;
            bench->available->idx = 0;
            assert_true(bk_queue_enable(&bench->queue, &bench->registers));
        }
        offer(bench, (uint16_t)(i % QUEUE_SIZE));
        if (!bk_queue_pop(&bench->queue, &bench->chain))
            continue;
        chains++;
        for (unsigned k = 0; k < bench->chain.out_count + bench->chain.in_count; k++) {
            const struct iovec *range = &bench->chain.ranges[k];
            const uint8_t *base = range->iov_base;
            bool inside = false;
            for (unsigned m = 0; m < 2; m++) {
                const struct bk_memory_region *region = &bench->fake->vm.memory.regions[m];
                inside = inside || (base >= region->host && base + range->iov_len <= region->host + region->size);
            }
            assert_true(inside);
        }
        bk_queue_push(&bench->queue, &bench->chain, 0);
    }
    atomic_store(&stop_mutation, true);
    pthread_join(thread, NULL);
    assert_true(chains > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layouts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_indices_wrap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_serve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_indices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_indirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_indirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rewritten_in_flight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notifications, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_lost_wakeup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mutating_driver, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("virtqueue", tests, NULL, NULL);
}
