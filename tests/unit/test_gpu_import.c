/* SPDX-License-Identifier: Apache-2.0 */
/* The import device, over a window that is a plain mapping and a hub whose apps are the test's own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub_bench.h"

#include "devices/gpu_import.h"

#include "cable/display_hub.h"
#include "checked.h"
#include "core/window.h"
#include "fake_loop.h"
#include "fake_queue.h"
#include "measure.h"

#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONTROL      0
#define CURSOR       1
#define A            16U /* CIDs */
#define B            17U
#define PAGE         BK_WINDOW_PAGE
#define WINDOW_PAGES 64U
#define WINDOW_SIZE  ((uint64_t)WINDOW_PAGES * PAGE)
#define OK           VIRTIO_GPU_RESP_OK_NODATA
#define BAD_ID       VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD          VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER
#define FULL         VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY

static struct bk_window window;
static struct bk_virtio_device *device;
static struct bk_virtio_transport transport;
static int a;

static int setup(void **state)
{
    hub_setup(state);
    window = (struct bk_window){ .guest_address = 0x5000000000, .size = WINDOW_SIZE };
    window.host = mmap(NULL, WINDOW_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(window.host, MAP_FAILED);
    assert_int_equal(bk_gpu_import_create(loop, &window, hub, &device), 0);
    fake_device_start(device, &transport);
    settle();
    a = plug(A);
    return 0;
}

static int teardown(void **state)
{
    fake_device_destroy(device);
    close(a);
    hub_teardown(state);
    for (size_t i = 0; i < WINDOW_SIZE; i++)
        assert_int_equal(window.host[i], 0); /* the device left nothing behind */
    munmap(window.host, WINDOW_SIZE);
    return 0;
}

/* The driver */

static union {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_resp_map_info map_info;
} reply;

static uint32_t send_sized(const void *request, size_t request_size, size_t reply_size)
{
    size_t written;

    memset(&reply, 0xa5, sizeof reply);
    uint16_t head = fake_queue_add_buffers(device, CONTROL, request, request_size, &reply, reply_size);
    fake_queue_notify(device, CONTROL);
    assert_true(fake_queue_answered(device, CONTROL, head, &written)); /* Linux waits for each without end */
    assert_int_equal(written,
                     reply.header.type == VIRTIO_GPU_RESP_OK_MAP_INFO ? sizeof reply.map_info : sizeof reply.header);
    for (size_t i = written; i < sizeof reply; i++)
        assert_int_equal(((uint8_t *)&reply)[i], 0xa5);
    return reply.header.type;
}

#define SEND(request) send_sized(&(request), sizeof(request), sizeof reply)

static struct virtio_gpu_resource_create_blob creation(uint32_t id, uint64_t blob_id, uint64_t size)
{
    return (struct virtio_gpu_resource_create_blob){ .hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB,
                                                     .resource_id = id,
                                                     .blob_mem = VIRTIO_GPU_BLOB_MEM_HOST3D,
                                                     .blob_flags = VIRTIO_GPU_BLOB_FLAG_USE_MAPPABLE,
                                                     .blob_id = blob_id,
                                                     .size = size };
}

static uint32_t create(uint32_t id, uint32_t cid, uint32_t surface_id, uint64_t size)
{
    const struct virtio_gpu_resource_create_blob request = creation(id, bk_display_port_blob_id(cid, surface_id), size);

    return SEND(request);
}

static uint32_t map(uint32_t id, uint64_t offset)
{
    const struct virtio_gpu_resource_map_blob request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB,
                                                          .resource_id = id,
                                                          .offset = offset };

    return SEND(request);
}

static uint32_t unmap(uint32_t id)
{
    const struct virtio_gpu_resource_unmap_blob request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB,
                                                            .resource_id = id };

    return SEND(request);
}

static uint32_t unref(uint32_t id)
{
    const struct virtio_gpu_resource_unref request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF, .resource_id = id };

    return SEND(request);
}

