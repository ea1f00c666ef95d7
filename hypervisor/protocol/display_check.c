/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "display_check.h"

#include "checked.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* system calls [io screen]: fcntl(F_GET_SEALS) fstatfs lseek */

/* One that grows harms nobody. */
#define NEEDED_SEALS (BK_DISPLAY_SEALS & ~F_SEAL_GROW)
#define NOWHERE      (-1)

/* The place of the surface `id`; of a free one when that is 0. */
static int find(const struct bk_display_check *check, uint32_t id)
{
    for (unsigned i = 0; i < BK_DISPLAY_SURFACES_MAX; i++) {
        if (check->surfaces[i].id == id)
            return (int)i;
    }
    return NOWHERE;
}

static int find_announced(const struct bk_display_check *check, uint32_t id)
{
    return id != 0 ? find(check, id) : NOWHERE;
}

static const char *check_geometry(const struct bk_display_message *message)
{
    uint32_t width = message->surface.width;
    uint32_t height = message->surface.height;
    uint32_t stride = message->surface.stride;

    if (message->surface.id == 0)
        return "a surface has the id 0";
    if (width == 0 || width > BK_DISPLAY_SIDE_MAX || height == 0 || height > BK_DISPLAY_SIDE_MAX)
        return "a surface's sides are out of range";
    if (stride < width * 4 || stride % 4 != 0 || stride > BK_DISPLAY_STRIDE_MAX)
        return "a surface's stride is wrong";
    if (message->surface.size < (uint64_t)stride * height)
        return "a surface is smaller than its pixels";
    if (message->surface.size > BK_DISPLAY_SURFACE_SIZE_MAX)
        return "a surface is too large";
    if (message->surface.has_alpha > 1)
        return "a surface's alpha is neither 0 nor 1";
    return NULL;
}

static const char *check_surface(struct bk_display_check *check, const struct bk_display_message *message,
                                 int *ret_place)
{
    const char *refusal = check_geometry(message);
    int place = find(check, 0);

    if (refusal != NULL)
        return refusal;
    if (find(check, message->surface.id) != NOWHERE)
        return "a surface's id is in use";
    if (place == NOWHERE)
        return "there are too many surfaces";
    check->surfaces[place] = (struct bk_display_announced){ .id = message->surface.id,
                                                            .width = message->surface.width,
                                                            .height = message->surface.height,
                                                            .has_alpha = message->surface.has_alpha != 0 };
    *ret_place = place;
    return NULL;
}

static const char *check_withdraw(struct bk_display_check *check, const struct bk_display_message *message,
                                  int *ret_place)
{
    int place = find_announced(check, message->surface.id);

    if (place == NOWHERE)
        return "a surface that is not known was withdrawn";
    check->surfaces[place].id = 0;
    *ret_place = place;
    return NULL;
}

static const char *check_frame(const struct bk_display_check *check, const struct bk_display_message *message,
                               int *ret_place)
{
    int place = find_announced(check, message->frame.id);

    if (place == NOWHERE)
        return "a frame is of a surface that is not known";
    if (!bk_range_in(message->frame.x, message->frame.width, check->surfaces[place].width) ||
        !bk_range_in(message->frame.y, message->frame.height, check->surfaces[place].height))
        return "a frame's rectangle is not within its surface";
    if (message->frame.serial == 0)
        return "a frame has the serial 0";
    *ret_place = place;
    return NULL;
}

static const char *check_cursor(const struct bk_display_check *check, const struct bk_display_message *message,
                                int *ret_place)
{
    int place = find_announced(check, message->cursor.id);

    if (message->cursor.id != 0 &&
        (place == NOWHERE || check->surfaces[place].width != BK_DISPLAY_CURSOR_SIDE ||
         check->surfaces[place].height != BK_DISPLAY_CURSOR_SIDE || !check->surfaces[place].has_alpha))
        return "the cursor is no surface of 64 by 64 pixels with alpha";
    if (message->cursor.hot_x >= BK_DISPLAY_CURSOR_SIDE || message->cursor.hot_y >= BK_DISPLAY_CURSOR_SIDE)
        return "the cursor's hot spot is not within it";
    *ret_place = place;
    return NULL;
}

const char *bk_display_check_message(struct bk_display_check *check, const struct bk_display_message *message,
                                     int *ret_place)
{
    if (message->reserved != 0)
        return "a message's reserved field is not 0";
    switch (message->type) {
    case BK_DISPLAY_SURFACE:
        return check_surface(check, message, ret_place);
    case BK_DISPLAY_WITHDRAW:
        return check_withdraw(check, message, ret_place);
    case BK_DISPLAY_FRAME:
        return check_frame(check, message, ret_place);
    case BK_DISPLAY_CURSOR:
        return check_cursor(check, message, ret_place);
    case BK_DISPLAY_BLANK:
    case BK_DISPLAY_CURSOR_MOVE:
        *ret_place = NOWHERE;
        return NULL;
    default:
        return "a message's type is not known";
    }
}

const char *bk_display_check_datagram(struct bk_display_check *check, const void *datagram, size_t size, int fd,
                                      struct bk_display_message *ret_message, int *ret_place)
{
    struct bk_display_message message;
    const char *refusal = NULL;

    if (size != sizeof message)
        return "a message has the wrong size";
    memcpy(&message, datagram, sizeof message);
    if (fd >= 0 && message.type != BK_DISPLAY_SURFACE)
        return "a descriptor came with a message that has none";
    if (message.type == BK_DISPLAY_SURFACE)
        refusal = bk_display_check_memory(fd, message.surface.size);
    if (refusal == NULL)
        refusal = bk_display_check_message(check, &message, ret_place);
    if (refusal == NULL)
        *ret_message = message;
    return refusal;
}

const char *bk_display_check_memory(int fd, uint64_t size)
{
    struct statfs filesystem;

    if (fd < 0)
        return "a surface came without its memory";
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & NEEDED_SEALS) != NEEDED_SEALS)
        return "a surface's memory is no memfd, or not sealed";
    /* Huge pages are sealed as well, but touching one may be deadly where none are left. */
    if (fstatfs(fd, &filesystem) < 0 || filesystem.f_type != TMPFS_MAGIC)
        return "a surface's memory is not ordinary memory";
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0 || (uint64_t)end < size)
        return "a surface's memory is smaller than it says";
    return NULL;
}
