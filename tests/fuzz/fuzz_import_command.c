/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to the import device, while an app announces and withdraws surfaces. Each page of the window shows a surface
 * or nothing.
 *
 * Input: steps of 1 byte, bits 0-1 what and 2-7 where the bytes are cut in two, 1 byte, how many bytes follow, and
 * those bytes: a command for one of the queues, or, of the app, the ids of surfaces that come or go.
 */
#define _GNU_SOURCE
#include "../unit/fake_loop.h"
#include "../unit/fake_queue.h"

#include "cable/display_hub.h"
#include "checked.h"
#include "cleanup.h"
#include "core/window.h"
#include "devices/gpu_import.h"
#include "display_port.h"
#include "io.h"
#include "log.h"
#include "vsock_cable.h"

#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX    200U
#define CID          BK_VSOCK_CID_APP_FIRST
#define SURFACES     4U /* with ids from 1, of as many pages each */
#define WINDOW_PAGES 16U
#define TURNS_MAX    100U

enum step {
    CONTROL = 0,
    CURSOR = 1,
    RESET = 2,
    APP = 3,
};

static struct bk_window window = { .size = WINDOW_PAGES * BK_WINDOW_PAGE };
static int memories[SURFACES + 1];

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
    window.host = mmap(NULL, window.size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(window.host != MAP_FAILED);
    for (unsigned id = 1; id <= SURFACES; id++) {
        uint8_t page[BK_WINDOW_PAGE];
        memories[id] = memfd_create("surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        require(memories[id] >= 0);
        for (unsigned i = 0; i < id; i++) { /* each page says whose it is, and which */
            memset(page, (int)(id << 4 | i), sizeof page);
            require(write(memories[id], page, sizeof page) == (ssize_t)sizeof page);
        }
        require(fcntl(memories[id], F_ADD_SEALS, BK_DISPLAY_SEALS) == 0);
    }
    return 0;
}

/* Comes when it is not there, and goes when it is. */
static void toggle(int app, bool *there, uint32_t id)
{
    struct bk_display_message message = { .type = *there ? BK_DISPLAY_WITHDRAW : BK_DISPLAY_SURFACE, .surface.id = id };

    if (!*there) {
        message.surface.width = BK_WINDOW_PAGE / 4;
        message.surface.height = id;
        message.surface.stride = BK_WINDOW_PAGE;
        message.surface.size = (uint64_t)id * BK_WINDOW_PAGE;
    }
    require(bk_send_message(app, &message, sizeof message, *there ? -1 : memories[id]) == 0);
    *there = !*there;
}

/* A surface stands in the window from its first page on, without a gap. */
static void check_window(bool empty)
{
    for (unsigned page = 0; page < WINDOW_PAGES; page++) {
        const uint8_t *bytes = window.host + page * BK_WINDOW_PAGE;
        uint8_t id = bytes[0] >> 4, number = bytes[0] & 0xf;
        require(bytes[BK_WINDOW_PAGE - 1] == bytes[0]);
        require(bytes[0] == 0 || (!empty && id <= SURFACES && number < id));
        if (bytes[0] != 0 && number > 0)
            require(page > 0 && bytes[-1] == bytes[0] - 1);
    }
}

static void send_command(struct bk_virtio_device *device, unsigned index, const uint8_t *bytes, size_t size, size_t at)
{
    struct virtio_gpu_resp_map_info reply;
    struct iovec in = { &reply, index == CONTROL ? sizeof reply : 0 };
    _cleanup_free_ uint8_t *first = malloc(at + 1), *second = malloc(size - at + 1);
    struct iovec out[2] = { { first, at }, { second, size - at } };
    size_t written = 0;

    require(first != NULL && second != NULL);
    memcpy(first, bytes, at);
    memcpy(second, bytes + at, size - at);
    memset(&reply, 0, sizeof reply);
    uint16_t head = fake_queue_add(device, index, out, 2, &in, index == CONTROL ? 1 : 0);
    fake_queue_notify(device, index);
    if (device->transport->broken) {
        require(index == CONTROL && size < sizeof(struct virtio_gpu_ctrl_hdr));
        return;
    }
    require(fake_queue_answered(device, index, head, &written));
    if (index == CURSOR)
        return;
    require(reply.hdr.type == VIRTIO_GPU_RESP_OK_MAP_INFO
                ? written == sizeof reply && reply.map_info == VIRTIO_GPU_MAP_CACHE_CACHED
                : written == sizeof reply.hdr &&
                      (reply.hdr.type == VIRTIO_GPU_RESP_OK_NODATA || reply.hdr.type >= VIRTIO_GPU_RESP_ERR_UNSPEC));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_virtio_transport transport;
    struct bk_virtio_device *device;
    struct bk_display_hub *hub;
    struct bk_loop *loop = fake_loop_create();
    bool there[SURFACES + 1] = { false };
    int port[2], cable[2];

    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, port) == 0);
    require(bk_socketpair(BK_DISPLAY_CABLE_BUFFER, cable) == 0);
    require(bk_display_hub_create(loop, port[0], &hub) == 0);
    require(bk_display_hub_plug(hub, CID, cable[0]) == 0);
    require(bk_gpu_import_create(loop, &window, hub, &device) == 0);
    fake_device_start(device, &transport);
    for (uint32_t id = 1; id < SURFACES; id++)
        toggle(cable[1], &there[id], id);
    fake_loop_settle(loop, TURNS_MAX);
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        unsigned step = data[0] & 3, cut = data[0] >> 2;
        size_t length = bk_min((size_t)data[1], size - 2);
        const uint8_t *bytes = data + 2;
        if (step == APP) {
            for (size_t j = 0; j < length; j++)
                toggle(cable[1], &there[1 + bytes[j] % SURFACES], 1 + bytes[j] % SURFACES);
        } else if (step != RESET) {
            send_command(device, step, bytes, length, bk_min((size_t)cut, length));
        }
        if (step == RESET || transport.broken) {
            fake_device_reset(device);
            fake_device_start(device, &transport);
        }
        fake_loop_settle(loop, TURNS_MAX);
        check_window(step == RESET);
        data += 2 + length;
        size -= 2 + length;
    }
    fake_device_destroy(device);
    check_window(true);
    bk_display_hub_destroy(hub);
    close(cable[1]);
    close(port[1]);
    fake_loop_destroy(loop);
    return 0;
}
