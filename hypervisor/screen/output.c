/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "output.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xf86drm.h>

/* system calls [screen]: close mmap(no-exec) munmap
 * ioctl(DRM_IOCTL_MODE_GETRESOURCES) ioctl(DRM_IOCTL_MODE_GETCONNECTOR) ioctl(DRM_IOCTL_MODE_GETENCODER)
 * ioctl(DRM_IOCTL_MODE_CREATE_DUMB) ioctl(DRM_IOCTL_MODE_MAP_DUMB) ioctl(DRM_IOCTL_MODE_DESTROY_DUMB)
 * ioctl(DRM_IOCTL_MODE_ADDFB) ioctl(DRM_IOCTL_MODE_RMFB) ioctl(DRM_IOCTL_MODE_SETCRTC)
 * ioctl(DRM_IOCTL_MODE_DIRTYFB) ioctl(DRM_IOCTL_MODE_CURSOR) ioctl(DRM_IOCTL_MODE_CURSOR2) */

#define COLOUR_DEPTH   24
#define BITS_PER_PIXEL 32

static void free_buffer(int card, struct bk_dumb_buffer *buffer)
{
    if (buffer->pixels != NULL)
        munmap(buffer->pixels, buffer->size);
    if (buffer->handle != 0)
        drmModeDestroyDumbBuffer(card, buffer->handle);
    *buffer = (struct bk_dumb_buffer){ 0 };
}

static int make_buffer(int card, uint32_t width, uint32_t height, struct bk_dumb_buffer *ret)
{
    struct bk_dumb_buffer buffer = { 0 };
    uint64_t size, offset;

    int r = drmModeCreateDumbBuffer(card, width, height, BITS_PER_PIXEL, 0, &buffer.handle, &buffer.stride, &size);
    if (r < 0)
        return r;
    buffer.size = size;
    r = drmModeMapDumbBuffer(card, buffer.handle, &offset);
    if (r >= 0) {
        void *pixels = mmap(NULL, buffer.size, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)offset);
        if (pixels == MAP_FAILED)
            r = -errno;
        else
            buffer.pixels = pixels;
    }
    if (r < 0) {
        free_buffer(card, &buffer);
        return r;
    }
    memset(buffer.pixels, 0, buffer.size);
    *ret = buffer;
    return 0;
}

/* The CRTC that drives the connector already, or any that could: 0 is none. */
static uint32_t choose_crtc(int card, const drmModeRes *resources, const drmModeConnector *connector)
{
    uint32_t crtc = 0;

    for (int i = -1; i < connector->count_encoders && crtc == 0; i++) {
        uint32_t id = i < 0 ? connector->encoder_id : connector->encoders[i];
        drmModeEncoder *encoder = id != 0 ? drmModeGetEncoder(card, id) : NULL;

        if (encoder == NULL)
            continue;
        if (i < 0)
            crtc = encoder->crtc_id;
        for (int bit = 0; bit < resources->count_crtcs && bit < 32 && crtc == 0; bit++) {
            if ((encoder->possible_crtcs >> bit & 1) != 0)
                crtc = resources->crtcs[bit];
        }
        drmModeFreeEncoder(encoder);
    }
    return crtc;
}

static const drmModeModeInfo *choose_mode(const drmModeConnector *connector)
{
    for (int i = 0; i < connector->count_modes; i++) {
        if ((connector->modes[i].type & DRM_MODE_TYPE_PREFERRED) != 0)
            return &connector->modes[i];
    }
    return connector->count_modes > 0 ? &connector->modes[0] : NULL;
}

static bool is_usable(const drmModeModeInfo *mode)
{
    return mode->hdisplay > 0 && mode->hdisplay <= BK_DISPLAY_SIDE_MAX && mode->vdisplay > 0 &&
           mode->vdisplay <= BK_DISPLAY_SIDE_MAX;
}

/* Fills in the connector, CRTC, mode and size of the first monitor that can be driven. */
static int choose_monitor(int card, struct bk_output *output)
{
    drmModeRes *resources = drmModeGetResources(card);
    int r = -ENODEV;

    if (resources == NULL)
        return -errno;
    for (int i = 0; i < resources->count_connectors && r < 0; i++) {
        drmModeConnector *connector = drmModeGetConnector(card, resources->connectors[i]);
        const drmModeModeInfo *mode;

        if (connector == NULL)
            continue;
        mode = choose_mode(connector);
        if (connector->connection == DRM_MODE_CONNECTED && mode != NULL && is_usable(mode)) {
            output->connector = connector->connector_id;
            output->crtc = choose_crtc(card, resources, connector);
            output->mode = *mode;
            output->width_mm = connector->mmWidth;
            output->height_mm = connector->mmHeight;
            r = output->crtc != 0 ? 0 : -ENODEV;
        }
        drmModeFreeConnector(connector);
    }
    drmModeFreeResources(resources);
    return r;
}

