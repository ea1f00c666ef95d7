/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cameras there are, as the engine lists them when a page wants one. To know that asks nobody; an app whose
 * manifest declares no camera finds none.
 */
#include "source.h"

#include "format.h"
#include "stream.h"

#define PATIENCE_US (2U * G_USEC_PER_SEC) /* of the engine, which waits meanwhile */

struct device {
    GstDevice parent;
    char *camera;
};

#define DEVICE(object) G_TYPE_CHECK_INSTANCE_CAST(object, device_get_type(), struct device)

static gpointer device_parent_class;

static GType device_get_type(void);

static GstElement *create_element(GstDevice *device, const char *name)
{
    GstElement *element = gst_element_factory_make(BK_CAMERA_SOURCE, name);
    GstCaps *caps = gst_device_get_caps(device);
    char *title = gst_device_get_display_name(device);

    if (element != NULL)
        g_object_set(element, "camera", DEVICE(device)->camera, "title", title, "modes", caps, NULL);
    g_free(title);
    gst_caps_unref(caps);
    return element;
}

static void device_finalize(GObject *object)
{
    g_free(DEVICE(object)->camera);
    G_OBJECT_CLASS(device_parent_class)->finalize(object);
}

static void device_class_init(gpointer class, gpointer data)
{
    (void)data;
    device_parent_class = g_type_class_peek_parent(class);
    G_OBJECT_CLASS(class)->finalize = device_finalize;
    GST_DEVICE_CLASS(class)->create_element = create_element;
}

static GType device_get_type(void)
{
    static GType type;

    if (g_once_init_enter(&type)) {
        const GTypeInfo info = { .class_size = sizeof(GstDeviceClass),
                                 .class_init = device_class_init,
                                 .instance_size = sizeof(struct device) };
        g_once_init_leave(&type, g_type_register_static(GST_TYPE_DEVICE, "BkCameraDevice", &info, 0));
    }
    return type;
}

/* NULL for a camera whose modes GStreamer has no words for. */
static GstDevice *make_device(sd_json_variant *camera)
{
    sd_json_variant *id = sd_json_variant_by_key(camera, "id"), *title = sd_json_variant_by_key(camera, "title");
    GstCaps *caps = bk_web_camera_caps(sd_json_variant_by_key(camera, "modes"));
    GstDevice *device = NULL;

    if (sd_json_variant_is_string(id) && sd_json_variant_is_string(title) && !gst_caps_is_empty(caps)) {
        /* The engine tells cameras apart by this name in the properties. */
        GstStructure *properties =
            gst_structure_new("properties", "persistent-id", G_TYPE_STRING, sd_json_variant_string(id), NULL);
        device = g_object_new(device_get_type(), "display-name", sd_json_variant_string(title), "caps", caps,
                              "device-class", "Video/Source", "properties", properties, NULL);
        DEVICE(device)->camera = g_strdup(sd_json_variant_string(id));
        gst_structure_free(properties);
    }
    gst_caps_unref(caps);
    return device;
}

static GList *probe(GstDeviceProvider *provider)
{
    struct bk_camera_stream stream;
    sd_json_variant *answer = NULL;
    GList *found = NULL;

    (void)provider;
    if (bk_camera_stream_init(&stream) >= 0 &&
        bk_camera_call(&stream, "io.bulkhead.Camera.Watch", NULL, PATIENCE_US, &answer) >= 0) {
        sd_json_variant *cameras = sd_json_variant_by_key(answer, "cameras");
        for (size_t i = 0; sd_json_variant_is_array(cameras) && i < sd_json_variant_elements(cameras); i++) {
            GstDevice *device = make_device(sd_json_variant_by_index(cameras, i));
            if (device != NULL)
                found = g_list_append(found, device);
        }
    }
    sd_json_variant_unref(answer);
    bk_camera_stream_finish(&stream);
    return found;
}

static void provider_class_init(gpointer class, gpointer data)
{
    (void)data;
    GST_DEVICE_PROVIDER_CLASS(class)->probe = probe;
    gst_device_provider_class_set_static_metadata(GST_DEVICE_PROVIDER_CLASS(class), "Bulkhead cameras", "Source/Video",
                                                  "The cameras of the system", "Bulkhead");
}

GType bk_camera_provider_get_type(void)
{
    static GType type;

    if (g_once_init_enter(&type)) {
        const GTypeInfo info = { .class_size = sizeof(GstDeviceProviderClass),
                                 .class_init = provider_class_init,
                                 .instance_size = sizeof(GstDeviceProvider) };
        g_once_init_leave(&type, g_type_register_static(GST_TYPE_DEVICE_PROVIDER, "BkCameraProvider", &info, 0));
    }
    return type;
}
