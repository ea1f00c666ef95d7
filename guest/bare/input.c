/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "memory.h"
#include "virtio.h"

#define DEVICES_MAX   4U
#define EVENTS        0U /* the queue */
#define BUFFERS       BK_QUEUE_SIZE
#define SYN           0U /* types and codes of Linux' input-event-codes.h */
#define KEY           1U
#define ABS           3U
#define ABS_X         0U
#define ABS_Y         1U
#define ABS_TOUCH_X   0x35U
#define ABS_TOUCH_Y   0x36U
#define TOUCH_TRACK   0x39U
#define FIRST_BUTTON  0x110U
#define LAST_KEY      0xffU
#define CONFIG_ABS    0x12U /* asks for an axis' range */
#define RANGE_DEFAULT 32767U

struct event {
    uint16_t type, code;
    uint32_t value;
};

static struct device {
    struct bk_virtio virtio;
    struct event *events;
    uint32_t range;
    bool pressed; /* in the report that is not complete: a position may follow */
    bool moved;
} devices[DEVICES_MAX];
static unsigned count, turn;
static uint32_t pointer_x, pointer_y; /* thousandths */

/* The greatest value of the device's x axis (§5.8.4); its y axis is alike. */
static uint32_t read_range(volatile uint8_t *config)
{
    const unsigned axes[] = { ABS_X, ABS_TOUCH_X };

    for (unsigned i = 0; config != NULL && i < 2; i++) {
        config[0] = CONFIG_ABS;
        config[1] = (uint8_t)axes[i];
        uint32_t maximum = config[2] >= 8 ? *(volatile uint32_t *)(config + 12) : 0;
        if (maximum > 0)
            return maximum;
    }
    return RANGE_DEFAULT;
}

static void give(struct device *device, unsigned index)
{
    (void)bk_queue_give(&device->virtio.queues[EVENTS],
                        &(struct bk_piece){ &device->events[index], sizeof(struct event) }, 0, 1);
}

void bk_input_begin(void)
{
    for (count = 0; count < DEVICES_MAX; count++) {
        struct device *device = &devices[count];
        if (!bk_virtio_open(&device->virtio, BK_VIRTIO_INPUT, count, 1))
            return;
        device->events = bk_memory_take(sizeof(struct event) * BUFFERS);
        if (device->events == NULL)
            return;
        device->range = read_range(device->virtio.config);
        for (unsigned i = 0; i < BUFFERS; i++)
            give(device, i);
        bk_virtio_start(&device->virtio);
        bk_virtio_ring(&device->virtio, EVENTS);
    }
}

static uint32_t thousandths(uint32_t value, uint32_t range)
{
    return value >= range ? 1000 : (uint32_t)((uint64_t)value * 1000 / range);
}

/* True when the event, or the report that it ends, is something that somebody wants to hear. */
static bool hear(struct device *device, struct event event, struct bk_input *ret)
{
    if (event.type == KEY && event.code <= LAST_KEY && event.value == 1) {
        *ret = (struct bk_input){ .kind = BK_INPUT_KEY, .code = event.code };
        return true;
    }
    if (event.type == ABS && (event.code == ABS_X || event.code == ABS_TOUCH_X)) {
        pointer_x = thousandths(event.value, device->range);
        device->moved = true;
    } else if (event.type == ABS && (event.code == ABS_Y || event.code == ABS_TOUCH_Y)) {
        pointer_y = thousandths(event.value, device->range);
        device->moved = true;
    } else if ((event.type == KEY && event.code == FIRST_BUTTON && event.value == 1) ||
               (event.type == ABS && event.code == TOUCH_TRACK && (int32_t)event.value >= 0)) {
        device->pressed = true;
    } else if (event.type == SYN && (device->pressed || device->moved)) {
        *ret = (struct bk_input){ .kind = device->pressed ? BK_INPUT_PRESS : BK_INPUT_MOVE,
                                  .x = pointer_x,
                                  .y = pointer_y };
        device->pressed = device->moved = false;
        return true;
    }
    return false;
}

bool bk_input_next(struct bk_input *ret_input)
{
    for (unsigned quiet = 0; quiet < count; quiet++, turn++) {
        struct device *device = &devices[turn % count];
        size_t length;
        int id;
        while ((id = bk_queue_take(&device->virtio.queues[EVENTS], &length)) >= 0) {
            /* One descriptor a buffer: they are called by its number, and were given in any order. */
            volatile struct bk_queue_descriptor *descriptor = &device->virtio.queues[EVENTS].memory->descriptors[id];
            unsigned index =
                (unsigned)((descriptor->address - (uintptr_t)device->events) / sizeof(struct event)) % BUFFERS;
            struct event event = device->events[index];
            give(device, index);
            bk_virtio_ring(&device->virtio, EVENTS);
            if (length == sizeof event && hear(device, event, ret_input))
                return true;
        }
    }
    return false;
}
