/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures and cursors that are blobs of guest memory. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu_bench.h"

#include "cleanup.h"
#include "devices/gpu.h"
#include "devices/gpu_resource.h"
#include "io.h"
#include "measure.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define XRGB   VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM
#define ARGB   VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM
#define BAD_ID VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER
#define FULL   VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define MEMORY 65536UL /* in the guest's RAM, where most blobs here begin */

static struct virtio_gpu_resource_create_blob creation(uint32_t id, uint64_t size)
{
    return (struct virtio_gpu_resource_create_blob){ .hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB,
                                                     .resource_id = id,
                                                     .blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST,
                                                     .blob_flags = VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE,
                                                     .size = size };
}

/* `sent` entries follow the command, which says that there are `nr_entries`. */
static uint32_t send_creation(struct virtio_gpu_resource_create_blob request,
                              const struct virtio_gpu_mem_entry *entries, uint32_t sent)
{
    struct iovec out[2] = { { &request, sizeof request }, { (void *)(uintptr_t)entries, sent * sizeof entries[0] } };
    struct iovec in = { &reply, sizeof reply.header };

    uint16_t head = fake_queue_add(device, CONTROL, out, 2, &in, 1);
    fake_queue_notify(device, CONTROL);
    assert_true(fake_queue_answered(device, CONTROL, head, NULL));
    return reply.header.type;
}

static uint32_t create_blob_at(uint32_t id, uint64_t address, uint32_t size)
{
    const struct virtio_gpu_mem_entry entry = { .addr = address, .length = size };
    struct virtio_gpu_resource_create_blob request = creation(id, size);

    request.nr_entries = 1;
    return send_creation(request, &entry, 1);
}

static struct virtio_gpu_set_scanout_blob layout(uint32_t id, uint32_t width, uint32_t height)
{
    return (struct virtio_gpu_set_scanout_blob){ .hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT_BLOB,
                                                 .r = { .width = width, .height = height },
                                                 .resource_id = id,
                                                 .width = width,
                                                 .height = height,
                                                 .format = XRGB,
                                                 .strides = { width * 4 } };
}

static uint32_t show(uint32_t id, uint32_t width, uint32_t height)
{
    const struct virtio_gpu_set_scanout_blob request = layout(id, width, height);

    return SEND(request);
}

