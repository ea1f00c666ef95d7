/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux offers blobs of HOST3D memory only where the device says VIRTIO_GPU_F_VIRGL, with a context for each process
 * that opens it: contexts are accepted and mean nothing here.
 *
 * A reset comes from a vCPU thread, which may neither map nor close: the I/O thread empties the window before anything
 * else happens (restart()).
 */
#include "devices/gpu_import.h"

#include "cable/display_hub.h"
#include "core/window.h"
#include "devices/gpu_command.h"
#include "virtio/device.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

/* system calls [io]: close */

#define CONTROL    0
#define CURSOR     1
#define QUEUE_SIZE 64
#define NOT_MAPPED UINT64_MAX

struct blob {
    uint32_t id; /* 0: there is none in this place */
    int fd;      /* -1: it was mapped */
    uint64_t size;
    uint64_t offset; /* in the window, or NOT_MAPPED */
};

struct import {
    struct bk_virtio_device device;
    const struct bk_window *window;
    const struct bk_display_hub *hub;
    unsigned count; /* places that may hold one: those from here on are free */
    struct blob blobs[BK_GPU_IMPORTS_MAX];
};

static struct import *import_of(struct bk_virtio_device *device)
{
    return (struct import *)device;
}

/* A free place when `id` is 0. */
static struct blob *find(struct import *import, uint32_t id)
{
    for (unsigned i = 0; i < import->count; i++) {
        if (import->blobs[i].id == id)
            return &import->blobs[i];
    }
    return NULL;
}

