/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a screen says on the display cable, to a GPU, a keyboard, a pointer and a touchscreen.
 *
 * Input: steps of 1 byte, how many bytes the screen's message has (or, above 64, what the guest does), and the message.
 */
#define _GNU_SOURCE
#include "../unit/fake_loop.h"
#include "../unit/fake_queue.h"
#include "screen_model.h"

#include "cable/display.h"
#include "checked.h"
#include "core/memory.h"
#include "devices/gpu.h"
#include "devices/input.h"
#include "io.h"
#include "log.h"

#include <linux/input-event-codes.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_input.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX   200U
#define MESSAGE_MAX 64U
#define BUFFERS     64U
#define DEVICES     3U

static struct bk_memory memory;

/* One input device's driver: its buffers, and which keys it believes are held. */
struct driver {
    struct bk_virtio_device *device;
    struct bk_virtio_transport transport;
    struct virtio_input_event events[BUFFERS];
    uint16_t heads[BUFFERS];
    unsigned first, count; /* of the buffers given, in order */
    unsigned in_group;
    bool held[KEY_CNT];
    bool slot_named; /* in this group */
    unsigned slot;
    bool touches[BK_DISPLAY_TOUCHES_MAX];
};

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
    require(bk_memory_init(&memory, 2 * BK_MIB) == 0);
    return 0;
}

static void give(struct driver *driver, unsigned count)
{
    while (count-- > 0 && driver->count < BUFFERS) {
        unsigned place = (driver->first + driver->count++) % BUFFERS;
        driver->heads[place] =
            fake_queue_add_buffers(driver->device, 0, NULL, 0, &driver->events[place], sizeof driver->events[place]);
    }
    fake_queue_notify(driver->device, 0);
}

/* What it says of fingers is of the slot that it named in the same group. */
static void check_touch(struct driver *driver, const struct virtio_input_event *event)
{
    int32_t value = (int32_t)event->value;

    require(event->type == EV_ABS);
    switch (event->code) {
    case ABS_MT_SLOT:
        require(value >= 0 && value < (int32_t)BK_DISPLAY_TOUCHES_MAX);
        driver->slot = event->value;
        driver->slot_named = true;
        break;
    case ABS_MT_TRACKING_ID:
        require(driver->slot_named && value >= -1 && value <= 0xffff);
        driver->touches[driver->slot] = value >= 0;
        break;
    default:
        require(event->code == ABS_MT_POSITION_X || event->code == ABS_MT_POSITION_Y);
        require(driver->slot_named && value >= 0 && value <= BK_DISPLAY_POINTER_MAX);
        break;
    }
}

static void check_event(struct driver *driver, const struct virtio_input_event *event, unsigned which)
{
    const bool pointer = which == BK_DISPLAY_POINTER;
    int32_t value = (int32_t)event->value;

    if (event->type == EV_SYN) {
        require(event->code == SYN_REPORT && driver->in_group > 0);
        driver->in_group = 0;
        driver->slot_named = false;
        return;
    }
    driver->in_group++;
    require(driver->in_group < (which == BK_DISPLAY_TOUCH ? 48 : 16));
    if (which == BK_DISPLAY_TOUCH) {
        check_touch(driver, event);
        return;
    }
    switch (event->type) {
    case EV_KEY:
        require(pointer ? event->code >= BTN_LEFT && event->code <= BTN_TASK : event->code >= 1 && event->code <= 248);
        require(value == 0 || value == 1);
        driver->held[event->code] = value == 1;
        break;
    case EV_ABS:
        require(pointer && event->code <= ABS_Y && value >= 0 && value <= BK_DISPLAY_POINTER_MAX);
        break;
    default:
        require(pointer && event->type == EV_REL);
        break;
    }
}

/* Takes what came: whole groups, in the order of the buffers. */
static void take(struct driver *driver, unsigned which)
{
    size_t written;

    require(!driver->transport.broken);
    while (driver->count > 0 && fake_queue_answered(driver->device, 0, driver->heads[driver->first], &written)) {
        require(written == sizeof driver->events[0]);
        check_event(driver, &driver->events[driver->first], which);
        driver->first = (driver->first + 1) % BUFFERS;
        driver->count--;
    }
    require(driver->in_group == 0);
}

