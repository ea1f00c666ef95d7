/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checked.h"
#include "core/bus.h"
#include "core/loop.h"
#include "core/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void test_memory_bounds(void **state)
{
    struct bk_memory memory;
    uint64_t value = 5;

    (void)state;
    assert_int_equal(bk_memory_init(&memory, 4 * BK_MIB), 0);
    assert_int_equal(memory.region_count, 1);
    assert_int_equal((uintptr_t)memory.regions[0].host % (2 * BK_MIB), 0);
    assert_non_null(bk_memory_at(&memory, 0, 4 * BK_MIB));
    assert_non_null(bk_memory_at(&memory, 4 * BK_MIB, 0));
    assert_null(bk_memory_at(&memory, 0, 4 * BK_MIB + 1));
    assert_null(bk_memory_at(&memory, 4 * BK_MIB - 7, 8));
    assert_null(bk_memory_at(&memory, UINT64_MAX, 2));
    assert_null(bk_memory_at(&memory, 1, UINT64_MAX));
    assert_true(bk_memory_write(&memory, 4 * BK_MIB - 8, &value, sizeof value));
    assert_false(bk_memory_write(&memory, 4 * BK_MIB - 7, &value, sizeof value));
    value = 0;
    assert_true(bk_memory_read(&memory, 4 * BK_MIB - 8, &value, sizeof value));
    assert_int_equal(value, 5);
    assert_int_equal(bk_memory_clear(&memory), 0);
    assert_true(bk_memory_read(&memory, 4 * BK_MIB - 8, &value, sizeof value));
    assert_int_equal(value, 0);
    bk_memory_finish(&memory);
}

static void test_memory_above_4_gib(void **state)
{
    struct bk_memory memory;

    (void)state;
    assert_int_equal(bk_memory_init(&memory, 4 * BK_GIB), 0);
    assert_int_equal(memory.region_count, 2);
    assert_non_null(bk_memory_at(&memory, BK_MEMORY_LOW_MAX - 8, 8));
    assert_null(bk_memory_at(&memory, BK_MEMORY_LOW_MAX - 4, 8)); /* the hole */
    assert_null(bk_memory_at(&memory, BK_MEMORY_HIGH_BASE - 4, 8));
    assert_non_null(bk_memory_at(&memory, BK_MEMORY_HIGH_BASE, BK_GIB));
    assert_null(bk_memory_at(&memory, BK_MEMORY_HIGH_BASE, BK_GIB + 1));
    bk_memory_finish(&memory);
}

static void store_offset(void *owner, uint64_t offset, void *buffer, size_t length)
{
    uint64_t answer = *(const uint64_t *)owner + offset;

    memcpy(buffer, &answer, length);
}

static void keep(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    *(uint64_t *)owner = offset;
    memcpy(owner, buffer, length);
}

static const struct bk_bus_operations operations = { .read = store_offset, .write = keep };

static uint64_t read_bus(struct bk_bus *bus, uint64_t address, size_t length)
{
    uint64_t value = 0;

    bk_bus_read(bus, address, &value, length);
    return value;
}

static void test_bus(void **state)
{
    static struct bk_bus bus;
    uint64_t owners[3] = { 0x100, 0x200, 0x300 };
    struct bk_bus_range ranges[3] = {
        { .base = 0x2000, .size = 0x10, .operations = &operations, .owner = &owners[0] },
        { .base = 0x1000, .size = 0x10, .operations = &operations, .owner = &owners[1] },
        { .base = UINT64_MAX - 15, .size = 16, .operations = &operations, .owner = &owners[2] },
    };
    struct bk_bus_range overlap = { .base = 0x1ff8, .size = 9 }, wrap = { .base = UINT64_MAX, .size = 2 },
                        inside = { .base = 0x100f, .size = 1 }, empty = { .base = 1, .size = 0 };

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(bk_bus_add(&bus, &ranges[i]), 0);
    assert_int_equal(bk_bus_add(&bus, &overlap), -EBUSY);
    assert_int_equal(bk_bus_add(&bus, &inside), -EBUSY);
    assert_int_equal(bk_bus_add(&bus, &wrap), -EINVAL);
    assert_int_equal(bk_bus_add(&bus, &empty), -EINVAL);

    assert_int_equal(read_bus(&bus, 0x2004, 4), 0x104);
    assert_int_equal(read_bus(&bus, 0x100f, 1), 0x0f); /* 0x20f */
    assert_int_equal(read_bus(&bus, UINT64_MAX - 7, 8), 0x308);
    assert_int_equal(read_bus(&bus, 0x100e, 4), 0xffffffff); /* leaves the range */
    assert_int_equal(read_bus(&bus, 0x3000, 2), 0xffff);
    assert_int_equal(read_bus(&bus, 0, 8), UINT64_MAX);
    uint64_t value = 7;
    bk_bus_write(&bus, 0x1008, &value, 8);
    assert_int_equal(owners[1], 7);
    bk_bus_write(&bus, 0x3000, &value, 8);
    bk_bus_remove(&bus, &ranges[1]);
    assert_int_equal(read_bus(&bus, 0x1008, 8), UINT64_MAX);
    assert_int_equal(bus.count, 2);
}

