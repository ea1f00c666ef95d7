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

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return -errno;
    uint8_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pixels == MAP_FAILED)
        return -errno;
    if (fcntl(fd, F_ADD_SEALS, BK_DISPLAY_SEALS) < 0) {
        int r = -errno;
        munmap(pixels, size);
        return r;
    }
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

static bool is_picture(uint32_t format, uint32_t width, uint32_t height)
{
    return (format == VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM || format == VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM) && width > 0 &&
           width <= BK_GPU_SIDE_MAX && height > 0 && height <= BK_GPU_SIDE_MAX;
}

uint32_t bk_gpu_resource_create(struct bk_gpu_resources *resources, const struct virtio_gpu_resource_create_2d *create)
{
    uint32_t width = create->width, height = create->height;

    if (create->resource_id == 0 || bk_gpu_resource_find(resources, create->resource_id) != NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (!is_picture(create->format, width, height))
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

uint32_t bk_gpu_resource_create_blob(struct bk_gpu_resources *resources, const struct bk_chain *chain,
                                     const struct virtio_gpu_resource_create_blob *create)
{
    struct bk_gpu_resource *resource = find_place(resources, 0);

    if (create->resource_id == 0 || bk_gpu_resource_find(resources, create->resource_id) != NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (create->blob_mem != VIRTIO_GPU_BLOB_MEM_GUEST)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (resource == NULL)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    uint32_t type = bk_gpu_resource_attach(resources, resource, chain, sizeof *create, create->nr_entries);
    if (type != VIRTIO_GPU_RESP_OK_NODATA)
        return type;
    if (create->size == 0 || create->size > resource->backing_size) {
        bk_gpu_resource_detach(resources, resource);
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    resource->id = create->resource_id;
    resource->blob = true;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

/* Backing */

uint32_t bk_gpu_resource_attach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                const struct bk_chain *chain, size_t offset, uint32_t count)
{
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
    resource->backing_size = 0;
}

/* The copy */

bool bk_gpu_resource_holds(const struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle)
{
    return bk_range_in(rectangle->x, rectangle->width, resource->width) &&
           bk_range_in(rectangle->y, rectangle->height, resource->height);
}

/* Copies rows of `row_bytes` from the backing, where the first one stands at `offset`. False when it is too short. */
static bool copy(const struct bk_gpu_resources *resources, const struct bk_gpu_resource *resource, uint8_t *to,
                 size_t to_stride, size_t row_bytes, size_t rows, uint64_t offset, size_t stride)
{
    if (rows == 0 || row_bytes == 0)
        return true;
    if (resource->backing == NULL || !bk_range_in(offset, (rows - 1) * stride + row_bytes, resource->backing_size))
        return false;

    /* The rows ascend, so the piece that holds the next byte is never before the one that held the last. */
    const struct virtio_gpu_mem_entry *piece = resource->backing;
    uint64_t piece_start = 0;
    for (size_t row = 0; row < rows; row++, to += to_stride, offset += stride) {
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
    return true;
}

static uint32_t copy_rectangle(const struct bk_gpu_resources *resources, const struct bk_gpu_resource *resource,
                               const struct virtio_gpu_rect *rectangle, uint64_t offset, size_t stride)
{
    size_t to_stride = resource->surface.stride;
    uint8_t *to = resource->surface.pixels + rectangle->y * to_stride + (size_t)rectangle->x * BK_GPU_PIXEL_BYTES;

    return copy(resources, resource, to, to_stride, (size_t)rectangle->width * BK_GPU_PIXEL_BYTES, rectangle->height,
                offset, stride)
               ? VIRTIO_GPU_RESP_OK_NODATA
               : VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
}

uint32_t bk_gpu_resource_transfer(const struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                  const struct virtio_gpu_rect *rectangle, uint64_t offset)
{
    if (resource->backing == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    return copy_rectangle(resources, resource, rectangle, offset, resource->surface.stride);
}

/* Blobs */

bool bk_gpu_blob_is_laid_out(const struct bk_gpu_resource *blob, const struct virtio_gpu_set_scanout_blob *set)
{
    return blob->format == set->format && blob->width == set->width && blob->height == set->height &&
           blob->offset == set->offsets[0] && blob->stride == set->strides[0];
}

uint32_t bk_gpu_blob_lay_out(struct bk_gpu_resources *resources, struct bk_gpu_resource *blob,
                             const struct virtio_gpu_set_scanout_blob *set)
{
    struct bk_display_surface surface;

    if (!is_picture(set->format, set->width, set->height) || set->strides[0] % BK_GPU_PIXEL_BYTES != 0 ||
        set->strides[0] < set->width * BK_GPU_PIXEL_BYTES ||
        !bk_range_in(set->offsets[0],
                     (uint64_t)(set->height - 1) * set->strides[0] + (uint64_t)set->width * BK_GPU_PIXEL_BYTES,
                     blob->backing_size))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if ((uint64_t)set->width * set->height * BK_GPU_PIXEL_BYTES >
            BK_GPU_BYTES_MAX - (resources->bytes - blob->surface.size) ||
        bk_gpu_pixels_create(&surface, set->width, set->height) < 0)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    resources->bytes += surface.size - blob->surface.size;
    bk_gpu_pixels_destroy(&blob->surface);
    blob->surface = surface;
    blob->format = set->format;
    blob->width = set->width;
    blob->height = set->height;
    blob->offset = set->offsets[0];
    blob->stride = set->strides[0];
    blob->stale = true;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t bk_gpu_blob_update(const struct bk_gpu_resources *resources, struct bk_gpu_resource *blob,
                            struct virtio_gpu_rect *rectangle)
{
    if (blob->stale)
        *rectangle = (struct virtio_gpu_rect){ .width = blob->width, .height = blob->height };
    uint64_t offset =
        blob->offset + (uint64_t)rectangle->y * blob->stride + (uint64_t)rectangle->x * BK_GPU_PIXEL_BYTES;
    uint32_t type = copy_rectangle(resources, blob, rectangle, offset, blob->stride);
    blob->stale = blob->stale && type != VIRTIO_GPU_RESP_OK_NODATA;
    return type;
}

bool bk_gpu_blob_read(const struct bk_gpu_resources *resources, const struct bk_gpu_resource *blob, void *buffer,
                      size_t size)
{
    return copy(resources, blob, buffer, size, size, 1, 0, size);
}
