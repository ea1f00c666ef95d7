/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/entropy.h"

#include "fake_loop.h"
#include "fake_queue.h"

#include <stdlib.h>
#include <string.h>

static struct bk_loop *loop;
static struct bk_virtio_device *device;
static struct bk_virtio_transport transport;

static int setup(void **state)
{
    (void)state;
    loop = fake_loop_create();
    assert_int_equal(bk_entropy_create(loop, &device), 0);
    fake_device_start(device, &transport);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_device_destroy(device);
    fake_loop_destroy(loop);
    return 0;
}

static void fills_a_buffer(void **state)
{
    uint8_t first[64] = { 0 }, second[64] = { 0 };
    size_t written;

    (void)state;
    uint16_t head = fake_queue_add_buffers(device, 0, NULL, 0, first, sizeof first);
    fake_queue_add_buffers(device, 0, NULL, 0, second, sizeof second);
    assert_int_equal(fake_queue_notify(device, 0), 1);
    assert_true(fake_queue_answered(device, 0, head, &written));
    assert_int_equal(written, sizeof first);
    assert_memory_not_equal(first, second, sizeof first);
}

static void fills_a_large_buffer_in_part(void **state)
{
    static uint8_t large[1024 * 1024];
    size_t written;

    (void)state;
    memset(large, 0x55, sizeof large);
    uint16_t head = fake_queue_add_buffers(device, 0, NULL, 0, large, sizeof large);
    fake_queue_notify(device, 0);
    assert_true(fake_queue_answered(device, 0, head, &written));
    assert_int_equal(written, BK_ENTROPY_REQUEST_MAX);
    for (size_t i = BK_ENTROPY_REQUEST_MAX; i < sizeof large; i++)
        assert_int_equal(large[i], 0x55);
}

static void lets_others_go_first(void **state)
{
    static uint8_t bytes[100][BK_ENTROPY_REQUEST_MAX];
    unsigned answers = 0;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        fake_queue_add_buffers(device, 0, NULL, 0, bytes[i], sizeof bytes[i]);
    fake_queue_notify(device, 0);
    while (fake_queue_next_answer(device, 0, NULL, NULL))
        answers++;
    assert_int_equal(answers, BK_QUEUE_BURST);
    fake_loop_settle(loop, 20);
    while (fake_queue_next_answer(device, 0, NULL, NULL))
        answers++;
    assert_int_equal(answers, 100);
}

static void breaks_on_a_request_without_room(void **state)
{
    char out[16] = { 0 };

    (void)state;
    fake_queue_add_buffers(device, 0, out, sizeof out, NULL, 0);
    fake_queue_notify(device, 0);
    assert_true(transport.broken);
}

static void forgets_at_reset(void **state)
{
    uint8_t bytes[100][16];

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        fake_queue_add_buffers(device, 0, NULL, 0, bytes[i], sizeof bytes[i]);
    fake_queue_notify(device, 0);
    fake_device_reset(device); /* with work put off */
    fake_loop_settle(loop, 3);
    fake_device_start(device, &transport);
    fills_a_buffer(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fills_a_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(fills_a_large_buffer_in_part, setup, teardown),
        cmocka_unit_test_setup_teardown(lets_others_go_first, setup, teardown),
        cmocka_unit_test_setup_teardown(breaks_on_a_request_without_room, setup, teardown),
        cmocka_unit_test_setup_teardown(forgets_at_reset, setup, teardown),
    };

    return cmocka_run_group_tests_name("entropy", tests, NULL, NULL);
}
