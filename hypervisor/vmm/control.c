/* SPDX-License-Identifier: Apache-2.0 */
#include "cable/display.h"
#include "cable/display_hub.h"
#include "cable/ethernet.h"
#include "cable/sound.h"
#include "cleanup.h"
#include "devices/vsock.h"
#include "io.h"
#include "log.h"
#include "machine.h"

#include <errno.h>

/* system calls [io]: recvmsg sendmsg close */

/* `*fd` came with the message, or is -1; it is set to -1 where it went on. */
static int act(struct bk_machine *machine, const struct bk_control_message *message, int *fd)
{
    switch (message->type) {
    case BK_CONTROL_PLUG_VSOCK:
        if (machine->vsock == NULL || *fd < 0)
            return -EINVAL;
        return bk_vsock_plug(machine->vsock, message->cid, TAKE_FD(*fd));
    case BK_CONTROL_UNPLUG_VSOCK:
        if (machine->vsock != NULL)
            (void)bk_vsock_plug(machine->vsock, message->cid, -1);
        return 0;
    case BK_CONTROL_PLUG_DISPLAY:
        if (*fd < 0 || (message->cid == 0 ? machine->display == NULL : machine->hub == NULL))
            return -EINVAL;
        if (message->cid != 0)
            return bk_display_hub_plug(machine->hub, message->cid, TAKE_FD(*fd));
        return bk_display_plug(machine->display, TAKE_FD(*fd));
    case BK_CONTROL_PLUG_SOUND:
        return *fd < 0 || machine->sound == NULL ? -EINVAL : bk_sound_plug(machine->sound, TAKE_FD(*fd));
    case BK_CONTROL_PLUG_NETWORK:
        if (*fd < 0 || machine->ethernet == NULL ||
            (message->cid == 0) != (machine->options.network.kind == BK_END_APP))
            return -EINVAL;
        return bk_ethernet_plug(machine->ethernet, message->cid, TAKE_FD(*fd));
    case BK_CONTROL_POWER_BUTTON:
        bk_vm_press_power_button(machine->vm);
        return 0;
    case BK_CONTROL_STOP:
        bk_vm_stop(machine->vm, BK_VM_END_STOPPED);
        return 0;
    default:
        return -ENOSYS;
    }
}

static void on_message(void *userdata, uint32_t events)
{
    struct bk_machine *machine = userdata;
    struct bk_control_message message;
    _cleanup_close_ int fd = -1;

    (void)events;
    ssize_t n = bk_recv_message(machine->options.control, &message, sizeof message, &fd);
    if (n == (ssize_t)sizeof message) {
        int r = act(machine, &message, &fd);
        if (r < 0)
            bk_fail(r, "control message %u with CID %u: %m", message.type, message.cid);
    } else if (n <= 0 && n != -EAGAIN && n != -EMSGSIZE) {
        bk_info("the supervisor is gone");
        bk_loop_remove(machine->vm->loop, &machine->control);
        bk_vm_stop(machine->vm, BK_VM_END_STOPPED);
    }
}

int bk_control_init(struct bk_machine *machine)
{
    int fd = machine->options.control;

    if (fd < 0)
        return 0;
    int r = bk_set_nonblock(fd);
    return r < 0 ? r : bk_loop_add(machine->vm->loop, &machine->control, fd, EPOLLIN, on_message, machine);
}

void bk_control_say(const struct bk_machine *machine, enum bk_control_type what, uint64_t value)
{
    const struct bk_control_message message = { .type = what, .value = value };

    /* A supervisor that cannot be told is gone or stuck: the socket's end, or its kill, says the same. */
    if (machine->options.control >= 0)
        (void)bk_send_message(machine->options.control, &message, sizeof message, -1);
}
