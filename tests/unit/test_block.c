/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/block.h"

#include "checked.h"
#include "fake_loop.h"
#include "fake_queue.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTORS 2048UL
#define POISON  0xa5

static struct bk_loop *loop;
static struct bk_virtio_device *device;
static struct bk_virtio_transport transport;
static int disk; /* the test's own descriptor of it */

/* A disk whose every sector is filled with the low byte of its number, and 100 bytes that are not part of it. */
static void open_disk(bool readonly)
{
    uint8_t sector[512];

    loop = fake_loop_create();
    disk = memfd_create("disk", MFD_CLOEXEC);
    assert_true(disk >= 0);
    for (unsigned i = 0; i < SECTORS; i++) {
        memset(sector, (int)(i & 0xff), sizeof sector);
        assert_int_equal(write(disk, sector, sizeof sector), sizeof sector);
    }
    assert_int_equal(write(disk, sector, 100), 100);
    assert_int_equal(bk_block_create(loop, "a disk with a rather long name", dup(disk), readonly, &device), 0);
    fake_device_start(device, &transport);
}

static int setup(void **state)
{
    (void)state;
    open_disk(false);
    return 0;
}

static int setup_readonly(void **state)
{
    (void)state;
    open_disk(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_device_destroy(device);
    fake_loop_destroy(loop);
    close(disk);
    return 0;
}

/* Sends one request; yields its status, or -1 when there was no answer. `in` has room for the data alone. */
static int request(uint32_t type, uint64_t sector, const void *out, size_t out_size, void *in, size_t in_size)
{
    struct virtio_blk_outhdr header = { .type = type, .sector = sector };
    uint8_t status = POISON;
    struct iovec outs[2] = { { &header, sizeof header }, { (void *)(uintptr_t)out, out_size } };
    struct iovec ins[2] = { { in, in_size }, { &status, 1 } };
    size_t written;

    uint16_t head =
        fake_queue_add(device, 0, outs, out_size > 0 ? 2 : 1, in_size > 0 ? ins : ins + 1, in_size > 0 ? 2 : 1);
    fake_queue_notify(device, 0);
    if (!fake_queue_answered(device, 0, head, &written))
        return -1;
    assert_int_equal(written, in_size + 1);
    return status;
}

static uint8_t disk_byte(uint64_t offset)
{
    uint8_t byte;

    assert_int_equal(pread(disk, &byte, 1, (off_t)offset), 1);
    return byte;
}

static void tells_its_configuration(void **state)
{
    struct virtio_blk_config config = { 0 };

    (void)state;
    assert_true(device->config_size <= sizeof config);
    device->operations->read_config(device, 0, &config, device->config_size);
    assert_int_equal(config.capacity, SECTORS);
    assert_int_equal(config.blk_size, 512);
    assert_true(config.seg_max + 2 <= device->queue_size);
    for (size_t offset = 0; offset < device->config_size; offset++) { /* every byte alone, as the whole had it */
        uint8_t byte = POISON;
        device->operations->read_config(device, offset, &byte, 1);
        assert_int_equal(byte, ((uint8_t *)&config)[offset]);
    }
    assert_true((device->features & 1ULL << VIRTIO_BLK_F_RO) == 0);
    assert_true((device->features & 1ULL << VIRTIO_BLK_F_DISCARD) != 0);
}

static void reads(void **state)
{
    uint8_t data[1024];

    (void)state;
    assert_int_equal(request(VIRTIO_BLK_T_IN, 7, NULL, 0, data, sizeof data), VIRTIO_BLK_S_OK);
    assert_int_equal(data[0], 7);
    assert_int_equal(data[511], 7);
    assert_int_equal(data[512], 8);
    assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS - 1, NULL, 0, data, 512), VIRTIO_BLK_S_OK);
    assert_int_equal(data[0], (SECTORS - 1) & 0xff);
}

static void writes_and_flushes(void **state)
{
    uint8_t data[1536];

    (void)state;
    memset(data, 0xee, sizeof data);
    assert_int_equal(request(VIRTIO_BLK_T_OUT, SECTORS - 3, data, sizeof data, NULL, 0), VIRTIO_BLK_S_OK);
    assert_int_equal(disk_byte((SECTORS - 4) * 512 + 511), (SECTORS - 4) & 0xff);
    assert_int_equal(disk_byte((SECTORS - 3) * 512), 0xee);
    assert_int_equal(disk_byte(SECTORS * 512 - 1), 0xee);
    assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_OK);
}

