/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events from the cable are gathered up to their SYN_REPORT. A group is delivered when the driver has a buffer for each
 * of its events; buffers taken for a group that did not fit are kept (`taken`) for the next one.
 *
 * Invariants:
 * 1. `host` says which keys the person holds, where the pointer is and which fingers touch, as far as the cable told;
 *    `guest`, what the guest was told of that. A group that is dropped changes `host` only.
 * 2. settle() tells the guest of every release, and of every position of the pointer, in which the two differ. It runs
 *    after each group and whenever the driver brings buffers, so the difference lasts only while there are no buffers.
 *    It presses nothing: a key or a finger that was lost stays so.
 *
 * A touchscreen speaks of fingers by slots (Linux Documentation/input/multi-touch-protocol.rst, type B): an event is of
 * the finger in the slot that ABS_MT_SLOT named last. The guest may have missed that, or heard of another slot since,
 * so each group that it gets names its first slot.
 */
#define _GNU_SOURCE
#include "devices/input.h"

#include "virtio/device.h"
#include "virtio/queue.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <linux/input.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_input.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS    0
#define STATUS    1
#define GROUP_MAX 48 /* events, SYN_REPORT too: each finger has four */
#define LIFT_SIZE 3  /* events that lift a finger, SYN_REPORT too */
#define KEYS_MAX  (BTN_TASK + 1)
#define AXES      (ABS_Y + 1)
#define TRACK_MAX 0xffff
#define VENDOR    0x424bU /* "BK": the numbers are nobody else's on a virtual bus */

/* What a device has, and so what the guest is told that it has and what may come from the cable. */
struct codes {
    uint16_t type, first, last;
};

static const struct kind {
    const char *name, *full_name;
    uint8_t pci_subclass;
    uint8_t properties;    /* bits, INPUT_PROP_* */
    unsigned group_max;    /* events */
    struct codes codes[5]; /* those of type 0, EV_SYN, are none */
} kinds[] = {
    [BK_DISPLAY_KEYBOARD] = {
        .name = "keyboard",
        .full_name = "Bulkhead keyboard",
        .pci_subclass = 0x00,
        .group_max = 16,
        .codes = { { EV_KEY, KEY_ESC, KEY_MICMUTE }, /* 248, the last before the buttons */
                   { EV_LED, LED_NUML, LED_SCROLLL } },
    },
    [BK_DISPLAY_POINTER] = {
        .name = "pointer",
        .full_name = "Bulkhead pointer",
        .pci_subclass = 0x02,
        .group_max = 16,
        .codes = { { EV_KEY, BTN_LEFT, BTN_TASK },
                   { EV_ABS, ABS_X, ABS_Y },
                   { EV_REL, REL_HWHEEL, REL_HWHEEL },
                   { EV_REL, REL_WHEEL, REL_WHEEL },
                   { EV_REL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES } },
    },
    [BK_DISPLAY_TOUCH] = {
        .name = "touch",
        .full_name = "Bulkhead touchscreen",
        .pci_subclass = 0x80, /* other */
        .properties = 1U << INPUT_PROP_DIRECT,
        .group_max = GROUP_MAX,
        .codes = { { EV_ABS, ABS_MT_SLOT, ABS_MT_SLOT },
                   { EV_ABS, ABS_MT_POSITION_X, ABS_MT_POSITION_Y },
                   { EV_ABS, ABS_MT_TRACKING_ID, ABS_MT_TRACKING_ID } },
    },
};
static_assert(GROUP_MAX > 4 * BK_DISPLAY_TOUCHES_MAX + 1, "all fingers may move at once");

struct state {
    bool keys[KEYS_MAX];
    int32_t position[AXES];
    int32_t slot;                            /* that events are about */
    int32_t fingers[BK_DISPLAY_TOUCHES_MAX]; /* their tracking ids, plus one: 0 is none */
};

struct input {
    struct bk_virtio_device device;
    struct bk_display *display;
    enum bk_display_input_device which;
    uint8_t select, subselect;

    struct state host, guest;

    struct virtio_input_event group[GROUP_MAX]; /* SYN_REPORT is added when it is complete */
    unsigned group_count;                       /* the kind's maximum: too many */

    unsigned taken_first, taken_count;
    struct bk_chain taken[]; /* a ring, of the kind's group_max */
};

/* Configuration (virtio 1.3 §5.8.5.2) */

static bool has(const struct input *input, unsigned type, unsigned code)
{
    const struct codes *codes = kinds[input->which].codes;

    for (unsigned i = 0; i < BK_ARRAY_SIZE(kinds[0].codes); i++) {
        if (type != EV_SYN && codes[i].type == type && code >= codes[i].first && code <= codes[i].last)
            return true;
    }
    return false;
}

