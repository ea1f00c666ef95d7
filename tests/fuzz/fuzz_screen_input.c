/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What input devices, which a person may plug in, say to bk-screen, and what the System VM is told of it: by the
 * protocol, whenever the cable is full, and nothing hangs when all devices are gone.
 *
 * Input: steps of 8 bytes: what happens (1), and for an event its type (1), code (2) and value (4).
 */
#include "input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 500U
#define DEVICES   5U

enum step {
    STEP_EVENT, /* and those below DEVICES: of that device */
    STEP_TELL = DEVICES,
    STEP_FORGET, /* another VM */
    STEP_REMOVE,
    STEPS,
};

static struct {
    bool down[KEY_CNT];
    int32_t slot, fingers[BK_DISPLAY_TOUCHES_MAX];
    uint32_t lifted; /* bits of slots, since the last report */
    unsigned room;
} vm;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void forget(void)
{
    memset(&vm, 0, sizeof vm);
    vm.slot = -1;
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        vm.fingers[i] = -1;
}

static void take_finger(unsigned code, int32_t value)
{
    if (code == ABS_MT_SLOT) {
        require(value >= 0 && value < (int32_t)BK_DISPLAY_TOUCHES_MAX);
        vm.slot = value;
        return;
    }
    require(vm.slot >= 0);
    if (code != ABS_MT_TRACKING_ID) {
        require(code == ABS_MT_POSITION_X || code == ABS_MT_POSITION_Y);
        require(vm.fingers[vm.slot] >= 0 && value >= 0 && value <= BK_DISPLAY_POINTER_MAX);
        return;
    }
    require(value >= -1 && value <= 0xffff && (value < 0) != (vm.fingers[vm.slot] < 0));
    if (value < 0)
        vm.lifted |= 1U << vm.slot;
    else
        require((vm.lifted >> vm.slot & 1) == 0);
    vm.fingers[vm.slot] = value;
}

static bool take(void *userdata, const struct bk_display_message *message)
{
    unsigned code = message->input.code;
    int32_t value = message->input.value;

    (void)userdata;
    if (vm.room == 0)
        return false;
    vm.room--;
    require(message->type == BK_DISPLAY_INPUT && message->input.device < BK_DISPLAY_INPUT_DEVICES);
    if (message->input.type == EV_SYN) {
        require(code == SYN_REPORT);
        if (message->input.device == BK_DISPLAY_TOUCH)
            vm.lifted = 0;
    } else if (message->input.type == EV_KEY) {
        require(code < KEY_CNT && message->input.device != BK_DISPLAY_TOUCH && (value == 0 || value == 1));
        require(vm.down[code] != (value == 1));
        vm.down[code] = value == 1;
    } else if (message->input.device == BK_DISPLAY_TOUCH) {
        require(message->input.type == EV_ABS);
        take_finger(code, value);
    } else {
        require(message->input.device == BK_DISPLAY_POINTER);
        require(message->input.type == EV_REL || (code <= ABS_Y && value >= 0 && value <= BK_DISPLAY_POINTER_MAX));
    }
    return true;
}

static bool tell(struct bk_input *input, unsigned room)
{
    vm.room = room;
    return bk_input_tell(input, take, NULL);
}

/* The kernel's numbers of an axis are any. */
static void add(struct bk_input *input, unsigned classes, int32_t minimum, int32_t maximum)
{
    const struct bk_screen_control_message message = {
        .type = BK_SCREEN_INPUT, .classes = classes, .x = { minimum, maximum }, .y = { minimum, maximum }
    };

    require(bk_input_add(input, open("/dev/null", O_RDONLY | O_CLOEXEC), &message) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bk_input input;

    bk_input_init(&input);
    input.width = 640;
    input.height = 480;
    forget();
    add(&input, BK_SCREEN_KEYBOARD, 0, 1);
    add(&input, BK_SCREEN_KEYBOARD | BK_SCREEN_POINTER_RELATIVE, 0, 1);
    add(&input, BK_SCREEN_POINTER_ABSOLUTE, INT32_MIN, INT32_MAX);
    add(&input, BK_SCREEN_TOUCH, 0, 999);
    add(&input, BK_SCREEN_TOUCH | BK_SCREEN_KEYBOARD, -1, 1);
    for (unsigned i = 0; i < STEPS_MAX && size >= 8; i++, data += 8, size -= 8) {
        struct input_event event = { .type = data[1] };
        unsigned step = data[0] % STEPS;

        memcpy(&event.code, data + 2, sizeof event.code);
        memcpy(&event.value, data + 4, sizeof event.value);
        if (step < DEVICES) {
            struct bk_input_device *device = &input.devices[step];
            if (device->fd >= 0)
                bk_input_take(&input, device, &event);
        } else if (step == STEP_TELL) {
            (void)tell(&input, data[1]);
        } else if (step == STEP_FORGET) {
            bk_input_forget(&input);
            forget();
        } else if (input.devices[data[1] % DEVICES].fd >= 0) {
            bk_input_remove(&input, &input.devices[data[1] % DEVICES]);
        }
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        if (input.devices[i].fd >= 0)
            bk_input_remove(&input, &input.devices[i]);
    }
    require(tell(&input, UINT32_MAX));
    for (unsigned code = 0; code < KEY_CNT; code++)
        require(!vm.down[code]);
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        require(vm.fingers[i] < 0);
    return 0;
}
