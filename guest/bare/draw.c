/* SPDX-License-Identifier: Apache-2.0 */
#include "draw.h"

#include "letters.h"

static const struct bk_letters *const sizes[BK_SIZES] = {
    [BK_SMALL] = &bk_letters_small, [BK_LARGE] = &bk_letters_large
};

unsigned bk_letter_width(enum bk_size size)
{
    return sizes[size]->width;
}

unsigned bk_line_height(enum bk_size size)
{
    return sizes[size]->height;
}

/* Where a line from `at` on, `length` long, begins and ends within [0, limit). */
static void clip(int at, int length, uint32_t limit, uint32_t *ret_begin, uint32_t *ret_end)
{
    int64_t begin = at > 0 ? at : 0, end = (int64_t)at + (length > 0 ? length : 0);

    *ret_end = end < 0 ? 0 : end > limit ? limit : (uint32_t)end;
    *ret_begin = begin > *ret_end ? *ret_end : (uint32_t)begin;
}

void bk_draw_box(struct bk_screen *screen, int x, int y, int width, int height, uint32_t colour)
{
    uint32_t left, right, top, bottom;

    clip(x, width, screen->width, &left, &right);
    clip(y, height, screen->height, &top, &bottom);
    for (uint32_t row = top; row < bottom; row++) {
        for (uint32_t column = left; column < right; column++)
            screen->pixels[(size_t)row * screen->width + column] = colour;
    }
}

static uint32_t mix(uint32_t below, uint32_t colour, unsigned ink)
{
    uint32_t mixed = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t a = below >> shift & 0xff, b = colour >> shift & 0xff;
        mixed |= (a * (255 - ink) + b * ink) / 255 << shift;
    }
    return mixed;
}

static void draw_letter(struct bk_screen *screen, int x, int y, const struct bk_letters *letters, char letter,
                        uint32_t colour)
{
    unsigned index = letter < BK_LETTERS_FIRST || letter > BK_LETTERS_LAST ? '?' - BK_LETTERS_FIRST
                                                                           : (unsigned)(letter - BK_LETTERS_FIRST);
    const uint8_t *ink = letters->ink + (size_t)index * letters->width * letters->height;

    for (unsigned row = 0; row < letters->height; row++) {
        for (unsigned column = 0; column < letters->width; column++, ink++) {
            int64_t at_x = (int64_t)x + column, at_y = (int64_t)y + row;
            if (*ink == 0 || at_x < 0 || at_y < 0 || at_x >= screen->width || at_y >= screen->height)
                continue;
            uint32_t *pixel = &screen->pixels[(size_t)at_y * screen->width + (size_t)at_x];
            *pixel = mix(*pixel, colour, *ink);
        }
    }
}

void bk_draw_text(struct bk_screen *screen, int x, int y, enum bk_size size, uint32_t colour, const char *text)
{
    for (; *text != '\0' && x < (int)screen->width; text++, x += (int)sizes[size]->width)
        draw_letter(screen, x, y, sizes[size], *text, colour);
}
