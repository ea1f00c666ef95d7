/* SPDX-License-Identifier: Apache-2.0 */
#include "camera.h"

#include <stdlib.h>
#include <string.h>

enum bk_text_fault bk_camera_check_name(const char *name, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    if (length == 0)
        return BK_TEXT_EMPTY;
    if (length > BK_CAMERA_NAME_MAX)
        return BK_TEXT_TOO_LONG;
    for (size_t i = 0; i < length; i++) {
        if (memchr(letters, name[i], sizeof letters - 1) == NULL)
            return BK_TEXT_BAD_CHARACTER;
    }
    return BK_TEXT_GOOD;
}

bool bk_camera_is_format(const char *format)
{
    bool blank = false;

    if (strlen(format) != BK_CAMERA_FORMAT_LENGTH || format[0] == ' ')
        return false;
    for (unsigned i = 0; i < BK_CAMERA_FORMAT_LENGTH; i++) {
        if (format[i] < ' ' || format[i] > '~' || (blank && format[i] != ' '))
            return false;
        blank = format[i] == ' ';
    }
    return true;
}

static bool is_within(unsigned number, unsigned max)
{
    return number >= 1 && number <= max;
}

bool bk_camera_is_mode(const struct bk_camera_mode *mode)
{
    return bk_camera_is_format(mode->format) && is_within(mode->width, BK_CAMERA_SIDE_MAX) &&
           is_within(mode->height, BK_CAMERA_SIDE_MAX) && is_within(mode->rate, BK_CAMERA_RATE_MAX);
}

static unsigned distance(unsigned wished, unsigned is)
{
    if (wished == 0)
        return 0;
    return wished > is ? wished - is : is - wished;
}

unsigned bk_camera_choose(const struct bk_camera_mode *modes, unsigned n_modes, const struct bk_camera_mode *wish)
{
    unsigned chosen = n_modes;
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < n_modes; i++) {
        if (wish->format[0] != '\0' && strcmp(modes[i].format, wish->format) != 0)
            continue;
        uint64_t size = (uint64_t)distance(wish->width, modes[i].width) + distance(wish->height, modes[i].height);
        uint64_t far = size << 32 | distance(wish->rate, modes[i].rate);
        if (far < least) {
            least = far;
            chosen = i;
        }
    }
    return chosen;
}
