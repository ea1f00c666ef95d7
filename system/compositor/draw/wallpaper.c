/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sky is computed pixel by pixel in fixed point, with an ordered dither: eight bits a channel over so many
 * rows would show bands, and cairo's gradients do. The waves before it are few large shapes, which cairo draws
 * with smooth edges. A full-screen picture is the most expensive thing drawn before the first frame, so the
 * inner loop is integers only.
 */
#include "wallpaper.h"

#include "canvas.h"

#include <math.h>
#include <string.h>

#define FRACTION 12 /* bits after the point in a channel's value */
#define ONE      (1 << FRACTION)

struct stop {
    double at;
    int r, g, b;
};

static const struct stop sky[] = {
    { 0.00, 0x0a, 0x13, 0x2a }, { 0.25, 0x11, 0x24, 0x4a }, { 0.45, 0x22, 0x3f, 0x73 }, { 0.58, 0x4a, 0x5f, 0x96 },
    { 0.67, 0x86, 0x7c, 0xa4 }, { 0.74, 0xc4, 0x98, 0xa0 }, { 0.80, 0xee, 0xb8, 0x9c }, { 1.00, 0xee, 0xb8, 0x9c },
};

/* Added as light is, not blended: a blue sky does not turn grey where it glows. */
static const int glow[3] = { 52, 40, 14 };

/* Where the sun will rise, in parts of the screen. */
#define SUN_X 0.335
#define SUN_Y 0.80

/* The colour at `at` on the straight lines between the stops. */
static void stops_at(double at, double color[static 3])
{
    size_t i = 1;

    while (i + 1 < sizeof sky / sizeof sky[0] && sky[i].at < at)
        i++;
    double t = (at - sky[i - 1].at) / (sky[i].at - sky[i - 1].at);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    color[0] = sky[i - 1].r + (sky[i].r - sky[i - 1].r) * t;
    color[1] = sky[i - 1].g + (sky[i].g - sky[i - 1].g) * t;
    color[2] = sky[i - 1].b + (sky[i].b - sky[i - 1].b) * t;
}

/* The mean around `at`: at a stop the eye would see the slope's break as a line. */
static void sky_at(double at, int color[static 3])
{
    const int taps = 6;
    const double reach = 0.09;
    double sum[3] = { 0 };

    for (int i = -taps; i <= taps; i++) {
        double one[3];
        stops_at(at + reach * i / taps, one);
        for (int c = 0; c < 3; c++)
            sum[c] += one[c];
    }
    for (int c = 0; c < 3; c++)
        color[c] = (int)lround(sum[c] / (2 * taps + 1) * ONE);
}

static void paint_sky(unsigned char *pixels, int stride, int width, int height)
{
    static const uint8_t dither[4][4] = { { 0, 8, 2, 10 }, { 12, 4, 14, 6 }, { 3, 11, 1, 9 }, { 15, 7, 13, 5 } };
    double radius = width * 0.55;

    for (int y = 0; y < height; y++) {
        unsigned char *row = pixels + (ptrdiff_t)y * stride;
        double dy = (y - height * SUN_Y) * 1.75 / radius;
        int base[3];

        sky_at((double)y / height, base);
        for (int x = 0; x < width; x++) {
            double dx = (x - width * SUN_X) / radius;
            double near = 1.0 - dx * dx - dy * dy;
            int amount = near > 0 ? (int)(near * near * near * 256) : 0;
            int noise = dither[y & 3][x & 3] << (FRACTION - 4);
            uint32_t pixel = 0;
            for (int c = 0; c < 3; c++) {
                int value = base[c] + glow[c] * amount * (ONE / 256) + noise;
                pixel = pixel << 8 | (uint32_t)(value >= 255 << FRACTION ? 255 : value >> FRACTION);
            }
            memcpy(row + (ptrdiff_t)x * 4, &pixel, sizeof pixel);
        }
    }
}

struct wave {
    double crest;   /* height of the line, in parts of the screen */
    double swing;   /* how far it rises and falls */
    double shift;   /* where it begins, in parts of a period */
    double periods; /* over the screen's width */
    unsigned top, bottom;
    double alpha;
};

static const struct wave waves[] = {
    { 0.795, 0.010, 0.10, 1.10, 0x8a82ab, 0x3d5687, 0.88 },
    { 0.835, 0.016, 0.62, 1.35, 0x556797, 0x294776, 0.92 },
    { 0.880, 0.020, 0.25, 0.95, 0x2f4a78, 0x17305a, 0.96 },
    { 0.930, 0.022, 0.80, 1.20, 0x1b3560, 0x0c1d3e, 1.00 },
};

static void source_between(cairo_t *cairo, double y0, double y1, unsigned top, unsigned bottom, double alpha)
{
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, y0, 0, y1);

    cairo_pattern_add_color_stop_rgba(gradient, 0, (top >> 16 & 0xff) / 255.0, (top >> 8 & 0xff) / 255.0,
                                      (top & 0xff) / 255.0, alpha);
    cairo_pattern_add_color_stop_rgba(gradient, 1, (bottom >> 16 & 0xff) / 255.0, (bottom >> 8 & 0xff) / 255.0,
                                      (bottom & 0xff) / 255.0, alpha);
    cairo_set_source(cairo, gradient);
    cairo_pattern_destroy(gradient);
}

static void paint_wave(cairo_t *cairo, const struct wave *wave, int width, int height)
{
    const int step = 16;

    cairo_move_to(cairo, 0, height);
    for (int x = 0; x <= width + step; x += step) {
        double turn = ((double)x / width * wave->periods + wave->shift) * 2 * M_PI;
        double y = wave->crest + wave->swing * (sin(turn) + 0.35 * sin(turn * 2.3 + 1.1));
        cairo_line_to(cairo, x, y * height);
    }
    cairo_line_to(cairo, width, height);
    cairo_close_path(cairo);
    source_between(cairo, (wave->crest - wave->swing) * height, fmin(1, wave->crest + 0.14) * height, wave->top,
                   wave->bottom, wave->alpha);
    cairo_fill(cairo);
}

int bk_wallpaper_draw(struct wlr_scene_buffer *node, int width, int height)
{
    struct bk_canvas canvas;
    unsigned char *pixels;
    int stride;

    int r = bk_canvas_begin_opaque(width, height, &canvas, &pixels, &stride);
    if (r < 0)
        return r;
    paint_sky(pixels, stride, canvas.buffer->width, canvas.buffer->height);
    cairo_surface_mark_dirty(cairo_get_target(canvas.cairo));
    for (size_t i = 0; i < sizeof waves / sizeof waves[0]; i++)
        paint_wave(canvas.cairo, &waves[i], canvas.width, canvas.height);
    bk_canvas_show(&canvas, node);
    return 0;
}
