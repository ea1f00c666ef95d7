/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of it is one picture, as large as the window, in which the page is drawn as far as it is seen.
 */
#include "settings.h"

#include "badge.h"
#include "canvas.h"

#include <assert.h>
#include <math.h>

#define WIDTH      820 /* at most */
#define HEIGHT     620
#define MARGIN     24 /* of the room */
#define HEADER     60
#define NAVIGATION 200
#define PADDING    20
#define ENTRY      40
#define ENTRY_GAP  4
#define TAB_X      12
#define TAB_MARGIN 44 /* of both sides of its text, at most */
#define CLOSE_SIDE 36
#define RADIUS     20
#define RISE       16
#define BAR_WIDTH  4

static const struct bk_typeset_style title_style = { .size = 17, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style tab_style = {
    .size = 15, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style entry_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };

void bk_settings_init(struct bk_settings *settings, struct wlr_scene_tree *parent, enum bk_form form,
                      const bool *animated)
{
    static const float none[4] = { 0 };

    *settings = (struct bk_settings){ .tree = wlr_scene_tree_create(parent),
                                      .single = bk_form_layout_of(form).single,
                                      .animated = animated };
    settings->backdrop = wlr_scene_rect_create(settings->tree, 1, 1, none);
    settings->node = wlr_scene_buffer_create(settings->tree, NULL);
    wlr_scene_node_set_enabled(&settings->tree->node, false);
}

void bk_settings_add(struct bk_settings *settings, const struct bk_settings_page *page)
{
    assert(settings->page_count < BK_SETTINGS_PAGES_MAX);
    settings->pages[settings->page_count++] = *page;
}

void bk_settings_set_open(struct bk_settings *settings, bool open, uint64_t now_ms)
{
    if (open == settings->open)
        return;
    settings->open = open;
    settings->dirty = true;
    if (open)
        settings->scroll = 0;
    bk_tween_to(&settings->shown, open ? 1 : 0, now_ms, !*settings->animated ? 0 : open ? BK_ENTER_MS : BK_LEAVE_MS);
}

void bk_settings_changed(struct bk_settings *settings)
{
    settings->dirty = true;
}

void bk_settings_show_page(struct bk_settings *settings, size_t page)
{
    if (page >= settings->page_count)
        return;
    settings->page = page;
    settings->scroll = 0;
    settings->dirty = true;
}

static void clamp_scroll(struct bk_settings *settings)
{
    double most = settings->content_height - settings->view.height;

    settings->scroll = settings->scroll > most ? most : settings->scroll;
    settings->scroll = settings->scroll < 0 ? 0 : round(settings->scroll);
}

bool bk_settings_scroll(struct bk_settings *settings, double pixels)
{
    double before = settings->scroll;

    settings->scroll += pixels;
    clamp_scroll(settings);
    settings->dirty = settings->dirty || settings->scroll != before;
    return settings->scroll != before;
}

void bk_settings_reveal(struct bk_settings *settings, const struct bk_target *target)
{
    const struct bk_settings_page *page = &settings->pages[settings->page];
    struct bk_rect place;

    if (!settings->open || !page->place_of(page->page, target, &place))
        return;
    if (place.y + place.height > settings->scroll + settings->view.height)
        settings->scroll = place.y + place.height - settings->view.height + PADDING;
    if (place.y < settings->scroll)
        settings->scroll = place.y - PADDING;
    clamp_scroll(settings);
    settings->dirty = true;
}

void bk_settings_reveal_next(struct bk_settings *settings, const struct bk_target *target)
{
    settings->next = *target;
    settings->dirty = true;
}

/* --- where; from the place's top left --- */

static int navigation(const struct bk_settings *settings)
{
    return settings->single ? 0 : NAVIGATION;
}

static struct bk_rect close_of(const struct bk_settings *settings)
{
    return (struct bk_rect){ settings->place.width - CLOSE_SIDE - (HEADER - CLOSE_SIDE) / 2, (HEADER - CLOSE_SIDE) / 2,
                             CLOSE_SIDE, CLOSE_SIDE };
}

static struct bk_rect entry_of(size_t page)
{
    return (struct bk_rect){ 12, HEADER + (int)page * (ENTRY + ENTRY_GAP), NAVIGATION - 24, ENTRY };
}

/* The same where there is no list beside the page: they stand in the header, in the title's place, each as wide as its
 * text and a margin that is the same for all. */
static void lay_out_tabs(struct bk_settings *settings, struct bk_typesetter *typesetter)
{
    const int room = close_of(settings).x - TAB_X, count = (int)settings->page_count;
    int texts[BK_SETTINGS_PAGES_MAX], sum = 0, x = TAB_X, height;

    assert(count > 0);
    for (int i = 0; i < count; i++) {
        PangoLayout *layout = bk_typeset_layout(typesetter, &tab_style, settings->pages[i].title, room);
        bk_typeset_size(layout, &texts[i], &height);
        g_object_unref(layout);
        sum += texts[i];
    }
    const int margin = (room - sum) / count < TAB_MARGIN ? (room - sum) / count : TAB_MARGIN;
    for (int i = 0; i < count; i++) {
        const int width =
            margin > 0 ? texts[i] + margin : room / count; /* a screen too narrow for them cuts all alike */
        settings->tabs[i] = (struct bk_rect){ x, (HEADER - ENTRY) / 2, width - ENTRY_GAP, ENTRY };
        x += width;
    }
}

static struct bk_rect chooser_of(const struct bk_settings *settings, size_t page)
{
    return settings->single ? settings->tabs[page] : entry_of(page);
}

static void lay_out(struct bk_settings *settings, struct bk_typesetter *typesetter)
{
    const struct bk_settings_page *page = &settings->pages[settings->page];
    const struct bk_rect *room = &settings->room;

    if (settings->single) {
        settings->place = *room;
        lay_out_tabs(settings, typesetter);
    } else {
        const int width = room->width - 2 * MARGIN < WIDTH ? room->width - 2 * MARGIN : WIDTH;
        const int height = room->height - 2 * MARGIN < HEIGHT ? room->height - 2 * MARGIN : HEIGHT;
        settings->place =
            (struct bk_rect){ (room->x + (room->width - width) / 2) & ~1, (room->y + (room->height - height) / 2) & ~1,
                              width < 1 ? 1 : width, height < HEADER + 1 ? HEADER + 1 : height };
    }
    const int left = navigation(settings);
    settings->view =
        (struct bk_rect){ left, HEADER, settings->place.width - left, settings->place.height - HEADER - 1 };
    settings->content_height = page->lay_out(page->page, typesetter, settings->view.width);
    clamp_scroll(settings);
}

struct bk_target bk_settings_at(const struct bk_settings *settings, double x, double y)
{
    const struct bk_settings_page *page = &settings->pages[settings->page];
    const struct bk_rect close = close_of(settings);

    if (!settings->open || !bk_rect_has(&settings->room, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    if (!bk_rect_has(&settings->place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_SETTINGS_AROUND };
    x -= settings->place.x;
    y -= settings->place.y;
    if (bk_rect_has(&close, x, y))
        return (struct bk_target){ .kind = BK_TARGET_SETTINGS_CLOSE };
    for (size_t i = 0; i < settings->page_count; i++) {
        const struct bk_rect entry = chooser_of(settings, i);
        if (bk_rect_has(&entry, x, y))
            return (struct bk_target){ .kind = BK_TARGET_SETTINGS_PAGE, .number = (uint32_t)i };
    }
    if (bk_rect_has(&settings->view, x, y)) {
        struct bk_target target = page->at(page->page, x - settings->view.x, y - settings->view.y + settings->scroll);
        if (target.kind != BK_TARGET_NONE)
            return target;
    }
    return (struct bk_target){ .kind = BK_TARGET_SETTINGS };
}

void bk_settings_targets(const struct bk_settings *settings, struct bk_target_list *list)
{
    const struct bk_settings_page *page = &settings->pages[settings->page];

    for (size_t i = 0; i < settings->page_count; i++)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_SETTINGS_PAGE, .number = (uint32_t)i };
    page->targets(page->page, list);
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_SETTINGS_CLOSE };
}

/* --- the picture --- */

static void paint_close(cairo_t *cairo, const struct bk_settings *settings)
{
    const struct bk_target target = { .kind = BK_TARGET_SETTINGS_CLOSE };
    const struct bk_rect place = close_of(settings);
    const bool hover = bk_target_equal(&settings->attention.hover, &target);

    if (hover)
        bk_paint_surface(cairo, &place, CLOSE_SIDE / 2.0,
                         bk_target_equal(&settings->attention.pressed, &target) ? BK_COLOR_BUTTON_PRESS
                                                                                : BK_COLOR_BUTTON_HOVER,
                         BK_RGBA(0, 0));
    if (bk_target_equal(&settings->attention.focus, &target))
        bk_paint_focus(cairo, &place, CLOSE_SIDE / 2.0);
    bk_paint_cross(cairo, place.x + place.width / 2.0, place.y + place.height / 2.0, 11, BK_COLOR_TEXT_SOFT);
}

/* What a page is chosen by: its ground, where it is the one or the pointer is on it. */
static void paint_chooser(cairo_t *cairo, const struct bk_settings *settings, size_t page)
{
    const struct bk_target target = { .kind = BK_TARGET_SETTINGS_PAGE, .number = (uint32_t)page };
    const struct bk_rect place = chooser_of(settings, page);

    if (page == settings->page)
        bk_paint_surface(cairo, &place, 10, BK_RGBA(0x8ab8ff, 0.16), BK_RGBA(0, 0));
    else if (bk_target_equal(&settings->attention.hover, &target))
        bk_paint_surface(cairo, &place, 10, BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (bk_target_equal(&settings->attention.focus, &target))
        bk_paint_focus(cairo, &place, 10);
}

static void paint_tabs(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_settings *settings)
{
    for (size_t i = 0; i < settings->page_count; i++) {
        paint_chooser(cairo, settings, i);
        bk_paint_line(cairo, typesetter, &tab_style, settings->pages[i].title, &settings->tabs[i],
                      i == settings->page ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
    }
}

static void paint_navigation(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_settings *settings)
{
    cairo_save(cairo);
    bk_paint_rounded(cairo, 0, 0, settings->place.width, settings->place.height, RADIUS);
    cairo_clip(cairo);
    cairo_rectangle(cairo, 0, 0, NAVIGATION, settings->place.height);
    bk_paint_color(cairo, BK_RGBA(0xffffff, 0.035));
    cairo_fill(cairo);
    cairo_restore(cairo);
    bk_paint_line(cairo, typesetter, &title_style, "Settings", &(struct bk_rect){ 24, 0, NAVIGATION - 32, HEADER },
                  BK_COLOR_TEXT);
    for (size_t i = 0; i < settings->page_count; i++) {
        const struct bk_rect entry = entry_of(i);
        paint_chooser(cairo, settings, i);
        settings->pages[i].paint_mark(cairo, entry.x + 20, entry.y + entry.height / 2.0, 18, BK_COLOR_FOCUS);
        bk_paint_line(cairo, typesetter, &entry_style, settings->pages[i].title,
                      &(struct bk_rect){ entry.x + 38, entry.y, entry.width - 46, entry.height }, BK_COLOR_TEXT);
    }
}

/* How much of the page is seen, when not all of it is. */
static void paint_bar(cairo_t *cairo, const struct bk_settings *settings)
{
    const struct bk_rect *view = &settings->view;
    const double room = view->height - 16, all = settings->content_height;

    if (settings->content_height <= view->height)
        return;
    bk_paint_rounded(cairo, view->x + view->width - 10, view->y + 8 + room * settings->scroll / all, BAR_WIDTH,
                     room * view->height / all, BAR_WIDTH / 2.0);
    bk_paint_color(cairo, BK_COLOR_BUTTON_HOVER);
    cairo_fill(cairo);
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_settings *settings)
{
    const struct bk_settings_page *page = &settings->pages[settings->page];
    const struct bk_rect whole = { 0, 0, settings->place.width, settings->place.height };
    const struct bk_rect *view = &settings->view;
    const int top = (int)settings->scroll;

    if (settings->single) {
        bk_paint_color(cairo, BK_RGB(0x0f1726));
        cairo_paint(cairo);
    } else {
        cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
        bk_paint_shadow(cairo, &whole, RADIUS);
        bk_paint_sheer_surface(cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
        paint_navigation(cairo, typesetter, settings);
    }
    if (settings->single)
        paint_tabs(cairo, typesetter, settings);
    else
        bk_paint_line(cairo, typesetter, &title_style, page->title,
                      &(struct bk_rect){ view->x + PADDING, 0, view->width - PADDING - HEADER, HEADER }, BK_COLOR_TEXT);
    paint_close(cairo, settings);
    cairo_save(cairo);
    cairo_rectangle(cairo, view->x, view->y, view->width, view->height);
    cairo_clip(cairo);
    cairo_translate(cairo, view->x, view->y - top);
    page->paint(page->page, cairo, typesetter, top, top + view->height, &settings->attention);
    cairo_restore(cairo);
    if (top > 0) { /* the page goes on above */
        cairo_rectangle(cairo, view->x, view->y, view->width, bk_paint_hairline());
        bk_paint_color(cairo, BK_COLOR_EDGE);
        cairo_fill(cairo);
    }
    paint_bar(cairo, settings);
}

void bk_settings_sync(struct bk_settings *settings, struct bk_typesetter *typesetter,
                      const struct bk_attention *attention, const struct bk_rect *room)
{
    const int margin = settings->single ? 0 : BK_SHADOW_MARGIN;
    struct bk_canvas canvas;

    if (!settings->open)
        return;
    const bool moved = !bk_rect_equal(room, &settings->room) || bk_canvas_scale() != settings->scale;
    if (!moved && !settings->dirty && bk_target_equal(&attention->hover, &settings->attention.hover) &&
        bk_target_equal(&attention->pressed, &settings->attention.pressed) &&
        bk_target_equal(&attention->focus, &settings->attention.focus))
        return;
    settings->room = *room;
    settings->attention = *attention;
    lay_out(settings, typesetter);
    if (settings->next.kind != BK_TARGET_NONE)
        bk_settings_reveal(settings, &settings->next);
    settings->next = (struct bk_target){ .kind = BK_TARGET_NONE };
    if (bk_canvas_begin(settings->place.width + 2 * margin, settings->place.height + 2 * margin, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, settings);
    bk_canvas_show(&canvas, settings->node);
    wlr_scene_node_set_position(&settings->backdrop->node, room->x, room->y);
    wlr_scene_rect_set_size(settings->backdrop, room->width, room->height);
    settings->scale = bk_canvas_scale();
    settings->dirty = false;
}

bool bk_settings_animate(struct bk_settings *settings, uint64_t now_ms)
{
    const struct bk_color color = BK_COLOR_BACKDROP;
    const int margin = settings->single ? 0 : BK_SHADOW_MARGIN;
    const bool moves = bk_tween_moves(&settings->shown, now_ms);
    const float shown = (float)bk_tween_at(&settings->shown, now_ms);
    const float alpha = (float)color.a * shown; /* the scene's colours are premultiplied */

    wlr_scene_node_set_enabled(&settings->tree->node, settings->open || moves);
    if (!settings->open && !moves) {
        wlr_scene_buffer_set_buffer(settings->node, NULL);
        return false;
    }
    wlr_scene_rect_set_color(settings->backdrop, (const float[4]){ (float)color.r * alpha, (float)color.g * alpha,
                                                                   (float)color.b * alpha, alpha });
    wlr_scene_buffer_set_opacity(settings->node, shown);
    wlr_scene_node_set_position(&settings->node->node, settings->place.x - margin,
                                settings->place.y - margin + (int)lroundf((1 - shown) * RISE));
    return moves;
}
