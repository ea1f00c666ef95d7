/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to a disk, one after the other.
 *
 * Input: 1 byte (bit 0: the disk is read-only), then for each request: 2 bytes, how many the driver wrote; 2 bytes, how
 * many the device may write; 1 byte, where both are cut in two; and the bytes that the driver wrote.
 */
#define _GNU_SOURCE
#include "../unit/fake_loop.h"
#include "../unit/fake_queue.h"

#include "devices/block.h"
#include "log.h"

#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_SIZE (64UL * 512)
#define DISK_SIZE (PART_SIZE + 7) /* the last bytes are not part of the disk */
#define OUT_MAX   4096U
#define IN_MAX    8192U
#define HEADER    5U
#define REQUESTS  64U

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        abort();
    return memory;
}

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    return 0;
}

static unsigned cut(uint8_t *bytes, size_t size, size_t at, struct iovec ranges[2])
{
    if (size == 0)
        return 0;
    if (at == 0 || at >= size) {
        ranges[0] = (struct iovec){ bytes, size };
        return 1;
    }
    ranges[0] = (struct iovec){ bytes, at };
    ranges[1] = (struct iovec){ bytes + at, size - at };
    return 2;
}

/* True when the device still works. */
static bool request(struct bk_virtio_device *device, uint8_t *out, size_t out_size, size_t in_size, size_t at)
{
    uint8_t *in = allocate(in_size + 1); /* of its exact size, so that a write beyond is seen */
    struct iovec outs[2], ins[2];
    size_t written = 0;

    memset(in, 0xa5, in_size + 1);
    unsigned out_count = cut(out, out_size, at, outs), in_count = cut(in, in_size, at, ins);
    uint16_t head = fake_queue_add(device, 0, outs, out_count, ins, in_count);
    fake_queue_notify(device, 0);
    bool works = !device->transport->broken;
    if (works) {
        require(fake_queue_answered(device, 0, head, &written));
        require(written == in_size);
        require(in[in_size - 1] <= VIRTIO_BLK_S_UNSUPP);
    } else {
        require(out_size < sizeof(struct virtio_blk_outhdr) || in_size == 0);
    }
    require(in[in_size] == 0xa5);
    free(in);
    return works;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t before[DISK_SIZE], after[DISK_SIZE];
    struct bk_virtio_transport transport;
    struct bk_virtio_device *device;

    if (size == 0)
        return 0;
    struct bk_loop *loop = fake_loop_create();
    int disk = memfd_create("disk", MFD_CLOEXEC);
    bool readonly = (data[0] & 1) != 0;
    memset(before, 0x5a, sizeof before);
    require(write(disk, before, sizeof before) == (ssize_t)sizeof before);
    require(bk_block_create(loop, "disk", dup(disk), readonly, &device) == 0);
    fake_device_start(device, &transport);

    size_t used = 1;
    for (unsigned i = 0; i < REQUESTS && size - used >= HEADER; i++) {
        size_t out_size = (size_t)(data[used] | data[used + 1] << 8) % OUT_MAX;
        size_t in_size = (size_t)(data[used + 2] | data[used + 3] << 8) % IN_MAX;
        size_t at = data[used + 4];
        used += HEADER;
        if (out_size > size - used)
            out_size = size - used;
        uint8_t *out = allocate(out_size + 1);
        memcpy(out, data + used, out_size);
        used += out_size;
        bool works = request(device, out, out_size, in_size, at);
        free(out);
        if (!works) {
            fake_device_reset(device);
            fake_device_start(device, &transport);
        }
    }

    struct stat status;
    require(fstat(disk, &status) == 0 && status.st_size == DISK_SIZE);
    require(pread(disk, after, sizeof after, 0) == (ssize_t)sizeof after);
    require(memcmp(before + PART_SIZE, after + PART_SIZE, DISK_SIZE - PART_SIZE) == 0);
    require(!readonly || memcmp(before, after, sizeof before) == 0);
    fake_device_destroy(device);
    fake_loop_destroy(loop);
    close(disk);
    return 0;
}
