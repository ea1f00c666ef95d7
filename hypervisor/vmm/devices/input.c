/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events from the cable are gathered up to their SYN_REPORT. A group is delivered when the driver has a buffer for each
 * of its events; buffers taken for a group that did not fit are kept (`taken`) for the next one.
 *
 * Invariants:
 * 1. `host` says which keys the person holds, as far as the cable told; `guest`, which ones the guest was told of. A
 *    group that is dropped changes `host` only.
 * 2. settle() tells the guest of every release in which the two differ. It runs after each group and whenever the
 *    driver brings buffers, so the difference lasts only while there are no buffers. It presses nothing: a key that
 *    was lost stays unpressed. Where a pointer's motion was lost, its latest position goes with it.
 */
#define _GNU_SOURCE
#include "devices/input.h"

#include "cable/display.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "checked.h"
#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <linux/input.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_input.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS    0
#define STATUS    1
#define GROUP_MAX 16 /* events, SYN_REPORT too */
#define KEYS_MAX  (BTN_TASK + 1)
#define VENDOR    0x424bU /* "BK": the numbers are nobody else's on a virtual bus */

struct kind {
    const char *name, *device_name;
    uint32_t source; /* enum bk_display_input_device */
    uint16_t product;
    unsigned key_first, key_last;
    unsigned led_count;
    bool pointer;
};

static const struct kind keyboard = {
    .name = "Bulkhead keyboard",
    .device_name = "keyboard",
    .source = BK_DISPLAY_KEYBOARD,
    .product = 1,
    .key_first = KEY_ESC,
    .key_last = KEY_MICMUTE, /* 248, the last before the buttons */
    .led_count = LED_SCROLLL + 1,
};

static const struct kind pointer = {
    .name = "Bulkhead pointer",
    .device_name = "pointer",
    .source = BK_DISPLAY_POINTER,
    .product = 2,
    .key_first = BTN_LEFT,
    .key_last = BTN_TASK,
    .pointer = true,
};

static const uint16_t pointer_wheels[] = { REL_HWHEEL, REL_WHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES };

struct key_set {
    uint64_t words[(KEYS_MAX + 63) / 64];
};

struct input {
    struct bk_virtio_device device;
    struct bk_display *display;
    struct bk_display_listener listener;
    const struct kind *kind;
    uint8_t select, subselect;

    struct key_set host, guest;
    int32_t position[2]; /* of the pointer: ABS_X, ABS_Y */
    bool position_lost;

    struct virtio_input_event group[GROUP_MAX]; /* SYN_REPORT is added when it is complete */
    unsigned group_count;
    bool group_too_long;

    struct bk_chain taken[GROUP_MAX];
    unsigned taken_count;
};

static bool has_key(const struct key_set *set, unsigned key)
{
    return (set->words[key / 64] >> (key % 64) & 1) != 0;
}

static void set_key(struct key_set *set, unsigned key, bool down)
{
    uint64_t bit = 1ULL << (key % 64);

    if (down)
        set->words[key / 64] |= bit;
    else
        set->words[key / 64] &= ~bit;
}

/* Configuration (virtio 1.3 §5.8.5.2) */

static void set_bit(struct virtio_input_config *config, unsigned bit)
{
    assert(bit / 8 < sizeof config->u.bitmap);
    config->u.bitmap[bit / 8] |= (uint8_t)(1U << (bit % 8));
    if (config->size <= bit / 8)
        config->size = (uint8_t)(bit / 8 + 1);
}

