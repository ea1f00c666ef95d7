/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card an app, with a row for each grant; a row for each default, if there are any; then a row for each past use.
 * Rows of one kind are equally high, so that of the past uses the first to be drawn is found by counting.
 */
#include "privacy_page.h"

#include "badge.h"
#include "sensor_marks.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PADDING        20
#define SECTION        36 /* a title */
#define NOTE           44 /* a sentence in a list's place */
#define HEAD           52 /* an app's name in its card */
#define ROW            52
#define ROW_NARROW     88
#define CARD_GAP       12
#define CARD_END       6
#define DEFAULT        52
#define DEFAULT_NARROW 94
#define DEFAULT_TOP    50 /* as CONTROL_TOP */
#define PAST           48
#define CONTROL        344 /* at most */
#define CONTROL_TOP    40  /* in a narrow row */
#define SEGMENT        34
#define ASK_GAP        8
#define BADGE          30
#define NARROW         560

static const struct bk_typeset_style section_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style note_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style name_style = { .size = 15, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style row_style = { .size = 14, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style detail_style = { .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style time_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT, .tabular = true
};
static const struct bk_typeset_style segment_style = {
    .size = 12, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

void bk_privacy_page_init(struct bk_privacy_page *page, const struct bk_privacy *privacy,
                          const struct bk_defaults *defaults, const struct bk_apps *apps, struct bk_faces *faces)
{
    *page = (struct bk_privacy_page){ .privacy = privacy, .defaults = defaults, .apps = apps, .faces = faces };
}

void bk_privacy_page_finish(struct bk_privacy_page *page)
{
    free(page->grants);
    page->grants = NULL;
    page->grant_count = 0;
}

enum bk_choice bk_privacy_page_choice(enum bk_privacy_segment segment)
{
    static const enum bk_choice choices[] = {
        [BK_PRIVACY_WHILE_IN_USE] = BK_CHOICE_WHILE_IN_USE,
        [BK_PRIVACY_ALWAYS] = BK_CHOICE_ALWAYS,
        [BK_PRIVACY_NEVER] = BK_CHOICE_NEVER,
        [BK_PRIVACY_ASK] = BK_CHOICES,
    };
    static_assert(sizeof choices / sizeof choices[0] == BK_PRIVACY_SEGMENTS, "one choice for each segment");

    return choices[segment];
}

/* --- where --- */

static bool begins_app(const struct bk_privacy_list *grants, size_t i)
{
    return i == 0 || strcmp(grants->items[i - 1].app, grants->items[i].app) != 0;
}

static bool ends_app(const struct bk_privacy_list *grants, size_t i)
{
    return i + 1 == grants->count || begins_app(grants, i + 1);
}

static int row_height(const struct bk_privacy_page *page)
{
    return page->narrow ? ROW_NARROW : ROW;
}

static int default_height(const struct bk_privacy_page *page)
{
    return page->narrow ? DEFAULT_NARROW : DEFAULT;
}

static int lay_out(void *userdata, struct bk_typesetter *typesetter, int width)
{
    struct bk_privacy_page *page = userdata;
    const struct bk_privacy_list *grants = &page->privacy->grants;
    int y = SECTION;

    (void)typesetter;
    bk_privacy_page_finish(page);
    page->width = width;
    page->narrow = width < NARROW;
    page->grants = calloc(grants->count + 1, sizeof *page->grants);
    page->grant_count = page->grants != NULL ? grants->count : 0;
    for (size_t i = 0; i < page->grant_count; i++) {
        y += begins_app(grants, i) ? HEAD : 0;
        page->grants[i] = y;
        y += row_height(page);
        y += ends_app(grants, i) ? CARD_END + CARD_GAP : 0;
    }
    y += page->grant_count == 0 ? NOTE : 0;
    page->default_count = page->defaults->count;
    page->defaults_y = y + SECTION + 8;
    if (page->defaults->count > 0)
        y = page->defaults_y + (int)page->defaults->count * default_height(page);
    page->past_y = y + SECTION + 8;
    page->height =
        page->past_y + (page->privacy->past.count == 0 ? NOTE : (int)page->privacy->past.count * PAST) + PADDING;
    return page->height;
}

/* One of the control's, whose top is `y`; `ends` are theirs in hundredths of its width, and the last one stands apart.
 */
static struct bk_rect segment_in(const struct bk_privacy_page *page, int y, const int ends[], size_t segment, bool last)
{
    const int room = page->width - 2 * PADDING - 2 * 14;
    const int width = room < CONTROL ? room : CONTROL;
    const int x = page->narrow ? PADDING + 14 : page->width - PADDING - 14 - width;
    const int left = segment == 0 ? 0 : width * ends[segment - 1] / 100;
    const int gap = last ? ASK_GAP : 0;

    return (struct bk_rect){ x + left + gap, y, width * ends[segment] / 100 - left - gap, SEGMENT };
}

static struct bk_rect segment_of(const struct bk_privacy_page *page, size_t grant, size_t segment)
{
    static const int ends[] = { 34, 55, 74, 100 };
    static_assert(sizeof ends / sizeof ends[0] == BK_PRIVACY_SEGMENTS, "one end for each segment");
    const int y = page->grants[grant] + (page->narrow ? CONTROL_TOP : (ROW - SEGMENT) / 2);

    return segment_in(page, y, ends, segment, segment == BK_PRIVACY_ASK);
}

static struct bk_rect wish_of(const struct bk_privacy_page *page, size_t i, size_t wish)
{
    static const int ends[] = { 26, 51, 73, 100 };
    static_assert(sizeof ends / sizeof ends[0] == BK_DEFAULT_WISHES, "one end for each");
    const int y =
        page->defaults_y + (int)i * default_height(page) + (page->narrow ? DEFAULT_TOP : (DEFAULT - SEGMENT) / 2);

    return segment_in(page, y, ends, wish, wish == BK_DEFAULT_FORGET);
}

static struct bk_target at(const void *userdata, double x, double y)
{
    const struct bk_privacy_page *page = userdata;

    for (size_t i = 0; i < page->defaults->count; i++) {
        for (size_t wish = 0; wish < BK_DEFAULT_WISHES; wish++) {
            const struct bk_rect place = wish_of(page, i, wish);
            if (bk_rect_has(&place, x, y))
                return (struct bk_target){ .kind = BK_TARGET_DEFAULT, .number = (uint32_t)i, .button = wish };
        }
    }

    for (size_t i = 0; i < page->grant_count; i++) {
        if (y < page->grants[i] || y >= page->grants[i] + row_height(page))
            continue;
        for (size_t segment = 0; segment < BK_PRIVACY_SEGMENTS; segment++) {
            const struct bk_rect place = segment_of(page, i, segment);
            if (bk_rect_has(&place, x, y))
                return (struct bk_target){ .kind = BK_TARGET_GRANT, .number = (uint32_t)i, .button = segment };
        }
    }
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

static void targets(const void *userdata, struct bk_target_list *list)
{
    const struct bk_privacy_page *page = userdata;

    static_assert(BK_GRANTS_MAX * BK_PRIVACY_SEGMENTS + BK_DEFAULTS_MAX * BK_DEFAULT_WISHES + BK_USES_MAX <
                      BK_TARGETS_MAX,
                  "there is room for all");
    for (size_t i = 0; i < page->grant_count; i++) {
        for (size_t segment = 0; segment < BK_PRIVACY_SEGMENTS; segment++)
            list->items[list->count++] =
                (struct bk_target){ .kind = BK_TARGET_GRANT, .number = (uint32_t)i, .button = segment };
    }
    for (size_t i = 0; i < page->defaults->count; i++) {
        for (size_t wish = 0; wish < BK_DEFAULT_WISHES; wish++)
            list->items[list->count++] =
                (struct bk_target){ .kind = BK_TARGET_DEFAULT, .number = (uint32_t)i, .button = wish };
    }
}

static bool place_of(const void *userdata, const struct bk_target *target, struct bk_rect *ret_place)
{
    const struct bk_privacy_page *page = userdata;

    if (target->kind == BK_TARGET_DEFAULT && target->number < page->defaults->count &&
        target->button < BK_DEFAULT_WISHES) {
        *ret_place = wish_of(page, target->number, target->button);
        return true;
    }
    if (target->kind != BK_TARGET_GRANT || target->number >= page->grant_count || target->button >= BK_PRIVACY_SEGMENTS)
        return false;
    *ret_place = segment_of(page, target->number, target->button);
    return true;
}

/* --- the picture --- */

/* One of a control; the one that stands apart is no choice that stays. */
static void paint_segment(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                          const char *label, const struct bk_target *target, bool chosen, bool apart,
                          const struct bk_attention *attention)
{
    const struct bk_rect inner = { place->x + 3, place->y + 3, place->width - 6, place->height - 6 };
    const bool hover = bk_target_equal(&attention->hover, target);

    if (apart)
        bk_paint_surface(cairo, place, 9, hover ? BK_COLOR_BUTTON_HOVER : BK_COLOR_BUTTON, BK_RGBA(0, 0));
    else if (chosen)
        bk_paint_surface(cairo, &inner, 7, BK_RGBA(0x8ab8ff, 0.26), BK_RGBA(0x8ab8ff, 0.6));
    else if (hover)
        bk_paint_surface(cairo, &inner, 7, BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (bk_target_equal(&attention->focus, target))
        bk_paint_focus(cairo, apart ? place : &inner, 8);
    bk_paint_line(cairo, typesetter, &segment_style, label, place,
                  chosen || hover ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
}

/* Below the segments from the first to the last that does not stand apart. */
static void paint_track(cairo_t *cairo, const struct bk_rect *first, const struct bk_rect *last)
{
    const struct bk_rect track = { first->x, first->y, last->x + last->width - first->x, first->height };

    bk_paint_surface(cairo, &track, 9, BK_RGBA(0x000000, 0.22), BK_RGBA(0, 0));
}

static void paint_grant(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_privacy_page *page, size_t i,
                        const struct bk_attention *attention)
{
    static const char *const labels[] = { "While in use", "Always", "Never", "Ask again" };
    static_assert(sizeof labels / sizeof labels[0] == BK_PRIVACY_SEGMENTS, "one label for each segment");
    const struct bk_privacy_entry *grant = &page->privacy->grants.items[i];
    const int y = page->grants[i], line = page->narrow ? CONTROL_TOP : ROW;
    const struct bk_rect first = segment_of(page, i, BK_PRIVACY_WHILE_IN_USE);
    const struct bk_rect last = segment_of(page, i, BK_PRIVACY_NEVER);
    const int x = PADDING + 52, end = page->narrow ? page->width - PADDING - 14 : first.x - 8;

    bk_paint_sensor(cairo, bk_permission_words_of(grant->permission)->sensor, PADDING + 29, y + line / 2.0, 18,
                    BK_COLOR_TEXT_SOFT);
    bk_paint_line(cairo, typesetter, &row_style, bk_permission_noun(grant->permission),
                  &(struct bk_rect){ x, y, end - x, line }, BK_COLOR_TEXT);
    paint_track(cairo, &first, &last);
    for (size_t segment = 0; segment < BK_PRIVACY_SEGMENTS; segment++) {
        const struct bk_target target = { .kind = BK_TARGET_GRANT, .number = (uint32_t)i, .button = segment };
        const struct bk_rect place = segment_of(page, i, segment);
        paint_segment(cairo, typesetter, &place, labels[segment], &target,
                      grant->choice == bk_privacy_page_choice((enum bk_privacy_segment)segment),
                      segment == BK_PRIVACY_ASK, attention);
    }
}

/* The app's card and name, where they are seen; this is the first row on it. */
static void paint_app(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_privacy_page *page, size_t i,
                      int top, int bottom)
{
    const struct bk_privacy_list *grants = &page->privacy->grants;
    const struct bk_privacy_entry *grant = &grants->items[i];
    const struct bk_app_face face = bk_faces_named(page->faces, page->apps, grant->app, grant->app_name);
    const int y = page->grants[i] - HEAD;
    size_t last = i;

    while (!ends_app(grants, last))
        last++;
    const struct bk_rect card = { PADDING, y, page->width - 2 * PADDING,
                                  page->grants[last] + row_height(page) + CARD_END - y };
    const struct bk_rect badge = { PADDING + 14, y + (HEAD - BADGE) / 2, BADGE, BADGE };
    if (card.y >= bottom || card.y + card.height <= top)
        return;
    bk_paint_surface(cairo, &card, 14, BK_COLOR_CARD, BK_RGBA(0xffffff, 0.05));
    bk_paint_badge(cairo, typesetter, &badge, &face);
    bk_paint_line(cairo, typesetter, &name_style, grant->app_name,
                  &(struct bk_rect){ badge.x + BADGE + 12, y, card.width - BADGE - 40, HEAD }, BK_COLOR_TEXT);
}

static void paint_past(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_privacy_page *page, size_t i,
                       int64_t now)
{
    const struct bk_privacy_entry *use = &page->privacy->past.items[i];
    const struct bk_app_face face = bk_faces_named(page->faces, page->apps, use->app, use->app_name);
    const int y = page->past_y + (int)i * PAST, when = page->width < 420 ? 110 : 170;
    const struct bk_rect badge = { PADDING + 4, y + (PAST - BADGE) / 2, BADGE, BADGE };
    const int x = badge.x + BADGE + 12, right = page->width - PADDING - 4 - when;
    char text[BK_PRIVACY_TIME_MAX];

    bk_paint_badge(cairo, typesetter, &badge, &face);
    bk_paint_line(cairo, typesetter, &row_style, use->app_name, &(struct bk_rect){ x, y + 5, right - x - 8, 20 },
                  BK_COLOR_TEXT);
    bk_paint_sensor(cairo, bk_permission_words_of(use->permission)->sensor, x + 6, y + 34, 12,
                    use->seconds < 0 ? BK_COLOR_SENSOR : BK_COLOR_TEXT_FAINT);
    bk_paint_line(cairo, typesetter, &detail_style, bk_permission_noun(use->permission),
                  &(struct bk_rect){ x + 18, y + 25, right - x - 26, 18 }, BK_COLOR_TEXT_FAINT);
    bk_privacy_write_time(use->start, now, text);
    bk_paint_line(cairo, typesetter, &time_style, text, &(struct bk_rect){ right, y + 5, when, 20 },
                  BK_COLOR_TEXT_SOFT);
    bk_privacy_write_duration(use->seconds, text);
    bk_paint_line(cairo, typesetter, &time_style, text, &(struct bk_rect){ right, y + 25, when, 18 },
                  use->seconds < 0 ? BK_COLOR_SENSOR : BK_COLOR_TEXT_FAINT);
}

static void paint_default(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_privacy_page *page,
                          size_t i, const struct bk_attention *attention)
{
    static const char *const labels[] = { "The app", "Fresh copy", "Ask once", "Ask again" };
    static_assert(sizeof labels / sizeof labels[0] == BK_DEFAULT_WISHES, "one label for each");
    const struct bk_default *item = &page->defaults->items[i];
    const struct bk_app_face face = bk_faces_named(page->faces, page->apps, item->app, item->app_name);
    const struct bk_rect first = wish_of(page, i, BK_DEFAULT_APP), last = wish_of(page, i, BK_DEFAULT_ONCE);
    const int y = page->defaults_y + (int)i * default_height(page);
    const struct bk_rect badge = { PADDING + 4, y + (DEFAULT - BADGE) / 2, BADGE, BADGE };
    const int x = badge.x + BADGE + 12, end = page->narrow ? page->width - PADDING - 14 : first.x - 8;
    char kind[BK_DEFAULTS_KIND_BYTES + 8], app[BK_DEFAULTS_NAME_BYTES + 32];

    snprintf(kind, sizeof kind, strchr(item->kind, '/') != NULL ? "%s" : "%s links", item->kind);
    snprintf(app, sizeof app, item->fresh ? "%s, in a fresh copy" : "%s", item->app_name);
    bk_paint_badge(cairo, typesetter, &badge, &face);
    bk_paint_line(cairo, typesetter, &row_style, kind, &(struct bk_rect){ x, y + 7, end - x, 20 }, BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &detail_style, app, &(struct bk_rect){ x, y + 27, end - x, 18 },
                  BK_COLOR_TEXT_FAINT);
    paint_track(cairo, &first, &last);
    for (size_t wish = 0; wish < BK_DEFAULT_WISHES; wish++) {
        const struct bk_target target = { .kind = BK_TARGET_DEFAULT, .number = (uint32_t)i, .button = wish };
        const struct bk_rect place = wish_of(page, i, wish);
        paint_segment(cairo, typesetter, &place, labels[wish], &target, wish == bk_default_state(item),
                      wish == BK_DEFAULT_FORGET, attention);
    }
}

static void paint(void *userdata, cairo_t *cairo, struct bk_typesetter *typesetter, int top, int bottom,
                  const struct bk_attention *attention)
{
    const struct bk_privacy_page *page = userdata;
    const struct bk_privacy *privacy = page->privacy;
    const int64_t now = (int64_t)time(NULL);
    const int text = page->width - 2 * PADDING - 8;

    bk_paint_line(cairo, typesetter, &section_style, "What apps may use",
                  &(struct bk_rect){ PADDING + 4, 0, text, SECTION - 4 }, BK_COLOR_TEXT_SOFT);
    if (page->grant_count == 0)
        bk_paint_line(cairo, typesetter, &note_style, "You have decided about nothing yet.",
                      &(struct bk_rect){ PADDING + 4, SECTION, text, 24 }, BK_COLOR_TEXT_FAINT);
    for (size_t i = 0; i < page->grant_count; i++) {
        if (begins_app(&privacy->grants, i))
            paint_app(cairo, typesetter, page, i, top, bottom);
        if (page->grants[i] + row_height(page) > top && page->grants[i] < bottom)
            paint_grant(cairo, typesetter, page, i, attention);
    }
    if (page->defaults->count > 0)
        bk_paint_line(cairo, typesetter, &section_style, "What always opens with an app",
                      &(struct bk_rect){ PADDING + 4, page->defaults_y - SECTION, text, SECTION - 4 },
                      BK_COLOR_TEXT_SOFT);
    for (size_t i = 0; i < page->defaults->count; i++)
        paint_default(cairo, typesetter, page, i, attention);
    bk_paint_line(cairo, typesetter, &section_style, "Used lately",
                  &(struct bk_rect){ PADDING + 4, page->past_y - SECTION, text, SECTION - 4 }, BK_COLOR_TEXT_SOFT);
    if (privacy->past.count == 0)
        bk_paint_line(cairo, typesetter, &note_style, "No app has used anything yet.",
                      &(struct bk_rect){ PADDING + 4, page->past_y, text, 24 }, BK_COLOR_TEXT_FAINT);
    for (size_t i = top > page->past_y ? (size_t)(top - page->past_y) / PAST : 0; i < privacy->past.count; i++) {
        if (page->past_y + (int)i * PAST >= bottom)
            break;
        paint_past(cairo, typesetter, page, i, now);
    }
}

/* A shield. */
static void paint_mark(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    cairo_save(cairo);
    cairo_translate(cairo, center_x, center_y);
    cairo_scale(cairo, size / 20, size / 20);
    cairo_new_path(cairo);
    cairo_move_to(cairo, 0, -8.4);
    cairo_line_to(cairo, 6.8, -5.8);
    cairo_line_to(cairo, 6.8, -0.6);
    cairo_curve_to(cairo, 6.8, 4, 4, 7, 0, 8.6);
    cairo_curve_to(cairo, -4, 7, -6.8, 4, -6.8, -0.6);
    cairo_line_to(cairo, -6.8, -5.8);
    cairo_close_path(cairo);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.7);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

struct bk_settings_page bk_privacy_page_of(struct bk_privacy_page *page)
{
    return (struct bk_settings_page){ .title = "Privacy",
                                      .paint_mark = paint_mark,
                                      .lay_out = lay_out,
                                      .paint = paint,
                                      .at = at,
                                      .targets = targets,
                                      .place_of = place_of,
                                      .page = page };
}
