/* SPDX-License-Identifier: Apache-2.0 */
#include "cable.h"

#include "checked.h"

#include <string.h>

/* Farther out than any screen: the sums with it stay far from the limits of int32_t. */
#define POSITION_MAX (1 << 24)

static const char *take_frame(struct bk_cable *cable, struct bk_view *view, const struct bk_display_message *message)
{
    struct bk_surface *surface = bk_surfaces_find(&cable->surfaces, message->frame.id);

    if (surface == NULL)
        return "a frame is of a surface that is not known";
    if (!bk_range_in(message->frame.x, message->frame.width, surface->width) ||
        !bk_range_in(message->frame.y, message->frame.height, surface->height))
        return "a frame's rectangle is not within its surface";
    if (message->frame.serial == 0)
        return "a frame has the serial 0";
    cable->serial = message->frame.serial;
    bk_view_show(view, surface,
                 (struct bk_rectangle){ (int32_t)message->frame.x, (int32_t)message->frame.y,
                                        (int32_t)(message->frame.x + message->frame.width),
                                        (int32_t)(message->frame.y + message->frame.height) });
    return NULL;
}

/* A guest may put its cursor wherever it likes. */
static int32_t bound(int32_t position)
{
    return position < -POSITION_MAX ? -POSITION_MAX : position > POSITION_MAX ? POSITION_MAX : position;
}

static const char *take_cursor(struct bk_cable *cable, struct bk_view *view, const struct bk_display_message *message)
{
    struct bk_surface *image = NULL;
    int32_t x = bound(message->cursor.x);
    int32_t y = bound(message->cursor.y);

    if (message->type == BK_DISPLAY_CURSOR_MOVE) {
        bk_view_move_cursor(view, x, y);
        return NULL;
    }
    if (message->cursor.id != 0) {
        image = bk_surfaces_find(&cable->surfaces, message->cursor.id);
        if (image == NULL || image->width != BK_DISPLAY_CURSOR_SIDE || image->height != BK_DISPLAY_CURSOR_SIDE ||
            !image->has_alpha)
            return "the cursor is no surface of 64 by 64 pixels with alpha";
    }
    if (message->cursor.hot_x >= BK_DISPLAY_CURSOR_SIDE || message->cursor.hot_y >= BK_DISPLAY_CURSOR_SIDE)
        return "the cursor's hot spot is not within it";
    bk_view_set_cursor(view, image, message->cursor.hot_x, message->cursor.hot_y, x, y);
    return NULL;
}

const char *bk_cable_take(struct bk_cable *cable, struct bk_view *view, const void *datagram, size_t size, int fd)
{
    struct bk_display_message message;

    if (size != sizeof message)
        return "a message has the wrong size";
    memcpy(&message, datagram, sizeof message);
    if (message.reserved != 0)
        return "a message's reserved field is not 0";
    if (fd >= 0 && message.type != BK_DISPLAY_SURFACE)
        return "a descriptor came with a message that has none";
    switch (message.type) {
    case BK_DISPLAY_SURFACE:
        return bk_surfaces_add(&cable->surfaces, &message, fd);
    case BK_DISPLAY_WITHDRAW:
        return bk_surfaces_withdraw(&cable->surfaces, message.surface.id);
    case BK_DISPLAY_FRAME:
        return take_frame(cable, view, &message);
    case BK_DISPLAY_BLANK:
        bk_view_show(view, NULL, (struct bk_rectangle){ 0 });
        return NULL;
    case BK_DISPLAY_CURSOR:
    case BK_DISPLAY_CURSOR_MOVE:
        return take_cursor(cable, view, &message);
    default:
        return "a message's type is not known";
    }
}

void bk_cable_reset(struct bk_cable *cable)
{
    bk_surfaces_clear(&cable->surfaces);
    *cable = (struct bk_cable){ 0 };
}
