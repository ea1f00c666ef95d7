/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own cameras: bk-camera, on the machine, gives their frames while they are wanted, through a
 * virtio-console port. docs/protocols/camera-port.md
 *
 * Input from: bk-camera, which the machine's cameras may have taken over: all that it says is checked
 * Runs in: bk-broker
 *
 * The port is a byte stream that was there before this process, and outlives bk-camera too. So each session begins with
 * a nonce that nobody else made: what comes before it is thrown away. When anything makes no sense, or a camera that is
 * wanted gives nothing for BK_CAMERA_MACHINE_SILENT_MS, all who see any hear so, and the next session begins.
 */
#ifndef BK_BROKER_CAMERA_MACHINE_H
#define BK_BROKER_CAMERA_MACHINE_H

#include "broker.h"

#define BK_CAMERA_MACHINE_SILENT_MS 5000U

struct bk_camera_machine;

/* `device` is the port. Its cameras are among those of `broker` from when bk-camera tells of them. */
int bk_camera_machine_create(struct bk_broker *broker, const char *device, struct bk_camera_machine **ret);
/* NULL is fine. */
void bk_camera_machine_destroy(struct bk_camera_machine *machine);

#endif
