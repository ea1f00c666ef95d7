/* SPDX-License-Identifier: Apache-2.0 */
#include "surface_buffer.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <wlr/interfaces/wlr_buffer.h>

struct surface_buffer {
    struct wlr_buffer base;
    void *data;
    size_t mapped;
    size_t stride;
    uint32_t format;
};

static struct surface_buffer *surface_of(struct wlr_buffer *buffer)
{
    return wl_container_of(buffer, (struct surface_buffer *)NULL, base);
}

static void surface_destroy(struct wlr_buffer *buffer)
{
    struct surface_buffer *surface = surface_of(buffer);

    munmap(surface->data, surface->mapped);
    free(surface);
}

static bool surface_begin_access(struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format,
                                 size_t *stride)
{
    const struct surface_buffer *surface = surface_of(buffer);

    if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0)
        return false;
    *data = surface->data;
    *format = surface->format;
    *stride = surface->stride;
    return true;
}

static void surface_end_access(struct wlr_buffer *buffer)
{
    (void)buffer; /* nothing was mapped for it */
}

static const struct wlr_buffer_impl surface_impl = {
    .destroy = surface_destroy,
    .begin_data_ptr_access = surface_begin_access,
    .end_data_ptr_access = surface_end_access,
};

struct wlr_buffer *bk_surface_buffer_create(void *data, size_t mapped, const struct bk_display_surface *surface)
{
    struct surface_buffer *buffer = calloc(1, sizeof *buffer);

    if (buffer == NULL) {
        munmap(data, mapped);
        return NULL;
    }
    buffer->data = data;
    buffer->mapped = mapped;
    buffer->stride = surface->stride;
    buffer->format = DRM_FORMAT_XRGB8888;
    wlr_buffer_init(&buffer->base, &surface_impl, (int)surface->width, (int)surface->height);
    return &buffer->base;
}
