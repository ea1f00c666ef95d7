/* SPDX-License-Identifier: Apache-2.0 */
#include "cables.h"

#include "cleanup.h"
#include "io.h"
#include "vm.h"
#include "vsock_cable.h"

int bk_cable_plug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid)
{
    int ends[2];

    int r = bk_socketpair(BK_VSOCK_CABLE_BUFFER, ends);
    if (r < 0)
        return r;
    bk_vm_tell(system, BK_CONTROL_PLUG_VSOCK, cid, ends[0]);
    bk_vm_tell(app, BK_CONTROL_PLUG_VSOCK, BK_VSOCK_CID_SYSTEM, ends[1]);
    bk_close(ends[0]);
    bk_close(ends[1]);
    return 0;
}

void bk_cable_unplug_vsock(struct bk_vm *app, struct bk_vm *system, uint32_t cid)
{
    if (app->state != BK_VM_STOPPED)
        bk_vm_tell(app, BK_CONTROL_UNPLUG_VSOCK, BK_VSOCK_CID_SYSTEM, -1);
    if (system->state != BK_VM_STOPPED)
        bk_vm_tell(system, BK_CONTROL_UNPLUG_VSOCK, cid, -1);
}
