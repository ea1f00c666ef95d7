/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/gpu_command.h"

#include "virtio/device.h"

bool bk_gpu_command_begin(struct bk_virtio_device *device, struct bk_gpu_command *command, const struct bk_chain *chain)
{
    *command = (struct bk_gpu_command){ .chain = chain, .reply_size = sizeof command->reply.header };
    if (chain->out_size < sizeof command->request.header || chain->in_size < sizeof command->reply.header) {
        bk_virtio_device_break(device, "a command of %zu bytes with room for %zu", chain->out_size, chain->in_size);
        return false;
    }
    bk_chain_read(chain, 0, &command->request, sizeof command->request);
    return true;
}

static uint32_t carry_out(struct bk_virtio_device *device, struct bk_gpu_command *command,
                          const struct bk_gpu_verb *verbs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (verbs[i].type != command->request.header.type)
            continue;
        if (command->chain->out_size < verbs[i].size)
            return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
        return verbs[i].carry_out(device, command);
    }
    return VIRTIO_GPU_RESP_ERR_UNSPEC;
}

bool bk_gpu_command_answer(struct bk_virtio_device *device, struct bk_gpu_command *command,
                           const struct bk_gpu_verb *verbs, size_t count)
{
    const struct virtio_gpu_ctrl_hdr *request = &command->request.header;
    struct virtio_gpu_ctrl_hdr *reply = &command->reply.header;

    uint32_t type = carry_out(device, command, verbs, count);
    if (command->reply_size > command->chain->in_size) {
        command->reply_size = sizeof *reply;
        type = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    *reply = (struct virtio_gpu_ctrl_hdr){ .type = type };
    bool fenced = (request->flags & VIRTIO_GPU_FLAG_FENCE) != 0;
    if (fenced) {
        reply->flags = VIRTIO_GPU_FLAG_FENCE;
        reply->fence_id = request->fence_id;
        reply->ctx_id = request->ctx_id;
    }
    bk_chain_write(command->chain, 0, &command->reply, command->reply_size);
    return fenced;
}
