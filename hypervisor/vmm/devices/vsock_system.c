/* SPDX-License-Identifier: Apache-2.0 */
/* The System VM's end of the socket device: a switch with a cable to each app. */
#include "devices/vsock.h"

#include "cable/vsock_switch.h"
#include "devices/vsock_device.h"

#include <errno.h>
#include <stdlib.h>

struct system_end {
    struct bk_vsock_device device;
    struct bk_vsock_switch *vsock_switch;
};

static struct bk_vsock_switch *switch_of(struct bk_vsock_device *device)
{
    return ((struct system_end *)device)->vsock_switch;
}

static int plug(struct bk_vsock_device *device, uint32_t cid, int fd)
{
    return bk_vsock_switch_plug(switch_of(device), cid, fd);
}

static void unplug(struct bk_vsock_device *device, uint32_t cid)
{
    bk_vsock_switch_unplug(switch_of(device), cid);
}

static void restart(struct bk_vsock_device *device)
{
    bk_vsock_switch_restart(switch_of(device));
}

static bool send_packet(struct bk_vsock_device *device, struct bk_vsock_outgoing *packet,
                        enum bk_vsock_verdict *ret_verdict)
{
    *ret_verdict = bk_vsock_switch_send(switch_of(device), packet);
    return true;
}

static bool receive(struct bk_vsock_device *device, struct bk_vsock_packet *packet, unsigned *budget)
{
    return bk_vsock_switch_receive(switch_of(device), packet, budget);
}

static void wake(void *userdata)
{
    bk_vsock_device_run(userdata);
}

static void destroy(struct bk_vsock_device *device)
{
    bk_vsock_switch_destroy(switch_of(device));
    free(device);
}

static const struct bk_vsock_end end = {
    .plug = plug,
    .unplug = unplug,
    .restart = restart,
    .send = send_packet,
    .receive = receive,
    .destroy = destroy,
};

struct bk_virtio_device *bk_vsock_create_system(struct bk_loop *loop)
{
    struct system_end *system = calloc(1, sizeof *system);

    if (system == NULL)
        return NULL;
    system->device.end = &end;
    bk_vsock_device_init(&system->device, loop, "vsock", BK_VSOCK_CID_SYSTEM_GUEST);
    system->vsock_switch = bk_vsock_switch_create(loop, wake, system);
    if (system->vsock_switch == NULL) {
        free(system);
        errno = ENOMEM;
        return NULL;
    }
    return &system->device.base;
}
