/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live source: what comes of one of the system's cameras. It is opened when it is known what whoever comes behind it
 * takes, which is when the person is asked; until they have answered, and the camera gives frames, the source waits.
 * The mode may be another than was asked for, as somebody else sees the camera already.
 */
#include "source.h"

#include "format.h"
#include "report.h"
#include "stream.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC(camera_debug);
#define GST_CAT_DEFAULT camera_debug

struct source {
    GstPushSrc parent;
    struct bk_camera_stream stream;
    int report; /* -1: nobody wants to know */
    char *camera, *title;
    GstCaps *modes;
    GstCaps *current; /* NULL: it is not open */
    gsize size;       /* of each frame in bytes; 0: any */
};

enum {
    PROPERTY_CAMERA = 1,
    PROPERTY_TITLE,
    PROPERTY_MODES
};

#define SOURCE(object) G_TYPE_CHECK_INSTANCE_CAST(object, bk_camera_source_get_type(), struct source)

static GType source_get_type_once(void);
static gpointer parent_class;

static void set_property(GObject *object, guint property, const GValue *value, GParamSpec *spec)
{
    struct source *source = SOURCE(object);

    if (property == PROPERTY_CAMERA) {
        g_free(source->camera);
        source->camera = g_value_dup_string(value);
    } else if (property == PROPERTY_TITLE) {
        g_free(source->title);
        source->title = g_value_dup_string(value);
    } else if (property == PROPERTY_MODES) {
        gst_caps_replace(&source->modes, g_value_get_boxed(value));
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property, spec);
    }
}

static void get_property(GObject *object, guint property, GValue *value, GParamSpec *spec)
{
    const struct source *source = SOURCE(object);

    if (property == PROPERTY_CAMERA)
        g_value_set_string(value, source->camera);
    else if (property == PROPERTY_TITLE)
        g_value_set_string(value, source->title);
    else if (property == PROPERTY_MODES)
        gst_value_set_caps(value, source->modes);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property, spec);
}

static GstCaps *get_caps(GstBaseSrc *base, GstCaps *filter)
{
    const struct source *source = SOURCE(base);
    GstCaps *caps = source->modes == NULL ? gst_caps_new_any() : gst_caps_ref(source->modes);

    if (filter == NULL)
        return caps;
    GstCaps *both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref(caps);
    return both;
}

static void close_camera(struct source *source)
{
    bk_camera_end(&source->stream);
    gst_clear_caps(&source->current);
}

/* Asks the system for the camera in this mode: the mode that it is in then, or NULL. */
static GstCaps *open_camera(struct source *source, const GstCaps *wanted, int *ret_error)
{
    const GstStructure *mode = gst_caps_get_structure(wanted, 0);
    sd_json_variant *parameters = NULL, *answer = NULL;
    GstCaps *caps = NULL;
    int width = 0, height = 0, rate = 0, unit = 1;

    gst_structure_get(mode, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, "framerate", GST_TYPE_FRACTION,
                      &rate, &unit, NULL);
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("camera", source->camera),
                           SD_JSON_BUILD_PAIR_STRING("format", bk_web_camera_format(wanted)),
                           SD_JSON_BUILD_PAIR_INTEGER("width", width), SD_JSON_BUILD_PAIR_INTEGER("height", height),
                           SD_JSON_BUILD_PAIR_INTEGER("rate", rate));
    if (r >= 0)
        r = bk_camera_call(&source->stream, "io.bulkhead.Camera.Open", parameters, UINT64_MAX, &answer);
    if (r >= 0) {
        sd_json_variant *token = sd_json_variant_by_key(answer, "stream");
        caps = bk_web_camera_caps(answer);
        r = gst_caps_is_empty(caps) || !sd_json_variant_is_string(token)
                ? -EPROTO
                : bk_camera_begin(&source->stream, sd_json_variant_string(token));
    }
    sd_json_variant_unref(answer);
    if (r < 0)
        gst_clear_caps(&caps);
    GST_INFO_OBJECT(source, "opened as %" GST_PTR_FORMAT ": %s", caps, g_strerror(-r));
    *ret_error = r;
    return caps;
}

/* What of its modes those behind it take, the best first; NULL when that is none. */
static GstCaps *choose(struct source *source)
{
    GstPad *pad = GST_BASE_SRC_PAD(source);
    GstCaps *caps = get_caps(GST_BASE_SRC(source), NULL);
    GstCaps *taken = gst_pad_peer_query_caps(pad, caps);

    gst_caps_unref(caps);
    if (gst_caps_is_empty(taken) || gst_caps_is_any(taken)) {
        gst_caps_unref(taken);
        return NULL;
    }
    if (source->current != NULL && gst_caps_can_intersect(source->current, taken)) {
        gst_caps_unref(taken);
        return gst_caps_ref(source->current);
    }
    return gst_caps_fixate(taken);
}

/* There are no frames, or no more. bk-web has the page stop its track then: until the engine begins to stop the source
 * it waits, and is neither at its end nor failed, which the engine would have to handle while it stops. False: nobody
 * wants to know, and it is. */
static bool tell(struct source *source, enum bk_camera_report what)
{
    bk_camera_report(source->report, what);
    if (source->report < 0)
        return false;
    bk_camera_stream_wait(&source->stream);
    return true;
}

