/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two queues: control, where each command is answered, and cursor, where none is.
 *
 * A fenced flush of what is on the screen is answered when the screen has shown the frame, which is how a guest
 * keeps pace with it; a screen that does not tell within FRAME_DEADLINE_MS does not stop the guest. Until then the
 * chain is `held`, at most HELD_MAX of them; the oldest gives way. All other commands are answered at once.
 *
 * A reset comes from a vCPU thread, which may not unmap and close: the chains are forgotten there and then, the
 * resources in the I/O thread before anything else happens (restart()).
 */
#define _GNU_SOURCE
#include "devices/gpu.h"

#include "cable/display.h"
#include "core/loop.h"
#include "devices/edid.h"
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
#include <time.h>

/* system calls [io]: timerfd_settime read */

#define CONTROL           0
#define CURSOR            1
#define FRAME_DEADLINE_MS 100
#define HELD_MAX          4
#define BYTES_AT_ONCE     (32 * BK_MIB) /* copied before the VM's other work goes first */
#define REFRESH_DEFAULT   60000U        /* millihertz */
#define CURSOR_SIDE       BK_DISPLAY_CURSOR_SIDE
#define CURSOR_BYTES      ((size_t)CURSOR_SIDE * CURSOR_SIDE * BK_GPU_PIXEL_BYTES)

static_assert(BK_GPU_SIDE_MAX <= BK_DISPLAY_SIDE_MAX, "every resource can be shown");

/* A flush that waits for the screen. */
struct held {
    struct bk_chain chain;
    size_t written;
    uint32_t serial;
    uint64_t deadline_ms;
};

struct gpu {
    struct bk_virtio_device device;
    struct bk_display *display;
    struct bk_display_listener listener;
    struct bk_gpu_resources resources;
    struct bk_gpu_resource *scanout; /* what is on the screen, or NULL */
    size_t copied;                   /* bytes, in this turn */

    struct bk_display_surface cursor; /* a copy, as the specification has it; the guest may free the original */
    uint8_t *cursor_pixels;
    uint32_t hot_x, hot_y;

    uint32_t width, height, width_mm, height_mm, refresh_mhz;
    uint32_t events_read;

    int timer_fd;
    struct bk_source timer;
    struct held held[HELD_MAX]; /* oldest first */
    unsigned held_count;
};

union request {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_cmd_get_edid get_edid;
    struct virtio_gpu_resource_create_2d create;
    struct virtio_gpu_resource_unref unref;
    struct virtio_gpu_set_scanout set_scanout;
    struct virtio_gpu_resource_flush flush;
    struct virtio_gpu_transfer_to_host_2d transfer;
    struct virtio_gpu_resource_attach_backing attach;
    struct virtio_gpu_resource_detach_backing detach;
};

union reply {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_resp_display_info display_info;
    struct virtio_gpu_resp_edid edid;
};

/* One command on its way to its answer. */
struct command {
    union request request;
    union reply reply;
    size_t reply_size;
    uint32_t serial; /* of the frame that the answer waits for, 0: none */
    const struct bk_chain *chain;
};

/* Held flushes */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void copy_chain(struct bk_chain *to, const struct bk_chain *from)
{
    to->head = from->head;
    to->out_count = from->out_count;
    to->in_count = from->in_count;
    to->out_size = from->out_size;
    to->in_size = from->in_size;
    to->out = to->ranges;
    to->in = to->ranges + from->out_count;
    memcpy(to->ranges, from->ranges, (from->out_count + from->in_count) * sizeof from->ranges[0]);
}

static void arm_timer(struct gpu *gpu)
{
    struct itimerspec when = { .it_value.tv_sec = 0 }; /* disarmed */

    if (gpu->held_count > 0) {
        uint64_t deadline = gpu->held[0].deadline_ms;
        when.it_value.tv_sec = (time_t)(deadline / 1000);
        when.it_value.tv_nsec = (long)(deadline % 1000 * 1000000);
    }
    (void)timerfd_settime(gpu->timer_fd, TFD_TIMER_ABSTIME, &when, NULL); /* cannot fail with these arguments */
}

