/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu_bench.h"

#include "devices/gpu.h"

#include "cable/display.h"
#include "checked.h"
#include "cleanup.h"
#include "core/memory.h"
#include "devices/gpu_resource.h"
#include "fake_loop.h"
#include "fake_queue.h"
#include "io.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Tests: identity */

static void tells_its_screen(void **state)
{
    struct virtio_gpu_ctrl_hdr info = { .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO };
    struct virtio_gpu_cmd_get_edid edid = { .hdr.type = VIRTIO_GPU_CMD_GET_EDID };
    struct virtio_gpu_config config;

    (void)state;
    assert_true(device->features & 1ULL << VIRTIO_GPU_F_EDID);
    device->operations->read_config(device, 0, &config, sizeof config);
    assert_int_equal(config.num_scanouts, 1);
    assert_int_equal(config.num_capsets, 0);
    assert_int_equal(send_sized(&info, sizeof info, sizeof reply.info), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    assert_int_equal(reply.info.pmodes[0].enabled, 1);
    assert_int_equal(reply.info.pmodes[0].r.width, 1280);
    assert_int_equal(reply.info.pmodes[0].r.height, 800);
    assert_int_equal(reply.info.pmodes[1].enabled, 0);
    assert_int_equal(send_sized(&edid, sizeof edid, sizeof reply.edid), VIRTIO_GPU_RESP_OK_EDID);
    assert_int_equal(reply.edid.size, 128);
    assert_int_equal(reply.edid.edid[54 + 2] | (reply.edid.edid[54 + 4] & 0xf0) << 4, 1280);
    edid.scanout = 1;
    assert_int_equal(send_sized(&edid, sizeof edid, sizeof reply.edid), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    edid.scanout = 0;
    assert_int_equal(send_sized(&edid, sizeof edid, 100), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void follows_the_screens_size(void **state)
{
    struct virtio_gpu_ctrl_hdr info = { .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO };
    struct bk_display_message configure = { .type = BK_DISPLAY_CONFIGURE,
                                            .configure = { .width = 1920, .height = 1200, .refresh_mhz = 60000 } };
    struct virtio_gpu_config config;
    uint32_t bit = VIRTIO_GPU_EVENT_DISPLAY;

    (void)state;
    plug_blank();
    say(configure);
    assert_int_equal(transport.config_changes, 1);
    device->operations->read_config(device, 0, &config, sizeof config);
    assert_int_equal(config.events_read, VIRTIO_GPU_EVENT_DISPLAY);
    send_sized(&info, sizeof info, sizeof reply.info);
    assert_int_equal(reply.info.pmodes[0].r.width, 1920);
    assert_int_equal(reply.info.pmodes[0].r.height, 1200);
    device->operations->write_config(device, offsetof(struct virtio_gpu_config, events_clear), &bit, sizeof bit);
    device->operations->read_config(device, 0, &config, sizeof config);
    assert_int_equal(config.events_read, 0);
    say(configure); /* the same again is no news */
    assert_int_equal(transport.config_changes, 1);
    configure.configure.width = 1; /* too narrow for a guest */
    say(configure);
    send_sized(&info, sizeof info, sizeof reply.info);
    assert_int_equal(reply.info.pmodes[0].r.width, BK_GPU_SIDE_MIN);
    configure.configure.width = 8192;
    configure.configure.height = 8192;
    say(configure);
    struct virtio_gpu_cmd_get_edid edid = { .hdr.type = VIRTIO_GPU_CMD_GET_EDID };
    assert_int_equal(send_sized(&edid, sizeof edid, sizeof reply.edid), VIRTIO_GPU_RESP_OK_EDID);
    assert_int_equal(reply.edid.size, 128);
}

/* Tests: resources */

static void bounds_resources(void **state)
{
    (void)state;
    assert_int_equal(create(0, 2, 16, 16), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(create(1, 2, 0, 16), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 16, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 8193, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 1, 8193), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 0x10000, 0x10000), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 0x80000001, 2), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, 16, 16), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 0xffffffff, 16, 16), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(create(1, 2, 16, 16), OK);
    assert_int_equal(create(1, 2, 16, 16), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(create(2, 2, 8192, 8192), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
    assert_int_equal(unref(1), OK);
    assert_int_equal(unref(1), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(create(2, 2, 8192, 8192), OK); /* all there is, and not a pixel more */
    assert_int_equal(create(3, 2, 1, 1), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
    assert_int_equal(unref(2), OK);
    for (uint32_t i = 1; i <= BK_GPU_RESOURCES_MAX; i++)
        assert_int_equal(create(i, 1, 4, 4), OK);
    assert_int_equal(create(9999, 1, 4, 4), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
}

static void bounds_backing(void **state)
{
    static struct virtio_gpu_mem_entry entries[70000];
    struct virtio_gpu_resource_detach_backing detach = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
                                                         .resource_id = 1 };

    (void)state;
    assert_int_equal(create(1, 2, 16, 16), OK);
    assert_int_equal(attach_one(7, 0, 4096), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(attach_one(1, RAM_SIZE, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach_one(1, RAM_SIZE - 4, 8), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach_one(1, UINT64_MAX - 3, 8), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach_one(1, BK_MEMORY_LOW_MAX, 4096), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER); /* the hole */
    assert_int_equal(attach_one(1, 4096, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, entries, 0, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, entries, 1, 2), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, entries, 1, UINT32_MAX), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    for (uint32_t i = 0; i < BK_ARRAY_SIZE(entries); i++)
        entries[i] = (struct virtio_gpu_mem_entry){ .addr = (uint64_t)(i % 4096) * 8192 % RAM_SIZE, .length = 4096 };
    entries[69999].addr = RAM_SIZE; /* the last is bad: none is kept */
    assert_int_equal(attach(1, entries, 70000, 70000), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, entries, 70000, 69999), OK);
    assert_int_equal(attach_one(1, 0, 4096), VIRTIO_GPU_RESP_ERR_UNSPEC);
    assert_int_equal(create(2, 2, 16, 16), OK);
    assert_int_equal(attach(2, entries, 70000, 69999), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
    assert_int_equal(SEND(detach), OK);
    assert_int_equal(attach(2, entries, 70000, 69999), OK);
    assert_int_equal(transfer(1, 0, 0, 1, 1, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER); /* has none any more */
}

static void bounds_transfers(void **state)
{
    (void)state;
    create_backed(1, 100, 50, 4096);
    assert_int_equal(transfer(2, 0, 0, 1, 1, 0), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    static const uint32_t bad[][4] = { { 0, 0, 101, 1 },
                                       { 0, 0, 1, 51 },
                                       { 100, 0, 1, 1 },
                                       { 1, 0, 100, 1 },
                                       { 0, 50, 1, 1 },
                                       { 0, 1, 1, 50 },
                                       { UINT32_MAX, 0, 2, 1 },
                                       { 0, UINT32_MAX, 1, 2 },
                                       { 1, 1, UINT32_MAX, 1 },
                                       { 1, 1, 1, UINT32_MAX },
                                       { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } };
    for (size_t i = 0; i < BK_ARRAY_SIZE(bad); i++)
        assert_int_equal(transfer(1, bad[i][0], bad[i][1], bad[i][2], bad[i][3], 0),
                         VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    static const uint64_t offsets[] = { 1, 4, 20000, UINT64_MAX, UINT64_MAX - 19999, 1ULL << 63, UINT32_MAX };
    for (size_t i = 0; i < BK_ARRAY_SIZE(offsets); i++)
        assert_int_equal(transfer(1, 0, 0, 100, 50, offsets[i]), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(1, 0, 0, 100, 50, 0), OK);
    assert_int_equal(transfer(1, 99, 49, 1, 1, 19996), OK);
    assert_int_equal(transfer(1, 99, 49, 1, 1, 19997), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(1, 100, 50, 0, 0, 0), OK); /* nothing, at the corner */
    assert_int_equal(flush(1, 0, 0, 101, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(flush(1, UINT32_MAX, 0, 2, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(flush(2, 0, 0, 1, 1), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
}

/* What the screen sees is what lies in scattered guest memory, rectangle by rectangle. */
static void copies_pixels(void **state)
{
    enum {
        WIDTH = 67,
        HEIGHT = 41,
        PIXELS = WIDTH * HEIGHT
    };
    struct virtio_gpu_mem_entry entries[PIXELS / 13 + 1];
    int fd = -1;

    (void)state;
    plug_blank();
    assert_int_equal(create(5, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, WIDTH, HEIGHT), OK);
    /* Pieces of 52 bytes, in reverse order, so that none joins the next. */
    for (uint32_t i = 0; i < BK_ARRAY_SIZE(entries); i++)
        entries[i] = (struct virtio_gpu_mem_entry){ .addr = 65536 - (uint64_t)i * 64, .length = 52 };
    for (uint32_t i = 0; i < PIXELS; i++)
        *ram(entries[i / 13].addr + i % 13 * 4UL) = 0xff000000 | i;
    assert_int_equal(attach(5, entries, BK_ARRAY_SIZE(entries), BK_ARRAY_SIZE(entries)), OK);
    assert_int_equal(set_scanout(5, 0, 0, WIDTH, HEIGHT), OK);

    struct bk_display_message surface = hear_with(&fd);
    assert_int_equal(surface.type, BK_DISPLAY_SURFACE);
    assert_int_equal(surface.surface.width, WIDTH);
    assert_int_equal(surface.surface.height, HEIGHT);
    assert_int_equal(surface.surface.stride, WIDTH * 4);
    assert_int_equal(surface.surface.has_alpha, 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS), BK_DISPLAY_SEALS);
    uint32_t *pixels = mmap(NULL, surface.surface.size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(pixels, MAP_FAILED);

    assert_int_equal(transfer(5, 3, 7, 20, 11, (7 * WIDTH + 3) * 4UL), OK);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            bool inside = x >= 3 && x < 23 && y >= 7 && y < 18;
            assert_int_equal(pixels[y * WIDTH + x], inside ? 0xff000000 | (y * WIDTH + x) : 0);
        }
    }
    assert_int_equal(transfer(5, 0, 0, WIDTH, HEIGHT, 0), OK);
    for (uint32_t i = 0; i < PIXELS; i++)
        assert_int_equal(pixels[i], 0xff000000 | i);
    munmap(pixels, surface.surface.size);
    close(fd);
}

/* Tests: what the screen is shown */

static void shows_frames(void **state)
{
    (void)state;
    plug_blank();
    create_backed(1, 64, 32, 4096);
    assert_int_equal(flush(1, 0, 0, 64, 32), OK); /* not on the screen: no frame */
    hear(0);
    assert_int_equal(set_scanout(1, 0, 0, 64, 32), OK);
    uint32_t id = hear(BK_DISPLAY_SURFACE).surface.id;
    assert_int_not_equal(id, 0);
    hear(0);
    assert_int_equal(flush(1, 0, 0, 64, 32), OK);
    struct bk_display_message frame = hear(BK_DISPLAY_FRAME);
    assert_int_equal(frame.frame.id, id);
    assert_int_equal(frame.frame.width, 64);
    assert_int_equal(frame.frame.height, 32);
    assert_int_equal(flush(1, 5, 6, 7, 8), OK);
    struct bk_display_message second = hear(BK_DISPLAY_FRAME);
    assert_true(second.frame.serial > frame.frame.serial);
    assert_int_equal(second.frame.x, 5);
    assert_int_equal(second.frame.y, 6);
    assert_int_equal(second.frame.width, 7);
    assert_int_equal(second.frame.height, 8);

    create_backed(2, 64, 32, 65536); /* the next one: announced before the first goes */
    assert_int_equal(set_scanout(2, 0, 0, 64, 32), OK);
    assert_int_not_equal(hear(BK_DISPLAY_SURFACE).surface.id, id);
    assert_int_equal(flush(2, 0, 0, 64, 32), OK);
    hear(BK_DISPLAY_FRAME);
    assert_int_equal(unref(1), OK);
    assert_int_equal(hear(BK_DISPLAY_WITHDRAW).surface.id, id);
    assert_int_equal(unref(2), OK); /* on the screen */
    hear(BK_DISPLAY_BLANK);
    hear(BK_DISPLAY_WITHDRAW);
    hear(0);
}

static void bounds_scanouts(void **state)
{
    struct virtio_gpu_set_scanout other = { .hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT, .scanout_id = 1 };

    (void)state;
    create_backed(1, 64, 32, 4096);
    assert_int_equal(set_scanout(2, 0, 0, 64, 32), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(set_scanout(1, 0, 0, 65, 32), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(set_scanout(1, 0, 0, 64, 33), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(set_scanout(1, 0, 0, 0, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(set_scanout(1, 1, 0, 63, 32), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(set_scanout(1, UINT32_MAX, 0, 2, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    assert_int_equal(SEND(other), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);

    plug_blank(); /* a part of the resource: damage outside of it is none */
    assert_int_equal(set_scanout(1, 0, 0, 40, 20), OK);
    assert_int_equal(hear(BK_DISPLAY_SURFACE).surface.width, 40);
    assert_int_equal(flush(1, 0, 0, 64, 32), OK);
    assert_int_equal(hear(BK_DISPLAY_FRAME).frame.width, 40);
    assert_int_equal(flush(1, 40, 0, 24, 32), OK);
    hear(0);
    assert_int_equal(set_scanout(1, 0, 0, 64, 32), OK); /* another size is another surface */
    hear(BK_DISPLAY_BLANK);
    hear(BK_DISPLAY_WITHDRAW);
    assert_int_equal(hear(BK_DISPLAY_SURFACE).surface.width, 64);
}

static void works_without_a_cable_and_tells_later(void **state)
{
    (void)state;
    create_backed(1, 64, 64, 4096);
    assert_int_equal(transfer(1, 0, 0, 64, 64, 0), OK);
    assert_int_equal(set_scanout(1, 0, 0, 64, 64), OK);
    assert_int_equal(flush_flags(1, 0, 0, 8, 8, VIRTIO_GPU_FLAG_FENCE), OK); /* nobody to wait for */
    assert_int_equal(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 100, 100, 5, 6), true);
    for (unsigned i = 0; i < 2; i++) { /* plugged, and again */
        plug(BK_DISPLAY_CABLE_BUFFER);
        uint32_t id = hear(BK_DISPLAY_SURFACE).surface.id;
        struct bk_display_message frame = hear(BK_DISPLAY_FRAME);
        assert_int_equal(frame.frame.id, id);
        assert_int_equal(frame.frame.width, 64);
        assert_int_equal(frame.frame.height, 64);
        assert_int_not_equal(frame.frame.serial, 0);
        uint32_t cursor = hear(BK_DISPLAY_SURFACE).surface.id;
        struct bk_display_message where = hear(BK_DISPLAY_CURSOR);
        assert_int_equal(where.cursor.id, cursor);
        assert_int_equal(where.cursor.x, 105);
        assert_int_equal(where.cursor.y, 106);
        hear(0);
        say_done(frame.frame.serial);
        assert_true(is_plugged());
    }
}

/* A screen that reads nothing costs neither memory nor time, and then gets the last state of all. */
static void bears_a_slow_screen(void **state)
{
    struct bk_display_message message, last_frame = { .type = 0 };
    unsigned heard = 0;

    (void)state;
    plug(4096);
    create_backed(1, 64, 64, 4096);
    assert_int_equal(set_scanout(1, 0, 0, 64, 64), OK);
    assert_int_equal(flush(1, 0, 0, 64, 64), OK);
    cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0);
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors();
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(flush(1, i % 60, i % 50, 2, 3), OK);
        cursor_command(VIRTIO_GPU_CMD_MOVE_CURSOR, 0, i, i, 0, 0);
    }
    fake_loop_settle(loop, 3);
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);

    int32_t x = -1;
    for (unsigned turns = 0; turns < 20000; turns++) {
        int fd = -1;
        message = hear_with(&fd);
        bk_close(fd);
        if (message.type == 0 && fake_loop_turn(loop, 0) == 0)
            break;
        heard += message.type != 0;
        if (message.type == BK_DISPLAY_FRAME)
            last_frame = message;
        if (message.type == BK_DISPLAY_CURSOR || message.type == BK_DISPLAY_CURSOR_MOVE)
            x = message.cursor.x;
    }
    assert_in_range(heard, 4, 2000);
    assert_int_equal(x, 4999);
    assert_int_equal(last_frame.frame.x, 0); /* the union of all that was missed */
    assert_int_equal(last_frame.frame.y, 0);
    assert_int_equal(last_frame.frame.width, 61);
    assert_int_equal(last_frame.frame.height, 52);
    assert_int_equal(last_frame.frame.serial, 5001);
}

/* The screen is never told of more surfaces than it must bear, however many the guest shows. */
static void announces_few_surfaces(void **state)
{
    struct bk_display_message message;
    bool known[200] = { false };
    unsigned count = 0, most = 0;

    (void)state;
    plug_blank();
    for (uint32_t i = 1; i <= 40; i++)
        create_backed(i, 32, 32, 4096);
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 1; i <= 40; i++) {
            assert_int_equal(set_scanout(i, 0, 0, 32, 32), OK);
            assert_int_equal(flush(i, 0, 0, 1, 1), OK);
            bool shown = false;
            for (;;) {
                int fd = -1;
                message = hear_with(&fd);
                bk_close(fd);
                if (message.type == 0)
                    break;
                assert_true(message.surface.id < BK_ARRAY_SIZE(known)); /* the id stands first in each */
                if (message.type == BK_DISPLAY_SURFACE) {
                    assert_false(known[message.surface.id]);
                    known[message.surface.id] = true;
                    count++;
                } else if (message.type == BK_DISPLAY_WITHDRAW) {
                    assert_true(known[message.surface.id]);
                    known[message.surface.id] = false;
                    count--;
                } else {
                    assert_int_equal(message.type, BK_DISPLAY_FRAME);
                    assert_true(known[message.frame.id]);
                    assert_int_equal(message.frame.width, 32); /* anew to the screen: all of it */
                    shown = true;
                }
                most = count > most ? count : most;
            }
            assert_true(shown);
        }
    }
    assert_in_range(most, 2, BK_DISPLAY_SURFACES_MAX - 1);
}

/* Tests: fences */

static void echoes_fences(void **state)
{
    struct virtio_gpu_ctrl_hdr info = {
        .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO, .flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = 42, .ctx_id = 7
    };

    (void)state;
    send_sized(&info, sizeof info, sizeof reply.info);
    assert_int_equal(reply.header.flags, VIRTIO_GPU_FLAG_FENCE);
    assert_int_equal(reply.header.fence_id, 42);
    assert_int_equal(reply.header.ctx_id, 7);
    info.flags = 0;
    send_sized(&info, sizeof info, sizeof reply.info);
    assert_int_equal(reply.header.flags, 0);
    assert_int_equal(reply.header.fence_id, 0);
    info.type = 0x1234; /* errors too */
    info.flags = VIRTIO_GPU_FLAG_FENCE;
    assert_int_equal(SEND(info), VIRTIO_GPU_RESP_ERR_UNSPEC);
    assert_int_equal(reply.header.fence_id, 42);
}

static void show_one(void)
{
    plug_blank();
    create_backed(1, 64, 32, 4096);
    assert_int_equal(set_scanout(1, 0, 0, 64, 32), OK);
    hear(BK_DISPLAY_SURFACE);
}

static void holds_a_fenced_flush_until_it_is_shown(void **state)
{
    size_t written;

    (void)state;
    show_one();
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint16_t first = last_head;
    uint32_t serial = hear(BK_DISPLAY_FRAME).frame.serial;
    assert_int_equal(transfer(1, 0, 0, 64, 32, 0), OK); /* others do not wait */
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint16_t second = last_head;
    uint32_t second_serial = hear(BK_DISPLAY_FRAME).frame.serial;
    say_done(serial);
    assert_true(fake_queue_answered(device, CONTROL, first, &written));
    assert_int_equal(written, sizeof reply.header);
    assert_int_equal(reply.header.fence_id, 0x1122334455667788);
    assert_int_equal(reply.header.ctx_id, 9);
    assert_false(fake_queue_answered(device, CONTROL, second, NULL));
    say_done(serial); /* said again: no news */
    assert_false(fake_queue_answered(device, CONTROL, second, NULL));
    unsigned interrupts = fake_queue_interrupts(device, CONTROL);
    say_done(second_serial);
    assert_true(fake_queue_answered(device, CONTROL, second, NULL));
    assert_int_equal(fake_queue_interrupts(device, CONTROL), interrupts + 1);
}

static void does_not_wait_for_a_dead_screen(void **state)
{
    (void)state;
    show_one();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
        assert_int_equal(fake_loop_turn(loop, 5000), 1); /* the deadline */
        assert_true(fake_queue_answered(device, CONTROL, last_head, NULL));
    }
}

static void does_not_wait_for_an_unplugged_screen(void **state)
{
    uint16_t heads[3];

    (void)state;
    show_one();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
        heads[i] = last_head;
    }
    screen = bk_close(screen);
    fake_loop_settle(loop, 10);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_queue_answered(device, CONTROL, heads[i], NULL));
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), OK);
}

/* The cable is found broken by the very flush that would wait for it. */
static void notices_a_dead_cable_while_flushing(void **state)
{
    (void)state;
    show_one();
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint16_t held = last_head;
    screen = bk_close(screen);
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), OK);
    assert_true(fake_queue_answered(device, CONTROL, held, NULL));
}

static void holds_few(void **state)
{
    uint16_t heads[40];
    unsigned answered = 0;

    (void)state;
    show_one();
    for (unsigned i = 0; i < 40; i++) {
        flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE);
        heads[i] = last_head;
        for (unsigned j = 0; j <= i; j++) {
            if (heads[j] != UINT16_MAX && fake_queue_answered(device, CONTROL, heads[j], NULL)) {
                assert_int_equal(j, answered); /* in order */
                answered++;
                heads[j] = UINT16_MAX;
            }
        }
        assert_in_range(i + 1 - answered, 0, 4);
    }
}

static void forgets_held_flushes_at_reset(void **state)
{
    (void)state;
    show_one();
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint32_t serial = hear(BK_DISPLAY_FRAME).frame.serial;
    fake_device_reset(device);
    fake_device_start(device, &transport);
    say_done(serial);
    hear(BK_DISPLAY_CURSOR);
    hear(BK_DISPLAY_BLANK);
    hear(BK_DISPLAY_WITHDRAW);
    hear(0);
    create_backed(1, 64, 32, 4096); /* the resource is gone */
    screen = bk_close(screen);
    fake_loop_settle(loop, 10);
}

/* Reset and start anew before the loop has turned: the old resources are gone all the same. */
static void resets_in_a_storm(void **state)
{
    (void)state;
    show_one();
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();
    for (unsigned i = 0; i < 300; i++) {
        fake_device_reset(device);
        fake_device_start(device, &transport);
        create_backed(1, 64, 32, 4096);
        assert_int_equal(set_scanout(1, 0, 0, 64, 32), OK);
        flush_flags(1, 0, 0, 64, 32, VIRTIO_GPU_FLAG_FENCE);
        if (i % 3 == 0)
            fake_loop_settle(loop, 10);
        for (int fd = -1; hear_with(&fd).type != 0; fd = bk_close(fd))
            ;
    }
    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
}

/* Tests: cursor */

static void shows_a_cursor(void **state)
{
    int fd = -1;

    (void)state;
    plug_blank();
    assert_int_equal(create(1, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 64, 64), OK);
    for (uint32_t i = 0; i < 64 * 64; i++)
        ram(4096)[i] = 0x80000000 | i;
    assert_int_equal(attach_one(1, 4096, 64 * 64 * 4), OK);
    assert_int_equal(transfer(1, 0, 0, 64, 64, 0), OK);
    cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 10, (uint32_t)-3, 2, 4);
    struct bk_display_message surface = hear_with(&fd);
    assert_int_equal(surface.type, BK_DISPLAY_SURFACE);
    assert_int_equal(surface.surface.has_alpha, 1);
    assert_int_equal(surface.surface.width, 64);
    uint32_t *pixels = mmap(NULL, surface.surface.size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(pixels, MAP_FAILED);
    close(fd);
    assert_int_equal(pixels[77], 0x80000000 | 77);
    struct bk_display_message cursor = hear(BK_DISPLAY_CURSOR);
    assert_int_equal(cursor.cursor.id, surface.surface.id);
    assert_int_equal(cursor.cursor.x, 12);
    assert_int_equal(cursor.cursor.y, 1);
    assert_int_equal(cursor.cursor.hot_x, 2);
    assert_int_equal(cursor.cursor.hot_y, 4);

    assert_int_equal(unref(1), OK); /* the image stays: it is a copy */
    cursor_command(VIRTIO_GPU_CMD_MOVE_CURSOR, 0, 20, 30, 0, 0);
    cursor = hear(BK_DISPLAY_CURSOR_MOVE);
    assert_int_equal(cursor.cursor.x, 22);
    assert_int_equal(cursor.cursor.y, 34);
    cursor_command(VIRTIO_GPU_CMD_MOVE_CURSOR, 0, 20, 30, 0, 0);
    hear(0);

    assert_int_equal(create(2, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, 64, 64), OK); /* without alpha: opaque */
    assert_int_equal(attach_one(2, 4096, 64 * 64 * 4), OK);
    ram(4096)[5] = 0x00123456;
    assert_int_equal(transfer(2, 0, 0, 64, 64, 0), OK);
    cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0, 0, 0, 0);
    hear(BK_DISPLAY_CURSOR);
    assert_int_equal(pixels[5], 0xff123456);

    cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 0, 0, 0, 0);
    assert_int_equal(hear(BK_DISPLAY_CURSOR).cursor.id, 0);
    munmap(pixels, surface.surface.size);
}

static void passes_over_bad_cursors(void **state)
{
    struct virtio_gpu_update_cursor short_one = { .hdr.type = VIRTIO_GPU_CMD_UPDATE_CURSOR };

    (void)state;
    plug_blank();
    create_backed(1, 63, 64, 4096);
    create_backed(2, 64, 64, 4096);
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0));
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 9, 0, 0, 0, 0));
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0, 0, 64, 0));
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0, 0, 0, UINT32_MAX));
    assert_true(cursor_command(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 2, 0, 0, 0, 0));
    hear(0);
    assert_true(
        cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, UINT32_MAX, 0x7fffffff, 63, 63)); /* wraps, and why not */
    assert_false(transport.broken);
    fake_queue_add_buffers(device, CURSOR, &short_one, sizeof short_one - 1, NULL, 0);
    fake_queue_notify(device, CURSOR);
    assert_true(transport.broken);
}

