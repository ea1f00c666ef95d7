/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GStreamer's elements by which the engine finds cameras and sees: a source, and a provider of devices, each of which
 * makes one.
 *
 * Input from: another app or the machine's camera, by the system; the app (its pages, by the engine)
 * Runs in: the engine's processes
 */
#ifndef BK_WEB_CAMERA_SOURCE_H
#define BK_WEB_CAMERA_SOURCE_H

#include <gst/gst.h>

#define BK_CAMERA_SOURCE   "bulkheadcamerasrc"
#define BK_CAMERA_PROVIDER "bulkheadcameraprovider"

/* Properties: "camera", its id, "title", what a page knows it by, and "modes", the caps that it may have. */
GType bk_camera_source_get_type(void);

GType bk_camera_provider_get_type(void);

#endif
