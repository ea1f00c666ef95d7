/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's side of a virtqueue, in guests without an OS: with a device that keeps the rules, and with ones that
 * break them. */
#include "queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct bk_queue_memory memory;
static struct bk_queue queue;
static char bytes[64];

static int set_up(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof memory);
    bk_queue_init(&queue, &memory);
    return 0;
}

/* The device is done with what begins at that descriptor. */
static void use(uint32_t id, uint32_t length)
{
    memory.used.ring[memory.used.index % BK_QUEUE_SIZE].id = id;
    memory.used.ring[memory.used.index % BK_QUEUE_SIZE].length = length;
    memory.used.index++;
}

static int give(unsigned out, unsigned in)
{
    const struct bk_piece pieces[] = { { bytes, 8 }, { bytes + 8, 8 }, { bytes + 16, 8 }, { bytes + 24, 8 } };

    return bk_queue_give(&queue, pieces, out, in);
}

static void a_buffer_goes_and_comes_back(void **state)
{
    size_t length = 99;

    (void)state;
    assert_int_equal(bk_queue_take(&queue, &length), -1);
    int id = give(1, 2);
    assert_in_range(id, 0, BK_QUEUE_SIZE - 1);
    assert_int_equal(memory.available.index, 1);
    assert_int_equal(memory.available.ring[0], id);
    const struct bk_queue_descriptor *first = &memory.descriptors[id], *second = &memory.descriptors[first->next];
    assert_int_equal(first->address, (uintptr_t)bytes);
    assert_int_equal(first->flags, 1);  /* next */
    assert_int_equal(second->flags, 3); /* next, write */
    assert_int_equal(memory.descriptors[second->next].flags, 2);
    use((uint32_t)id, 16);
    assert_int_equal(bk_queue_take(&queue, &length), id);
    assert_int_equal(length, 16);
    assert_int_equal(bk_queue_take(&queue, &length), -1);
    assert_false(queue.broken);
}

static void it_is_full_and_empty_again(void **state)
{
    int ids[BK_QUEUE_SIZE / 4];
    size_t length;

    (void)state;
    for (unsigned round = 0; round < 5000; round++) { /* its indices go round */
        for (unsigned i = 0; i < BK_QUEUE_SIZE / 4; i++)
            assert_true((ids[i] = give(2, 2)) >= 0);
        assert_int_equal(give(1, 0), -1);
        for (unsigned i = BK_QUEUE_SIZE / 4; i-- > 0;)
            use((uint32_t)ids[i], 0);
        for (unsigned i = BK_QUEUE_SIZE / 4; i-- > 0;)
            assert_int_equal(bk_queue_take(&queue, &length), ids[i]);
    }
    assert_int_equal(queue.free_count, BK_QUEUE_SIZE);
}

static void what_cannot_be_given_is_refused(void **state)
{
    (void)state;
    assert_int_equal(give(0, 0), -1);
    assert_int_equal(give(3, 2), -1);
    assert_int_equal(memory.available.index, 0);
}

/* Each breaks the queue, which gives nothing back and takes nothing any more. */
static void assert_broken(void)
{
    size_t length = 7;

    assert_int_equal(bk_queue_take(&queue, &length), -1);
    assert_true(queue.broken);
    assert_int_equal(length, 7);
    assert_int_equal(bk_queue_take(&queue, &length), -1);
    assert_int_equal(give(1, 0), -1);
}

static void a_buffer_that_was_not_given_is_not_believed(void **state)
{
    (void)state;
    int id = give(1, 1);
    use((uint32_t)(id + 1) % BK_QUEUE_SIZE, 0);
    assert_broken();
}

static void a_number_that_is_none_is_not_believed(void **state)
{
    (void)state;
    (void)give(1, 1);
    use(UINT32_MAX, 0);
    assert_broken();
}

static void a_buffer_does_not_come_back_twice(void **state)
{
    size_t length;

    (void)state;
    uint32_t id = (uint32_t)give(1, 1);
    use(id, 4);
    assert_true(bk_queue_take(&queue, &length) >= 0);
    use(id, 4);
    assert_broken();
}

static void more_than_there_was_room_for_is_not_believed(void **state)
{
    (void)state;
    use((uint32_t)give(2, 1), 9);
    assert_broken();
}

static void an_index_that_leaps_is_not_believed(void **state)
{
    (void)state;
    (void)give(1, 0);
    memory.used.index = BK_QUEUE_SIZE + 1;
    assert_broken();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_buffer_goes_and_comes_back, set_up),
        cmocka_unit_test_setup(it_is_full_and_empty_again, set_up),
        cmocka_unit_test_setup(what_cannot_be_given_is_refused, set_up),
        cmocka_unit_test_setup(a_buffer_that_was_not_given_is_not_believed, set_up),
        cmocka_unit_test_setup(a_number_that_is_none_is_not_believed, set_up),
        cmocka_unit_test_setup(a_buffer_does_not_come_back_twice, set_up),
        cmocka_unit_test_setup(more_than_there_was_room_for_is_not_believed, set_up),
        cmocka_unit_test_setup(an_index_that_leaps_is_not_believed, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
