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

#define ENTRIES_AT_ONCE 128

int bk_gpu_pixels_create(uint64_t size, int *ret_fd, uint8_t **ret_pixels)
{
    _cleanup_close_ int fd = memfd_create("bulkhead-surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    uint8_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pixels == MAP_FAILED)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    *ret_pixels = pixels;
    return 0;
}

void bk_gpu_pixels_destroy(uint64_t size, int fd, uint8_t *pixels)
{
    munmap(pixels, size);
    bk_close(fd);
}

struct bk_gpu_resource *bk_gpu_resource_find(const struct bk_gpu_resources *resources, uint32_t id)
{
    struct bk_gpu_resource *resource = resources->first;

    while (resource != NULL && resource->id != id)
        resource = resource->next;
    return resource;
}

uint32_t bk_gpu_resource_create(struct bk_gpu_resources *resources, uint32_t id, uint32_t format, uint32_t width,
                                uint32_t height)
{
    if (id == 0 || bk_gpu_resource_find(resources, id) != NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    if (format != VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM && format != VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (width == 0 || width > BK_GPU_SIDE_MAX || height == 0 || height > BK_GPU_SIDE_MAX)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    uint64_t size = (uint64_t)width * height * BK_GPU_PIXEL_BYTES;
    if (resources->count == BK_GPU_RESOURCES_MAX || size > BK_GPU_BYTES_MAX - resources->bytes)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;

    _cleanup_free_ struct bk_gpu_resource *resource = calloc(1, sizeof *resource);
    if (resource == NULL || bk_gpu_pixels_create(size, &resource->surface.fd, &resource->pixels) < 0)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    resource->id = id;
    resource->format = format;
    resource->width = width;
    resource->height = height;
    resource->stride = width * BK_GPU_PIXEL_BYTES;
    resource->surface.stride = resource->stride;
    resource->surface.size = size;
    resource->next = resources->first;
    resources->count++;
    resources->bytes += size;
    resources->first = TAKE_PTR(resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

void bk_gpu_resource_destroy(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource)
{
    struct bk_gpu_resource **place = &resources->first;

    while (*place != resource)
        place = &(*place)->next;
    *place = resource->next;
    bk_gpu_resource_detach(resources, resource);
    resources->count--;
    resources->bytes -= resource->surface.size;
    bk_gpu_pixels_destroy(resource->surface.size, resource->surface.fd, resource->pixels);
    free(resource);
}

/* Backing */

/* Reads `count` entries from the chain at `offset` into as many ranges or fewer: neighbours become one. False when one
 * of them is not RAM. */
static bool read_entries(const struct bk_memory *memory, const struct bk_chain *chain, size_t offset, uint32_t count,
                         struct iovec *backing, unsigned *ret_used, uint64_t *ret_size)
{
    struct virtio_gpu_mem_entry entries[ENTRIES_AT_ONCE];
    unsigned used = 0;
    uint64_t size = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (i % ENTRIES_AT_ONCE == 0) {
            bk_chain_read(chain, offset, entries, sizeof entries);
            offset += sizeof entries;
        }
        uint64_t length = entries[i % ENTRIES_AT_ONCE].length;
        uint8_t *host = bk_memory_at(memory, entries[i % ENTRIES_AT_ONCE].addr, length);
        if (host == NULL || length == 0)
            return false;
        if (used > 0 && (uint8_t *)backing[used - 1].iov_base + backing[used - 1].iov_len == host)
            backing[used - 1].iov_len += length;
        else
            backing[used++] = (struct iovec){ .iov_base = host, .iov_len = length };
        size += length;
    }
    *ret_used = used;
    *ret_size = size;
    return true;
}

uint32_t bk_gpu_resource_attach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                const struct bk_chain *chain, size_t offset, uint32_t count)
{
    unsigned used;
    uint64_t size;

    if (resource->backing != NULL)
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    /* The driver sent as many as it says, so what is allocated for them is less than what it sent. */
    if (count == 0 || offset > chain->out_size ||
        count > (chain->out_size - offset) / sizeof(struct virtio_gpu_mem_entry))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (count > BK_GPU_ENTRIES_MAX - resources->entries)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    struct iovec *backing = calloc(count, sizeof *backing);
    if (backing == NULL)
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    if (!read_entries(resources->memory, chain, offset, count, backing, &used, &size)) {
        free(backing);
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    resource->backing = backing;
    struct iovec *shrunk = realloc(backing, used * sizeof *backing);
    if (shrunk != NULL)
        resource->backing = shrunk;
    resource->backing_count = used;
    resource->backing_size = size;
    resources->entries += used;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

void bk_gpu_resource_detach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource)
{
    resources->entries -= resource->backing_count;
    free(resource->backing);
    resource->backing = NULL;
    resource->backing_count = 0;
    resource->backing_size = 0;
}

/* The copy */

bool bk_gpu_resource_holds(const struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle)
{
    return bk_range_in(rectangle->x, rectangle->width, resource->width) &&
           bk_range_in(rectangle->y, rectangle->height, resource->height);
}

uint32_t bk_gpu_resource_transfer(struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle,
                                  uint64_t offset)
{
    if (!bk_gpu_resource_holds(resource, rectangle) || resource->backing == NULL)
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    if (rectangle->width == 0 || rectangle->height == 0)
        return VIRTIO_GPU_RESP_OK_NODATA;

    size_t row_bytes = (size_t)rectangle->width * BK_GPU_PIXEL_BYTES;
    size_t extent = (size_t)(rectangle->height - 1) * resource->stride + row_bytes;
    if (!bk_range_in(offset, extent, resource->backing_size))
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;

    uint8_t *to =
        resource->pixels + (size_t)rectangle->y * resource->stride + (size_t)rectangle->x * BK_GPU_PIXEL_BYTES;
    size_t rows = rectangle->height;
    if (row_bytes == resource->stride) { /* rows without a gap are one */
        row_bytes = extent;
        rows = 1;
    }
    /* The rows ascend, so the piece that holds the next byte is never before the one that held the last. */
    const struct iovec *piece = resource->backing;
    uint64_t piece_start = 0;
    for (size_t row = 0; row < rows; row++, to += resource->stride, offset += resource->stride) {
        for (size_t done = 0; done < row_bytes;) {
            while (offset + done - piece_start >= piece->iov_len) {
                piece_start += piece->iov_len;
                piece++;
            }
            size_t into = offset + done - piece_start;
            size_t size = piece->iov_len - into < row_bytes - done ? piece->iov_len - into : row_bytes - done;
            memcpy(to + done, (const uint8_t *)piece->iov_base + into, size);
            done += size;
        }
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}