/* The pixels of the surface that is announced next. */
static const uint32_t *map_surface(struct bk_display_message *ret_message)
{
    int fd = -1;

    *ret_message = hear_with(&fd);
    assert_int_equal(ret_message->type, BK_DISPLAY_SURFACE);
    assert_int_equal(fcntl(fd, F_GET_SEALS), BK_DISPLAY_SEALS);
    const uint32_t *pixels = mmap(NULL, ret_message->surface.size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(pixels, MAP_FAILED);
    close(fd);
    return pixels;
}

static void unmap(const uint32_t *pixels, const struct bk_display_message *message)
{
    munmap((void *)(uintptr_t)pixels, message->surface.size);
}

/* Pixels of guest memory become their own index, plus `base`. */
static void draw(uint32_t base, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ram(MEMORY)[i] = base + i;
}

static void bounds_blobs(void **state)
{
    static struct virtio_gpu_mem_entry entries[70000];
    const struct virtio_gpu_mem_entry page = { .addr = MEMORY, .length = 4096 };
    struct virtio_gpu_resource_create_blob request = creation(1, 4096);
    static const uint32_t kinds[] = { 0, VIRTIO_GPU_BLOB_MEM_HOST3D, VIRTIO_GPU_BLOB_MEM_HOST3D_GUEST, UINT32_MAX };

    (void)state;
    assert_true(device->features & 1ULL << VIRTIO_GPU_F_RESOURCE_BLOB);
    assert_false(device->features & 1ULL << VIRTIO_GPU_F_VIRGL);
    request.nr_entries = 1;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(kinds); i++) {
        request.blob_mem = kinds[i];
        assert_int_equal(send_creation(request, &page, 1), BAD);
    }
    request.blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST;
    static const uint64_t sizes[] = { 0, 4097, UINT64_MAX, 1ULL << 63 };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(sizes); i++) {
        request.size = sizes[i];
        assert_int_equal(send_creation(request, &page, 1), BAD);
    }
    request.size = 4096;
    static const uint32_t counts[] = { 0, 2, UINT32_MAX };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(counts); i++) {
        request.nr_entries = counts[i];
        assert_int_equal(send_creation(request, &page, 1), BAD);
    }
    request.nr_entries = 1;
    assert_int_equal(send_sized(&request, sizeof request - 1, sizeof reply.header), BAD);
    static const struct virtio_gpu_mem_entry outside[] = { { .addr = RAM_SIZE, .length = 4096 },
                                                           { .addr = RAM_SIZE - 4096, .length = 4097 },
                                                           { .addr = UINT64_MAX - 100, .length = 4096 },
                                                           { .addr = BK_MEMORY_LOW_MAX, .length = 4096 },
                                                           { .addr = 0x5000000000, .length = 4096 }, /* the window */
                                                           { .addr = MEMORY, .length = 0 } };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(outside); i++)
        assert_int_equal(send_creation(request, &outside[i], 1), BAD);
    request.resource_id = 0;
    assert_int_equal(send_creation(request, &page, 1), BAD_ID);

    for (uint32_t i = 0; i < BK_ARRAY_SIZE(entries); i++)
        entries[i] = (struct virtio_gpu_mem_entry){ .addr = (uint64_t)(i % 4096) * 4096, .length = 4096 };
    request = creation(1, 70000 * 4096ULL);
    request.nr_entries = 70000;
    assert_int_equal(send_creation(request, entries, 70000), OK);
    assert_int_equal(create_blob_at(1, MEMORY, 4096), BAD_ID);
    assert_int_equal(create(1, XRGB, 8, 8), BAD_ID);
    request.resource_id = 2;
    assert_int_equal(send_creation(request, entries, 70000), FULL); /* of all entries */
    assert_int_equal(unref(1), OK);
    assert_int_equal(send_creation(request, entries, 70000), OK);
    assert_int_equal(unref(2), OK);
    for (uint32_t id = 1; id <= BK_GPU_RESOURCES_MAX; id++)
        assert_int_equal(create_blob_at(id, MEMORY, 4096), OK);
    assert_int_equal(create_blob_at(9999, MEMORY, 4096), FULL);
}

