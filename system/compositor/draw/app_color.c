/* SPDX-License-Identifier: Apache-2.0 */
#include "app_color.h"

#include <math.h>
#include <stdint.h>

/* So far apart that two neighbours can be told apart, each in two tones. */
#define HUES 18U

/* FNV-1a with a final mix: ids that differ in one letter have colours that have nothing in common. */
static uint32_t hash_of(const char *app)
{
    uint32_t hash = 2166136261U;

    for (; *app != '\0'; app++)
        hash = (hash ^ (unsigned char)*app) * 16777619U;
    hash ^= hash >> 16;
    hash *= 0x7feb352dU;
    hash ^= hash >> 15;
    return hash;
}

static double to_srgb(double linear)
{
    if (linear <= 0)
        return 0;
    if (linear >= 1)
        return 1;
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

/* Björn Ottosson's Oklab in its cylindrical form; what lies outside of sRGB is cut. */
static struct bk_color oklch(double lightness, double chroma, double degrees)
{
    double a = chroma * cos(degrees * M_PI / 180);
    double b = chroma * sin(degrees * M_PI / 180);
    double l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
    double m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
    double s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);

    return (struct bk_color){ to_srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                              to_srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                              to_srgb(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s), 1 };
}

struct bk_app_colors bk_app_colors_of(const char *app)
{
    uint32_t hash = hash_of(app);
    double hue = (hash % HUES) * (360.0 / HUES) + 15;
    double tone = (hash / HUES & 1) != 0 ? 0.06 : 0;
    double chroma = app[0] == '\0' ? 0 : 1;

    return (struct bk_app_colors){
        .frame = oklch(0.41 + tone, 0.105 * chroma, hue),
        .frame_edge = oklch(0.58 + tone, 0.13 * chroma, hue),
        .frame_rest = oklch(0.31 + tone * 0.6, 0.05 * chroma, hue),
        .frame_rest_edge = oklch(0.42 + tone * 0.6, 0.06 * chroma, hue),
        .tile_top = oklch(0.68 + tone, 0.14 * chroma, hue),
        .tile_bottom = oklch(0.56 + tone, 0.145 * chroma, hue),
        .accent = oklch(0.76, 0.13 * chroma, hue),
    };
}
