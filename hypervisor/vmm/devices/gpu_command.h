/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of the control queue on its way to its answer (virtio 1.3 §5.7.6.7), as both GPU devices take it.
 *
 * Input from: guest
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_GPU_COMMAND_H
#define BK_DEVICES_GPU_COMMAND_H

#include "virtio/queue.h"

#include <linux/virtio_gpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_virtio_device;

struct bk_gpu_command {
    const struct bk_chain *chain;
    union { /* copied once; zeroes behind what the driver sent */
        struct virtio_gpu_ctrl_hdr header;
        struct virtio_gpu_cmd_get_edid get_edid;
        struct virtio_gpu_resource_unref unref;
        struct virtio_gpu_resource_create_2d create;
        struct virtio_gpu_resource_create_blob create_blob;
        struct virtio_gpu_set_scanout set_scanout;
        struct virtio_gpu_set_scanout_blob set_scanout_blob;
        struct virtio_gpu_resource_flush flush;
        struct virtio_gpu_transfer_to_host_2d transfer;
        struct virtio_gpu_resource_attach_backing attach;
        struct virtio_gpu_resource_detach_backing detach;
        struct virtio_gpu_resource_map_blob map_blob;
        struct virtio_gpu_resource_unmap_blob unmap_blob;
        uint8_t bytes[sizeof(struct virtio_gpu_set_scanout_blob)]; /* the largest */
    } request;
    union {
        struct virtio_gpu_ctrl_hdr header;
        struct virtio_gpu_resp_display_info display_info;
        struct virtio_gpu_resp_edid edid;
        struct virtio_gpu_resp_map_info map_info;
    } reply;
    size_t reply_size; /* the header's alone until the command has more to say */
};

/* What a device does about a type of command: yields its response's type. */
struct bk_gpu_verb {
    uint32_t type;
    uint32_t (*carry_out)(struct bk_virtio_device *device, struct bk_gpu_command *command);
    size_t size; /* bytes of the request, without what may follow it */
};

/* Takes the command out of the chain; false when it is none, and the device needs a reset then. */
bool bk_gpu_command_begin(struct bk_virtio_device *device, struct bk_gpu_command *command,
                          const struct bk_chain *chain);
/* Has it carried out by the one of `count` verbs that is its own, and writes the answer into the chain, which is yet to
 * be pushed. True when the command was fenced. */
bool bk_gpu_command_answer(struct bk_virtio_device *device, struct bk_gpu_command *command,
                           const struct bk_gpu_verb *verbs, size_t count);

#endif
