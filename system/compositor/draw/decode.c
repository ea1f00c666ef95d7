/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <string.h>

struct reading {
    const unsigned char *bytes;
    size_t left;
};

static cairo_status_t read_png(void *closure, unsigned char *data, unsigned length)
{
    struct reading *reading = closure;

    if (length > reading->left)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reading->bytes, length);
    reading->bytes += length;
    reading->left -= length;
    return CAIRO_STATUS_SUCCESS;
}

cairo_surface_t *bk_decode_png(const void *png, size_t size)
{
    struct reading reading = { .bytes = png, .left = size };
    cairo_surface_t *picture = cairo_image_surface_create_from_png_stream(read_png, &reading);

    if (cairo_surface_status(picture) == CAIRO_STATUS_SUCCESS)
        return picture;
    cairo_surface_destroy(picture);
    return NULL;
}
