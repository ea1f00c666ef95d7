/* SPDX-License-Identifier: Apache-2.0 */
#include "cables.h"

#include "cleanup.h"
#include "display_cable.h"
#include "ethernet_cable.h"
#include "io.h"
#include "vm.h"
#include "vsock_cable.h"

/* `system_cid` and `app_cid` are what the message to the one and to the other says. */
static int plug(struct bk_vm *app, struct bk_vm *system, enum bk_control_type type, size_t buffer, uint32_t system_cid,
                uint32_t app_cid)
{
    int ends[2];

    int r = bk_socketpair(buffer, ends);
    if (r < 0)
        return r;
    bk_vm_tell(system, type, system_cid, ends[0]);
    bk_vm_tell(app, type, app_cid, ends[1]);
    bk_close(ends[0]);
    bk_close(ends[1]);
    return 0;
}

int bk_cable_plug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid)
{
    return plug(app, system, BK_CONTROL_PLUG_VSOCK, BK_VSOCK_CABLE_BUFFER, cid, BK_VSOCK_CID_SYSTEM);
}

int bk_cable_plug_display(struct bk_vm *app, struct bk_vm *system, uint32_t cid)
{
    return plug(app, system, BK_CONTROL_PLUG_DISPLAY, BK_DISPLAY_CABLE_BUFFER, cid, 0);
}

int bk_cable_plug_network(struct bk_vm *app, struct bk_vm *system, uint32_t port)
{
    return plug(app, system, BK_CONTROL_PLUG_NETWORK, BK_ETHERNET_CABLE_BUFFER, port, 0);
}

void bk_cable_unplug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid)
{
    if (app->state != BK_VM_STOPPED)
        bk_vm_tell(app, BK_CONTROL_UNPLUG_VSOCK, BK_VSOCK_CID_SYSTEM, -1);
    if (system->state != BK_VM_STOPPED)
        bk_vm_tell(system, BK_CONTROL_UNPLUG_VSOCK, cid, -1);
}