static uint32_t accept_context(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    (void)device;
    (void)command;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t create_blob(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_resource_create_blob *create = &command->request.create_blob;
    struct import *import = import_of(device);
    uint64_t size;

    if (create->resource_id == 0 || find(import, create->resource_id) != NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (create->blob_mem != VIRTIO_GPU_BLOB_MEM_HOST3D || create->nr_entries != 0)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    struct blob *blob = find(import, 0);
    if (blob == NULL && import->count == BK_GPU_IMPORTS_MAX)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    _cleanup_close_ int fd = bk_display_hub_open(import->hub, create->blob_id, &size);
    if (fd == -ENOENT)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (fd < 0)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    /* Up to the end of the surface's last page. */
    if (create->size == 0 || create->size % BK_WINDOW_PAGE != 0 || create->size > bk_align_up(size, BK_WINDOW_PAGE))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (blob == NULL)
        blob = &import->blobs[import->count++];
    *blob = (struct blob){ .id = create->resource_id, .fd = TAKE_FD(fd), .size = create->size, .offset = NOT_MAPPED };
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static void unmap(const struct import *import, struct blob *blob)
{
    if (blob->offset != NOT_MAPPED)
        bk_window_unmap(import->window, blob->offset, blob->size);
    blob->offset = NOT_MAPPED;
}

static uint32_t unref(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    struct import *import = import_of(device);
    struct blob *blob =
        command->request.unref.resource_id != 0 ? find(import, command->request.unref.resource_id) : NULL;

    if (blob == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    unmap(import, blob);
    bk_close(blob->fd);
    blob->id = 0;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static bool is_free(const struct import *import, uint64_t offset, uint64_t size)
{
    for (unsigned i = 0; i < import->count; i++) {
        const struct blob *other = &import->blobs[i];
        if (other->id != 0 && other->offset != NOT_MAPPED && offset < other->offset + other->size &&
            other->offset < offset + size)
            return false;
    }
    return true;
}

/* Once: the mapping is what holds the memory from here on. */
static uint32_t map_blob(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    const struct virtio_gpu_resource_map_blob *map = &command->request.map_blob;
    struct import *import = import_of(device);
    struct blob *blob = map->resource_id != 0 ? find(import, map->resource_id) : NULL;

    if (blob == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (blob->fd < 0 || map->offset % BK_WINDOW_PAGE != 0 ||
        !bk_range_in(map->offset, blob->size, import->window->size) || !is_free(import, map->offset, blob->size))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (bk_window_map(import->window, map->offset, blob->size, blob->fd) < 0)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    blob->fd = bk_close(blob->fd);
    blob->offset = map->offset;
    command->reply.map_info.map_info = VIRTIO_GPU_MAP_CACHE_CACHED;
    command->reply_size = sizeof command->reply.map_info;
    return VIRTIO_GPU_RESP_OK_MAP_INFO;
}

static uint32_t unmap_blob(struct bk_virtio_device *device, struct bk_gpu_command *command)
{
    struct import *import = import_of(device);
    uint32_t id = command->request.unmap_blob.resource_id;
    struct blob *blob = id != 0 ? find(import, id) : NULL;

    if (blob == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    unmap(import, blob);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static const struct bk_gpu_verb verbs[] = {
    { VIRTIO_GPU_CMD_RESOURCE_UNREF, unref, sizeof(struct virtio_gpu_resource_unref) },
    { VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, create_blob, sizeof(struct virtio_gpu_resource_create_blob) },
    { VIRTIO_GPU_CMD_CTX_CREATE, accept_context, sizeof(struct virtio_gpu_ctx_create) },
    { VIRTIO_GPU_CMD_CTX_DESTROY, accept_context, sizeof(struct virtio_gpu_ctx_destroy) },
    { VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, accept_context, sizeof(struct virtio_gpu_ctx_resource) },
    { VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE, accept_context, sizeof(struct virtio_gpu_ctx_resource) },
    { VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB, map_blob, sizeof(struct virtio_gpu_resource_map_blob) },
    { VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB, unmap_blob, sizeof(struct virtio_gpu_resource_unmap_blob) },
};

static bool serve_command(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct bk_gpu_command command;

    if (!bk_gpu_command_begin(device, &command, chain))
        return false;
    (void)bk_gpu_command_answer(device, &command, verbs, BK_ARRAY_SIZE(verbs));
    bk_queue_push(device->queues[CONTROL], chain, command.reply_size);
    return true;
}

/* There is no screen to have a cursor on. */
static bool serve_cursor(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    bk_queue_push(device->queues[CURSOR], chain, 0);
    return true;
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    bk_queue_serve(device->queues[index], index == CONTROL ? serve_command : serve_cursor);
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct virtio_gpu_config config = { 0 }; /* no events, no scanouts, no capability sets */

    (void)device;
    memcpy(buffer, (const char *)&config + offset, length);
}

static void reset(struct bk_virtio_device *device)
{
    (void)device; /* what there is to do is done in restart() */
}

static void restart(struct bk_virtio_device *device)
{
    struct import *import = import_of(device);

    for (unsigned i = 0; i < import->count; i++) {
        struct blob *blob = &import->blobs[i];
        if (blob->id == 0)
            continue;
        unmap(import, blob);
        bk_close(blob->fd);
    }
    import->count = 0;
}

static void destroy(struct bk_virtio_device *device)
{
    restart(device);
    free(device);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .reset = reset,
    .restart = restart,
    .notify = notify,
    .destroy = destroy,
};

int bk_gpu_import_create(struct bk_loop *loop, const struct bk_window *window, const struct bk_display_hub *hub,
                         struct bk_virtio_device **ret_device)
{
    struct import *import = calloc(1, sizeof *import);

    if (import == NULL)
        return -ENOMEM;
    import->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "import",
        .type = VIRTIO_ID_GPU,
        .features = 1ULL << VIRTIO_GPU_F_VIRGL | 1ULL << VIRTIO_GPU_F_RESOURCE_BLOB,
        .queue_count = 2,
        .queue_size = QUEUE_SIZE,
        .config_size = sizeof(struct virtio_gpu_config),
        .pci_class = { 0x03, 0x80, 0x00 }, /* other display controller */
        .shared = window,
        .shared_id = VIRTIO_GPU_SHM_ID_HOST_VISIBLE,
        .loop = loop,
    };
    import->window = window;
    import->hub = hub;
    *ret_device = &import->device;
    return 0;
}
