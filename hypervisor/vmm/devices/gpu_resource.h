/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPU's 2D resources: their pixels in sealed memfds, the guest memory that backs them, the copy between the two.
 *
 * Input from: guest (every number)
 * Runs in: bk-vmm, I/O thread
 *
 * What a guest asks for is answered with a response of virtio 1.3 §5.7.6.7, VIRTIO_GPU_RESP_OK_NODATA when it was done.
 */
#ifndef BK_DEVICES_GPU_RESOURCE_H
#define BK_DEVICES_GPU_RESOURCE_H

#include "cable/display.h"

#include "checked.h"

#include <linux/virtio_gpu.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct bk_chain;
struct bk_memory;

#define BK_GPU_RESOURCES_MAX 256U           /* each holds a descriptor */
#define BK_GPU_BYTES_MAX     (256 * BK_MIB) /* pixels of all resources of a VM */
#define BK_GPU_ENTRIES_MAX   131072U        /* pieces of guest memory that back them, 16 bytes each */
#define BK_GPU_PIXEL_BYTES   4U

struct bk_gpu_resource {
    uint32_t id;
    uint32_t format; /* enum virtio_gpu_formats: B8G8R8X8 or B8G8R8A8 */
    uint32_t width, height;
    uint32_t stride; /* bytes, here and in the guest's memory */
    uint8_t *pixels;
    struct bk_display_surface surface; /* its descriptor and size are the resource's; width 0: never shown */
    struct iovec *backing;             /* NULL: none */
    unsigned backing_count;
    uint64_t backing_size; /* bytes */
    struct bk_gpu_resource *next;
};

/* All resources of one device. */
struct bk_gpu_resources {
    const struct bk_memory *memory;
    struct bk_gpu_resource *first;
    unsigned count;
    uint64_t bytes;
    unsigned entries;
};

/* Zeroed pixels in a memfd whose size cannot change any more. */
int bk_gpu_pixels_create(uint64_t size, int *ret_fd, uint8_t **ret_pixels);
void bk_gpu_pixels_destroy(uint64_t size, int fd, uint8_t *pixels);

struct bk_gpu_resource *bk_gpu_resource_find(const struct bk_gpu_resources *resources, uint32_t id);
uint32_t bk_gpu_resource_create(struct bk_gpu_resources *resources, uint32_t id, uint32_t format, uint32_t width,
                                uint32_t height);
/* The surface must have been withdrawn. */
void bk_gpu_resource_destroy(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource);

/* Takes `count` entries (struct virtio_gpu_mem_entry) from the chain at `offset`. */
uint32_t bk_gpu_resource_attach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                const struct bk_chain *chain, size_t offset, uint32_t count);
void bk_gpu_resource_detach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource);

/* True when the rectangle lies in the resource. */
bool bk_gpu_resource_holds(const struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle);
/* Copies the rectangle from the guest's memory; its first pixel stands at `offset` there. */
uint32_t bk_gpu_resource_transfer(struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle,
                                  uint64_t offset);

#endif