static void command(struct bk_virtio_device *gpu, const void *request, size_t size)
{
    static struct virtio_gpu_ctrl_hdr replies[FAKE_QUEUE_CHAINS];
    static unsigned turn;

    fake_queue_add_buffers(gpu, 0, request, size, &replies[turn++ % FAKE_QUEUE_CHAINS], sizeof replies[0]);
    fake_queue_notify(gpu, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct driver drivers[DEVICES];
    struct bk_virtio_transport transport;
    struct bk_virtio_device *gpu;
    struct bk_display *display;
    struct screen_model screen;
    struct virtio_gpu_config config;
    struct bk_loop *loop = fake_loop_create();
    const struct virtio_gpu_resource_create_2d create = {
        .hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, .resource_id = 1, .format = 1, .width = 32, .height = 32
    };
    const struct virtio_gpu_set_scanout set = { .hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
                                                .r = { .width = 32, .height = 32 },
                                                .resource_id = 1 };
    const struct virtio_gpu_resource_flush flush = { .hdr = { .type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
                                                              .flags = VIRTIO_GPU_FLAG_FENCE },
                                                     .r = { .width = 32, .height = 32 },
                                                     .resource_id = 1 };

    memset(drivers, 0, sizeof drivers);
    require(bk_display_create(loop, &display) == 0);
    require(bk_gpu_create(loop, &memory, display, 640, 480, &gpu) == 0);
    fake_device_start(gpu, &transport);
    for (unsigned i = 0; i < DEVICES; i++) {
        require(bk_input_create(loop, display, (enum bk_display_input_device)i, &drivers[i].device) == 0);
        fake_device_start(drivers[i].device, &drivers[i].transport);
    }
    screen_model_plug(&screen, display);
    command(gpu, &create, sizeof create);
    command(gpu, &set, sizeof set);

    for (unsigned i = 0; i < STEPS_MAX && size >= 1; i++) {
        size_t length = data[0] % (MESSAGE_MAX + 1);
        bool guest = data[0] > MESSAGE_MAX;
        data++;
        size--;
        if (guest) {
            command(gpu, &flush, sizeof flush);
            for (unsigned j = 0; j < DEVICES; j++)
                give(&drivers[j], (unsigned)length);
        } else {
            length = length < size ? length : size;
            require(bk_send_message(screen.fd, data, length, -1) == 0);
            data += length;
            size -= length;
        }
        fake_loop_settle(loop, 20);
        screen_model_listen(&screen);
        if (!screen_model_is_plugged(&screen)) {
            screen_model_unplug(&screen);
            screen_model_plug(&screen, display);
        }
        for (unsigned j = 0; j < DEVICES; j++)
            take(&drivers[j], j);
        while (fake_queue_next_answer(gpu, 0, NULL, NULL))
            ;
        require(!transport.broken);
        gpu->operations->read_config(gpu, 0, &config, sizeof config);
        require((config.events_read & ~(uint32_t)VIRTIO_GPU_EVENT_DISPLAY) == 0);
    }

    /* With the screen gone and buffers enough, no key is held and no finger touches any more. */
    screen_model_unplug(&screen);
    fake_loop_settle(loop, 20);
    for (unsigned i = 0; i < DEVICES; i++) {
        for (unsigned j = 0; j < 10; j++) {
            give(&drivers[i], BUFFERS);
            take(&drivers[i], i);
        }
        for (unsigned slot = 0; slot < BK_DISPLAY_TOUCHES_MAX; slot++)
            require(!drivers[i].touches[slot]);
        for (unsigned key = 0; key < KEY_CNT; key++)
            require(!drivers[i].held[key]);
        fake_device_destroy(drivers[i].device);
    }
    fake_device_destroy(gpu);
    bk_display_destroy(display);
    fake_loop_destroy(loop);
    return 0;
}
