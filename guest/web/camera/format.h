/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A camera's modes in GStreamer's words.
 *
 * Input from: another app or the machine's camera, by the system
 * Runs in: the engine's processes, any thread
 */
#ifndef BK_WEB_CAMERA_FORMAT_H
#define BK_WEB_CAMERA_FORMAT_H

#include <gst/gst.h>
#include <systemd/sd-json.h>

/* Of a list of Mode, or of one answer of Open(), those that GStreamer has words for; empty when it has none for any.
 * The caller unrefs it. */
GstCaps *bk_web_camera_caps(sd_json_variant *modes);

/* The FourCC of fixed caps of that kind; NULL for others. */
const char *bk_web_camera_format(const GstCaps *caps);

#endif
