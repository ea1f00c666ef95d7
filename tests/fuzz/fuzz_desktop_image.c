/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture that an app puts on a notification, from its bytes to pixels: it is refused by its first bytes, or
 * decoded to the size that they say.
 */
#include "decode.h"
#include "picture.h"

#include <assert.h>
#include <stdint.h>

#define SIDE_MIN 16U
#define SIDE_MAX 256U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t width = 0, height = 0;

    if (!bk_picture_fits(data, size, SIDE_MIN, SIDE_MAX))
        return 0;
    assert(bk_picture_size(data, size, &width, &height));
    assert(width >= SIDE_MIN && width <= SIDE_MAX && height >= SIDE_MIN && height <= SIDE_MAX);
    cairo_surface_t *picture = bk_decode_png(data, size);
    if (picture == NULL)
        return 0;
    assert(cairo_image_surface_get_width(picture) == (int)width);
    assert(cairo_image_surface_get_height(picture) == (int)height);
    cairo_surface_destroy(picture);
    return 0;
}