static gboolean negotiate(GstBaseSrc *base)
{
    struct source *source = SOURCE(base);
    GstCaps *wanted = choose(source);
    GstVideoInfo info;
    int r = -ENOTSUP;

    if (wanted != NULL && wanted != source->current) {
        close_camera(source);
        source->current = open_camera(source, wanted, &r);
    } else if (wanted != NULL) {
        r = 0;
    }
    gst_clear_caps(&wanted);
    if (r == -ECANCELED)
        return FALSE;
    if (r < 0) {
        if (tell(source, r == -EACCES ? BK_CAMERA_DENIED : BK_CAMERA_UNREADABLE))
            return TRUE; /* create() is cut off in the same way */
        GST_ELEMENT_ERROR(source, RESOURCE, NOT_AUTHORIZED, ("The camera is not to be seen."), ("%s", g_strerror(-r)));
        return FALSE;
    }
    bk_camera_report(source->report, BK_CAMERA_SEEN);
    source->size = gst_structure_has_name(gst_caps_get_structure(source->current, 0), "video/x-raw") &&
                           gst_video_info_from_caps(&info, source->current)
                       ? GST_VIDEO_INFO_SIZE(&info)
                       : 0;
    return gst_base_src_set_caps(base, source->current);
}

/* A frame that is not what its mode says is left out: it comes from another app. */
static GstFlowReturn create(GstPushSrc *push, GstBuffer **ret)
{
    struct source *source = SOURCE(push);
    GBytes *pixels = NULL;
    int r;

    while ((r = bk_camera_read(&source->stream, &pixels)) >= 0 && source->size != 0 &&
           g_bytes_get_size(pixels) != source->size) {
        GST_WARNING_OBJECT(source, "a frame of %" G_GSIZE_FORMAT " bytes is none of this camera's",
                           g_bytes_get_size(pixels));
        g_clear_pointer(&pixels, g_bytes_unref);
    }
    if (r == -ECANCELED)
        return GST_FLOW_FLUSHING;
    if (r < 0) { /* the camera is gone, or the person took it back */
        GST_INFO_OBJECT(source, "no more frames: %s", g_strerror(-r));
        return tell(source, BK_CAMERA_GONE) ? GST_FLOW_FLUSHING : GST_FLOW_EOS;
    }
    *ret = gst_buffer_new_wrapped_bytes(pixels);
    g_bytes_unref(pixels);
    return GST_FLOW_OK;
}

static gboolean start(GstBaseSrc *base)
{
    struct source *source = SOURCE(base);

    source->report = bk_camera_report_begin(source->title);
    return TRUE;
}

static gboolean stop(GstBaseSrc *base)
{
    struct source *source = SOURCE(base);

    close_camera(source);
    g_clear_fd(&source->report, NULL);
    return TRUE;
}

static gboolean unlock(GstBaseSrc *base)
{
    bk_camera_stream_cancel(&SOURCE(base)->stream, true);
    return TRUE;
}

/* A call that was cut off while it waited is made anew. */
static gboolean unlock_stop(GstBaseSrc *base)
{
    bk_camera_stream_cancel(&SOURCE(base)->stream, false);
    if (SOURCE(base)->current == NULL)
        gst_pad_mark_reconfigure(GST_BASE_SRC_PAD(base));
    return TRUE;
}

static void finalize(GObject *object)
{
    struct source *source = SOURCE(object);

    bk_camera_stream_finish(&source->stream);
    gst_clear_caps(&source->current);
    gst_clear_caps(&source->modes);
    g_free(source->camera);
    g_free(source->title);
    G_OBJECT_CLASS(parent_class)->finalize(object);
}

static void class_init(gpointer class, gpointer data)
{
    GObjectClass *object = G_OBJECT_CLASS(class);
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(class);
    GstCaps *any = gst_caps_from_string(
        GST_VIDEO_CAPS_MAKE("{ YUY2, UYVY, NV12, NV21, I420, YV12, GRAY8, RGB, BGR }") "; image/jpeg");

    (void)data;
    parent_class = g_type_class_peek_parent(class);
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
    g_object_class_install_property(
        object, PROPERTY_CAMERA, g_param_spec_string("camera", "Camera", "Its id, as the system has it", NULL, flags));
    g_object_class_install_property(object, PROPERTY_TITLE,
                                    g_param_spec_string("title", "Title", "What a page knows it by", NULL, flags));
    g_object_class_install_property(object, PROPERTY_MODES,
                                    g_param_spec_boxed("modes", "Modes", "What it may give", GST_TYPE_CAPS, flags));
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Bulkhead camera", "Source/Video",
                                          "What a camera of the system sees", "Bulkhead");
    gst_element_class_add_pad_template(GST_ELEMENT_CLASS(class),
                                       gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, any));
    gst_caps_unref(any);
    base->get_caps = get_caps;
    base->negotiate = negotiate;
    base->start = start;
    base->stop = stop;
    base->unlock = unlock;
    base->unlock_stop = unlock_stop;
    GST_PUSH_SRC_CLASS(class)->create = create;
    GST_DEBUG_CATEGORY_INIT(camera_debug, BK_CAMERA_SOURCE, 0, "a camera of the system");
}

static void init(GTypeInstance *instance, gpointer class)
{
    (void)class;
    SOURCE(instance)->report = -1;
    bk_camera_stream_init(&SOURCE(instance)->stream);
    gst_base_src_set_live(GST_BASE_SRC(instance), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(instance), GST_FORMAT_TIME);
    gst_base_src_set_do_timestamp(GST_BASE_SRC(instance), TRUE);
}

static GType source_get_type_once(void)
{
    const GTypeInfo info = { .class_size = sizeof(GstPushSrcClass),
                             .class_init = class_init,
                             .instance_size = sizeof(struct source),
                             .instance_init = init };

    return g_type_register_static(GST_TYPE_PUSH_SRC, "BkCameraSource", &info, 0);
}

GType bk_camera_source_get_type(void)
{
    static GType type;

    if (g_once_init_enter(&type))
        g_once_init_leave(&type, source_get_type_once());
    return type;
}
