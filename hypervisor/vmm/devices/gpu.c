/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two queues: control, where each command is answered, and cursor, where none is.
 *
 * A fenced flush of what is on the screen is answered when the screen has shown the frame, which is how a guest
 * keeps pace with it; a screen that finishes none for FRAME_DEADLINE_MS does not stop the guest. Until then the
 * chain is `held`, at most HELD_MAX of them; the oldest gives way. All other commands are answered at once.
 *
 * A reset comes from a vCPU thread, which may not unmap and close: the chains are forgotten there and then, the
 * resources in the I/O thread before anything else happens (restart()).
 */
#define _GNU_SOURCE
#include "devices/gpu.h"

#include "core/loop.h"
#include "devices/edid.h"
#include "devices/gpu_command.h"
#include "devices/gpu_resource.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "checked.h"
#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

/* system calls [io]: timerfd_settime read */

#define CONTROL           0
#define CURSOR            1
#define FRAME_DEADLINE_MS 100
#define HELD_MAX          4
#define BYTES_AT_ONCE     (32 * BK_MIB) /* copied before the VM's other work goes first */
#define REFRESH_DEFAULT   60000U        /* millihertz */
#define CURSOR_SIDE       BK_DISPLAY_CURSOR_SIDE

static_assert(BK_GPU_SIDE_MAX <= BK_DISPLAY_SIDE_MAX, "every resource can be shown");

/* A flush that waits for the screen. */
struct held {
    struct bk_chain chain; /* its head and size, which is all that its answer needs */
    uint32_t serial;
};

struct gpu {
    struct bk_virtio_device device;
    struct bk_display *display;
    struct bk_edid_screen screen;
    uint32_t events_read;
    struct bk_gpu_resources resources;
    struct bk_display_surface cursor; /* a copy, as the specification has it; the guest may free the original */
    size_t copied;                    /* bytes, in this turn */
    uint32_t flushed;                 /* the serial of the frame that the answer to this command waits for, 0: none */

    int timer_fd;
    struct bk_source timer;
    struct held held[HELD_MAX]; /* oldest first */
    unsigned held_count;
};

/* Held flushes */

static void arm_timer(struct gpu *gpu)
{
    const struct itimerspec when = { .it_value.tv_nsec = gpu->held_count > 0 ? FRAME_DEADLINE_MS * 1000000L : 0 };

    (void)timerfd_settime(gpu->timer_fd, 0, &when, NULL); /* cannot fail with these arguments */
}

