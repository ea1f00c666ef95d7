/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <string.h>

#define SIDE_MAX 8192U
#define RATE_MAX 240U

/* GStreamer begins a line of pixels at a multiple of four bytes, of each plane; the system has no gaps. Of these sizes
 * both are the same. */
#define WIDTH_STEP  8U
#define HEIGHT_STEP 2U

static const struct {
    const char *code, *format; /* NULL: each frame is a JPEG */
} formats[] = {
    { "YUYV", "YUY2" }, { "UYVY", "UYVY" },  { "NV12", "NV12" }, { "NV21", "NV21" }, { "YU12", "I420" },
    { "YV12", "YV12" }, { "GREY", "GRAY8" }, { "RGB3", "RGB" },  { "BGR3", "BGR" },  { "MJPG", NULL },
};

static guint number(sd_json_variant *mode, const char *name, guint max)
{
    sd_json_variant *value = sd_json_variant_by_key(mode, name);

    return sd_json_variant_is_unsigned(value) && sd_json_variant_unsigned(value) <= max
               ? (guint)sd_json_variant_unsigned(value)
               : 0;
}

static void add(GstCaps *caps, sd_json_variant *mode)
{
    sd_json_variant *code = sd_json_variant_by_key(mode, "format");
    guint width = number(mode, "width", SIDE_MAX), height = number(mode, "height", SIDE_MAX);
    guint rate = number(mode, "rate", RATE_MAX);

    if (!sd_json_variant_is_string(code) || width == 0 || height == 0 || rate == 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        const char *format = formats[i].format;
        if (strcmp(sd_json_variant_string(code), formats[i].code) != 0 ||
            (format != NULL && (width % WIDTH_STEP != 0 || height % HEIGHT_STEP != 0)))
            continue;
        GstStructure *structure =
            gst_structure_new(format == NULL ? "image/jpeg" : "video/x-raw", "width", G_TYPE_INT, (int)width, "height",
                              G_TYPE_INT, (int)height, "framerate", GST_TYPE_FRACTION, (int)rate, 1, NULL);
        if (format != NULL)
            gst_structure_set(structure, "format", G_TYPE_STRING, format, NULL);
        gst_caps_append_structure(caps, structure);
    }
}

GstCaps *bk_web_camera_caps(sd_json_variant *modes)
{
    GstCaps *caps = gst_caps_new_empty();

    if (sd_json_variant_is_object(modes))
        add(caps, modes);
    for (size_t i = 0; sd_json_variant_is_array(modes) && i < sd_json_variant_elements(modes); i++)
        add(caps, sd_json_variant_by_index(modes, i));
    return caps;
}

const char *bk_web_camera_format(const GstCaps *caps)
{
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    const char *format = gst_structure_get_string(structure, "format");

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (gst_structure_has_name(structure, "image/jpeg") ? formats[i].format == NULL
                                                            : g_strcmp0(format, formats[i].format) == 0)
            return formats[i].code;
    }
    return NULL;
}
