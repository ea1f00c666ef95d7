/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu_bench.h"

#include "cleanup.h"
#include "devices/gpu.h"
#include "fake_queue.h"
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

struct bk_loop *loop;
struct bk_memory memory;
struct bk_display *display;
struct bk_virtio_device *device;
struct bk_virtio_transport transport;
int screen;

int gpu_setup(void **state)
{
    (void)state;
    loop = fake_loop_create();
    memory = (struct bk_memory){ .region_count = 0 };
    assert_int_equal(bk_memory_init(&memory, RAM_SIZE), 0);
    assert_int_equal(bk_display_create(loop, &display), 0);
    assert_int_equal(bk_gpu_create(loop, &memory, display, 1280, 800, &device), 0);
    fake_device_start(device, &transport);
    fake_loop_settle(loop, 10);
    screen = -1;
    return 0;
}

int gpu_teardown(void **state)
{
    (void)state;
    fake_device_destroy(device);
    bk_display_destroy(display);
    fake_loop_destroy(loop);
    bk_memory_finish(&memory);
    bk_close(screen);
    return 0;
}

/* The driver */

union gpu_reply reply;
uint16_t last_head;

uint32_t send_sized(const void *request, size_t request_size, size_t reply_size)
{
    size_t written;

    memset(&reply, 0xa5, sizeof reply);
    last_head = fake_queue_add_buffers(device, CONTROL, request, request_size, &reply, reply_size);
    fake_queue_notify(device, CONTROL);
    if (!fake_queue_answered(device, CONTROL, last_head, &written))
        return 0;
    assert_in_range(written, sizeof reply.header, reply_size);
    for (size_t i = written; i < sizeof reply; i++)
        assert_int_equal(((uint8_t *)&reply)[i], 0xa5);
    return reply.header.type;
}

uint32_t create(uint32_t id, uint32_t format, uint32_t width, uint32_t height)
{
    struct virtio_gpu_resource_create_2d request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                                                     .resource_id = id,
                                                     .format = format,
                                                     .width = width,
                                                     .height = height };

    return SEND(request);
}

uint32_t attach(uint32_t id, const struct virtio_gpu_mem_entry *entries, uint32_t sent, uint32_t count)
{
    struct virtio_gpu_resource_attach_backing request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
                                                          .resource_id = id,
                                                          .nr_entries = count };
    struct iovec out[2] = { { &request, sizeof request }, { (void *)(uintptr_t)entries, sent * sizeof entries[0] } };
    struct iovec in = { &reply, sizeof reply.header };

    uint16_t head = fake_queue_add(device, CONTROL, out, 2, &in, 1);
    fake_queue_notify(device, CONTROL);
    assert_true(fake_queue_answered(device, CONTROL, head, NULL));
    return reply.header.type;
}

uint32_t attach_one(uint32_t id, uint64_t address, uint32_t length)
{
    struct virtio_gpu_mem_entry entry = { .addr = address, .length = length };

    return attach(id, &entry, 1, 1);
}

uint32_t unref(uint32_t id)
{
    struct virtio_gpu_resource_unref request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF, .resource_id = id };

    return SEND(request);
}

uint32_t transfer(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint64_t offset)
{
    struct virtio_gpu_transfer_to_host_2d request = { .hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
                                                      .r = { x, y, width, height },
                                                      .offset = offset,
                                                      .resource_id = id };

    return SEND(request);
}

uint32_t set_scanout(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    struct virtio_gpu_set_scanout request = { .hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
                                              .r = { x, y, width, height },
                                              .resource_id = id };

    return SEND(request);
}

uint32_t flush_flags(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t flags)
{
    struct virtio_gpu_resource_flush request = {
        .hdr = { .type = VIRTIO_GPU_CMD_RESOURCE_FLUSH, .flags = flags, .fence_id = 0x1122334455667788, .ctx_id = 9 },
        .r = { x, y, width, height },
        .resource_id = id
    };

    return SEND(request);
}

uint32_t flush(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    return flush_flags(id, x, y, width, height, 0);
}

uint32_t cursor_command(uint32_t type, uint32_t id, uint32_t x, uint32_t y, uint32_t hot_x, uint32_t hot_y)
{
    struct virtio_gpu_update_cursor request = {
        .hdr.type = type, .pos = { .x = x, .y = y }, .resource_id = id, .hot_x = hot_x, .hot_y = hot_y
    };

    uint16_t head = fake_queue_add_buffers(device, CURSOR, &request, sizeof request, NULL, 0);
    fake_queue_notify(device, CURSOR);
    return fake_queue_answered(device, CURSOR, head, NULL);
}

uint32_t *ram(uint64_t address)
{
    return bk_memory_at(&memory, address, 4);
}

/* A resource whose pixels in guest memory are their own index, from `address` on; not yet transferred. */
void create_backed(uint32_t id, uint32_t width, uint32_t height, uint64_t address)
{
    assert_int_equal(create(id, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, width, height), OK);
    for (uint32_t i = 0; i < width * height; i++)
        ram(address)[i] = i;
    assert_int_equal(attach_one(id, address, width * height * 4), OK);
}

/* The screen */

void plug(size_t buffer)
{
    int ends[2];

    screen = bk_close(screen);
    assert_int_equal(bk_socketpair(buffer, ends), 0);
    assert_int_equal(bk_set_nonblock(ends[1]), 0);
    screen = ends[1];
    assert_int_equal(bk_display_plug(display, ends[0]), 0);
}

/* False when the display has closed its end. */
bool is_plugged(void)
{
    struct pollfd end = { .fd = screen };

    return poll(&end, 1, 0) == 0;
}

/* The next message, or type 0; *ret_fd is the descriptor with it. */
struct bk_display_message hear_with(int *ret_fd)
{
    struct bk_display_message message = { .type = 0 };
    ssize_t n = bk_recv_message(screen, &message, sizeof message, ret_fd);

    if (n == -EAGAIN)
        return (struct bk_display_message){ .type = 0 };
    assert_int_equal(n, sizeof message);
    return message;
}

struct bk_display_message hear(uint32_t type)
{
    int fd = -1;
    struct bk_display_message message = hear_with(&fd);

    bk_close(fd);
    assert_int_equal(message.type, type);
    return message;
}

void say(struct bk_display_message message)
{
    assert_int_equal(bk_send_message(screen, &message, sizeof message, -1), 0);
    fake_loop_settle(loop, 10);
}

void say_done(uint32_t serial)
{
    say((struct bk_display_message){ .type = BK_DISPLAY_FRAME_DONE, .frame.serial = serial });
}

/* Plugs a screen in and hears what comes before anything is shown. */
void plug_blank(void)
{
    plug(BK_DISPLAY_CABLE_BUFFER);
    hear(BK_DISPLAY_BLANK);
    assert_int_equal(hear(BK_DISPLAY_CURSOR).cursor.id, 0);
    hear(0);
}