/* Answers the `count` oldest. */
static void release(struct gpu *gpu, unsigned count)
{
    struct bk_queue *queue = gpu->device.queues[CONTROL];

    if (count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        bk_queue_push(queue, &gpu->held[i].chain, sizeof(struct virtio_gpu_ctrl_hdr));
    gpu->held_count -= count;
    memmove(gpu->held, gpu->held + count, gpu->held_count * sizeof gpu->held[0]);
    arm_timer(gpu);
    bk_queue_interrupt(queue);
}

static void hold(struct gpu *gpu, const struct bk_chain *chain)
{
    if (gpu->held_count == HELD_MAX)
        release(gpu, 1);
    gpu->held[gpu->held_count++] = (struct held){
        .chain = { .head = chain->head, .in_size = chain->in_size },
        .serial = gpu->flushed,
    };
    if (gpu->held_count == 1)
        arm_timer(gpu);
}

static void on_timer(void *userdata, uint32_t events)
{
    struct gpu *gpu = userdata;
    uint64_t expirations;

    (void)events;
    if (read(gpu->timer_fd, &expirations, sizeof expirations) > 0) /* else it was armed anew meanwhile */
        release(gpu, gpu->held_count);
}

/* What the screen says */

static void configure(struct gpu *gpu, const struct bk_display_message *message)
{
    struct bk_edid_screen screen = {
        .width = bk_max(message->configure.width, BK_GPU_SIDE_MIN),
        .height = bk_max(message->configure.height, BK_GPU_SIDE_MIN),
        .width_mm = message->configure.width_mm,
        .height_mm = message->configure.height_mm,
        .refresh_mhz = message->configure.refresh_mhz,
    };

    if (screen.refresh_mhz < 1000 || screen.refresh_mhz > 1000000)
        screen.refresh_mhz = REFRESH_DEFAULT;
    if (memcmp(&screen, &gpu->screen, sizeof screen) == 0)
        return;
    gpu->screen = screen;
    if (gpu->device.running) {
        gpu->events_read |= VIRTIO_GPU_EVENT_DISPLAY;
        bk_virtio_config_changed(&gpu->device);
    }
}

static void hear(void *userdata, const struct bk_display_message *message)
{
    struct gpu *gpu = userdata;
    unsigned done = 0;

    if (message == NULL) {
        release(gpu, gpu->held_count); /* no screen will tell */
    } else if (message->type == BK_DISPLAY_FRAME_DONE) {
        while (done < gpu->held_count && bk_display_serial_reached(gpu->held[done].serial, message->frame.serial))
            done++;
        release(gpu, done);
    } else if (message->type == BK_DISPLAY_CONFIGURE) {
        configure(gpu, message);
    }
}

/* Commands of the control queue (virtio 1.3 §5.7.6.8): each yields its response's type. */

static struct gpu *gpu_of(struct bk_virtio_device *device)
{
    return (struct gpu *)device;
}

static uint32_t get_display_info(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct gpu *gpu = gpu_of(device);

    command->reply.display_info.pmodes[0] = (struct virtio_gpu_display_one){
        .r = { .width = gpu->screen.width, .height = gpu->screen.height },
        .enabled = 1,
    };
    command->reply_size = sizeof command->reply.display_info;
    return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static uint32_t get_edid(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    static_assert(sizeof command->reply.edid.edid >= BK_EDID_SIZE, "an EDID fits its answer");
    if (command->request.get_edid.scanout != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    command->reply.edid.size = BK_EDID_SIZE;
    bk_edid_build(command->reply.edid.edid, &gpu_of(device)->screen);
    command->reply_size = sizeof command->reply.edid;
    return VIRTIO_GPU_RESP_OK_EDID;
}

static uint32_t create_2d(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    return bk_gpu_resource_create(&gpu_of(device)->resources, &command->request.create);
}

static uint32_t create_blob(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    return bk_gpu_resource_create_blob(&gpu_of(device)->resources, command->chain, &command->request.create_blob);
}

static void destroy_resource(struct gpu *gpu, struct bk_gpu_resource *resource)
{
    bk_display_withdraw(gpu->display, &resource->surface);
    bk_gpu_resource_destroy(&gpu->resources, resource);
}

static uint32_t unref(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    struct gpu *gpu = gpu_of(device);
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, command->request.unref.resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    destroy_resource(gpu, resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

/* Shows the rectangle of the resource, which is not a blob or is laid out. */
static uint32_t show(struct gpu *gpu, struct bk_gpu_resource *resource, const struct virtio_gpu_rect *r)
{
    /* With one screen nothing has cause to show a part that does not start at the resource's corner, and the cable
     * has no words for it. */
    if (r->width == 0 || r->height == 0 || r->x != 0 || r->y != 0 || !bk_gpu_resource_holds(resource, r))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (resource->surface.width != r->width || resource->surface.height != r->height) {
        bk_display_withdraw(gpu->display, &resource->surface);
        resource->surface.width = r->width;
        resource->surface.height = r->height;
    }
    bk_display_set(gpu->display, &resource->surface);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t set_scanout(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_set_scanout *set = &command->request.set_scanout;
    struct gpu *gpu = gpu_of(device);

    if (set->scanout_id != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    if (set->resource_id == 0) {
        bk_display_set(gpu->display, NULL);
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, set->resource_id);
    return resource == NULL ? VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID : show(gpu, resource, &set->r);
}

static uint32_t set_scanout_blob(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_set_scanout_blob *set = &command->request.set_scanout_blob;
    struct gpu *gpu = gpu_of(device);

    if (set->scanout_id != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    struct bk_gpu_resource *blob = bk_gpu_resource_find(&gpu->resources, set->resource_id);
    if (blob == NULL || !blob->blob)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (!bk_gpu_blob_is_laid_out(blob, set)) {
        bk_display_withdraw(gpu->display, &blob->surface);
        uint32_t type = bk_gpu_blob_lay_out(&gpu->resources, blob, set);
        if (type != VIRTIO_GPU_RESP_OK_NODATA)
            return type;
    }
    return show(gpu, blob, &set->r);
}

static uint32_t flush(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    struct gpu *gpu = gpu_of(device);
    struct virtio_gpu_rect *r = &command->request.flush.r;

    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, command->request.flush.resource_id);
    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (!bk_gpu_resource_holds(resource, r))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (resource->blob && resource->format != 0) {
        uint32_t type = bk_gpu_blob_update(&gpu->resources, resource, r);
        if (type != VIRTIO_GPU_RESP_OK_NODATA)
            return type;
        gpu->copied += (size_t)r->width * r->height * BK_GPU_PIXEL_BYTES;
    }
    const struct bk_display_rectangle changed = { r->x, r->y, r->x + r->width, r->y + r->height };
    gpu->flushed = bk_display_frame(gpu->display, &resource->surface, &changed);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t transfer(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_transfer_to_host_2d *asked = &command->request.transfer;
    struct gpu *gpu = gpu_of(device);

    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, asked->resource_id);
    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (resource->blob) /* Linux sends it nevertheless; the flush that follows brings the copy */
        return VIRTIO_GPU_RESP_OK_NODATA;
    if (!bk_gpu_resource_holds(resource, &asked->r))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    gpu->copied += (size_t)asked->r.width * asked->r.height * BK_GPU_PIXEL_BYTES;
    return bk_gpu_resource_transfer(&gpu->resources, resource, &asked->r, asked->offset);
}

static uint32_t attach_backing(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_resource_attach_backing *attach = &command->request.attach;
    struct gpu *gpu = gpu_of(device);

    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, attach->resource_id);
    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    return bk_gpu_resource_attach(&gpu->resources, resource, command->chain, sizeof *attach, attach->nr_entries);
}

static uint32_t detach_backing(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    struct gpu *gpu = gpu_of(device);
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, command->request.detach.resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    bk_gpu_resource_detach(&gpu->resources, resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static const struct bk_gpu_verb verbs[] = {
    { VIRTIO_GPU_CMD_GET_DISPLAY_INFO, get_display_info, sizeof(struct virtio_gpu_ctrl_hdr) },
    { VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, create_2d, sizeof(struct virtio_gpu_resource_create_2d) },
    { VIRTIO_GPU_CMD_RESOURCE_UNREF, unref, sizeof(struct virtio_gpu_resource_unref) },
    { VIRTIO_GPU_CMD_SET_SCANOUT, set_scanout, sizeof(struct virtio_gpu_set_scanout) },
    { VIRTIO_GPU_CMD_RESOURCE_FLUSH, flush, sizeof(struct virtio_gpu_resource_flush) },
    { VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, transfer, sizeof(struct virtio_gpu_transfer_to_host_2d) },
    { VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, attach_backing, sizeof(struct virtio_gpu_resource_attach_backing) },
    { VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, detach_backing, sizeof(struct virtio_gpu_resource_detach_backing) },
    { VIRTIO_GPU_CMD_GET_EDID, get_edid, sizeof(struct virtio_gpu_cmd_get_edid) },
    { VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, create_blob, sizeof(struct virtio_gpu_resource_create_blob) },
    { VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, set_scanout_blob, sizeof(struct virtio_gpu_set_scanout_blob) },
};

/* Answers one command, or holds it. False when the driver broke the rules and the device with it, or has had its share
 * of this turn. */
static bool serve_command(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct gpu *gpu = gpu_of(device);
    struct bk_gpu_command command;

    if (!bk_gpu_command_begin(device, &command, chain))
        return false;
    gpu->flushed = 0;
    if (bk_gpu_command_answer(device, &command, verbs, BK_ARRAY_SIZE(verbs)) && gpu->flushed != 0)
        hold(gpu, chain);
    else
        bk_queue_push(device->queues[CONTROL], chain, command.reply_size);
    return gpu->copied < BYTES_AT_ONCE;
}

/* Cursor */

/* A blob has no size of its own: its memory is the cursor's pixels. */
static bool read_cursor(struct gpu *gpu, const struct bk_gpu_resource *resource)
{
    if (resource->blob)
        return bk_gpu_blob_read(&gpu->resources, resource, gpu->cursor.pixels, gpu->cursor.size);
    if (resource->width != CURSOR_SIDE || resource->height != CURSOR_SIDE)
        return false;
    memcpy(gpu->cursor.pixels, resource->surface.pixels, gpu->cursor.size);
    return true;
}

static void update_cursor(struct gpu *gpu, const struct virtio_gpu_update_cursor *update)
{
    const struct virtio_gpu_cursor_pos *corner = &update->pos;

    if (update->resource_id == 0) {
        bk_display_set_cursor(gpu->display, NULL, 0, 0, corner->x, corner->y);
        return;
    }
    const struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, update->resource_id);
    if (resource == NULL || update->hot_x >= CURSOR_SIDE || update->hot_y >= CURSOR_SIDE || !read_cursor(gpu, resource))
        return; /* there is no answer to say so in */
    for (size_t i = 3; i < gpu->cursor.size && resource->format == VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM; i += 4)
        gpu->cursor.pixels[i] = 0xff;
    bk_display_set_cursor(gpu->display, &gpu->cursor, update->hot_x, update->hot_y, corner->x, corner->y);
}

static bool serve_cursor(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct gpu *gpu = gpu_of(device);
    struct virtio_gpu_update_cursor update;

    if (bk_chain_read(chain, 0, &update, sizeof update) < sizeof update) {
        bk_virtio_device_break(device, "a cursor command of %zu bytes", chain->out_size);
        return false;
    }
    bk_queue_push(device->queues[CURSOR], chain, 0);
    if (update.pos.scanout_id == 0 && update.hdr.type == VIRTIO_GPU_CMD_UPDATE_CURSOR)
        update_cursor(gpu, &update);
    else if (update.pos.scanout_id == 0 && update.hdr.type == VIRTIO_GPU_CMD_MOVE_CURSOR)
        bk_display_move_cursor(gpu->display, update.pos.x, update.pos.y);
    return true;
}

/* The device */

static void notify(struct bk_virtio_device *device, unsigned index)
{
    ((struct gpu *)device)->copied = 0;
    bk_queue_serve(device->queues[index], index == CONTROL ? serve_command : serve_cursor);
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct gpu *gpu = (const struct gpu *)device;
    struct virtio_gpu_config config = { .events_read = gpu->events_read, .num_scanouts = 1 };

    memcpy(buffer, (const char *)&config + offset, length);
}

static void write_config(struct bk_virtio_device *device, size_t offset, const void *buffer, size_t length)
{
    struct gpu *gpu = gpu_of(device);
    uint32_t clear;

    if (offset != offsetof(struct virtio_gpu_config, events_clear) || length != sizeof clear)
        return;
    memcpy(&clear, buffer, sizeof clear);
    gpu->events_read &= ~clear;
}

static void reset(struct bk_virtio_device *device)
{
    struct gpu *gpu = gpu_of(device);

    gpu->held_count = 0;
    gpu->events_read = 0;
}

static void restart(struct bk_virtio_device *device)
{
    struct gpu *gpu = gpu_of(device);

    arm_timer(gpu);
    bk_display_set_cursor(gpu->display, NULL, 0, 0, 0, 0);
    for (unsigned i = 0; i < BK_GPU_RESOURCES_MAX; i++) {
        if (gpu->resources.places[i].id != 0)
            destroy_resource(gpu, &gpu->resources.places[i]);
    }
}

/* Of a device that has no resources, and may be made in part only. */
static void free_gpu(struct gpu *gpu)
{
    bk_loop_remove(gpu->device.loop, &gpu->timer);
    bk_close(gpu->timer_fd);
    bk_gpu_pixels_destroy(&gpu->cursor);
    free(gpu);
}

static void destroy(struct bk_virtio_device *device)
{
    struct gpu *gpu = gpu_of(device);

    reset(device);
    restart(device);
    bk_display_withdraw(gpu->display, &gpu->cursor);
    bk_display_unlisten(gpu->display, gpu);
    free_gpu(gpu);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .write_config = write_config,
    .reset = reset,
    .restart = restart,
    .notify = notify,
    .destroy = destroy,
};

int bk_gpu_create(struct bk_loop *loop, const struct bk_memory *memory, struct bk_display *display, uint32_t width,
                  uint32_t height, struct bk_virtio_device **ret_device)
{
    if (width < BK_GPU_SIDE_MIN || width > BK_GPU_SIDE_MAX || height < BK_GPU_SIDE_MIN || height > BK_GPU_SIDE_MAX)
        return -EINVAL;
    struct gpu *gpu = calloc(1, sizeof *gpu);
    if (gpu == NULL)
        return -ENOMEM;
    gpu->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "gpu",
        .type = VIRTIO_ID_GPU,
        .features = 1ULL << VIRTIO_GPU_F_EDID | 1ULL << VIRTIO_GPU_F_RESOURCE_BLOB,
        .queue_count = 2,
        .queue_size = BK_QUEUE_SIZE_MAX,
        .config_size = sizeof(struct virtio_gpu_config),
        .pci_class = { 0x03, 0x80, 0x00 }, /* other display controller */
        .loop = loop,
    };
    gpu->display = display;
    gpu->resources.memory = memory;
    gpu->screen = (struct bk_edid_screen){ .width = width, .height = height, .refresh_mhz = REFRESH_DEFAULT };
    gpu->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    int r = gpu->timer_fd < 0 ? -errno : bk_gpu_pixels_create(&gpu->cursor, CURSOR_SIDE, CURSOR_SIDE);
    if (r == 0)
        r = bk_loop_add(loop, &gpu->timer, gpu->timer_fd, EPOLLIN, on_timer, gpu);
    if (r < 0) {
        free_gpu(gpu);
        return r;
    }
    gpu->cursor.width = gpu->cursor.height = CURSOR_SIDE;
    gpu->cursor.has_alpha = true;
    bk_display_listen(display, hear, gpu);
    *ret_device = &gpu->device;
    return 0;
}
