/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of GStreamer's, by which the web's engine finds a microphone where there is no sound card: it hears a tone.
 */
#include <gst/gst.h>

#define PACKAGE "bulkhead"

#define SOURCE "audiotestsrc"
#define CAPS   "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"

static GstElement *create_element(GstDevice *device, const char *name)
{
    GstElement *element = gst_element_factory_make(SOURCE, name);

    (void)device;
    if (element != NULL)
        g_object_set(element, "is-live", TRUE, NULL);
    return element;
}

static void device_class_init(gpointer class, gpointer data)
{
    (void)data;
    GST_DEVICE_CLASS(class)->create_element = create_element;
}

static GType device_get_type(void)
{
    static GType type;

    if (g_once_init_enter(&type)) {
        const GTypeInfo info = { .class_size = sizeof(GstDeviceClass),
                                 .class_init = device_class_init,
                                 .instance_size = sizeof(GstDevice) };
        g_once_init_leave(&type, g_type_register_static(GST_TYPE_DEVICE, "TestMicrophone", &info, 0));
    }
    return type;
}

static GList *probe(GstDeviceProvider *provider)
{
    GstCaps *caps = gst_caps_from_string(CAPS);
    GstDevice *device = g_object_new(device_get_type(), "display-name", "Microphone", "caps", caps, "device-class",
                                     "Audio/Source", NULL);

    (void)provider;
    gst_caps_unref(caps);
    return g_list_append(NULL, device);
}

static void provider_class_init(gpointer class, gpointer data)
{
    (void)data;
    GST_DEVICE_PROVIDER_CLASS(class)->probe = probe;
    gst_device_provider_class_set_static_metadata(GST_DEVICE_PROVIDER_CLASS(class), "A microphone", "Source/Audio",
                                                  "A microphone that hears a tone", "Bulkhead");
}

static GType provider_get_type(void)
{
    static GType type;

    if (g_once_init_enter(&type)) {
        const GTypeInfo info = { .class_size = sizeof(GstDeviceProviderClass),
                                 .class_init = provider_class_init,
                                 .instance_size = sizeof(GstDeviceProvider) };
        g_once_init_leave(&type, g_type_register_static(GST_TYPE_DEVICE_PROVIDER, "TestMicrophones", &info, 0));
    }
    return type;
}

static gboolean plugin_init(GstPlugin *plugin)
{
    return gst_device_provider_register(plugin, "testmicrophones", GST_RANK_PRIMARY, provider_get_type());
}

/* "Proprietary" is GStreamer's word for each licence that is not on its list. */
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, testmicrophone, "A microphone", plugin_init, "1", "Proprietary",
                  "bulkhead", "https://bulkhead.invalid/")