/* An app's surface of `pages` pages, each byte of which is `fill`: its memory, and where the app draws there. */
static int offer_drawn(int app, uint32_t id, uint32_t pages, uint8_t fill, uint8_t **ret_drawn)
{
    const struct bk_display_message message = surface(id, PAGE / 4, pages);
    int memory = make_memory((size_t)pages * PAGE, BK_DISPLAY_SEALS, fill, ret_drawn);

    assert_true(send_with(app, &message, memory));
    settle();
    return memory;
}

static void offer(int app, uint32_t id, uint32_t pages, uint8_t fill)
{
    close(offer_drawn(app, id, pages, fill, NULL));
}

/* Whether these pages of the window show `fill`, and nothing else. */
static void assert_shows(uint64_t page, uint64_t pages, uint8_t fill)
{
    for (uint64_t i = page * PAGE; i < (page + pages) * PAGE; i++)
        assert_int_equal(window.host[i], fill);
}

/* Tests */

static void tells_what_it_is(void **state)
{
    struct virtio_gpu_config config;

    (void)state;
    assert_int_equal(device->type, VIRTIO_ID_GPU);
    assert_int_equal(device->features, 1ULL << VIRTIO_GPU_F_VIRGL | 1ULL << VIRTIO_GPU_F_RESOURCE_BLOB);
    assert_ptr_equal(device->shared, &window);
    assert_int_equal(device->shared_id, VIRTIO_GPU_SHM_ID_HOST_VISIBLE);
    device->operations->read_config(device, 0, &config, sizeof config);
    assert_int_equal(config.num_scanouts, 0);
    assert_int_equal(config.num_capsets, 0);
    assert_int_equal(config.events_read, 0);
}

