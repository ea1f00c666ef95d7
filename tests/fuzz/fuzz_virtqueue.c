/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtqueue over guest memory that the fuzzer wrote, and goes on to write between the device's steps.
 *
 * Input: size exponent, feature bits, number of steps, where each ring is (3 x 2 bytes, in units of 2), the steps (op,
 * argument of 2 bytes), and the rest is guest memory from address 0 on.
 */
#include "../unit/fake_vm.h"

#include "log.h"
#include "virtio/device.h"
#include "virtio/queue_state.h"

#include <stdlib.h>
#include <string.h>

#define LOW_SIZE   65536UL
#define HIGH_SIZE  4096UL
#define HEADER     9U
#define STEP       3U
#define STEPS_MAX  64U
#define FLIGHT_MAX 8U

static struct fake_vm *fake;

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* What the queues use of the transport. */
void bk_virtio_interrupt_queue(struct bk_queue *queue)
{
    require(queue->device->running && queue->index == 0);
}

void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
{
    require(format != NULL);
    device->running = false;
}

void bk_queue_ring(struct bk_queue *queue)
{
    (void)queue;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    fake = fake_vm_create(LOW_SIZE, HIGH_SIZE);
    return 0;
}

static uint16_t load16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool in_ram(const struct iovec *range)
{
    const uint8_t *base = range->iov_base;

    for (unsigned i = 0; i < fake->vm.memory.region_count; i++) {
        const struct bk_memory_region *region = &fake->vm.memory.regions[i];
        if (base >= region->host && range->iov_len <= region->size &&
            (size_t)(base - region->host) <= region->size - range->iov_len)
            return true;
    }
    return false;
}

static void check(const struct bk_chain *chain, const struct bk_queue *queue)
{
    size_t out = 0, in = 0;

    require(chain->head < queue->size);
    require(chain->out_count + chain->in_count <= BK_QUEUE_SIZE_MAX);
    for (unsigned i = 0; i < chain->out_count; i++) {
        require(chain->out[i].iov_len > 0 && in_ram(&chain->out[i]));
        out += chain->out[i].iov_len;
    }
    for (unsigned i = 0; i < chain->in_count; i++) {
        require(chain->in[i].iov_len > 0 && in_ram(&chain->in[i]));
        in += chain->in[i].iov_len;
    }
    require(out == chain->out_size && in == chain->in_size);
    require(out + in <= UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bk_chain flight[FLIGHT_MAX];
    static uint8_t buffer[1024];
    struct bk_virtio_device device = { .name = "fuzz", .queue_size = BK_QUEUE_SIZE_MAX, .running = true };
    struct bk_queue queue = { .device = &device, .memory = &fake->vm.memory };
    unsigned flying = 0;
    bool may_unpop = false;

    if (size < HEADER)
        return 0;
    unsigned steps = data[2] % (STEPS_MAX + 1);
    if (size < HEADER + (size_t)steps * STEP)
        return 0;
    struct bk_queue_registers registers = {
        .size = (uint16_t)(data[0] < 16 ? 1U << data[0] : data[0]),
        .descriptors = load16(data + 3) * 2ULL,
        .available = load16(data + 5) * 2ULL,
        .used = load16(data + 7) * 2ULL,
    };
    device.negotiated = (data[1] & 1 ? BK_VIRTIO_F_EVENT_IDX : 0) | (data[1] & 2 ? BK_VIRTIO_F_INDIRECT_DESC : 0);
    const uint8_t *step = data + HEADER;
    const uint8_t *image = step + (size_t)steps * STEP;
    size_t image_size = size - (size_t)(image - data);
    uint8_t *ram = fake->vm.memory.regions[0].host;

    if (image_size > LOW_SIZE)
        image_size = LOW_SIZE;
    memset(ram, 0, LOW_SIZE);
    if (image_size > 0)
        memcpy(ram, image, image_size);
    if (!bk_queue_enable(&queue, &registers))
        return 0;

    for (unsigned i = 0; i < steps; i++, step += STEP) {
        uint16_t argument = load16(step + 1);
        switch (step[0] % 9) {
        case 0:
        case 1:
            if (flying < FLIGHT_MAX && bk_queue_pop(&queue, &flight[flying])) {
                check(&flight[flying], &queue);
                flying++;
                may_unpop = true;
            }
            break;
        case 2:
            if (flying > 0) { /* the oldest, so that answers come out of order too */
                size_t written = flight[0].in_size > 0 ? argument % (flight[0].in_size + 1) : 0;
                bk_queue_push(&queue, &flight[0], written);
                may_unpop = may_unpop && flying > 1;
                flying--;
                memmove(&flight[0], &flight[1], flying * sizeof(flight[0]));
                for (unsigned k = 0; k < flying; k++) { /* the ranges have moved with the chain */
                    flight[k].out = flight[k].ranges;
                    flight[k].in = flight[k].ranges + flight[k].out_count;
                }
            }
            break;
        case 3:
            if (may_unpop && flying > 0) {
                bk_queue_unpop(&queue);
                flying--;
            }
            may_unpop = false;
            break;
        case 4:
            bk_queue_interrupt(&queue);
            break;
        case 5:
            (void)bk_queue_has_chain(&queue);
            break;
        case 6:
            if (flying > 0)
                require(bk_chain_read(&flight[flying - 1], argument, buffer, sizeof(buffer)) <= sizeof(buffer));
            break;
        case 7:
            if (flying > 0)
                require(bk_chain_write(&flight[flying - 1], argument, buffer, sizeof(buffer)) <=
                        flight[flying - 1].in_size);
            break;
        default: /* the driver writes: the next available chain, or two bytes of the rest anywhere */
            if (argument & 1)
                ram[registers.available + 2]++;
            else if (image_size >= 2)
                memcpy(ram + argument, image + argument % (image_size - 1), 2);
            break;
        }
    }
    return 0;
}
