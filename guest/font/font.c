/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stroke is a kind and its points, two digits each: x from 0 to 8, y from 0 to c (hexadecimal), downwards. Capitals
 * stand from 1 to 9, small letters from 4; 9 is the line they stand on, c the lowest that goes below it. A polygon
 * ('-') goes through its points; a curve ('~') is the quadratic B-spline that they pull at, from the first to the last;
 * a ring
 * ('o') is one that is closed.
 */
#include "font.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GRID_WIDTH   9.0F
#define GRID_HEIGHT  14.0F
#define NARROW       0.8F  /* the grid's units are less wide than high */
#define PEN          0.95F /* in units of the grid */
#define CURVE_STEPS  6
#define SEGMENTS_MAX 160
#define POINTS_MAX   16

static const char *const letters[] = {
    [' ' - FONT_FIRST] = "",
    ['!' - FONT_FIRST] = "-4146 -4949",
    ['"' - FONT_FIRST] = "-3133 -5153",
    ['#' - FONT_FIRST] = "-3129 -6159 -1474 -1676",
    ['$' - FONT_FIRST] = "~73612113256577692917 -404a",
    ['%' - FONT_FIRST] = "-7119 o11313313 o57777959",
    ['&' - FONT_FIRST] = "~79242151541619497576",
    ['\'' - FONT_FIRST] = "-4143",
    ['(' - FONT_FIRST] = "~6133386a",
    [')' - FONT_FIRST] = "~2153582a",
    ['*' - FONT_FIRST] = "-4246 -2365 -6325",
    ['+' - FONT_FIRST] = "-4349 -1676",
    [',' - FONT_FIRST] = "-493b",
    ['-' - FONT_FIRST] = "-2666",
    ['.' - FONT_FIRST] = "-4949",
    ['/' - FONT_FIRST] = "-1971",
    ['0' - FONT_FIRST] = "o2161737769291713 -5436",
    ['1' - FONT_FIRST] = "-234149 -2969",
    ['2' - FONT_FIRST] = "~13216173641919 -1979",
    ['3' - FONT_FIRST] = "~122161736545 ~456577692918",
    ['4' - FONT_FIRST] = "-59511676",
    ['5' - FONT_FIRST] = "-711115 ~1524647577692918",
    ['6' - FONT_FIRST] = "o2565767869291816 ~7261311317",
    ['7' - FONT_FIRST] = "-117139",
    ['8' - FONT_FIRST] = "o2161727465251412 o2565767869291816",
    ['9' - FONT_FIRST] = "o2161727465251412 ~7377692918",
    [':' - FONT_FIRST] = "-4545 -4949",
    [';' - FONT_FIRST] = "-4545 -493b",
    ['<' - FONT_FIRST] = "-631669",
    ['=' - FONT_FIRST] = "-1474 -1777",
    ['>' - FONT_FIRST] = "-237629",
    ['?' - FONT_FIRST] = "~1321617364454646 -4949",
    ['@' - FONT_FIRST] = "o35555737 ~55587775612113172969",
    ['A' - FONT_FIRST] = "-194179 -2666",
    ['B' - FONT_FIRST] = "-1911 ~115162645515 ~155576785919",
    ['C' - FONT_FIRST] = "~7361211317296977",
    ['D' - FONT_FIRST] = "-1911 ~115173775919",
    ['E' - FONT_FIRST] = "-71111979 -1565",
    ['F' - FONT_FIRST] = "-711119 -1565",
    ['G' - FONT_FIRST] = "~7361211317296977 -777545",
    ['H' - FONT_FIRST] = "-1119 -7179 -1575",
    ['I' - FONT_FIRST] = "-2161 -4149 -2969",
    ['J' - FONT_FIRST] = "~6167592917 -3161",
    ['K' - FONT_FIRST] = "-1119 -7116 -3579",
    ['L' - FONT_FIRST] = "-111979",
    ['M' - FONT_FIRST] = "-1911467179",
    ['N' - FONT_FIRST] = "-19117971",
    ['O' - FONT_FIRST] = "o2161737769291713",
    ['P' - FONT_FIRST] = "-1911 ~115172745515",
    ['Q' - FONT_FIRST] = "o2161737769291713 -577a",
    ['R' - FONT_FIRST] = "-1911 ~115172745515 -4579",
    ['S' - FONT_FIRST] = "~73612113256577692917",
    ['T' - FONT_FIRST] = "-1171 -4149",
    ['U' - FONT_FIRST] = "~111729697771",
    ['V' - FONT_FIRST] = "-114971",
    ['W' - FONT_FIRST] = "-1129446971",
    ['X' - FONT_FIRST] = "-1179 -7119",
    ['Y' - FONT_FIRST] = "-114571 -4549",
    ['Z' - FONT_FIRST] = "-11711979",
    ['[' - FONT_FIRST] = "-61313a6a",
    ['\\' - FONT_FIRST] = "-1179",
    [']' - FONT_FIRST] = "-21515a2a",
    ['^' - FONT_FIRST] = "-144174",
    ['_' - FONT_FIRST] = "-1a7a",
    ['`' - FONT_FIRST] = "-3143",
    ['a' - FONT_FIRST] = "o2454656859291815 -6469",
    ['b' - FONT_FIRST] = "-1119 o2454656859291815",
    ['c' - FONT_FIRST] = "~6554241518295968",
    ['d' - FONT_FIRST] = "o2454656859291815 -6169",
    ['e' - FONT_FIRST] = "-1666 ~666554241518295968",
    ['f' - FONT_FIRST] = "~61313439 -1454",
    ['g' - FONT_FIRST] = "o2454656859291815 ~646a5c2c1b",
    ['h' - FONT_FIRST] = "-1119 ~1624546569",
    ['i' - FONT_FIRST] = "-244449 -2969 -4141",
    ['j' - FONT_FIRST] = "-3454 ~545a4c2c1b -5151",
    ['k' - FONT_FIRST] = "-1119 -6417 -3669",
    ['l' - FONT_FIRST] = "-2141 ~41484969",
    ['m' - FONT_FIRST] = "-1419 ~1524344549 ~4554647579",
    ['n' - FONT_FIRST] = "-1419 ~1624546569",
    ['o' - FONT_FIRST] = "o2454656859291815",
    ['p' - FONT_FIRST] = "-141c o2454656859291815",
    ['q' - FONT_FIRST] = "o2454656859291815 -646c",
    ['r' - FONT_FIRST] = "-1419 ~16245465",
    ['s' - FONT_FIRST] = "~65542415265768592918",
    ['t' - FONT_FIRST] = "~32384969 -1464",
    ['u' - FONT_FIRST] = "~1418294967 -6469",
    ['v' - FONT_FIRST] = "-144974",
    ['w' - FONT_FIRST] = "-1429456974",
    ['x' - FONT_FIRST] = "-1469 -6419",
    ['y' - FONT_FIRST] = "-1449 -743c",
    ['z' - FONT_FIRST] = "-14641969",
    ['{' - FONT_FIRST] = "~6141434525 ~2545474a6a",
    ['|' - FONT_FIRST] = "-414b",
    ['}' - FONT_FIRST] = "~2141434565 ~6545474a2a",
    ['~' - FONT_FIRST] = "~1625365775",
};
static_assert(sizeof letters / sizeof letters[0] == FONT_LAST - FONT_FIRST + 1, "every letter is there");