/* The header split in the middle, data and status in pieces that do not fit the sectors. */
static void takes_any_scattering(void **state)
{
    struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_OUT, .sector = 3 };
    uint8_t data[1024], status[4] = { POISON, POISON, POISON, POISON };
    struct iovec outs[4] = { { &header, 5 }, { (char *)&header + 5, 11 }, { data, 1 }, { data + 1, 1023 } };
    struct iovec in = { status + 1, 1 };

    (void)state;
    memset(data, 0x77, sizeof data);
    uint16_t head = fake_queue_add(device, 0, outs, 4, &in, 1);
    fake_queue_notify(device, 0);
    assert_true(fake_queue_answered(device, 0, head, NULL));
    assert_int_equal(status[1], VIRTIO_BLK_S_OK);
    assert_int_equal(status[0], POISON);
    assert_int_equal(status[2], POISON);
    assert_int_equal(disk_byte(3UL * 512), 0x77);
    assert_int_equal(disk_byte(5UL * 512 - 1), 0x77);

    /* A read whose status byte shares a range with the last of the data. */
    uint8_t joined[513];
    header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_IN, .sector = 9 };
    fake_queue_add_buffers(device, 0, &header, sizeof header, joined, sizeof joined);
    fake_queue_notify(device, 0);
    assert_int_equal(joined[511], 9);
    assert_int_equal(joined[512], VIRTIO_BLK_S_OK);
}

static void refuses_what_is_beyond_the_end(void **state)
{
    static const uint64_t sectors[] = { SECTORS,          SECTORS - 1,          SECTORS + 1, UINT64_MAX, UINT64_MAX - 1,
                                        UINT64_MAX / 512, UINT64_MAX / 512 + 1, 1ULL << 63,  1ULL << 55 };
    uint8_t data[1024];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(sectors); i++) {
        memset(data, POISON, sizeof data);
        assert_int_equal(request(VIRTIO_BLK_T_IN, sectors[i], NULL, 0, data, sizeof data), VIRTIO_BLK_S_IOERR);
        for (size_t j = 0; j < sizeof data; j++)
            assert_int_equal(data[j], POISON);
        assert_int_equal(request(VIRTIO_BLK_T_OUT, sectors[i], data, sizeof data, NULL, 0), VIRTIO_BLK_S_IOERR);
    }
    struct stat status;
    assert_int_equal(fstat(disk, &status), 0);
    assert_int_equal(status.st_size, SECTORS * 512 + 100);
    assert_false(transport.broken);
}

static void refuses_odd_lengths(void **state)
{
    uint8_t data[1024] = { 0 };

    (void)state;
    assert_int_equal(request(VIRTIO_BLK_T_IN, 0, NULL, 0, data, 511), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_IN, 0, NULL, 0, data, 513), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, data, 1, NULL, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_IN, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_OK); /* nothing is fine */
}

/* A request may name the same memory again and again: what it moves is bounded all the same. */
static void bounds_one_request(void **state)
{
    static uint8_t data[256 * 1024];
    struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_IN };
    struct iovec out = { &header, sizeof header }, ins[101];
    uint8_t status = POISON;

    (void)state;
    assert_int_equal(ftruncate(disk, 64L * 1024 * 1024), 0);
    fake_device_destroy(device);
    assert_int_equal(bk_block_create(loop, "large", dup(disk), false, &device), 0);
    fake_device_start(device, &transport);
    for (unsigned i = 0; i < 100; i++)
        ins[i] = (struct iovec){ data, sizeof data };
    ins[100] = (struct iovec){ &status, 1 };
    fake_queue_add(device, 0, &out, 1, ins, 101); /* 25 MiB */
    fake_queue_notify(device, 0);
    assert_int_equal(status, VIRTIO_BLK_S_IOERR);
    fake_queue_add(device, 0, &out, 1, ins + 60, 41); /* 10 MiB */
    fake_queue_notify(device, 0);
    assert_int_equal(status, VIRTIO_BLK_S_OK);
}

static void says_what_it_does_not_know(void **state)
{
    uint8_t data[512];

    (void)state;
    assert_int_equal(request(2, 0, NULL, 0, data, sizeof data), VIRTIO_BLK_S_UNSUPP);
    assert_int_equal(request(VIRTIO_BLK_T_SECURE_ERASE, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_UNSUPP);
    assert_int_equal(request(0xffffffff, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_UNSUPP);
}

static void tells_its_name(void **state)
{
    char id[21] = { 0 };

    (void)state;
    assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, id, 20), VIRTIO_BLK_S_OK);
    assert_string_equal(id, "a disk with a rather");
    assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, id, 19), VIRTIO_BLK_S_IOERR);
}

static int clear(uint32_t type, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    struct virtio_blk_discard_write_zeroes range = { .sector = sector, .num_sectors = sectors, .flags = flags };

    return request(type, 0, &range, sizeof range, NULL, 0);
}

