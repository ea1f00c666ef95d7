/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One who sees what a camera gives: sends whole frames, and leaves out those that come while it still sends one.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * So who reads slowly, or not at all, holds one frame and slows nobody. What it sends is nothing that it should: it
 * ends the stream, as the end of its own side does. Calls go first: it has the last priority of the event loop, and
 * sends BK_CAMERA_VIEWER_CHUNK at a turn.
 */
#ifndef BK_BROKER_CAMERA_VIEWER_H
#define BK_BROKER_CAMERA_VIEWER_H

#include "camera_frame.h"

#include <systemd/sd-event.h>

#define BK_CAMERA_VIEWER_CHUNK (256UL * 1024UL)

struct bk_camera_viewer;

/* Owns `fd`, a non-blocking stream socket, when it succeeds. `ended` is called once, when the stream has ended by
 * itself, and may destroy the viewer. */
int bk_camera_viewer_create(sd_event *event, int fd, void (*ended)(void *userdata), void *userdata,
                            struct bk_camera_viewer **ret);
/* At once, be it in the middle of a frame. NULL is fine. */
void bk_camera_viewer_destroy(struct bk_camera_viewer *viewer);

/* Sends it a frame, later, or leaves it out. Calls nothing back. */
void bk_camera_viewer_show(struct bk_camera_viewer *viewer, struct bk_camera_frame *frame);

#endif