/* Stride and offset say where a picture lies in the blob: to its last byte, and not beyond. */
static void bounds_layouts(void **state)
{
    struct virtio_gpu_set_scanout_blob good = layout(1, 30, 20), bad;
    struct virtio_gpu_resource_flush flush_request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH, .resource_id = 1 };

    (void)state;
    assert_int_equal(create_blob_at(1, MEMORY, 8192), OK);
    assert_int_equal(create(2, XRGB, 30, 20), OK);
    assert_int_equal(set_scanout(1, 0, 0, 30, 20), BAD); /* it has no layout yet */
    assert_int_equal(SEND(flush_request), OK);           /* so that there is nothing to flush */
    flush_request.r.width = 1;
    assert_int_equal(SEND(flush_request), BAD);
    static const uint32_t formats[] = { 0, 3, VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, UINT32_MAX };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(formats); i++) {
        bad = good;
        bad.format = formats[i];
        assert_int_equal(SEND(bad), BAD);
    }
    static const uint32_t sides[] = { 0, BK_GPU_SIDE_MAX + 1, UINT32_MAX, 0x40000001 };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(sides); i++) {
        bad = good;
        bad.width = bad.r.width = sides[i];
        assert_int_equal(SEND(bad), BAD);
        bad = good;
        bad.height = bad.r.height = sides[i];
        assert_int_equal(SEND(bad), BAD);
    }
    static const uint32_t strides[] = { 0, 116, 119, 121, 122, 429, 432, UINT32_MAX, UINT32_MAX - 3 };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(strides); i++) {
        bad = good;
        bad.strides[0] = strides[i];
        assert_int_equal(SEND(bad), BAD);
    }
    static const uint32_t offsets[] = { 8192 - 20 * 120 + 1, 8192, UINT32_MAX, UINT32_MAX - 2399 };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(offsets); i++) {
        bad = good;
        bad.offsets[0] = offsets[i];
        assert_int_equal(SEND(bad), BAD);
    }
    static const uint32_t rectangles[][4] = { { 1, 0, 29, 20 },        { 0, 1, 30, 19 }, { 0, 0, 31, 20 },
                                              { 0, 0, 30, 21 },        { 0, 0, 0, 20 },  { 0, 0, 30, 0 },
                                              { UINT32_MAX, 0, 2, 20 } };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(rectangles); i++) {
        bad = good;
        bad.r = (struct virtio_gpu_rect){ rectangles[i][0], rectangles[i][1], rectangles[i][2], rectangles[i][3] };
        assert_int_equal(SEND(bad), BAD);
    }
    bad = good;
    bad.scanout_id = 1;
    assert_int_equal(SEND(bad), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    bad = good;
    bad.resource_id = 0;
    assert_int_equal(SEND(bad), BAD_ID);
    bad.resource_id = 2; /* which is no blob */
    assert_int_equal(SEND(bad), BAD_ID);
    bad.resource_id = 3;
    assert_int_equal(SEND(bad), BAD_ID);

    bad = good; /* to the very end */
    bad.offsets[0] = 8192 - 20 * 120;
    assert_int_equal(SEND(bad), OK);
    bad.offsets[0] = 8192 - 19 * 424 - 120;
    bad.strides[0] = 424;
    assert_int_equal(SEND(bad), OK);
    assert_int_equal(flush(1, 0, 0, 30, 20), OK);
    assert_int_equal(flush(1, 29, 19, 1, 1), OK);
    assert_int_equal(flush(1, 30, 19, 1, 1), BAD);
    assert_int_equal(flush(1, 0, 0, 31, 1), BAD);
    assert_int_equal(flush(1, UINT32_MAX, 0, 2, 1), BAD);
    assert_int_equal(transfer(1, 0, 0, 30, 20, 0), OK); /* Linux sends it; it does nothing */
    assert_int_equal(transfer(1, 0, 0, 31, 20, 99), OK);
}

/* A flush copies its rectangle, and not a pixel beside it; the first one after a layout, all. */
static void copies_what_is_flushed(void **state)
{
    struct bk_display_message message;

    (void)state;
    plug_blank();
    draw(0x1000, 4096);
    assert_int_equal(create_blob_at(1, MEMORY, 16384), OK);
    struct virtio_gpu_set_scanout_blob set = layout(1, 30, 20);
    set.offsets[0] = 400;
    set.strides[0] = 160;
    assert_int_equal(SEND(set), OK);
    const uint32_t *pixels = map_surface(&message);
    assert_int_equal(message.surface.width, 30);
    assert_int_equal(message.surface.height, 20);
    assert_int_equal(message.surface.stride, 120); /* the copy has its own */
    assert_int_equal(message.surface.has_alpha, 0);
    assert_int_equal(pixels[0], 0);
    assert_int_equal(flush(1, 3, 4, 2, 2), OK);
    message = hear(BK_DISPLAY_FRAME);
    assert_int_equal(message.frame.width, 30);
    assert_int_equal(message.frame.height, 20);
    for (uint32_t y = 0; y < 20; y++) {
        for (uint32_t x = 0; x < 30; x++)
            assert_int_equal(pixels[y * 30 + x], 0x1000 + 100 + y * 40 + x);
    }
    draw(0x8000, 4096);
    assert_int_equal(transfer(1, 0, 0, 30, 20, 0), OK);
    assert_int_equal(pixels[0], 0x1000 + 100); /* what the guest draws is not seen before it is flushed */
    static const struct virtio_gpu_rect rectangles[] = {
        { 7, 5, 11, 9 }, { 0, 0, 1, 1 }, { 29, 19, 1, 1 }, { 0, 6, 30, 1 }, { 8, 8, 0, 5 }
    };
    bool drawn[20][30] = { { false } };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(rectangles); i++) {
        const struct virtio_gpu_rect *r = &rectangles[i];
        assert_int_equal(flush(1, r->x, r->y, r->width, r->height), OK);
        if (r->width > 0) {
            message = hear(BK_DISPLAY_FRAME);
            assert_int_equal(message.frame.x, r->x);
            assert_int_equal(message.frame.width, r->width);
        }
        hear(0);
        for (uint32_t y = 0; y < 20; y++) {
            for (uint32_t x = 0; x < 30; x++) {
                drawn[y][x] = drawn[y][x] || (x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height);
                assert_int_equal(pixels[y * 30 + x], (drawn[y][x] ? 0x8000U : 0x1000U) + 100 + y * 40 + x);
            }
        }
    }
    munmap((void *)(uintptr_t)pixels, 2400);
}