static void try_cursor(struct bk_output *output)
{
    int r = make_buffer(output->card, BK_DISPLAY_CURSOR_SIDE, BK_DISPLAY_CURSOR_SIDE, &output->cursor);

    if (r >= 0) /* the image's rows lie without a gap between them */
        r = output->cursor.stride == BK_DISPLAY_CURSOR_SIDE * sizeof(uint32_t) ? 0 : -EOPNOTSUPP;
    if (r >= 0)
        r = drmModeSetCursor(output->card, output->crtc, 0, 0, 0);
    output->hardware_cursor = r >= 0;
    if (r < 0)
        free_buffer(output->card, &output->cursor);
}

static void release(struct bk_output *output)
{
    if (output->framebuffer != 0)
        drmModeRmFB(output->card, output->framebuffer);
    free_buffer(output->card, &output->buffer);
    free_buffer(output->card, &output->cursor);
}

int bk_output_open(struct bk_output *output, int card)
{
    struct bk_output made = { .card = card, .tells_damage = true };

    int r = choose_monitor(card, &made);
    if (r < 0)
        return r;
    r = make_buffer(card, made.mode.hdisplay, made.mode.vdisplay, &made.buffer);
    if (r >= 0)
        r = drmModeAddFB(card, made.mode.hdisplay, made.mode.vdisplay, COLOUR_DEPTH, BITS_PER_PIXEL, made.buffer.stride,
                         made.buffer.handle, &made.framebuffer);
    if (r >= 0)
        r = drmModeSetCrtc(card, made.crtc, made.framebuffer, 0, 0, &made.connector, 1, &made.mode);
    if (r < 0) {
        release(&made);
        return r;
    }
    try_cursor(&made);
    bk_info("the screen is %ux%u at %u Hz, the cursor is drawn by %s", made.mode.hdisplay, made.mode.vdisplay,
            made.mode.vrefresh, made.hardware_cursor ? "the card" : "us");
    *output = made;
    return 0;
}

int bk_output_take_card(struct bk_output *output)
{
    int card = output->card;

    if (card >= 0)
        release(output);
    *output = (struct bk_output){ .card = -1 };
    return card;
}

bool bk_output_is_outdated(const struct bk_output *output)
{
    struct bk_output now = { 0 };

    return choose_monitor(output->card, &now) < 0 || now.connector != output->connector ||
           now.mode.hdisplay != output->mode.hdisplay || now.mode.vdisplay != output->mode.vdisplay ||
           now.mode.vrefresh != output->mode.vrefresh;
}

struct bk_canvas bk_output_canvas(const struct bk_output *output)
{
    return (struct bk_canvas){
        .pixels = output->buffer.pixels,
        .width = output->mode.hdisplay,
        .height = output->mode.vdisplay,
        .stride = output->buffer.stride,
        .draws_cursor = output->hardware_cursor,
    };
}

int bk_output_flush(struct bk_output *output, struct bk_rectangle painted)
{
    drmModeClip clip = {
        .x1 = (uint16_t)painted.x0,
        .y1 = (uint16_t)painted.y0,
        .x2 = (uint16_t)painted.x1,
        .y2 = (uint16_t)painted.y1,
    };

    if (!output->tells_damage || bk_rectangle_is_empty(painted))
        return 0;
    int r = drmModeDirtyFB(output->card, output->framebuffer, &clip, 1);
    if (r == -ENOSYS || r == -EOPNOTSUPP || r == -EINVAL) {
        output->tells_damage = false; /* what is drawn is seen */
        return 0;
    }
    return r;
}

void bk_output_update_cursor(struct bk_output *output, struct bk_view *view)
{
    bool changed = view->cursor_changed;
    bool moved = view->cursor_moved;
    int32_t x, y;

    view->cursor_changed = view->cursor_moved = false;
    if (!output->hardware_cursor)
        return;
    /* A call that fails leaves the cursor as it was, until the next one: there is nobody to tell. */
    if (changed && view->cursor.visible) {
        memcpy(output->cursor.pixels, view->cursor.image, sizeof view->cursor.image);
        (void)drmModeSetCursor2(output->card, output->crtc, output->cursor.handle, BK_DISPLAY_CURSOR_SIDE,
                                BK_DISPLAY_CURSOR_SIDE, view->cursor.hot_x, view->cursor.hot_y);
    } else if (changed) {
        (void)drmModeSetCursor(output->card, output->crtc, 0, 0, 0);
    }
    if (moved && view->cursor.visible) {
        bk_view_locate_cursor(view, &x, &y);
        (void)drmModeMoveCursor(output->card, output->crtc, x, y);
    }
}
