/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/gpu_resource.h"

#include "core/memory.h"
#include "devices/gpu.h"
#include "virtio/queue.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* system calls [io]: memfd_create ftruncate fcntl(F_ADD_SEALS) mmap(no-exec) munmap close */

int bk_gpu_pixels_create(struct bk_display_surface *surface, uint32_t width, uint32_t height)
{
    _cleanup_close_ int fd = memfd_create("bulkhead-surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint32_t stride = width * BK_GPU_PIXEL_BYTES;
    uint64_t size = (uint64_t)stride * height;

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    uint8_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pixels == MAP_FAILED)
        return -errno;
    *surface = (struct bk_display_surface){ .fd = TAKE_FD(fd), .pixels = pixels, .stride = stride, .size = size };
    return 0;
}

void bk_gpu_pixels_destroy(struct bk_display_surface *surface)
{
    if (surface->pixels == NULL)
        return;
    munmap(surface->pixels, surface->size);
    bk_close(surface->fd);
}

/* A free place when `id` is 0. */
static struct bk_gpu_resource *find_place(struct bk_gpu_resources *resources, uint32_t id)
{
    for (unsigned i = 0; i < BK_GPU_RESOURCES_MAX; i++) {
        if (resources->places[i].id == id)
            return &resources->places[i];
    }
    return NULL;
}

struct bk_gpu_resource *bk_gpu_resource_find(struct bk_gpu_resources *resources, uint32_t id)
{
    return id != 0 ? find_place(resources, id) : NULL;
}

uint32_t bk_gpu_resource_create(struct bk_gpu_resources *resources, const struct virtio_gpu_resource_create_2d *create)
{
    uint32_t width = create->width, height = create->height;

    if (create->resource_id == 0 || bk_gpu_resource_find(resources, create->resource_id) != NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (create->format != VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM && create->format != VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (width == 0 || width > BK_GPU_SIDE_MAX || height == 0 || height > BK_GPU_SIDE_MAX)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    struct bk_gpu_resource *resource = find_place(resources, 0);
    if (resource == NULL || (uint64_t)width * height * BK_GPU_PIXEL_BYTES > BK_GPU_BYTES_MAX - resources->bytes ||
        bk_gpu_pixels_create(&resource->surface, width, height) < 0)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    resource->id = create->resource_id;
    resource->format = create->format;
    resource->width = width;
    resource->height = height;
    resources->bytes += resource->surface.size;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

void bk_gpu_resource_destroy(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource)
{
    bk_gpu_resource_detach(resources, resource);
    resources->bytes -= resource->surface.size;
    bk_gpu_pixels_destroy(&resource->surface);
    *resource = (struct bk_gpu_resource){ .id = 0 };
}

/* Backing */

uint32_t bk_gpu_resource_attach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                const struct bk_chain *chain, uint32_t count)
{
    const size_t offset = sizeof(struct virtio_gpu_resource_attach_backing);
    uint64_t size = 0;

    if (resource->backing != NULL)
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    /* The driver sent as many as it says, so what is allocated for them is no more than what it sent. */
    if (count == 0 || count > (chain->out_size - offset) / sizeof(struct virtio_gpu_mem_entry))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (count > BK_GPU_ENTRIES_MAX - resources->entries)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    _cleanup_free_ struct virtio_gpu_mem_entry *backing = calloc(count, sizeof *backing);
    if (backing == NULL)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    bk_chain_read(chain, offset, backing, count * sizeof *backing);
    for (uint32_t i = 0; i < count; i++) {
        if (backing[i].length == 0 || bk_memory_at(resources->memory, backing[i].addr, backing[i].length) == NULL)
            return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
        size += backing[i].length;
    }
    resource->backing = TAKE_PTR(backing);
    resource->backing_count = count;
    resource->backing_size = size;
    resources->entries += count;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

void bk_gpu_resource_detach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource)
{
    free(resource->backing);
    resource->backing = NULL;
    resources->entries -= resource->backing_count;
    resource->backing_count = 0;
}

/* The copy */

bool bk_gpu_resource_holds(const struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle)
{
    return bk_range_in(rectangle->x, rectangle->width, resource->width) &&
           bk_range_in(rectangle->y, rectangle->height, resource->height);
}

uint32_t bk_gpu_resource_transfer(const struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                  const struct virtio_gpu_rect *rectangle, uint64_t offset)
{
    if (resource->backing == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (rectangle->width == 0 || rectangle->height == 0)
        return VIRTIO_GPU_RESP_OK_NODATA;

    size_t stride = resource->surface.stride;
    size_t row_bytes = (size_t)rectangle->width * BK_GPU_PIXEL_BYTES;
    size_t extent = (rectangle->height - 1) * stride + row_bytes;
    if (!bk_range_in(offset, extent, resource->backing_size))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;

    uint8_t *to = resource->surface.pixels + rectangle->y * stride + (size_t)rectangle->x * BK_GPU_PIXEL_BYTES;
    /* The rows ascend, so the piece that holds the next byte is never before the one that held the last. */
    const struct virtio_gpu_mem_entry *piece = resource->backing;
    uint64_t piece_start = 0;
    for (size_t row = 0; row < rectangle->height; row++, to += stride, offset += stride) {
        for (size_t done = 0; done < row_bytes;) {
            while (offset + done - piece_start >= piece->length) {
                piece_start += piece->length;
                piece++;
            }
            uint64_t into = offset + done - piece_start;
            size_t size = bk_min(piece->length - into, row_bytes - done);
            memcpy(to + done, bk_memory_at(resources->memory, piece->addr + into, size), size);
            done += size;
        }
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}