/* Scattered memory, in which a row may begin in one piece and end in another. */
static void copies_scattered_memory(void **state)
{
    enum {
        PIECES = 64,
        PIECE = 148 /* bytes; rows are 120 */
    };
    struct virtio_gpu_mem_entry entries[PIECES];
    struct virtio_gpu_resource_create_blob request = creation(1, PIECES * PIECE);
    struct bk_display_message message;

    (void)state;
    plug_blank();
    for (uint32_t i = 0; i < PIECES; i++) {
        entries[i] = (struct virtio_gpu_mem_entry){ .addr = MEMORY + (PIECES - i) * 200UL, .length = PIECE };
        for (uint32_t byte = 0; byte < PIECE; byte += 4)
            *ram(entries[i].addr + byte) = (i * PIECE + byte) / 4;
    }
    request.nr_entries = PIECES;
    assert_int_equal(send_creation(request, entries, PIECES), OK);
    assert_int_equal(show(1, 30, 78), OK);
    const uint32_t *pixels = map_surface(&message);
    assert_int_equal(flush(1, 0, 0, 1, 1), OK);
    for (uint32_t i = 0; i < 30 * 78; i++)
        assert_int_equal(pixels[i], i);
    unmap(pixels, &message);
}

/* Another layout is another surface; the same one again is not. */
static void follows_its_layout(void **state)
{
    struct virtio_gpu_set_scanout_blob set = layout(1, 30, 20);

    (void)state;
    plug_blank();
    draw(1, 4096);
    assert_int_equal(create_blob_at(1, MEMORY, 16384), OK);
    assert_int_equal(SEND(set), OK);
    uint32_t first = hear(BK_DISPLAY_SURFACE).surface.id;
    assert_int_equal(flush(1, 0, 0, 30, 20), OK);
    hear(BK_DISPLAY_FRAME);
    assert_int_equal(SEND(set), OK);
    hear(0);
    assert_int_equal(set_scanout(1, 0, 0, 30, 20), OK); /* by the other command too */
    hear(0);
    for (unsigned change = 0; change < 5; change++) {
        switch (change) {
        case 0:
            set.offsets[0] = 4;
            break;
        case 1:
            set.strides[0] = 124;
            break;
        case 2:
            set.width = set.r.width = 31;
            break;
        case 3:
            set.height = set.r.height = 21;
            break;
        default:
            set.format = ARGB;
            break;
        }
        assert_int_equal(SEND(set), OK);
        hear(BK_DISPLAY_BLANK);
        assert_int_equal(hear(BK_DISPLAY_WITHDRAW).surface.id, first);
        struct bk_display_message message;
        const uint32_t *pixels = map_surface(&message);
        first = message.surface.id;
        assert_int_equal(message.surface.width, set.width);
        assert_int_equal(message.surface.height, set.height);
        assert_int_equal(flush(1, 1, 1, 1, 1), OK); /* stale: all of it */
        assert_int_equal(hear(BK_DISPLAY_FRAME).frame.width, set.width);
        assert_int_equal(pixels[0], 1 + set.offsets[0] / 4);
        assert_int_equal(pixels[set.width], 1 + set.offsets[0] / 4 + set.strides[0] / 4);
        unmap(pixels, &message);
    }
    assert_int_equal(unref(1), OK);
    hear(BK_DISPLAY_BLANK);
    hear(BK_DISPLAY_WITHDRAW);
    hear(0);
}

