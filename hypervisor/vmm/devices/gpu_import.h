/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The import device: a virtio-gpu without a screen, through which the System VM's guest maps the surfaces that the
 * display hub knows (docs/protocols/display-port.md, "The import device"; virtio 1.3 §5.7.6.8).
 *
 * Input from: guest (every number); the surfaces from the App VMs, through the hub
 * Runs in: bk-vmm of the System VM, I/O thread
 *
 * A surface is a blob of HOST3D memory whose blob_id names it; mapped, its very pages stand in the window, for reading,
 * write-back. What is mapped stays as it is until it is unmapped, whatever becomes of the app.
 */
#ifndef BK_DEVICES_GPU_IMPORT_H
#define BK_DEVICES_GPU_IMPORT_H

struct bk_display_hub;
struct bk_loop;
struct bk_virtio_device;
struct bk_window;

#define BK_GPU_IMPORTS_MAX 1024U /* blobs at a time; each that is not mapped yet holds a descriptor */

/* `window`, which is open, and `hub` outlive the device. */
int bk_gpu_import_create(struct bk_loop *loop, const struct bk_window *window, const struct bk_display_hub *hub,
                         struct bk_virtio_device **ret_device);

#endif