struct point {
    float x, y;
};

struct outline {
    struct point from[SEGMENTS_MAX], to[SEGMENTS_MAX];
    unsigned count;
};

static float digit(char c)
{
    return (float)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void add(struct outline *outline, struct point from, struct point to)
{
    assert(outline->count < SEGMENTS_MAX); /* the letters are ours */
    outline->from[outline->count] = from;
    outline->to[outline->count++] = to;
}

static struct point middle(struct point a, struct point b)
{
    return (struct point){ (a.x + b.x) / 2, (a.y + b.y) / 2 };
}

/* A quadratic Bézier curve. */
static void add_curve(struct outline *outline, struct point from, struct point pull, struct point to)
{
    struct point last = from;

    for (int step = 1; step <= CURVE_STEPS; step++) {
        float t = (float)step / CURVE_STEPS;
        float s = 1 - t;
        struct point next = { s * s * from.x + 2 * s * t * pull.x + t * t * to.x,
                              s * s * from.y + 2 * s * t * pull.y + t * t * to.y };
        add(outline, last, next);
        last = next;
    }
}

static void add_stroke(struct outline *outline, char kind, const struct point *points, unsigned count)
{
    assert(count >= 2);
    if (kind == '-') {
        for (unsigned i = 1; i < count; i++)
            add(outline, points[i - 1], points[i]);
    } else if (kind == 'o') {
        for (unsigned i = 0; i < count; i++) {
            struct point next = points[(i + 1) % count];
            struct point before = points[(i + count - 1) % count];
            add_curve(outline, middle(before, points[i]), points[i], middle(points[i], next));
        }
    } else {
        for (unsigned i = 1; i + 1 < count; i++)
            add_curve(outline, i == 1 ? points[0] : middle(points[i - 1], points[i]), points[i],
                      i + 2 == count ? points[i + 1] : middle(points[i], points[i + 1]));
    }
}

static void outline_of(char letter, struct font *font, struct outline *ret)
{
    const float unit_x = (float)font->width / GRID_WIDTH;
    const float unit_y = (float)font->height / GRID_HEIGHT;
    struct point points[POINTS_MAX];

    ret->count = 0;
    for (const char *at = letters[letter - FONT_FIRST]; *at != '\0';) {
        char kind = *at++;
        unsigned count = 0;
        for (; *at != '\0' && *at != ' '; at += 2) {
            assert(count < POINTS_MAX && at[1] != '\0');
            points[count++] = (struct point){ (digit(at[0]) + 0.5F) * unit_x, (digit(at[1]) + 0.5F) * unit_y };
        }
        add_stroke(ret, kind, points, count);
        if (*at == ' ')
            at++;
    }
}

static float square_of_distance(struct point from, struct point to, float x, float y)
{
    float dx = to.x - from.x, dy = to.y - from.y;
    float length = dx * dx + dy * dy;
    float t = length > 0 ? ((x - from.x) * dx + (y - from.y) * dy) / length : 0;

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    dx = x - from.x - t * dx;
    dy = y - from.y - t * dy;
    return dx * dx + dy * dy;
}

static void draw(struct font *font, const struct outline *outline, unsigned char *glyph)
{
    float radius = PEN * (float)font->height / GRID_HEIGHT / 2;

    for (unsigned y = 0; y < font->height; y++) {
        for (unsigned x = 0; x < font->width; x++) {
            float nearest = (float)(font->height * font->height);
            for (unsigned i = 0; i < outline->count; i++) {
                float square = square_of_distance(outline->from[i], outline->to[i], (float)x + 0.5F, (float)y + 0.5F);
                nearest = square < nearest ? square : nearest;
            }
            float ink = radius + 0.5F - sqrtf(nearest);
            glyph[y * font->width + x] = (unsigned char)(ink <= 0 ? 0 : ink >= 1 ? 255 : ink * 255);
        }
    }
}

void bk_font_init(struct font *font, unsigned height)
{
    *font = (struct font){ .height = height, .width = (unsigned)((float)height * NARROW * GRID_WIDTH / GRID_HEIGHT) };
}

void bk_font_finish(struct font *font)
{
    for (unsigned i = 0; i < sizeof font->glyphs / sizeof font->glyphs[0]; i++)
        free(font->glyphs[i]);
    *font = (struct font){ 0 };
}

const unsigned char *bk_font_glyph(struct font *font, char letter)
{
    static struct outline outline;

    assert(letter >= FONT_FIRST && letter <= FONT_LAST);
    unsigned char **glyph = &font->glyphs[letter - FONT_FIRST];
    if (*glyph == NULL) {
        *glyph = malloc((size_t)font->width * font->height);
        if (*glyph == NULL)
            return NULL;
        outline_of(letter, font, &outline);
        draw(font, &outline, *glyph);
    }
    return *glyph;
}