static uint32_t axis_max(unsigned code)
{
    switch (code) {
    case ABS_MT_SLOT:
        return BK_DISPLAY_TOUCHES_MAX - 1;
    case ABS_MT_TRACKING_ID:
        return TRACK_MAX;
    default:
        return BK_DISPLAY_POINTER_MAX;
    }
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct input *input = (const struct input *)device;
    const char *name = kinds[input->which].full_name;
    struct virtio_input_config config = { .select = input->select, .subsel = input->subselect };

    switch (input->select) {
    case VIRTIO_INPUT_CFG_ID_NAME:
        config.size = (uint8_t)strlen(name);
        memcpy(config.u.string, name, config.size);
        break;
    case VIRTIO_INPUT_CFG_ID_SERIAL: /* there is one of each */
        config.size = 1;
        config.u.string[0] = '0';
        break;
    case VIRTIO_INPUT_CFG_ID_DEVIDS:
        config.size = sizeof config.u.ids;
        config.u.ids = (struct virtio_input_devids){ BUS_VIRTUAL, VENDOR, (uint16_t)(input->which + 1), 1 };
        break;
    case VIRTIO_INPUT_CFG_EV_BITS:
        for (unsigned code = 0; code < KEYS_MAX; code++) {
            if (has(input, input->subselect, code)) {
                config.u.bitmap[code / 8] |= (uint8_t)(1U << (code % 8));
                config.size = (uint8_t)(code / 8 + 1);
            }
        }
        break;
    case VIRTIO_INPUT_CFG_ABS_INFO:
        if (has(input, EV_ABS, input->subselect)) {
            config.size = sizeof config.u.abs;
            config.u.abs.max = axis_max(input->subselect);
        }
        break;
    case VIRTIO_INPUT_CFG_PROP_BITS:
        config.u.bitmap[0] = kinds[input->which].properties;
        config.size = config.u.bitmap[0] != 0;
        break;
    default: /* a size of 0: there is nothing of the kind */
        break;
    }
    memcpy(buffer, (const char *)&config + offset, length);
}

static void write_config(struct bk_virtio_device *device, size_t offset, const void *buffer, size_t length)
{
    struct input *input = (struct input *)device;
    const uint8_t *bytes = buffer;

    static_assert(offsetof(struct virtio_input_config, subsel) == 1, "virtio 1.3 §5.8.4");
    for (size_t i = 0; i < length && offset + i < 2; i++)
        *(offset + i == 0 ? &input->select : &input->subselect) = bytes[i];
}

/* Delivery */

static void note(struct state *state, const struct virtio_input_event *event)
{
    if (event->type == EV_KEY)
        state->keys[event->code] = event->value != 0;
    else if (event->type == EV_ABS && event->code < AXES)
        state->position[event->code] = (int32_t)event->value;
    else if (event->type == EV_ABS && event->code == ABS_MT_SLOT)
        state->slot = (int32_t)event->value;
    else if (event->type == EV_ABS && event->code == ABS_MT_TRACKING_ID)
        state->fingers[state->slot] = (int32_t)event->value + 1;
}

/* Delivers the events and the SYN_REPORT that ends them, or nothing. */
static bool deliver(struct input *input, struct virtio_input_event *events, unsigned count)
{
    struct bk_queue *queue = input->device.queues[EVENTS];
    const unsigned group_max = kinds[input->which].group_max;

    assert(count < group_max);
    if (!input->device.running)
        return false;
    for (; input->taken_count <= count; input->taken_count++) {
        struct bk_chain *chain = &input->taken[(input->taken_first + input->taken_count) % group_max];
        if (!bk_queue_pop(queue, chain))
            return false;
        if (chain->in_size < sizeof events[0]) {
            bk_virtio_device_break(&input->device, "an event buffer of %zu bytes", chain->in_size);
            return false;
        }
    }
    events[count] = (struct virtio_input_event){ .type = EV_SYN, .code = SYN_REPORT };
    for (unsigned i = 0; i <= count; i++) {
        const struct bk_chain *chain = &input->taken[input->taken_first];
        bk_chain_write(chain, 0, &events[i], sizeof events[i]);
        bk_queue_push(queue, chain, sizeof events[i]);
        input->taken_first = (input->taken_first + 1) % group_max;
        input->taken_count--;
        note(&input->guest, &events[i]);
    }
    bk_queue_interrupt(queue);
    return true;
}

/* Of a touchscreen: the fingers that are gone. */
static void settle_fingers(struct input *input)
{
    struct virtio_input_event events[LIFT_SIZE];

    for (uint16_t slot = 0; slot < BK_DISPLAY_TOUCHES_MAX; slot++) {
        if (input->guest.fingers[slot] == 0 || input->guest.fingers[slot] == input->host.fingers[slot])
            continue;
        events[0] = (struct virtio_input_event){ EV_ABS, ABS_MT_SLOT, slot };
        events[1] = (struct virtio_input_event){ EV_ABS, ABS_MT_TRACKING_ID, UINT32_MAX };
        if (!deliver(input, events, LIFT_SIZE - 1))
            return; /* with the next buffers, then */
    }
}