/* A part is shown of what is laid out whole. */
static void shows_a_part(void **state)
{
    struct virtio_gpu_set_scanout_blob set = layout(1, 30, 20);
    struct bk_display_message message;

    (void)state;
    plug_blank();
    draw(1, 4096);
    assert_int_equal(create_blob_at(1, MEMORY, 16384), OK);
    set.r.width = 10;
    set.r.height = 5;
    assert_int_equal(SEND(set), OK);
    const uint32_t *pixels = map_surface(&message);
    assert_int_equal(message.surface.width, 10);
    assert_int_equal(message.surface.stride, 120);
    assert_int_equal(flush(1, 0, 0, 30, 20), OK);
    message.surface.size = 2400;
    assert_int_equal(hear(BK_DISPLAY_FRAME).frame.width, 10);
    assert_int_equal(pixels[30], 31);
    unmap(pixels, &message);
}

/* Pieces of guest memory may be taken away under a blob, and shorter ones given. */
static void survives_other_backing(void **state)
{
    struct virtio_gpu_resource_detach_backing detach = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
                                                         .resource_id = 1 };

    (void)state;
    plug_blank();
    assert_int_equal(create_blob_at(1, MEMORY, 16384), OK);
    assert_int_equal(attach_one(1, MEMORY, 4096), VIRTIO_GPU_RESP_ERR_UNSPEC);
    assert_int_equal(show(1, 30, 20), OK);
    hear(BK_DISPLAY_SURFACE);
    assert_int_equal(SEND(detach), OK);
    assert_int_equal(flush(1, 0, 0, 30, 20), BAD);
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0));
    hear(0); /* there is nothing to show, nor to point with */
    assert_int_equal(attach_one(1, MEMORY, 2399), OK);
    assert_int_equal(flush(1, 0, 0, 30, 20), BAD); /* a byte short */
    hear(0);
    assert_int_equal(flush(1, 0, 0, 30, 19), BAD); /* the first one is of all */
    assert_int_equal(SEND(detach), OK);
    assert_int_equal(attach_one(1, MEMORY, 2400), OK);
    assert_int_equal(flush(1, 0, 0, 30, 19), OK);
    hear(BK_DISPLAY_FRAME);
    assert_false(transport.broken);
}

static void holds_fenced_flushes(void **state)
{
    (void)state;
    plug_blank();
    for (uint32_t id = 1; id <= 2; id++) {
        assert_int_equal(create_blob_at(id, MEMORY, 16384), OK);
        assert_int_equal(show(id, 30, 20), OK);
        hear(BK_DISPLAY_SURFACE);
    }
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), OK); /* not the one that is shown */
    assert_int_equal(flush_flags(2, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint16_t first = last_head;
    uint32_t serial = hear(BK_DISPLAY_FRAME).frame.serial;
    assert_int_equal(show(1, 30, 20), OK); /* the next picture does not wait */
    assert_int_equal(flush_flags(1, 0, 0, 1, 1, VIRTIO_GPU_FLAG_FENCE), 0);
    uint16_t second = last_head;
    uint32_t second_serial = hear(BK_DISPLAY_FRAME).frame.serial;
    assert_int_equal(flush_flags(1, 0, 0, 99, 1, VIRTIO_GPU_FLAG_FENCE), BAD); /* what was wrong waits for nothing */
    say_done(serial);
    assert_true(fake_queue_answered(device, CONTROL, first, NULL));
    assert_false(fake_queue_answered(device, CONTROL, second, NULL));
    assert_int_equal(unref(1), OK); /* what it was of may go */
    say_done(second_serial);
    assert_true(fake_queue_answered(device, CONTROL, second, NULL));
}

static void shows_a_cursor(void **state)
{
    struct bk_display_message message;

    (void)state;
    plug_blank();
    for (uint32_t i = 0; i < 64 * 64; i++)
        ram(MEMORY)[i] = 0x80000000 | i;
    assert_int_equal(create_blob_at(1, MEMORY, 16383), OK);
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0)); /* too small: passed over */
    hear(0);
    assert_int_equal(create_blob_at(2, MEMORY, 16384), OK);
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 5, 6, 7, 8));
    const uint32_t *pixels = map_surface(&message);
    assert_int_equal(message.surface.has_alpha, 1);
    assert_int_equal(message.surface.width, 64);
    struct bk_display_message cursor = hear(BK_DISPLAY_CURSOR);
    assert_int_equal(cursor.cursor.id, message.surface.id);
    assert_int_equal(cursor.cursor.x, 12);
    assert_int_equal(cursor.cursor.hot_y, 8);
    for (uint32_t i = 0; i < 64 * 64; i++)
        assert_int_equal(pixels[i], 0x80000000 | i);
    ram(MEMORY)[9] = 0x12345678; /* a copy: with the next update */
    assert_int_equal(pixels[9], 0x80000000 | 9);
    assert_true(cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 5, 6, 7, 8));
    assert_int_equal(pixels[9], 0x12345678);
    hear(BK_DISPLAY_CURSOR);
    assert_int_equal(unref(2), OK); /* the image stays */
    hear(0);
    unmap(pixels, &message);
}