static void test_bus_full(void **state)
{
    static struct bk_bus bus;
    static struct bk_bus_range ranges[BK_BUS_RANGES_MAX + 1];

    (void)state;
    for (unsigned i = 0; i <= BK_BUS_RANGES_MAX; i++) {
        ranges[i] = (struct bk_bus_range){ .base = (BK_BUS_RANGES_MAX - i) * 16ULL, .size = 16 };
        assert_int_equal(bk_bus_add(&bus, &ranges[i]), i < BK_BUS_RANGES_MAX ? 0 : -ENOSPC);
    }
}

struct loop_fixture {
    pthread_mutex_t lock;
    struct bk_loop *loop;
    int fds[2];
    struct bk_source sources[2];
    unsigned calls[2];
};

static void stop_both(void *userdata, uint32_t events)
{
    struct loop_fixture *fixture = userdata;

    (void)events;
    assert_int_not_equal(pthread_mutex_trylock(&fixture->lock), 0);
    fixture->calls[0]++;
    /* Both are ready: whichever comes first removes the other, which must then not be called. */
    bk_loop_remove(fixture->loop, &fixture->sources[0]);
    bk_loop_remove(fixture->loop, &fixture->sources[1]);
    memset(fixture->sources, 0xa5, sizeof fixture->sources);
    uint64_t count;
    (void)!read(fixture->fds[1], &count, sizeof count);
    fixture->sources[1] = (struct bk_source){ 0 };
    assert_int_equal(bk_loop_add(fixture->loop, &fixture->sources[1], fixture->fds[1], EPOLLIN, stop_both, fixture), 0);
    bk_loop_stop(fixture->loop);
}

static void test_loop_removal(void **state)
{
    struct loop_fixture fixture = { .lock = PTHREAD_MUTEX_INITIALIZER };

    (void)state;
    assert_int_equal(bk_loop_create(&fixture.lock, &fixture.loop), 0);
    for (unsigned i = 0; i < 2; i++) {
        fixture.fds[i] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        assert_int_equal(bk_loop_add(fixture.loop, &fixture.sources[i], fixture.fds[i], EPOLLIN, stop_both, &fixture),
                         0);
    }
    assert_int_equal(bk_loop_run(fixture.loop), 0);
    assert_int_equal(fixture.calls[0], 1);
    bk_loop_remove(fixture.loop, &fixture.sources[1]);
    bk_loop_remove(fixture.loop, &fixture.sources[1]); /* nothing is done */
    for (unsigned i = 0; i < 2; i++)
        close(fixture.fds[i]);
    bk_loop_destroy(fixture.loop);
}

static void count_to_three(void *userdata, uint32_t events)
{
    struct loop_fixture *fixture = userdata;

    assert_int_equal(events, EPOLLIN);
    if (++fixture->calls[0] == 3) {
        assert_int_equal(bk_loop_modify(fixture->loop, &fixture->sources[0], 0), 0);
        bk_loop_stop(fixture->loop);
    }
}

static void test_loop_repeats(void **state)
{
    struct loop_fixture fixture = { .lock = PTHREAD_MUTEX_INITIALIZER };

    (void)state;
    assert_int_equal(bk_loop_create(&fixture.lock, &fixture.loop), 0);
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_int_equal(bk_loop_add(fixture.loop, &fixture.sources[0], fd, EPOLLIN, count_to_three, &fixture), 0);
    assert_int_equal(bk_loop_run(fixture.loop), 0);
    assert_int_equal(fixture.calls[0], 3);
    assert_int_equal(bk_loop_add(fixture.loop, &fixture.sources[1], -1, EPOLLIN, count_to_three, &fixture), -EBADF);
    assert_false(fixture.sources[1].added);
    close(fd);
    bk_loop_destroy(fixture.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_bounds), cmocka_unit_test(test_memory_above_4_gib),
        cmocka_unit_test(test_bus),           cmocka_unit_test(test_bus_full),
        cmocka_unit_test(test_loop_removal),  cmocka_unit_test(test_loop_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