static void discards_and_writes_zeroes(void **state)
{
    (void)state;
    assert_int_equal(clear(VIRTIO_BLK_T_WRITE_ZEROES, 5, 3, 0), VIRTIO_BLK_S_OK);
    assert_int_equal(disk_byte(5UL * 512 - 1), 4);
    assert_int_equal(disk_byte(5UL * 512), 0);
    assert_int_equal(disk_byte(8UL * 512 - 1), 0);
    assert_int_equal(disk_byte(8UL * 512), 8);
    assert_int_equal(clear(VIRTIO_BLK_T_WRITE_ZEROES, 16, 16, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP), VIRTIO_BLK_S_OK);
    assert_int_equal(disk_byte(20UL * 512), 0);

    struct stat before, after;
    assert_int_equal(fstat(disk, &before), 0);
    assert_int_equal(clear(VIRTIO_BLK_T_DISCARD, 1024, 1024, 0), VIRTIO_BLK_S_OK);
    assert_int_equal(fstat(disk, &after), 0);
    assert_true(after.st_blocks < before.st_blocks);
    assert_int_equal(after.st_size, before.st_size);
}

static void judges_clearing_whole(void **state)
{
    struct virtio_blk_discard_write_zeroes ranges[17] = { { .sector = 40, .num_sectors = 1 } };

    (void)state;
    assert_int_equal(clear(VIRTIO_BLK_T_DISCARD, SECTORS, 1, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(clear(VIRTIO_BLK_T_DISCARD, UINT64_MAX, 2, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(clear(VIRTIO_BLK_T_WRITE_ZEROES, 0, UINT32_MAX, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(clear(VIRTIO_BLK_T_DISCARD, 0, 1, 1), VIRTIO_BLK_S_UNSUPP);
    assert_int_equal(clear(VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, 2), VIRTIO_BLK_S_UNSUPP);
    assert_int_equal(request(VIRTIO_BLK_T_DISCARD, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_DISCARD, 0, ranges, 15, NULL, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_DISCARD, 0, ranges, 17UL * 16, NULL, 0), VIRTIO_BLK_S_IOERR);
    ranges[15].sector = SECTORS; /* the last of those that fit is bad: the first is not touched */
    ranges[15].num_sectors = 1;
    assert_int_equal(request(VIRTIO_BLK_T_WRITE_ZEROES, 0, ranges, 16UL * 16, NULL, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(disk_byte(40UL * 512), 40);
}

static void keeps_a_read_only_disk(void **state)
{
    uint8_t data[512] = { 0 };

    (void)state;
    assert_true((device->features & 1ULL << VIRTIO_BLK_F_RO) != 0);
    assert_int_equal(request(VIRTIO_BLK_T_OUT, 1, data, sizeof data, NULL, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(clear(VIRTIO_BLK_T_DISCARD, 1, 1, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(clear(VIRTIO_BLK_T_WRITE_ZEROES, 1, 1, 0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(disk_byte(512), 1);
    assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_OK);
    assert_int_equal(request(VIRTIO_BLK_T_IN, 1, NULL, 0, data, sizeof data), VIRTIO_BLK_S_OK);
    assert_int_equal(data[0], 1);
}

static void says_when_the_file_got_shorter(void **state)
{
    uint8_t data[1024];

    (void)state;
    assert_int_equal(ftruncate(disk, 512L * 512), 0);
    assert_int_equal(request(VIRTIO_BLK_T_IN, 511, NULL, 0, data, sizeof data), VIRTIO_BLK_S_IOERR);
    assert_int_equal(request(VIRTIO_BLK_T_IN, 0, NULL, 0, data, sizeof data), VIRTIO_BLK_S_OK);
}

static void breaks_without_header_or_status(void **state)
{
    struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_FLUSH };
    uint8_t status;

    (void)state;
    fake_queue_add_buffers(device, 0, &header, sizeof header - 1, &status, 1);
    fake_queue_notify(device, 0);
    assert_true(transport.broken);
    fake_device_reset(device);
    fake_device_start(device, &transport);
    fake_queue_add_buffers(device, 0, &header, sizeof header, NULL, 0);
    fake_queue_notify(device, 0);
    assert_true(transport.broken);
    fake_device_reset(device);
    fake_device_start(device, &transport);
    assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0, NULL, 0), VIRTIO_BLK_S_OK);
}

static void holds_nothing_after_a_flood(void **state)
{
    uint8_t data[513] = { 0 };

    (void)state;
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();
    request(77, 0, NULL, 0, NULL, 0);
    size_t heap = measure_heap();
    for (unsigned i = 0; i < 20000; i++)
        request(i % 20, i * 0x123456789abcULL, data, i % sizeof data, i % 2 ? data : NULL, i % 2 ? i % 513 : 0);
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_its_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(reads, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_and_flushes, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_any_scattering, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_beyond_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_odd_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_one_request, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_it_does_not_know, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(discards_and_writes_zeroes, setup, teardown),
        cmocka_unit_test_setup_teardown(judges_clearing_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_a_read_only_disk, setup_readonly, teardown),
        cmocka_unit_test_setup_teardown(says_when_the_file_got_shorter, setup, teardown),
        cmocka_unit_test_setup_teardown(breaks_without_header_or_status, setup, teardown),
        cmocka_unit_test_setup_teardown(holds_nothing_after_a_flood, setup, teardown),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