/* Answers the `count` oldest. */
static void release(struct gpu *gpu, unsigned count)
{
    struct bk_queue *queue = gpu->device.queues[CONTROL];

    if (count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        bk_queue_push(queue, &gpu->held[i].chain, gpu->held[i].written);
    gpu->held_count -= count;
    for (unsigned i = 0; i < gpu->held_count; i++) {
        const struct held *from = &gpu->held[i + count];
        struct held *to = &gpu->held[i];
        copy_chain(&to->chain, &from->chain);
        to->written = from->written;
        to->serial = from->serial;
        to->deadline_ms = from->deadline_ms;
    }
    arm_timer(gpu);
    bk_queue_interrupt(queue);
}

static void hold(struct gpu *gpu, const struct command *command)
{
    if (gpu->held_count == HELD_MAX)
        release(gpu, 1);
    struct held *held = &gpu->held[gpu->held_count++];
    copy_chain(&held->chain, command->chain);
    held->written = command->reply_size;
    held->serial = command->serial;
    held->deadline_ms = now_ms() + FRAME_DEADLINE_MS;
    if (gpu->held_count == 1)
        arm_timer(gpu);
}

static void on_timer(void *userdata, uint32_t events)
{
    struct gpu *gpu = userdata;
    uint64_t expirations, now = now_ms();
    unsigned count = 0;

    (void)events;
    if (read(gpu->timer_fd, &expirations, sizeof expirations) < 0)
        return; /* armed anew meanwhile */
    while (count < gpu->held_count && gpu->held[count].deadline_ms <= now)
        count++;
    release(gpu, count);
}

/* What the screen says */

static void on_frame_done(void *userdata, uint32_t serial)
{
    struct gpu *gpu = userdata;
    unsigned count = 0;

    while (count < gpu->held_count && bk_display_serial_reached(gpu->held[count].serial, serial))
        count++;
    release(gpu, count);
}

static void on_plugged(void *userdata, bool plugged)
{
    struct gpu *gpu = userdata;

    if (!plugged)
        release(gpu, gpu->held_count);
}

static void on_configure(void *userdata, const struct bk_display_message *message)
{
    struct gpu *gpu = userdata;
    uint32_t width = message->configure.width, height = message->configure.height;
    uint32_t width_mm = message->configure.width_mm, height_mm = message->configure.height_mm;
    uint32_t refresh_mhz = message->configure.refresh_mhz;

    if (width < BK_GPU_SIDE_MIN)
        width = BK_GPU_SIDE_MIN;
    if (height < BK_GPU_SIDE_MIN)
        height = BK_GPU_SIDE_MIN;
    if (refresh_mhz < 1000 || refresh_mhz > 1000000)
        refresh_mhz = REFRESH_DEFAULT;
    if (width == gpu->width && height == gpu->height && width_mm == gpu->width_mm && height_mm == gpu->height_mm &&
        refresh_mhz == gpu->refresh_mhz)
        return;
    gpu->width = width;
    gpu->height = height;
    gpu->width_mm = width_mm;
    gpu->height_mm = height_mm;
    gpu->refresh_mhz = refresh_mhz;
    if (gpu->device.running) {
        gpu->events_read |= VIRTIO_GPU_EVENT_DISPLAY;
        bk_virtio_config_changed(&gpu->device);
    }
}

/* Commands of the control queue (virtio 1.3 §5.7.6.8): each yields its response's type. */

static uint32_t get_display_info(struct gpu *gpu, struct command *command)
{
    struct virtio_gpu_display_one *screen = &command->reply.display_info.pmodes[0];

    screen->enabled = 1;
    screen->r.width = gpu->width;
    screen->r.height = gpu->height;
    command->reply_size = sizeof command->reply.display_info;
    return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static uint32_t get_edid(struct gpu *gpu, struct command *command)
{
    struct virtio_gpu_resp_edid *edid = &command->reply.edid;

    static_assert(sizeof edid->edid >= BK_EDID_SIZE_MAX, "an EDID fits its answer");
    if (command->request.get_edid.scanout != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    edid->size =
        (uint32_t)bk_edid_build(edid->edid, gpu->width, gpu->height, gpu->width_mm, gpu->height_mm, gpu->refresh_mhz);
    command->reply_size = sizeof *edid;
    return VIRTIO_GPU_RESP_OK_EDID;
}

static uint32_t create_2d(struct gpu *gpu, struct command *command)
{
    const struct virtio_gpu_resource_create_2d *create = &command->request.create;

    return bk_gpu_resource_create(&gpu->resources, create->resource_id, create->format, create->width, create->height);
}

static void destroy_resource(struct gpu *gpu, struct bk_gpu_resource *resource)
{
    if (gpu->scanout == resource)
        gpu->scanout = NULL;
    bk_display_withdraw(gpu->display, &resource->surface);
    bk_gpu_resource_destroy(&gpu->resources, resource);
}

static uint32_t unref(struct gpu *gpu, struct command *command)
{
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, command->request.unref.resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    destroy_resource(gpu, resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t set_scanout(struct gpu *gpu, struct command *command)
{
    const struct virtio_gpu_set_scanout *set = &command->request.set_scanout;

    if (set->scanout_id != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    if (set->resource_id == 0) {
        gpu->scanout = NULL;
        bk_display_set(gpu->display, NULL);
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, set->resource_id);
    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    /* With one screen nothing has cause to show a part that does not start at the resource's corner, and the cable
     * has no words for it. */
    if (set->r.width == 0 || set->r.height == 0 || set->r.x != 0 || set->r.y != 0 ||
        !bk_gpu_resource_holds(resource, &set->r))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;

    if (resource->surface.width != set->r.width || resource->surface.height != set->r.height) {
        bk_display_withdraw(gpu->display, &resource->surface);
        resource->surface.width = set->r.width;
        resource->surface.height = set->r.height;
    }
    gpu->scanout = resource;
    bk_display_set(gpu->display, &resource->surface);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t flush(struct gpu *gpu, struct command *command)
{
    const struct virtio_gpu_resource_flush *flushed = &command->request.flush;
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, flushed->resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (!bk_gpu_resource_holds(resource, &flushed->r))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    struct bk_display_rectangle damage = { flushed->r.x, flushed->r.y, flushed->r.width, flushed->r.height };
    const struct bk_display_surface *surface = &resource->surface;
    if (damage.width == 0 || damage.height == 0 || damage.x >= surface->width || damage.y >= surface->height)
        return VIRTIO_GPU_RESP_OK_NODATA; /* nothing of it is shown */
    if (damage.width > surface->width - damage.x)
        damage.width = surface->width - damage.x;
    if (damage.height > surface->height - damage.y)
        damage.height = surface->height - damage.y;
    command->serial = bk_display_frame(gpu->display, &resource->surface, &damage);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t transfer(struct gpu *gpu, struct command *command)
{
    const struct virtio_gpu_transfer_to_host_2d *transferred = &command->request.transfer;
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, transferred->resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    gpu->copied += (size_t)transferred->r.width * transferred->r.height * BK_GPU_PIXEL_BYTES;
    return bk_gpu_resource_transfer(resource, &transferred->r, transferred->offset);
}

static uint32_t attach_backing(struct gpu *gpu, struct command *command)
{
    const struct virtio_gpu_resource_attach_backing *attach = &command->request.attach;
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, attach->resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    return bk_gpu_resource_attach(&gpu->resources, resource, command->chain, sizeof *attach, attach->nr_entries);
}

static uint32_t detach_backing(struct gpu *gpu, struct command *command)
{
    struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, command->request.detach.resource_id);

    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    bk_gpu_resource_detach(&gpu->resources, resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static const struct {
    uint32_t type;
    size_t size; /* bytes of the request */
    uint32_t (*carry_out)(struct gpu *gpu, struct command *command);
} commands[] = {
    { VIRTIO_GPU_CMD_GET_DISPLAY_INFO, sizeof(struct virtio_gpu_ctrl_hdr), get_display_info },
    { VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, sizeof(struct virtio_gpu_resource_create_2d), create_2d },
    { VIRTIO_GPU_CMD_RESOURCE_UNREF, sizeof(struct virtio_gpu_resource_unref), unref },
    { VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(struct virtio_gpu_set_scanout), set_scanout },
    { VIRTIO_GPU_CMD_RESOURCE_FLUSH, sizeof(struct virtio_gpu_resource_flush), flush },
    { VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, sizeof(struct virtio_gpu_transfer_to_host_2d), transfer },
    { VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, sizeof(struct virtio_gpu_resource_attach_backing), attach_backing },
    { VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, sizeof(struct virtio_gpu_resource_detach_backing), detach_backing },
    { VIRTIO_GPU_CMD_GET_EDID, sizeof(struct virtio_gpu_cmd_get_edid), get_edid },
};

static uint32_t carry_out(struct gpu *gpu, struct command *command)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(commands); i++) {
        if (commands[i].type != command->request.header.type)
            continue;
        if (command->chain->out_size < commands[i].size)
            return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
        return commands[i].carry_out(gpu, command);
    }
    return VIRTIO_GPU_RESP_ERR_UNSPEC;
}

/* Answers one command, or holds it. False when the driver broke the rules and the device with it. */
static bool serve_command(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct gpu *gpu = (struct gpu *)device;
    struct command command = { .chain = chain };
    struct virtio_gpu_ctrl_hdr *reply = &command.reply.header;

    if (bk_chain_read(chain, 0, &command.request, sizeof command.request) < sizeof command.request.header ||
        chain->in_size < sizeof *reply) {
        bk_virtio_device_break(&gpu->device, "a command of %zu bytes with room for %zu", chain->out_size,
                               chain->in_size);
        return false;
    }
    command.reply_size = sizeof *reply;
    uint32_t type = carry_out(gpu, &command);
    if (command.reply_size > chain->in_size) {
        command.reply_size = sizeof *reply;
        type = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    reply->type = type;
    bool fenced = (command.request.header.flags & VIRTIO_GPU_FLAG_FENCE) != 0;
    if (fenced) {
        reply->flags = VIRTIO_GPU_FLAG_FENCE;
        reply->fence_id = command.request.header.fence_id;
        reply->ctx_id = command.request.header.ctx_id;
    }
    bk_chain_write(chain, 0, &command.reply, command.reply_size);
    if (fenced && command.serial != 0)
        hold(gpu, &command);
    else
        bk_queue_push(gpu->device.queues[CONTROL], chain, command.reply_size);
    return gpu->copied < BYTES_AT_ONCE;
}

/* Cursor */

/* The guest says where the image's corner is, which may be off the screen; the cable, where its hot spot is. */
static void move_cursor(struct gpu *gpu, const struct virtio_gpu_cursor_pos *corner)
{
    bk_display_move_cursor(gpu->display, (int32_t)(corner->x + gpu->hot_x), (int32_t)(corner->y + gpu->hot_y));
}

static void update_cursor(struct gpu *gpu, const struct virtio_gpu_update_cursor *update)
{
    const struct bk_gpu_resource *resource = bk_gpu_resource_find(&gpu->resources, update->resource_id);

    if (update->resource_id == 0) {
        bk_display_set_cursor(gpu->display, NULL, 0, 0, 0, 0);
        return;
    }
    if (resource == NULL || resource->width != CURSOR_SIDE || resource->height != CURSOR_SIDE ||
        update->hot_x >= CURSOR_SIDE || update->hot_y >= CURSOR_SIDE)
        return; /* there is no answer to say so in */
    memcpy(gpu->cursor_pixels, resource->pixels, CURSOR_BYTES);
    for (size_t i = 3; i < CURSOR_BYTES && resource->format == VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM; i += 4)
        gpu->cursor_pixels[i] = 0xff;
    gpu->hot_x = update->hot_x;
    gpu->hot_y = update->hot_y;
    bk_display_set_cursor(gpu->display, &gpu->cursor, gpu->hot_x, gpu->hot_y, (int32_t)(update->pos.x + gpu->hot_x),
                          (int32_t)(update->pos.y + gpu->hot_y));
}

static bool serve_cursor(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct gpu *gpu = (struct gpu *)device;
    struct virtio_gpu_update_cursor update;

    if (bk_chain_read(chain, 0, &update, sizeof update) < sizeof update) {
        bk_virtio_device_break(device, "a cursor command of %zu bytes", chain->out_size);
        return false;
    }
    bk_queue_push(device->queues[CURSOR], chain, 0);
    if (update.pos.scanout_id == 0 && update.hdr.type == VIRTIO_GPU_CMD_UPDATE_CURSOR)
        update_cursor(gpu, &update);
    else if (update.pos.scanout_id == 0 && update.hdr.type == VIRTIO_GPU_CMD_MOVE_CURSOR)
        move_cursor(gpu, &update.pos);
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
    struct gpu *gpu = (struct gpu *)device;
    uint32_t clear;

    if (offset != offsetof(struct virtio_gpu_config, events_clear) || length != sizeof clear)
        return;
    memcpy(&clear, buffer, sizeof clear);
    gpu->events_read &= ~clear;
}

static void reset(struct bk_virtio_device *device)
{
    struct gpu *gpu = (struct gpu *)device;

    gpu->held_count = 0;
    gpu->events_read = 0;
}

static void restart(struct bk_virtio_device *device)
{
    struct gpu *gpu = (struct gpu *)device;

    arm_timer(gpu);
    bk_display_set_cursor(gpu->display, NULL, 0, 0, 0, 0);
    while (gpu->resources.first != NULL)
        destroy_resource(gpu, gpu->resources.first);
}

static void destroy(struct bk_virtio_device *device)
{
    struct gpu *gpu = (struct gpu *)device;

    reset(device);
    restart(device);
    bk_display_withdraw(gpu->display, &gpu->cursor);
    bk_display_unlisten(gpu->display, &gpu->listener);
    bk_loop_remove(gpu->device.loop, &gpu->timer);
    bk_close(gpu->timer_fd);
    bk_gpu_pixels_destroy(CURSOR_BYTES, gpu->cursor.fd, gpu->cursor_pixels);
    free(gpu);
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
    struct gpu *gpu;
    int r;

    if (width < BK_GPU_SIDE_MIN || width > BK_GPU_SIDE_MAX || height < BK_GPU_SIDE_MIN || height > BK_GPU_SIDE_MAX)
        return -EINVAL;
    gpu = calloc(1, sizeof *gpu);
    if (gpu == NULL)
        return -ENOMEM;
    gpu->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "gpu",
        .type = VIRTIO_ID_GPU,
        .features = 1ULL << VIRTIO_GPU_F_EDID,
        .queue_count = 2,
        .queue_size = BK_QUEUE_SIZE_MAX,
        .config_size = sizeof(struct virtio_gpu_config),
        .pci_class = { 0x03, 0x80, 0x00 }, /* other display controller */
        .loop = loop,
    };
    gpu->display = display;
    gpu->resources.memory = memory;
    gpu->width = width;
    gpu->height = height;
    gpu->refresh_mhz = REFRESH_DEFAULT;

    gpu->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (gpu->timer_fd < 0) {
        r = -errno;
        goto no_timer;
    }
    r = bk_gpu_pixels_create(CURSOR_BYTES, &gpu->cursor.fd, &gpu->cursor_pixels);
    if (r < 0)
        goto no_cursor;
    gpu->cursor.width = gpu->cursor.height = CURSOR_SIDE;
    gpu->cursor.stride = CURSOR_SIDE * BK_GPU_PIXEL_BYTES;
    gpu->cursor.size = CURSOR_BYTES;
    gpu->cursor.has_alpha = true;
    r = bk_loop_add(loop, &gpu->timer, gpu->timer_fd, EPOLLIN, on_timer, gpu);
    if (r < 0)
        goto no_source;
    gpu->listener = (struct bk_display_listener){
        .plugged = on_plugged,
        .configure = on_configure,
        .frame_done = on_frame_done,
        .userdata = gpu,
    };
    bk_display_listen(display, &gpu->listener);
    *ret_device = &gpu->device;
    return 0;
no_source:
    bk_gpu_pixels_destroy(CURSOR_BYTES, gpu->cursor.fd, gpu->cursor_pixels);
no_cursor:
    bk_close(gpu->timer_fd);
no_timer:
    free(gpu);
    return r;
}