/* Tests: nonsense and floods */

static void refuses_short_commands(void **state)
{
    union {
        struct virtio_gpu_ctrl_hdr header;
        uint8_t bytes[64];
    } request = { .bytes = { 0 } };

    (void)state;
    for (uint32_t type = 0; type < 0x400; type++) {
        request.header.type = type;
        uint32_t answer = send_sized(&request, sizeof request.header, sizeof reply.header);
        assert_true(answer >= VIRTIO_GPU_RESP_ERR_UNSPEC && answer <= VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
        answer = send_sized(&request, sizeof request, sizeof reply.header);
        assert_true(answer >= VIRTIO_GPU_RESP_ERR_UNSPEC || answer == OK);
    }
    assert_false(transport.broken);
    fake_queue_add_buffers(device, CONTROL, &request, sizeof request.header - 1, &reply, sizeof reply);
    fake_queue_notify(device, CONTROL);
    assert_true(transport.broken);
    fake_device_reset(device);
    fake_device_start(device, &transport);
    fake_queue_add_buffers(device, CONTROL, &request, sizeof request, &reply, sizeof reply.header - 1);
    fake_queue_notify(device, CONTROL);
    assert_true(transport.broken);
}

static void holds_nothing_after_a_flood(void **state)
{
    struct virtio_gpu_mem_entry entries[300];

    (void)state;
    for (uint32_t i = 0; i < BK_ARRAY_SIZE(entries); i++)
        entries[i] = (struct virtio_gpu_mem_entry){ .addr = i * 8192UL, .length = 4096 };
    create_backed(1, 8, 8, 4096);
    assert_int_equal(unref(1), OK);
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();
    for (uint32_t i = 0; i < 3000; i++) {
        create(1, 2, 100, 100);
        entries[299].addr = i % 2 ? RAM_SIZE : 0;
        attach(1, entries, 300, 300);
        attach(1, entries, 300, 299);
        transfer(1, i, i, 50, 50, i);
        set_scanout(1, 0, 0, 100, 100);
        flush_flags(1, 0, 0, 100, 100, i % 2);
        unref(1);
    }
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
}

static void lets_others_go_first(void **state)
{
    struct virtio_gpu_ctrl_hdr info = { .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO };
    unsigned answers = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        fake_queue_add_buffers(device, CONTROL, &info, sizeof info, &reply, sizeof reply.info);
    fake_queue_notify(device, CONTROL);
    while (fake_queue_next_answer(device, CONTROL, NULL, NULL))
        answers++;
    assert_in_range(answers, 1, 100);
    fake_loop_settle(loop, 20);
    while (fake_queue_next_answer(device, CONTROL, NULL, NULL))
        answers++;
    assert_int_equal(answers, 200);
}

/* Tests: a screen that does not keep to the protocol is unplugged, and nothing else happens */

static void assert_unplugs(const void *bytes, size_t size, int fd)
{
    plug(BK_DISPLAY_CABLE_BUFFER);
    assert_int_equal(bk_send_message(screen, bytes, size, fd), 0);
    fake_loop_settle(loop, 10);
    assert_false(is_plugged());
}

static void unplugs_a_bad_screen(void **state)
{
    struct bk_display_message good = { .type = BK_DISPLAY_CONFIGURE, .configure = { .width = 640, .height = 480 } },
                              bad;
    static const uint32_t sides[] = { 0, 8193, UINT32_MAX };
    uint8_t large[4096] = { 0 };

    (void)state;
    unsigned descriptors = measure_descriptors();
    for (unsigned i = 0; i < BK_ARRAY_SIZE(sides); i++) {
        bad = good;
        bad.configure.width = sides[i];
        assert_unplugs(&bad, sizeof bad, -1);
        bad = good;
        bad.configure.height = sides[i];
        assert_unplugs(&bad, sizeof bad, -1);
    }
    for (uint32_t type = 0; type < 32; type++) {
        if (type >= BK_DISPLAY_CONFIGURE && type <= BK_DISPLAY_INPUT)
            continue;
        bad = (struct bk_display_message){ .type = type };
        assert_unplugs(&bad, sizeof bad, -1);
    }
    assert_unplugs(&good, sizeof good - 1, -1);
    assert_unplugs(&good, 1, -1);
    memcpy(large, &good, sizeof good);
    assert_unplugs(large, sizeof large, -1);
    assert_unplugs(&good, sizeof good, STDIN_FILENO); /* a descriptor that nobody asked for */
    bad = (struct bk_display_message){ .type = BK_DISPLAY_FRAME_DONE, .frame.serial = 1 }; /* never sent */
    assert_unplugs(&bad, sizeof bad, -1);
    screen = bk_close(screen);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_false(transport.broken);
    assert_int_equal(transport.config_changes, 0);
    plug_blank();
    say(good);
    assert_int_equal(transport.config_changes, 1);
}

static void refuses_impossible_sizes(void **state)
{
    struct bk_virtio_device *none = NULL;

    (void)state;
    assert_int_equal(bk_gpu_create(loop, &memory, display, 31, 800, &none), -EINVAL);
    assert_int_equal(bk_gpu_create(loop, &memory, display, 1280, 8193, &none), -EINVAL);
    assert_null(none);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gpu_setup, gpu_teardown)
    const struct CMUnitTest tests[] = {
        TEST(tells_its_screen),
        TEST(follows_the_screens_size),
        TEST(bounds_resources),
        TEST(bounds_backing),
        TEST(bounds_transfers),
        TEST(copies_pixels),
        TEST(shows_frames),
        TEST(bounds_scanouts),
        TEST(works_without_a_cable_and_tells_later),
        TEST(bears_a_slow_screen),
        TEST(announces_few_surfaces),
        TEST(echoes_fences),
        TEST(holds_a_fenced_flush_until_it_is_shown),
        TEST(does_not_wait_for_a_dead_screen),
        TEST(does_not_wait_for_an_unplugged_screen),
        TEST(notices_a_dead_cable_while_flushing),
        TEST(holds_few),
        TEST(forgets_held_flushes_at_reset),
        TEST(resets_in_a_storm),
        TEST(shows_a_cursor),
        TEST(passes_over_bad_cursors),
        TEST(refuses_short_commands),
        TEST(holds_nothing_after_a_flood),
        TEST(lets_others_go_first),
        TEST(unplugs_a_bad_screen),
        TEST(refuses_impossible_sizes),
    };

    return cmocka_run_group_tests_name("gpu", tests, NULL, NULL);
}