static void fill_bits(const struct kind *kind, unsigned type, struct virtio_input_config *config)
{
    if (type == EV_KEY) {
        for (unsigned key = kind->key_first; key <= kind->key_last; key++)
            set_bit(config, key);
    } else if (type == EV_LED) {
        for (unsigned led = 0; led < kind->led_count; led++)
            set_bit(config, led);
    } else if (type == EV_ABS && kind->pointer) {
        set_bit(config, ABS_X);
        set_bit(config, ABS_Y);
    } else if (type == EV_REL && kind->pointer) {
        for (unsigned i = 0; i < BK_ARRAY_SIZE(pointer_wheels); i++)
            set_bit(config, pointer_wheels[i]);
    }
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct input *input = (const struct input *)device;
    const struct kind *kind = input->kind;
    struct virtio_input_config config = { .select = input->select, .subsel = input->subselect };

    switch (input->select) {
    case VIRTIO_INPUT_CFG_ID_NAME:
        config.size = (uint8_t)strlen(kind->name);
        memcpy(config.u.string, kind->name, config.size);
        break;
    case VIRTIO_INPUT_CFG_ID_SERIAL: /* there is one of each */
        config.size = 1;
        config.u.string[0] = '0';
        break;
    case VIRTIO_INPUT_CFG_ID_DEVIDS:
        config.size = sizeof config.u.ids;
        config.u.ids = (struct virtio_input_devids){ BUS_VIRTUAL, VENDOR, kind->product, 1 };
        break;
    case VIRTIO_INPUT_CFG_EV_BITS:
        fill_bits(kind, input->subselect, &config);
        break;
    case VIRTIO_INPUT_CFG_ABS_INFO:
        if (kind->pointer && input->subselect <= ABS_Y) {
            config.size = sizeof config.u.abs;
            config.u.abs.max = BK_DISPLAY_POINTER_MAX;
        }
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

/* Delivers the events and the SYN_REPORT that ends them, or nothing. */
static bool deliver(struct input *input, struct virtio_input_event *events, unsigned count)
{
    struct bk_queue *queue = input->device.queues[EVENTS];

    assert(count < GROUP_MAX);
    if (!input->device.running)
        return false;
    while (input->taken_count <= count) {
        struct bk_chain *chain = &input->taken[input->taken_count];
        if (bk_queue_pop(queue, chain) != BK_POP_CHAIN)
            return false;
        if (chain->in_size < sizeof events[0]) {
            bk_virtio_device_break(&input->device, "an event buffer of %zu bytes", chain->in_size);
            return false;
        }
        input->taken_count++;
    }
    events[count] = (struct virtio_input_event){ .type = EV_SYN, .code = SYN_REPORT };
    for (unsigned i = 0; i <= count; i++) {
        bk_chain_write(&input->taken[i], 0, &events[i], sizeof events[i]);
        bk_queue_push(queue, &input->taken[i], sizeof events[i]);
        if (events[i].type == EV_KEY)
            set_key(&input->guest, events[i].code, events[i].value != 0);
    }
    /* A chain points into itself, so those that are left cannot simply be moved to the front; a group never leaves
     * any but when it is shorter than one that did not fit before it. */
    unsigned left = input->taken_count - (count + 1);
    for (unsigned i = 0; i < left; i++) {
        struct bk_chain *to = &input->taken[i];
        *to = input->taken[count + 1 + i];
        to->out = to->ranges;
        to->in = to->ranges + to->out_count;
    }
    input->taken_count = left;
    bk_queue_interrupt(queue);
    return true;
}

/* Invariant 2. False when there are no buffers. */
static bool settle(struct input *input)
{
    struct virtio_input_event events[GROUP_MAX];
    unsigned count = 0;

    if (input->position_lost) {
        for (uint16_t axis = ABS_X; axis <= ABS_Y; axis++)
            events[count++] = (struct virtio_input_event){ EV_ABS, axis, (uint32_t)input->position[axis] };
    }
    for (unsigned key = input->kind->key_first; key <= input->kind->key_last; key++) {
        if (!has_key(&input->guest, key) || has_key(&input->host, key))
            continue;
        if (count == GROUP_MAX - 1) {
            if (!deliver(input, events, count))
                return false;
            count = 0;
        }
        events[count++] = (struct virtio_input_event){ EV_KEY, (uint16_t)key, 0 };
    }
    if (count > 0 && !deliver(input, events, count))
        return false;
    input->position_lost = false;
    return true;
}

/* Events from the cable */

static bool is_wheel(uint16_t code)
{
    for (unsigned i = 0; i < BK_ARRAY_SIZE(pointer_wheels); i++) {
        if (pointer_wheels[i] == code)
            return true;
    }
    return false;
}

/* Notes what the event says of the person's hand; false for what this device does not have. */
static bool note(struct input *input, uint16_t type, uint16_t code, int32_t *value)
{
    const struct kind *kind = input->kind;

    switch (type) {
    case EV_KEY:
        if (code < kind->key_first || code > kind->key_last || *value < 0 || *value > 1)
            return false; /* 2 is the repetition, which is the guest's own affair */
        set_key(&input->host, code, *value == 1);
        return true;
    case EV_ABS:
        if (!kind->pointer || code > ABS_Y)
            return false;
        if (*value < 0)
            *value = 0;
        if (*value > BK_DISPLAY_POINTER_MAX)
            *value = BK_DISPLAY_POINTER_MAX;
        input->position[code] = *value;
        return true;
    case EV_REL:
        return kind->pointer && is_wheel(code);
    default:
        return false;
    }
}

static void end_group(struct input *input)
{
    bool motion = input->group_too_long;

    for (unsigned i = 0; i < input->group_count; i++)
        motion = motion || input->group[i].type == EV_ABS;
    bool delivered =
        !input->group_too_long && input->group_count > 0 && deliver(input, input->group, input->group_count);
    if (!delivered && input->kind->pointer && motion)
        input->position_lost = true;
    input->group_count = 0;
    input->group_too_long = false;
    (void)settle(input); /* if not now, then with the next buffers */
}

static void on_input(void *userdata, const struct bk_display_message *message)
{
    struct input *input = userdata;
    uint16_t type = message->input.type, code = message->input.code;
    int32_t value = message->input.value;

    if (message->input.device != input->kind->source)
        return;
    if (type == EV_SYN && code == SYN_REPORT) {
        end_group(input);
        return;
    }
    if (!note(input, type, code, &value))
        return;
    if (input->group_count == GROUP_MAX - 1) {
        input->group_too_long = true;
        return;
    }
    input->group[input->group_count++] = (struct virtio_input_event){ type, code, (uint32_t)value };
}

/* Nobody holds a key on a keyboard that is gone. */
static void on_plugged(void *userdata, bool plugged)
{
    struct input *input = userdata;

    (void)plugged;
    input->host = (struct key_set){ .words = { 0 } };
    input->group_count = 0;
    input->group_too_long = false;
    (void)settle(input);
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
        (void)settle((struct input *)device);
    else
        bk_queue_serve(device->queues[STATUS], take_status);
}

static void reset(struct bk_virtio_device *device)
{
    struct input *input = (struct input *)device;

    input->taken_count = 0;
    input->guest = (struct key_set){ .words = { 0 } };
    input->position_lost = false;
    input->select = input->subselect = 0;
}

static void destroy(struct bk_virtio_device *device)
{
    struct input *input = (struct input *)device;

    bk_display_unlisten(input->display, &input->listener);
    free(input);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .write_config = write_config,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

static int create(struct bk_loop *loop, struct bk_display *display, const struct kind *kind,
                  struct bk_virtio_device **ret_device)
{
    _cleanup_free_ struct input *input = calloc(1, sizeof *input);

    if (input == NULL)
        return -ENOMEM;
    input->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = kind->device_name,
        .type = VIRTIO_ID_INPUT,
        .queue_count = 2,
        .queue_size = 64,
        .config_size = sizeof(struct virtio_input_config),
        .pci_class = { 0x09, kind->pointer ? 0x02 : 0x00, 0x00 }, /* input device: mouse or keyboard */
        .loop = loop,
    };
    input->kind = kind;
    input->display = display;
    input->listener = (struct bk_display_listener){
        .plugged = on_plugged,
        .input = on_input,
        .userdata = input,
    };
    bk_display_listen(display, &input->listener);
    *ret_device = &TAKE_PTR(input)->device;
    return 0;
}

int bk_input_create_keyboard(struct bk_loop *loop, struct bk_display *display, struct bk_virtio_device **ret_device)
{
    return create(loop, display, &keyboard, ret_device);
}

int bk_input_create_pointer(struct bk_loop *loop, struct bk_display *display, struct bk_virtio_device **ret_device)
{
    return create(loop, display, &pointer, ret_device);
}
