/* SPDX-License-Identifier: Apache-2.0 */
#include "canvas.h"

#include "scale.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <wlr/interfaces/wlr_buffer.h>

static double canvas_scale = 1;

struct picture {
    struct wlr_buffer base;
    cairo_surface_t *surface;
};

static struct picture *picture_of(struct wlr_buffer *buffer)
{
    return wl_container_of(buffer, (struct picture *)NULL, base);
}

static void picture_destroy(struct wlr_buffer *buffer)
{
    struct picture *picture = picture_of(buffer);

    cairo_surface_destroy(picture->surface);
    free(picture);
}

static bool picture_begin_access(struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format,
                                 size_t *stride)
{
    struct picture *picture = picture_of(buffer);

    if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0)
        return false;
    *data = cairo_image_surface_get_data(picture->surface);
    *format = cairo_image_surface_get_format(picture->surface) == CAIRO_FORMAT_RGB24 ? DRM_FORMAT_XRGB8888
                                                                                     : DRM_FORMAT_ARGB8888;
    *stride = (size_t)cairo_image_surface_get_stride(picture->surface);
    return true;
}

static void picture_end_access(struct wlr_buffer *buffer)
{
    (void)buffer; /* nothing was mapped */
}

static const struct wlr_buffer_impl picture_impl = {
    .destroy = picture_destroy,
    .begin_data_ptr_access = picture_begin_access,
    .end_data_ptr_access = picture_end_access,
};

void bk_canvas_set_scale(double scale)
{
    canvas_scale = scale;
}

double bk_canvas_scale(void)
{
    return canvas_scale;
}

static int begin(int width, int height, cairo_format_t format, struct bk_canvas *ret_canvas)
{
    const int grain = bk_scale_grain(canvas_scale);
    struct picture *picture = calloc(1, sizeof *picture);
    if (picture == NULL)
        return -ENOMEM;
    width = (width + grain - 1) / grain * grain;
    height = (height + grain - 1) / grain * grain;
    int device_width = bk_scale_at(canvas_scale, width), device_height = bk_scale_at(canvas_scale, height);
    picture->surface = cairo_image_surface_create(format, device_width, device_height);
    cairo_t *cairo = cairo_create(picture->surface);
    if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(cairo);
        cairo_surface_destroy(picture->surface);
        free(picture);
        return -ENOMEM;
    }
    cairo_scale(cairo, canvas_scale, canvas_scale);
    wlr_buffer_init(&picture->base, &picture_impl, device_width, device_height);
    *ret_canvas = (struct bk_canvas){ .buffer = &picture->base, .cairo = cairo, .width = width, .height = height };
    return 0;
}

int bk_canvas_begin(int width, int height, struct bk_canvas *ret_canvas)
{
    return begin(width, height, CAIRO_FORMAT_ARGB32, ret_canvas);
}

int bk_canvas_begin_opaque(int width, int height, struct bk_canvas *ret_canvas, unsigned char **ret_pixels,
                           int *ret_stride)
{
    struct bk_canvas canvas;
    int r = begin(width, height, CAIRO_FORMAT_RGB24, &canvas);

    if (r < 0)
        return r;
    cairo_surface_t *surface = picture_of(canvas.buffer)->surface;
    *ret_pixels = cairo_image_surface_get_data(surface);
    *ret_stride = cairo_image_surface_get_stride(surface);
    *ret_canvas = canvas;
    return 0;
}

struct wlr_buffer *bk_canvas_end(struct bk_canvas *canvas)
{
    struct wlr_buffer *buffer = canvas->buffer;

    cairo_destroy(canvas->cairo);
    cairo_surface_flush(picture_of(buffer)->surface);
    *canvas = (struct bk_canvas){ 0 };
    return buffer;
}

void bk_canvas_show(struct bk_canvas *canvas, struct wlr_scene_buffer *node)
{
    int width = canvas->width, height = canvas->height;
    struct wlr_buffer *buffer = bk_canvas_end(canvas);

    wlr_scene_buffer_set_buffer(node, buffer);
    wlr_scene_buffer_set_dest_size(node, width, height);
    wlr_buffer_drop(buffer);
}