/* Invariant 2. */
static void settle(struct input *input)
{
    struct virtio_input_event events[GROUP_MAX];
    unsigned count = 0;

    settle_fingers(input);

    for (uint16_t axis = 0; axis < AXES; axis++) {
        if (input->guest.position[axis] != input->host.position[axis])
            events[count++] = (struct virtio_input_event){ EV_ABS, axis, (uint32_t)input->host.position[axis] };
    }
    for (uint16_t key = 0; key < KEYS_MAX; key++) {
        if (!input->guest.keys[key] || input->host.keys[key])
            continue;
        if (count == kinds[input->which].group_max - 1) {
            if (!deliver(input, events, count))
                return; /* with the next buffers, then */
            count = 0;
        }
        events[count++] = (struct virtio_input_event){ EV_KEY, key, 0 };
    }
    if (count > 0)
        (void)deliver(input, events, count);
}

/* Events from the cable */

/* Makes `event` of what the cable says; false for what this device does not have. */
static bool read_event(const struct input *input, const struct bk_display_message *message,
                       struct virtio_input_event *event)
{
    int32_t value = message->input.value;

    if (message->input.type == EV_LED || !has(input, message->input.type, message->input.code))
        return false;
    if (message->input.type == EV_KEY && (value < 0 || value > 1))
        return false; /* 2 is the repetition, which is the guest's own affair */
    if (message->input.type == EV_ABS) {
        const int32_t least = message->input.code == ABS_MT_TRACKING_ID ? -1 : 0; /* which is no finger */
        value = bk_max(least, bk_min(value, (int32_t)axis_max(message->input.code)));
    }
    *event = (struct virtio_input_event){ message->input.type, message->input.code, (uint32_t)value };
    return true;
}

static void add_to_group(struct input *input, const struct virtio_input_event *event)
{
    if (input->group_count < kinds[input->which].group_max)
        input->group[input->group_count++] = *event;
}

static void end_group(struct input *input)
{
    if (input->group_count > 0 && input->group_count < kinds[input->which].group_max)
        (void)deliver(input, input->group, input->group_count);
    input->group_count = 0;
    settle(input);
}

static void hear(void *userdata, const struct bk_display_message *message)
{
    struct input *input = userdata;
    struct virtio_input_event event;

    if (message == NULL) { /* nobody holds a key on a keyboard that is gone */
        memset(input->host.keys, 0, sizeof input->host.keys);
        memset(input->host.fingers, 0, sizeof input->host.fingers);
        input->host.slot = 0;
        input->group_count = 0;
        settle(input);
    } else if (message->type == BK_DISPLAY_INPUT && message->input.device == input->which) {
        if (message->input.type == EV_SYN && message->input.code == SYN_REPORT) {
            end_group(input);
        } else if (read_event(input, message, &event)) {
            const struct virtio_input_event slot = { EV_ABS, ABS_MT_SLOT, (uint32_t)input->host.slot };
            if (input->which == BK_DISPLAY_TOUCH && input->group_count == 0 && event.code != ABS_MT_SLOT)
                add_to_group(input, &slot);
            note(&input->host, &event);
            add_to_group(input, &event);
        }
    }
}

/* The device */

/* What the guest says to the device: which lamps are on, of which the cable carries nothing. */
static bool take_status(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    bk_queue_push(device->queues[STATUS], chain, 0);
    return true;
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    if (index == EVENTS)
        settle((struct input *)device);
    else
        bk_queue_serve(device->queues[STATUS], take_status);
}

static void reset(struct bk_virtio_device *device)
{
    struct input *input = (struct input *)device;

    input->taken_count = 0;
    input->guest = (struct state){ .position = { 0 } };
    input->select = input->subselect = 0;
}

static void destroy(struct bk_virtio_device *device)
{
    struct input *input = (struct input *)device;

    bk_display_unlisten(input->display, input);
    free(input);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .write_config = write_config,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int bk_input_create(struct bk_loop *loop, struct bk_display *display, enum bk_display_input_device which,
                    struct bk_virtio_device **ret_device)
{
    struct input *input = calloc(1, sizeof *input + kinds[which].group_max * sizeof input->taken[0]);

    if (input == NULL)
        return -ENOMEM;
    input->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = kinds[which].name,
        .type = VIRTIO_ID_INPUT,
        .queue_count = 2,
        .queue_size = 64,
        .config_size = sizeof(struct virtio_input_config),
        .pci_class = { 0x09, kinds[which].pci_subclass, 0x00 }, /* input device: keyboard or mouse */
        .loop = loop,
    };
    input->display = display;
    input->which = which;
    bk_display_listen(display, hear, input);
    *ret_device = &input->device;
    return 0;
}
