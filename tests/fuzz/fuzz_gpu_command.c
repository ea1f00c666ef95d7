/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to the GPU, with a screen that checks what comes of them.
 *
 * Input: steps of 1 byte, what to do; 1 byte, how many bytes follow; and those bytes: a command for one of the queues,
 * cut in two where the third bit says so.
 */
#define _GNU_SOURCE
#include "../unit/fake_loop.h"
#include "../unit/fake_queue.h"
#include "screen_model.h"

#include "cable/display.h"
#include "checked.h"
#include "core/memory.h"
#include "devices/gpu.h"
#include "io.h"
#include "log.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200U

enum step {
    CONTROL = 0,
    CURSOR = 1,
    RESET = 2,
    SCREEN = 3, /* by the number of bytes: unplug, plug, or say that all is shown */
};

static struct bk_memory memory;

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

static void send_command(struct bk_virtio_device *device, unsigned index, const uint8_t *bytes, size_t size, size_t at)
{
    static struct virtio_gpu_resp_edid replies[FAKE_QUEUE_CHAINS];
    static unsigned turn;
    struct virtio_gpu_resp_edid *reply = &replies[turn++ % FAKE_QUEUE_CHAINS];
    struct iovec in = { reply, index == CONTROL ? sizeof *reply : 0 };
    uint8_t *first = malloc(at + 1), *second = malloc(size - at + 1);
    struct iovec out[2] = { { first, at }, { second, size - at } };
    size_t written = 0;

    require(first != NULL && second != NULL);
    memcpy(first, bytes, at);
    memcpy(second, bytes + at, size - at);
    memset(reply, 0, sizeof *reply);
    uint16_t head = fake_queue_add(device, index, out, 2, &in, index == CONTROL ? 1 : 0);
    fake_queue_notify(device, index);
    if (device->transport->broken)
        require(size <
                (index == CONTROL ? sizeof(struct virtio_gpu_ctrl_hdr) : sizeof(struct virtio_gpu_update_cursor)));
    else if (fake_queue_answered(device, index, head, &written))
        require(index == CURSOR ? written == 0 : written >= sizeof reply->hdr && reply->hdr.type >= 0x1100);
    else
        require(index == CONTROL); /* a flush that waits for the screen */
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_virtio_transport transport;
    struct bk_virtio_device *device;
    struct bk_display *display;
    struct screen_model screen;
    struct bk_loop *loop = fake_loop_create();

    require(bk_display_create(loop, &display) == 0);
    require(bk_gpu_create(loop, &memory, display, 640, 480, &device) == 0);
    fake_device_start(device, &transport);
    screen_model_plug(&screen, display);
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        unsigned step = data[0] & 3, cut = data[0] >> 2;
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        const uint8_t *bytes = data + 2;
        if (step == RESET) {
            fake_device_reset(device);
            fake_device_start(device, &transport);
        } else if (step == SCREEN && length == 0) {
            screen_model_unplug(&screen);
            fake_loop_settle(loop, 20);
            screen_model_plug(&screen, display);
        } else if (step == SCREEN) {
            struct bk_display_message done = { .type = BK_DISPLAY_FRAME_DONE, .frame.serial = screen.last_serial };
            require(bk_send_message(screen.fd, &done, sizeof done, -1) == 0);
        } else {
            send_command(device, step, bytes, length, cut < length ? cut : length);
        }
        fake_loop_settle(loop, 20);
        screen_model_listen(&screen);
        require(screen_model_is_plugged(&screen));
        while (fake_queue_next_answer(device, CONTROL, NULL, NULL))
            ;
        if (transport.broken) {
            fake_device_reset(device);
            fake_device_start(device, &transport);
        }
        data += 2 + length;
        size -= 2 + length;
    }
    fake_device_destroy(device);
    screen_model_listen(&screen);
    screen_model_unplug(&screen);
    bk_display_destroy(display);
    fake_loop_destroy(loop);
    return 0;
}
