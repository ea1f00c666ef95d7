/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display port: docs/protocols/display-port.md. The displays of all App VMs as the System VM sees them.
 *
 * Input from: app, through two bk-vmms (what the port says of an app); trusted (what the compositor answers)
 * Runs in: bk-vmm of the System VM, I/O thread; bk-compositor
 *
 * The virtio-console port BK_DISPLAY_PORT_NAME carries a stream of records of this fixed size both ways. A record is
 * one message of an app's display cable with the CID of the app in front, save those of enum bk_display_port_type,
 * which come from the System VM's bk-vmm itself. A surface's pixels do not come here: BK_DISPLAY_SURFACE says that
 * there is a blob of that size in the import device, its blob_id bk_display_port_blob_id(), for the compositor to map.
 */
#ifndef BK_PROTOCOL_DISPLAY_PORT_H
#define BK_PROTOCOL_DISPLAY_PORT_H

#include "display_cable.h"

#define BK_DISPLAY_PORT_NAME     "io.bulkhead.display"
#define BK_DISPLAY_PORT_APPS_MAX 64U /* cables plugged at a time */

enum bk_display_port_type {
    BK_DISPLAY_PORT_JOINED = 64, /* to the compositor: the app's cable was plugged; nothing is shown yet */
    BK_DISPLAY_PORT_LEFT = 65,   /* to the compositor: it ended; its surfaces stay mapped until they are unmapped */
    BK_DISPLAY_PORT_HELLO = 66,  /* from the compositor, its first record: every cable's state is told from the start */
};

struct bk_display_port_record {
    uint32_t cid; /* of the app; 0 with BK_DISPLAY_PORT_HELLO */
    uint32_t reserved;
    struct bk_display_message message;
};
static_assert(sizeof(struct bk_display_port_record) == 56, "wire size");

/* The import device's name for a surface: blob_id of VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB (virtio 1.3 §5.7.6.8). */
static inline uint64_t bk_display_port_blob_id(uint32_t cid, uint32_t surface_id)
{
    return (uint64_t)cid << 32 | surface_id;
}

#endif
