/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory. Everything is affine. A pixel of the target is a point of the sheet (turned back by the sheet's angle, around
 * the middle), and that is a point of each picture (stretched to the picture's own shape, turned as the picture lies in
 * its buffer). So along a row of the target the point in a picture moves by a constant step, in 16.16 fixed point. A
 * row crosses the sheet in one span. In the span's inner part all four neighbours of a point are within the pictures,
 * and nothing is asked; the few pixels around it are clamped to the picture, and blended with the backdrop by how much
 * of them the sheet covers. A pixel's four channels are worked on at once, each in 16 bits of a 64-bit word.
 */
#include "sheet.h"

#include <math.h>
#include <stddef.h>

#define FRACTION 16
#define CHANNELS UINT64_C(0x00ff00ff00ff00ff)

/* x' = xx * x + xy * y + x0, and y' likewise. */
struct affine {
    double xx, xy, x0;
    double yx, yy, y0;
};

/* A picture along one row of the target. */
struct walker {
    const struct bk_sheet_pixels *pixels;
    struct affine way; /* from the target's pixel to the picture's */
    int64_t x, y, step_x, step_y;
};

static int64_t fixed(double value)
{
    return llround(value * (1 << FRACTION));
}

/* b after a: first a, then b. */
static struct affine then(struct affine a, struct affine b)
{
    return (struct affine){ b.xx * a.xx + b.xy * a.yx, b.xx * a.xy + b.xy * a.yy, b.xx * a.x0 + b.xy * a.y0 + b.x0,
                            b.yx * a.xx + b.yy * a.yx, b.yx * a.xy + b.yy * a.yy, b.yx * a.x0 + b.yy * a.y0 + b.y0 };
}

/* Clockwise, where y goes down. Exact at quarters. */
static struct affine turned(double degrees)
{
    double radians = degrees * M_PI / 180;
    double c = cos(radians), s = sin(radians);

    if (fmod(degrees, 90) == 0) {
        c = round(c);
        s = round(s);
    }
    return (struct affine){ c, -s, 0, s, c, 0 };
}

/* From a pixel of the target to the sheet, whose middle is (0, 0). */
static struct affine to_sheet(const struct bk_sheet_pixels *target, const struct bk_turn_sheet *sheet)
{
    const struct affine middle = { 1, 0, 0.5 - target->width / 2.0, 0, 1, 0.5 - target->height / 2.0 };

    return then(middle, turned(-sheet->degrees));
}

static struct affine to_picture(struct affine on_sheet, const struct bk_turn_sheet *sheet,
                                const struct bk_sheet_picture *picture)
{
    const struct bk_sheet_pixels *pixels = &picture->pixels;
    bool across = picture->degrees % 180 != 0;
    const struct affine stretch = { (across ? pixels->height : pixels->width) / sheet->width,  0, 0, 0,
                                    (across ? pixels->width : pixels->height) / sheet->height, 0 };
    const struct affine corner = { 1, 0, pixels->width / 2.0 - 0.5, 0, 1, pixels->height / 2.0 - 0.5 };

    return then(then(then(on_sheet, stretch), turned(picture->degrees)), corner);
}

static uint64_t spread(uint32_t pixel)
{
    return (pixel | (uint64_t)pixel << 24) & CHANNELS;
}

static uint32_t gather(uint64_t channels)
{
    return (uint32_t)(channels | channels >> 24);
}

/* `part` of 256 of b, the rest of a. */
static uint64_t mix(uint64_t a, uint64_t b, unsigned part)
{
    return (a * (256 - part) + b * part) >> 8 & CHANNELS;
}

static uint64_t mix_four(const uint32_t *upper, const uint32_t *lower, int left, int right, unsigned x, unsigned y)
{
    return mix(mix(spread(upper[left]), spread(upper[right]), x), mix(spread(lower[left]), spread(lower[right]), x), y);
}

/* What is at the walker's point, of which all four neighbours are there. */
static inline uint64_t sample(const struct walker *walker)
{
    int x = (int)(walker->x >> FRACTION), y = (int)(walker->y >> FRACTION);
    const uint32_t *row = walker->pixels->data + (ptrdiff_t)y * walker->pixels->stride;

    return mix_four(row, row + walker->pixels->stride, x, x + 1, (unsigned)(walker->x >> (FRACTION - 8)) & 0xff,
                    (unsigned)(walker->y >> (FRACTION - 8)) & 0xff);
}

static int clamp(int64_t value, int most)
{
    return value < 0 ? 0 : value > most ? most : (int)value;
}

static uint64_t sample_edge(const struct walker *walker)
{
    const struct bk_sheet_pixels *pixels = walker->pixels;
    int64_t x = walker->x >> FRACTION, y = walker->y >> FRACTION;
    const uint32_t *upper = pixels->data + (ptrdiff_t)clamp(y, pixels->height - 1) * pixels->stride;
    const uint32_t *lower = pixels->data + (ptrdiff_t)clamp(y + 1, pixels->height - 1) * pixels->stride;

    return mix_four(upper, lower, clamp(x, pixels->width - 1), clamp(x + 1, pixels->width - 1),
                    (unsigned)(walker->x >> (FRACTION - 8)) & 0xff, (unsigned)(walker->y >> (FRACTION - 8)) & 0xff);
}

static void step(struct walker *walker)
{
    walker->x += walker->step_x;
    walker->y += walker->step_y;
}

/* Narrows [from, to) to the pixels x of the row for which slope * x + start is within +-half. */
static void narrow(double slope, double start, double half, int *from, int *to)
{
    if (half < 0 || (fabs(slope) < 1e-9 && fabs(start) > half))
        *to = *from;
    if (fabs(slope) < 1e-9 || *to == *from)
        return;
    double first = (-half - start) / slope, last = (half - start) / slope;
    if (first > last) {
        double swap = first;
        first = last;
        last = swap;
    }
    if (first > *from)
        *from = first < *to ? (int)ceil(first) : *to;
    if (last < *to - 1)
        *to = last >= *from ? (int)floor(last) + 1 : *from;
}

