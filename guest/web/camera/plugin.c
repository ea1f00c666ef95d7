/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#define PACKAGE "bulkhead"

static gboolean plugin_init(GstPlugin *plugin)
{
    return gst_element_register(plugin, BK_CAMERA_SOURCE, GST_RANK_NONE, bk_camera_source_get_type()) &&
           gst_device_provider_register(plugin, BK_CAMERA_PROVIDER, GST_RANK_PRIMARY, bk_camera_provider_get_type());
}

/* "Proprietary" is GStreamer's word for each licence that is not on its list. */
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, bulkhead, "The cameras of Bulkhead", plugin_init, "1",
                  "Proprietary", "bulkhead", "https://bulkhead.invalid/")
