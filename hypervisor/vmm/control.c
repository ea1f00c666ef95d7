/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "cable/display.h"
#include "cleanup.h"
#include "device_table.h"
#include "devices/vsock.h"
#include "io.h"
#include "log.h"
#include "protocol/control.h"

#include <errno.h>

/* system calls [io]: recvmsg sendmsg close */

static int plug_vsock(const struct bk_machine *machine, uint32_t cid, int fd)
{
    _cleanup_close_ int cable = fd;

    if (machine->vsock == NULL || cable < 0)
        return -EINVAL;
    return bk_vsock_plug(machine->vsock, cid, TAKE_FD(cable));
}

static int plug_display(const struct bk_machine *machine, int fd)
{
    _cleanup_close_ int cable = fd;

    if (machine->display == NULL || cable < 0)
        return -EINVAL;
    return bk_display_plug(machine->display, TAKE_FD(cable));
}

static void act(struct bk_control *control, const struct bk_control_message *message, int fd)
{
    struct bk_machine *machine = control->machine;
    _cleanup_close_ int given = fd;
    int r = 0;

    switch (message->type) {
    case BK_CONTROL_PLUG_VSOCK:
        r = plug_vsock(machine, message->cid, TAKE_FD(given));
        break;
    case BK_CONTROL_UNPLUG_VSOCK:
        if (machine->vsock != NULL)
            bk_vsock_plug(machine->vsock, message->cid, -1);
        break;
    case BK_CONTROL_PLUG_DISPLAY:
        r = plug_display(machine, TAKE_FD(given));
        break;
    case BK_CONTROL_POWER_BUTTON:
        bk_vm_press_power_button(machine->vm);
        break;
    case BK_CONTROL_STOP:
        bk_vm_stop(machine->vm, BK_VM_END_STOPPED);
        break;
    default:
        r = -ENOSYS;
        break;
    }
    if (r < 0) {
        errno = -r;
        bk_error("control message %u with CID %u: %m", message->type, message->cid);
    }
}

static void on_message(void *userdata, uint32_t events)
{
    struct bk_control *control = userdata;
    struct bk_control_message message;
    int fd = -1;

    (void)events;
    ssize_t n = bk_recv_message(control->fd, &message, sizeof message, &fd);
    if (n == -EAGAIN || n == -EMSGSIZE)
        return;
    if (n == (ssize_t)sizeof message) {
        act(control, &message, fd);
        return;
    }
    bk_close(fd);
    if (n > 0)
        return;
    bk_info("the supervisor is gone");
    bk_loop_remove(control->machine->vm->loop, &control->source);
    bk_vm_stop(control->machine->vm, BK_VM_END_STOPPED);
}

int bk_control_init(struct bk_control *control, struct bk_machine *machine, int fd)
{
    *control = (struct bk_control){ .machine = machine, .fd = fd };
    if (fd < 0)
        return 0;
    int r = bk_set_nonblock(fd);
    return r < 0 ? r : bk_loop_add(machine->vm->loop, &control->source, fd, EPOLLIN, on_message, control);
}

/* A supervisor that cannot be told is gone or stuck: the socket's end, or its kill, says the same. */
static void say(const struct bk_control *control, struct bk_control_message message)
{
    if (control->fd >= 0)
        (void)bk_send_message(control->fd, &message, sizeof message, -1);
}

void bk_control_say_running(struct bk_control *control)
{
    say(control, (struct bk_control_message){ .type = BK_CONTROL_RUNNING });
}

void bk_control_say_ended(struct bk_control *control, enum bk_vm_end end)
{
    static const enum bk_control_end ends[] = {
        [BK_VM_END_POWEROFF] = BK_CONTROL_END_POWEROFF,
        [BK_VM_END_RESET] = BK_CONTROL_END_RESET,
        [BK_VM_END_STOPPED] = BK_CONTROL_END_STOPPED,
        [BK_VM_END_FAULT] = BK_CONTROL_END_FAULT,
    };

    say(control, (struct bk_control_message){ .type = BK_CONTROL_ENDED, .value = ends[end] });
}