/* What of the row is within the sheet, made smaller by `margin` on each side. */
static void span_of(const struct affine *way, const struct bk_turn_sheet *sheet, int y, double margin, int width,
                    int *ret_from, int *ret_to)
{
    *ret_from = 0;
    *ret_to = width;
    narrow(way->xx, way->xy * y + way->x0, sheet->width / 2 - margin, ret_from, ret_to);
    narrow(way->yx, way->yy * y + way->y0, sheet->height / 2 - margin, ret_from, ret_to);
}

/* How much of a pixel the sheet covers, of 256. */
static unsigned coverage(const struct affine *way, const struct bk_turn_sheet *sheet, int x, int y)
{
    double across = sheet->width / 2 - fabs(way->xx * x + way->xy * y + way->x0) + 0.5;
    double along = sheet->height / 2 - fabs(way->yx * x + way->yy * y + way->y0) + 0.5;
    double part = fmin(fmin(across, along), 1);

    return part <= 0 ? 0 : (unsigned)lround(part * 256);
}

struct drawing {
    const struct bk_sheet_pixels *target;
    const struct bk_turn_sheet *sheet;
    struct affine way;
    struct walker walkers[2]; /* held, fresh */
    size_t first, count;      /* of them, that are drawn */
    unsigned fresh;           /* of 256 */
    uint32_t backdrop;
};

static void draw_edge(struct drawing *drawing, uint32_t *row, int y, int from, int to)
{
    struct walker *walkers = drawing->walkers;

    for (int x = from; x < to; x++) {
        unsigned part = coverage(&drawing->way, drawing->sheet, x, y);
        uint64_t color = sample_edge(&walkers[drawing->first]);
        if (drawing->count == 2)
            color = mix(color, sample_edge(&walkers[1]), drawing->fresh);
        row[x] = gather(mix(spread(drawing->backdrop), color, part));
        step(&walkers[0]);
        step(&walkers[1]);
    }
}

static void draw_inner(struct drawing *drawing, uint32_t *row, int from, int to)
{
    if (drawing->count == 1) {
        struct walker walker = drawing->walkers[drawing->first];
        for (int x = from; x < to; x++, step(&walker))
            row[x] = gather(sample(&walker));
        drawing->walkers[drawing->first] = walker;
        return;
    }
    struct walker held = drawing->walkers[0], fresh = drawing->walkers[1];
    for (int x = from; x < to; x++, step(&held), step(&fresh))
        row[x] = gather(mix(sample(&held), sample(&fresh), drawing->fresh));
    drawing->walkers[0] = held;
    drawing->walkers[1] = fresh;
}

static void draw_row(struct drawing *drawing, int y, double inner_margin)
{
    const struct bk_sheet_pixels *target = drawing->target;
    uint32_t *row = target->data + (ptrdiff_t)y * target->stride;
    int from, to, inner_from, inner_to;

    span_of(&drawing->way, drawing->sheet, y, -0.5, target->width, &from, &to);
    span_of(&drawing->way, drawing->sheet, y, inner_margin, target->width, &inner_from, &inner_to);
    if (inner_from >= inner_to)
        inner_from = inner_to = to;
    for (int x = 0; x < from; x++)
        row[x] = drawing->backdrop;
    for (size_t i = drawing->first; i < drawing->first + drawing->count; i++) {
        struct walker *walker = &drawing->walkers[i];
        walker->x = fixed(walker->way.xx * from + walker->way.xy * y + walker->way.x0);
        walker->y = fixed(walker->way.yx * from + walker->way.yy * y + walker->way.y0);
    }
    draw_edge(drawing, row, y, from, inner_from);
    draw_inner(drawing, row, inner_from, inner_to);
    draw_edge(drawing, row, y, inner_to, to);
    for (int x = to; x < target->width; x++)
        row[x] = drawing->backdrop;
}

void bk_sheet_draw(const struct bk_sheet_pixels *target, const struct bk_turn_sheet *sheet,
                   const struct bk_sheet_picture *held, const struct bk_sheet_picture *fresh, uint32_t backdrop)
{
    const struct bk_sheet_picture *pictures[] = { held, fresh };
    struct drawing drawing = { .target = target,
                               .sheet = sheet,
                               .way = to_sheet(target, sheet),
                               .fresh = (unsigned)lround(sheet->fresh * 256),
                               .backdrop = backdrop };
    double margin = 0.5;

    drawing.first = drawing.fresh == 256 ? 1 : 0;
    drawing.count = drawing.fresh == 0 || drawing.fresh == 256 ? 1 : 2;
    for (size_t i = drawing.first; i < drawing.first + drawing.count; i++) {
        struct walker *walker = &drawing.walkers[i];
        walker->pixels = &pictures[i]->pixels;
        walker->way = to_picture(drawing.way, sheet, pictures[i]);
        walker->step_x = fixed(walker->way.xx);
        walker->step_y = fixed(walker->way.yx);
        /* A pixel and a half of the picture, in pixels of the sheet, and half of one of the target's. */
        bool across = pictures[i]->degrees % 180 != 0;
        double width = across ? walker->pixels->height : walker->pixels->width;
        double height = across ? walker->pixels->width : walker->pixels->height;
        margin = fmax(margin, 1.5 / fmin(width / sheet->width, height / sheet->height) + 0.5);
    }
    for (int y = 0; y < target->height; y++)
        draw_row(&drawing, y, margin);
}
