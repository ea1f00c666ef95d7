/* SPDX-License-Identifier: Apache-2.0 */
#include "cable.h"

#include "checked.h"

/* Farther out than any screen: the sums with it stay far from the limits of int32_t. */
#define POSITION_MAX (1 << 24)

/* A guest may put its cursor wherever it likes. */
static int32_t bound(int32_t position)
{
    return position < -POSITION_MAX ? -POSITION_MAX : position > POSITION_MAX ? POSITION_MAX : position;
}

static const char *take_surface(struct bk_surface **surface, const struct bk_display_message *message, int fd)
{
    *surface = bk_surface_map(message, fd);
    return *surface != NULL ? NULL : "a surface cannot be mapped";
}

static void take_frame(struct bk_cable *cable, struct bk_view *view, struct bk_surface *surface,
                       const struct bk_display_message *message)
{
    cable->serial = message->frame.serial;
    bk_view_show(view, surface,
                 (struct bk_rectangle){ (int32_t)message->frame.x, (int32_t)message->frame.y,
                                        (int32_t)(message->frame.x + message->frame.width),
                                        (int32_t)(message->frame.y + message->frame.height) });
}

const char *bk_cable_take(struct bk_cable *cable, struct bk_view *view, const void *datagram, size_t size, int fd)
{
    struct bk_display_message message;
    int place = -1;

    const char *refusal = bk_display_check_datagram(&cable->check, datagram, size, fd, &message, &place);
    if (refusal != NULL)
        return refusal;
    switch (message.type) {
    case BK_DISPLAY_SURFACE:
        return take_surface(&cable->surfaces[place], &message, fd);
    case BK_DISPLAY_WITHDRAW:
        cable->surfaces[place] = bk_surface_unref(cable->surfaces[place]);
        break;
    case BK_DISPLAY_FRAME:
        take_frame(cable, view, cable->surfaces[place], &message);
        break;
    case BK_DISPLAY_BLANK:
        bk_view_show(view, NULL, (struct bk_rectangle){ 0 });
        break;
    case BK_DISPLAY_CURSOR:
        bk_view_set_cursor(view, place >= 0 ? cable->surfaces[place] : NULL, message.cursor.hot_x, message.cursor.hot_y,
                           bound(message.cursor.x), bound(message.cursor.y));
        break;
    case BK_DISPLAY_CURSOR_MOVE:
        bk_view_move_cursor(view, bound(message.cursor.x), bound(message.cursor.y));
        break;
    default: /* is refused */
        break;
    }
    return NULL;
}

void bk_cable_reset(struct bk_cable *cable)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(cable->surfaces); i++)
        bk_surface_unref(cable->surfaces[i]);
    *cable = (struct bk_cable){ 0 };
}