/* All that the guest may have is what its blobs' pictures take together; what goes gives it back. */
static void accounts_for_pixels(void **state)
{
    const uint32_t size = 16 << 20; /* of guest memory, which blobs may share */

    (void)state;
    for (uint32_t id = 1; id <= 17; id++)
        assert_int_equal(create_blob_at(id, 0, size), OK);
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t id = 1; id <= 16; id++)
            assert_int_equal(show(id, 2048, 2048), OK); /* 16 MiB of 256 each */
        assert_int_equal(show(17, 1, 1), FULL);
        assert_int_equal(create(99, XRGB, 1, 1), FULL);
        assert_int_equal(show(5, 2048, 1024), OK); /* half of it comes back */
        assert_int_equal(create(99, XRGB, 2048, 1024), OK);
        assert_int_equal(show(17, 1, 1), FULL);
        assert_int_equal(unref(99), OK);
        assert_int_equal(show(17, 1, 1), OK);
        assert_int_equal(unref(17), OK);
        assert_int_equal(create_blob_at(17, 0, size), OK);
        assert_int_equal(show(5, 2048, 2048), OK);
    }
    fake_device_reset(device);
    fake_device_start(device, &transport);
    fake_loop_settle(loop, 10);
    assert_int_equal(create(1, XRGB, 8192, 8192), OK); /* all there is */
}

static void holds_nothing_after_a_flood(void **state)
{
    (void)state;
    plug_blank();
    assert_int_equal(create_blob_at(1, MEMORY, 65536), OK);
    assert_int_equal(show(1, 10, 10), OK);
    assert_int_equal(unref(1), OK);
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();
    for (uint32_t i = 0; i < 3000; i++) {
        create_blob_at(1, MEMORY, 65536);
        create_blob_at(1, MEMORY, 65536);
        create_blob_at(2, RAM_SIZE, 65536);
        for (uint32_t side = 1; side < 300; side += 37 + i % 50)
            show(1, side, side);
        flush_flags(1, i, 0, 30, 30, i % 2);
        cursor_command(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0);
        unref(1);
        for (int fd = -1; hear_with(&fd).type != 0; fd = bk_close(fd))
            ;
        fake_loop_settle(loop, 100);
    }
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gpu_setup, gpu_teardown)
    const struct CMUnitTest tests[] = {
        TEST(bounds_blobs),
        TEST(bounds_layouts),
        TEST(copies_what_is_flushed),
        TEST(copies_scattered_memory),
        TEST(follows_its_layout),
        TEST(shows_a_part),
        TEST(survives_other_backing),
        TEST(holds_fenced_flushes),
        TEST(shows_a_cursor),
        TEST(accounts_for_pixels),
        TEST(holds_nothing_after_a_flood),
    };

    return cmocka_run_group_tests_name("gpu_blob", tests, NULL, NULL);
}