static void shows_the_very_pages(void **state)
{
    uint8_t *drawn;

    (void)state;
    close(offer_drawn(a, 7, 3, 0x11, &drawn));
    offer(a, 8, 1, 0x22);
    assert_int_equal(create(1, A, 7, 3 * PAGE), OK);
    assert_int_equal(create(2, A, 8, PAGE), OK);
    assert_int_equal(create(3, A, 7, PAGE), OK); /* again, and a part of it: that is the driver's affair */
    assert_shows(0, WINDOW_PAGES, 0);
    assert_int_equal(map(1, 5 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(reply.map_info.map_info, VIRTIO_GPU_MAP_CACHE_CACHED);
    assert_int_equal(map(2, 0), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(map(3, 4 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_shows(0, 1, 0x22);
    assert_shows(1, 3, 0);
    assert_shows(4, 4, 0x11);
    assert_shows(8, WINDOW_PAGES - 8, 0);
    drawn[2 * PAGE + 17] = 0x99; /* what the app draws now is seen now */
    assert_int_equal(window.host[7 * PAGE + 17], 0x99);
    assert_int_equal(unmap(1), OK);
    assert_shows(5, 3, 0);
    assert_shows(4, 1, 0x11);
    assert_int_equal(unref(1), OK);
    assert_int_equal(unref(2), OK); /* which was not unmapped: its pages go with it */
    assert_shows(0, 4, 0);
    assert_shows(4, 1, 0x11);
    munmap(drawn, 3UL * PAGE);
}

/* The kernel says what the mapping may do: no hand of ours, and no guest's through KVM, writes to an app's memory. */
static void maps_for_reading_alone(void **state)
{
    char line[256], wanted[64];
    bool found = false;

    (void)state;
    offer(a, 1, 2, 0x33);
    assert_int_equal(create(1, A, 1, 2 * PAGE), OK);
    assert_int_equal(map(1, 9 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    snprintf(wanted, sizeof wanted, "%lx-", (unsigned long)(uintptr_t)(window.host + 9 * PAGE));
    while (fgets(line, sizeof line, maps) != NULL) {
        if (strncmp(line, wanted, strlen(wanted)) == 0) {
            assert_non_null(strstr(line, " r--s "));
            found = true;
        }
    }
    fclose(maps);
    assert_true(found);
}

static void opens_only_what_was_announced(void **state)
{
    struct virtio_gpu_resource_create_blob request;

    (void)state;
    int b = plug(B);
    offer(a, 7, 2, 0x11);
    offer(b, 8, 1, 0x22);
    unsigned descriptors = measure_descriptors();
    assert_int_equal(create(0, A, 7, PAGE), BAD_ID);
    assert_int_equal(create(1, A, 8, PAGE), BAD);
    assert_int_equal(create(1, B, 7, PAGE), BAD);
    assert_int_equal(create(1, 0, 7, PAGE), BAD);
    assert_int_equal(create(1, A, 0, PAGE), BAD);
    assert_int_equal(create(1, UINT32_MAX, UINT32_MAX, PAGE), BAD);
    static const uint64_t sizes[] = {
        0, 1, PAGE - 1, PAGE + 1, 3 * PAGE, UINT64_MAX, UINT64_MAX - PAGE + 1, 1ULL << 63
    };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(sizes); i++)
        assert_int_equal(create(1, A, 7, sizes[i]), BAD);
    static const uint32_t kinds[] = { 0, VIRTIO_GPU_BLOB_MEM_GUEST, VIRTIO_GPU_BLOB_MEM_HOST3D_GUEST, 4, UINT32_MAX };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(kinds); i++) {
        request = creation(1, bk_display_port_blob_id(A, 7), PAGE);
        request.blob_mem = kinds[i];
        assert_int_equal(SEND(request), BAD);
    }
    request = creation(1, bk_display_port_blob_id(A, 7), PAGE);
    request.nr_entries = 1;
    assert_int_equal(SEND(request), BAD);
    assert_int_equal(send_sized(&request, sizeof request - 1, sizeof reply), BAD);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_int_equal(create(1, A, 7, 2 * PAGE), OK);
    assert_int_equal(create(1, B, 8, PAGE), BAD_ID);
    close(b);
}

/* A surface need not end with a page; the rest of its last one is the memfd's. */
static void opens_a_part_of_a_page(void **state)
{
    const struct bk_display_message message = surface(1, 16, 16);
    int memory = make_memory(1024, BK_DISPLAY_SEALS, 0x44, NULL);

    (void)state;
    assert_true(send_with(a, &message, memory));
    settle();
    assert_int_equal(create(1, A, 1, 2 * PAGE), BAD);
    assert_int_equal(create(1, A, 1, PAGE), OK);
    assert_int_equal(map(1, 0), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(window.host[1023], 0x44);
    assert_int_equal(window.host[1024], 0);
    assert_int_equal(window.host[PAGE - 1], 0);
    close(memory);
}

static void bounds_mappings(void **state)
{
    (void)state;
    offer(a, 1, 4, 0x11);
    for (uint32_t id = 1; id <= 3; id++)
        assert_int_equal(create(id, A, 1, 4 * PAGE), OK);
    static const uint64_t offsets[] = { 1,
                                        PAGE - 1,
                                        PAGE + 512,
                                        WINDOW_SIZE,
                                        WINDOW_SIZE - 3 * PAGE,
                                        UINT64_MAX,
                                        UINT64_MAX - PAGE + 1,
                                        UINT64_MAX - 4 * PAGE + 1,
                                        1ULL << 63 };
    for (unsigned i = 0; i < BK_ARRAY_SIZE(offsets); i++)
        assert_int_equal(map(1, offsets[i]), BAD);
    assert_int_equal(map(0, 0), BAD_ID);
    assert_int_equal(map(9, 0), BAD_ID);
    assert_int_equal(map(1, 8 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(map(1, 8 * PAGE), BAD); /* once */
    assert_int_equal(map(1, 20 * PAGE), BAD);
    for (uint64_t page = 5; page <= 11; page++)
        assert_int_equal(map(2, page * PAGE), BAD); /* over another */
    assert_shows(8, 4, 0x11);
    assert_int_equal(map(2, 4 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO); /* beside it */
    assert_int_equal(map(3, WINDOW_SIZE - 4 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_shows(WINDOW_PAGES - 4, 4, 0x11);
    assert_int_equal(unmap(0), BAD_ID);
    assert_int_equal(unmap(9), BAD_ID);
    assert_int_equal(unmap(1), OK);
    assert_int_equal(unmap(1), OK);
    assert_int_equal(map(1, 8 * PAGE), BAD); /* nothing holds the memory any more */
    assert_int_equal(unref(0), BAD_ID);
    assert_int_equal(unref(9), BAD_ID);
    assert_int_equal(unref(1), OK);
    assert_int_equal(unref(1), BAD_ID);
    assert_int_equal(create(1, A, 1, 4 * PAGE), OK);
    assert_int_equal(map(1, 8 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
}

/* What is mapped stays, whatever becomes of the app. */
static void keeps_what_is_mapped(void **state)
{
    (void)state;
    int b = plug(B);
    offer(a, 1, 2, 0x11);
    offer(b, 1, 1, 0x22);
    assert_int_equal(create(1, A, 1, 2 * PAGE), OK);
    assert_int_equal(create(2, A, 1, PAGE), OK);
    assert_int_equal(create(3, B, 1, PAGE), OK);
    assert_int_equal(map(1, 0), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(map(3, 4 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    withdraw(a, 1);
    close(b);
    settle();
    assert_int_equal(create(4, A, 1, PAGE), BAD);
    assert_int_equal(create(4, B, 1, PAGE), BAD);
    assert_shows(0, 2, 0x11);
    assert_shows(4, 1, 0x22);
    assert_int_equal(map(2, 2 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO); /* opened before */
    assert_shows(0, 3, 0x11);
    offer(a, 1, 1, 0x77); /* the same name for something else */
    assert_shows(0, 3, 0x11);
    assert_int_equal(create(4, A, 1, 2 * PAGE), BAD);
    assert_int_equal(create(4, A, 1, PAGE), OK);
    assert_int_equal(map(4, 10 * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_shows(10, 1, 0x77);
}

/* A descriptor that cannot be read from is a lie of the app's; the window is as before. */
static void bears_memory_that_cannot_be_mapped(void **state)
{
    const struct bk_display_message message = surface(1, PAGE / 4, 1);
    int memory = make_memory(PAGE, BK_DISPLAY_SEALS, 0x55, NULL);
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    int write_only = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(write_only >= 0);
    assert_true(send_with(a, &message, write_only));
    settle();
    unsigned descriptors = measure_descriptors();
    assert_int_equal(create(1, A, 1, PAGE), OK);
    assert_int_equal(map(1, PAGE), FULL);
    assert_shows(0, WINDOW_PAGES, 0);
    assert_int_equal(unmap(1), OK);
    assert_int_equal(unref(1), OK);
    assert_int_equal(measure_descriptors(), descriptors);
    close(write_only);
    close(memory);
}

/* While an app punched holes into what is mapped, or threw its pages away, the guest would wait, again and again. */
static void cannot_have_holes(void **state)
{
    uint8_t *drawn;

    (void)state;
    int memory = offer_drawn(a, 1, 2, 0x66, &drawn);
    assert_int_equal(create(1, A, 1, 2 * PAGE), OK);
    assert_int_equal(map(1, 0), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_not_equal(fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), 0);
    assert_int_not_equal(madvise(drawn, PAGE, MADV_REMOVE), 0);
    assert_int_not_equal(ftruncate(memory, 0), 0);
    assert_int_not_equal(pwrite(memory, "x", 1, 0), 1);
    assert_shows(0, 2, 0x66);
    munmap(drawn, 2UL * PAGE);
    close(memory);
}

static void bounds_blobs(void **state)
{
    (void)state;
    offer(a, 1, 1, 0x11);
    unsigned descriptors = measure_descriptors();
    for (uint32_t id = 1; id <= BK_GPU_IMPORTS_MAX; id++)
        assert_int_equal(create(id, A, 1, PAGE), OK);
    assert_int_equal(create(5000, A, 1, PAGE), FULL);
    assert_int_equal(measure_descriptors(), descriptors + BK_GPU_IMPORTS_MAX);
    for (uint32_t id = 1; id <= WINDOW_PAGES; id++)
        assert_int_equal(map(id, (uint64_t)(id - 1) * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
    assert_int_equal(measure_descriptors(),
                     descriptors + BK_GPU_IMPORTS_MAX - WINDOW_PAGES); /* the mapping holds them */
    assert_shows(0, WINDOW_PAGES, 0x11);
    assert_int_equal(unref(500), OK);
    assert_int_equal(create(5000, A, 1, PAGE), OK);
    assert_int_equal(create(5001, A, 1, PAGE), FULL);
}

static void forgets_all_at_reset(void **state)
{
    (void)state;
    offer(a, 1, 2, 0x11);
    unsigned descriptors = measure_descriptors();
    for (unsigned round = 0; round < 50; round++) {
        for (uint32_t id = 1; id <= 20; id++) {
            assert_int_equal(create(id, A, 1, 2 * PAGE), OK);
            if (id % 2 != 0)
                assert_int_equal(map(id, 2ULL * id * PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
        }
        assert_shows(2, 2, 0x11);
        fake_device_reset(device);
        fake_device_start(device, &transport);
        if (round % 2 == 0) { /* else the first command comes before the loop has turned */
            settle();
            assert_shows(0, WINDOW_PAGES, 0);
            assert_int_equal(measure_descriptors(), descriptors);
        }
        assert_int_equal(unref(1), BAD_ID);
        assert_shows(0, WINDOW_PAGES, 0);
    }
}

static void takes_contexts_and_little_else(void **state)
{
    union {
        struct virtio_gpu_ctrl_hdr header;
        struct virtio_gpu_ctx_create create;
        uint8_t bytes[128];
    } request = { .bytes = { 0 } };
    static const uint32_t contexts[] = { VIRTIO_GPU_CMD_CTX_CREATE, VIRTIO_GPU_CMD_CTX_DESTROY,
                                         VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE };

    (void)state;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(contexts); i++) {
        request.header = (struct virtio_gpu_ctrl_hdr){
            .type = contexts[i], .flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = 77 + i, .ctx_id = 3
        };
        assert_int_equal(SEND(request), OK);
        assert_int_equal(reply.header.flags, VIRTIO_GPU_FLAG_FENCE);
        assert_int_equal(reply.header.fence_id, 77 + i);
        assert_int_equal(reply.header.ctx_id, 3);
        if (contexts[i] != VIRTIO_GPU_CMD_CTX_DESTROY) /* which is a header alone */
            assert_int_equal(send_sized(&request, sizeof request.header, sizeof reply), BAD);
    }
    request.header = (struct virtio_gpu_ctrl_hdr){ .flags = 0 };
    for (uint32_t type = 0; type < 0x400; type++) {
        request.header.type = type;
        bool context = type >= VIRTIO_GPU_CMD_CTX_CREATE && type <= VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE;
        uint32_t answer = SEND(request);
        assert_true(context ? answer == OK : answer >= VIRTIO_GPU_RESP_ERR_UNSPEC && answer <= BAD);
    }
    uint16_t head = fake_queue_add_buffers(device, CURSOR, &request, sizeof request, NULL, 0);
    fake_queue_notify(device, CURSOR);
    assert_true(fake_queue_answered(device, CURSOR, head, NULL));
    assert_false(transport.broken);
}

static void breaks_on_what_is_no_command(void **state)
{
    const struct virtio_gpu_ctrl_hdr request = { .type = VIRTIO_GPU_CMD_CTX_CREATE };

    (void)state;
    offer(a, 1, 1, 0x11);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(create(1, A, 1, PAGE), OK);
        assert_int_equal(map(1, PAGE), VIRTIO_GPU_RESP_OK_MAP_INFO);
        fake_queue_add_buffers(device, CONTROL, &request, sizeof request - i, &reply, sizeof reply.header - !i);
        fake_queue_notify(device, CONTROL);
        assert_true(transport.broken);
        fake_device_reset(device);
        fake_device_start(device, &transport);
        settle();
        assert_shows(0, WINDOW_PAGES, 0);
    }
}

static void answers_what_there_is_room_for(void **state)
{
    const struct virtio_gpu_resource_map_blob request = { .hdr.type = VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB,
                                                          .resource_id = 1 };

    (void)state;
    offer(a, 1, 1, 0x11);
    assert_int_equal(create(1, A, 1, PAGE), OK);
    assert_int_equal(send_sized(&request, sizeof request, sizeof reply.header), BAD);
    assert_int_equal(unref(1), OK);
    assert_shows(0, WINDOW_PAGES, 0);
}

static uint32_t next_random(void)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static uint64_t odd_number(void)
{
    static const uint64_t numbers[] = { 0,           1,         2, 3, PAGE, 2 * PAGE, 5 * PAGE, WINDOW_SIZE - PAGE,
                                        WINDOW_SIZE, UINT64_MAX };
    uint32_t random = next_random();

    return random % 4 == 0 ? random : numbers[random % BK_ARRAY_SIZE(numbers)];
}

static void holds_nothing_after_a_flood(void **state)
{
    union {
        struct virtio_gpu_resource_create_blob create;
        struct virtio_gpu_resource_map_blob map;
        struct virtio_gpu_ctrl_hdr header;
        uint8_t bytes[96];
    } request;
    static const uint32_t types[] = { VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB,
                                      VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB,  VIRTIO_GPU_CMD_RESOURCE_UNREF,
                                      VIRTIO_GPU_CMD_CTX_CREATE,           0x999 };
    unsigned mapped = 0;

    (void)state;
    offer(a, 1, 2, 0x11);
    offer(a, 2, 1, 0x22);
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();
    for (unsigned i = 0; i < 100000; i++) {
        memset(&request, 0, sizeof request);
        request.header.type = types[next_random() % BK_ARRAY_SIZE(types)];
        if (request.header.type == VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB) {
            request.create.blob_id = bk_display_port_blob_id(A, 1 + next_random() % 3);
            request.create.blob_mem = next_random() % 8 == 0 ? (uint32_t)odd_number() : VIRTIO_GPU_BLOB_MEM_HOST3D;
            request.create.nr_entries = next_random() % 16 == 0;
            request.create.size = odd_number();
        } else if (request.header.type == VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB) {
            request.map.offset = odd_number();
        }
        request.create.resource_id = next_random() % 40; /* the first field of each */
        mapped += send_sized(&request, next_random() % 32 == 0 ? 24 + next_random() % 8 : sizeof request,
                             sizeof reply) == VIRTIO_GPU_RESP_OK_MAP_INFO;
        assert_false(transport.broken);
    }
    assert_in_range(mapped, 100, 100000);
    for (uint32_t id = 1; id < 40; id++)
        (void)unref(id);
    assert_shows(0, WINDOW_PAGES, 0);
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tells_what_it_is),
        TEST(shows_the_very_pages),
        TEST(maps_for_reading_alone),
        TEST(opens_only_what_was_announced),
        TEST(opens_a_part_of_a_page),
        TEST(bounds_mappings),
        TEST(keeps_what_is_mapped),
        TEST(bears_memory_that_cannot_be_mapped),
        TEST(cannot_have_holes),
        TEST(bounds_blobs),
        TEST(forgets_all_at_reset),
        TEST(takes_contexts_and_little_else),
        TEST(breaks_on_what_is_no_command),
        TEST(answers_what_there_is_room_for),
        TEST(holds_nothing_after_a_flood),
    };

    return cmocka_run_group_tests_name("gpu_import", tests, NULL, NULL);
}
