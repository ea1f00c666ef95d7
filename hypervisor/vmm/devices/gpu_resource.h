/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPU's 2D resources: their pixels in sealed memfds, the guest memory that backs them, the copy between the two.
 *
 * A blob (virtio 1.3 §5.7.6.8, RESOURCE_CREATE_BLOB) is guest memory alone until it is laid out as a picture; its
 * pixels are the copy that each flush brings up to date, so that a driver cannot change what the screen reads.
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
#include <stddef.h>
#include <stdint.h>

struct bk_chain;
struct bk_memory;

#define BK_GPU_RESOURCES_MAX 256U           /* each holds a descriptor */
#define BK_GPU_BYTES_MAX     (256 * BK_MIB) /* pixels of all resources of a VM */
#define BK_GPU_ENTRIES_MAX   131072U        /* pieces of guest memory that back them, 16 bytes each */
#define BK_GPU_PIXEL_BYTES   4U

struct bk_gpu_resource {
    uint32_t id; /* 0: there is none in this place */
    bool blob;
    bool stale; /* a blob: its pixels are yet to be copied for the first time */
    uint32_t
        format; /* enum virtio_gpu_formats: B8G8R8X8 or B8G8R8A8; 0: a blob that was not laid out, as to the next */
    uint32_t width, height;
    uint32_t offset, stride; /* bytes: where its pixels stand in the guest's memory; a blob's */
    /* The pixels and, in width and height, how much of them is shown: 0 before any was. But for blobs the stride is
     * that of the guest's memory too. */
    struct bk_display_surface surface;
    struct virtio_gpu_mem_entry *backing; /* each is in RAM; NULL: none */
    unsigned backing_count;
    uint64_t backing_size; /* bytes */
};

/* All resources of one device. */
struct bk_gpu_resources {
    const struct bk_memory *memory;
    struct bk_gpu_resource places[BK_GPU_RESOURCES_MAX];
    uint64_t bytes;
    unsigned entries;
};

/* Gives the surface zeroed pixels, in a memfd whose size cannot change any more. */
int bk_gpu_pixels_create(struct bk_display_surface *surface, uint32_t width, uint32_t height);
void bk_gpu_pixels_destroy(struct bk_display_surface *surface);

/* NULL: there is none. */
struct bk_gpu_resource *bk_gpu_resource_find(struct bk_gpu_resources *resources, uint32_t id);
uint32_t bk_gpu_resource_create(struct bk_gpu_resources *resources, const struct virtio_gpu_resource_create_2d *create);
/* `chain` holds the entries as for bk_gpu_resource_attach(). */
uint32_t bk_gpu_resource_create_blob(struct bk_gpu_resources *resources, const struct bk_chain *chain,
                                     const struct virtio_gpu_resource_create_blob *create);
/* The surface must have been withdrawn. */
void bk_gpu_resource_destroy(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource);

/* Takes `count` entries (struct virtio_gpu_mem_entry) from the chain, where they follow a command of `offset` bytes. */
uint32_t bk_gpu_resource_attach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                const struct bk_chain *chain, size_t offset, uint32_t count);
void bk_gpu_resource_detach(struct bk_gpu_resources *resources, struct bk_gpu_resource *resource);

/* True when the rectangle lies in the resource. */
bool bk_gpu_resource_holds(const struct bk_gpu_resource *resource, const struct virtio_gpu_rect *rectangle);
/* Copies the rectangle, which the resource holds, from the guest's memory; its first pixel stands at `offset` there. */
uint32_t bk_gpu_resource_transfer(const struct bk_gpu_resources *resources, struct bk_gpu_resource *resource,
                                  const struct virtio_gpu_rect *rectangle, uint64_t offset);

/* True when the blob is laid out as the command says already. */
bool bk_gpu_blob_is_laid_out(const struct bk_gpu_resource *blob, const struct virtio_gpu_set_scanout_blob *set);
/* Else: gives it new pixels. Its surface must have been withdrawn. */
uint32_t bk_gpu_blob_lay_out(struct bk_gpu_resources *resources, struct bk_gpu_resource *blob,
                             const struct virtio_gpu_set_scanout_blob *set);
/* Copies the rectangle, which the laid out blob holds, or all of it when it is stale. */
uint32_t bk_gpu_blob_update(const struct bk_gpu_resources *resources, struct bk_gpu_resource *blob,
                            struct virtio_gpu_rect *rectangle);
/* Copies the first `size` bytes of the blob's memory; false when it has fewer. */
bool bk_gpu_blob_read(const struct bk_gpu_resources *resources, const struct bk_gpu_resource *blob, void *buffer,
                      size_t size);

#endif
