/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "screen_model.h"

#include "cable/display.h"
#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

void screen_model_plug(struct screen_model *screen, struct bk_display *display)
{
    int ends[2];

    require(bk_socketpair(BK_DISPLAY_CABLE_BUFFER, ends) == 0 && bk_set_nonblock(ends[1]) == 0);
    memset(screen, 0, sizeof *screen);
    screen->fd = ends[1];
    require(bk_display_plug(display, ends[0]) == 0);
}

void screen_model_unplug(struct screen_model *screen)
{
    screen->fd = bk_close(screen->fd);
}

/* The place of a surface, or of none (id 0); -1: there is no such. */
static int find(const struct screen_model *screen, uint32_t id)
{
    for (unsigned i = 0; i < BK_DISPLAY_SURFACES_MAX; i++) {
        if (screen->surfaces[i].id == id)
            return (int)i;
    }
    return -1;
}

static void check_surface(struct screen_model *screen, const struct bk_display_message *message, int fd)
{
    struct stat status;

    require(message->surface.id != 0 && find(screen, message->surface.id) < 0);
    require(message->surface.width - 1 < BK_DISPLAY_SIDE_MAX && message->surface.height - 1 < BK_DISPLAY_SIDE_MAX);
    require(message->surface.stride / 4 >= message->surface.width);
    require(message->surface.size >= (uint64_t)message->surface.stride * message->surface.height);
    require(fd >= 0 && fstat(fd, &status) == 0 && (uint64_t)status.st_size == message->surface.size);
    require(fcntl(fd, F_GET_SEALS) == BK_DISPLAY_SEALS);
    int place = find(screen, 0);
    require(place >= 0);
    screen->surfaces[place].id = message->surface.id;
    screen->surfaces[place].width = message->surface.width;
    screen->surfaces[place].height = message->surface.height;
}

static void check_frame(struct screen_model *screen, const struct bk_display_message *message)
{
    int place = message->frame.id != 0 ? find(screen, message->frame.id) : -1;

    require(place >= 0);
    require(message->frame.width > 0 && message->frame.height > 0);
    require(bk_range_in(message->frame.x, message->frame.width, screen->surfaces[place].width));
    require(bk_range_in(message->frame.y, message->frame.height, screen->surfaces[place].height));
    require(message->frame.serial > screen->last_serial);
    screen->last_serial = message->frame.serial;
}

void screen_model_listen(struct screen_model *screen)
{
    struct bk_display_message message;

    for (;;) {
        _cleanup_close_ int fd = -1;
        ssize_t n = bk_recv_message(screen->fd, &message, sizeof message, &fd);
        if (n <= 0)
            return;
        require(n == (ssize_t)sizeof message && message.reserved == 0);
        require((fd >= 0) == (message.type == BK_DISPLAY_SURFACE));
        int place = message.surface.id != 0 ? find(screen, message.surface.id) : -1;
        switch (message.type) {
        case BK_DISPLAY_SURFACE:
            check_surface(screen, &message, fd);
            break;
        case BK_DISPLAY_WITHDRAW:
            require(place >= 0);
            screen->surfaces[place].id = 0;
            break;
        case BK_DISPLAY_FRAME:
            check_frame(screen, &message);
            break;
        case BK_DISPLAY_CURSOR:
            require(message.cursor.id == 0 || (place >= 0 && screen->surfaces[place].width == BK_DISPLAY_CURSOR_SIDE));
            require(message.cursor.hot_x < BK_DISPLAY_CURSOR_SIDE && message.cursor.hot_y < BK_DISPLAY_CURSOR_SIDE);
            break;
        case BK_DISPLAY_CURSOR_MOVE:
            require(message.cursor.id == 0 && message.cursor.hot_x == 0 && message.cursor.hot_y == 0);
            break;
        default:
            require(message.type == BK_DISPLAY_BLANK);
            break;
        }
    }
}

bool screen_model_is_plugged(const struct screen_model *screen)
{
    struct pollfd end = { .fd = screen->fd };

    return poll(&end, 1, 0) == 0;
}
