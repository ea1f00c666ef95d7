/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include <string.h>

#define START  26U /* bytes that say what it is and how large */
#define WIDTH  16U
#define HEIGHT 20U

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool bk_picture_size(const void *png, size_t size, uint32_t *ret_width, uint32_t *ret_height)
{
    static const unsigned char signature[WIDTH] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                                    0,    0,   0,   13,  'I',  'H',  'D',  'R' };
    const unsigned char *bytes = png;

    if (size < START || memcmp(bytes, signature, sizeof signature) != 0)
        return false;
    *ret_width = big_endian(bytes + WIDTH);
    *ret_height = big_endian(bytes + HEIGHT);
    return true;
}

bool bk_picture_fits(const void *png, size_t size, uint32_t least, uint32_t most)
{
    uint32_t width, height;

    return bk_picture_size(png, size, &width, &height) && width >= least && width <= most && height >= least &&
           height <= most;
}
