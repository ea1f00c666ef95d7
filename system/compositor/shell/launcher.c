/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include "app_color.h"
#include "canvas.h"
#include "marks.h"

#include <math.h>
#include <string.h>

#define RADIUS     24
#define RISE       16  /* how far below its place the sheet comes from */
#define HOME_SHADE 0.5 /* of the backdrop's, over the picture behind the home screen: its names stay legible */

static const struct bk_typeset_style typed_style = { .size = 16, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style name_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style state_style = {
    .size = 11, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style empty_style = {
    .size = 15, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

void bk_launcher_init(struct bk_launcher *launcher, struct wlr_scene_tree *parent, const struct bk_apps *apps,
                      struct bk_faces *faces, enum bk_form form, const bool *animated)
{
    static const float none[4] = { 0 };

    *launcher = (struct bk_launcher){
        .apps = apps, .faces = faces, .tree = wlr_scene_tree_create(parent), .form = form, .animated = animated
    };
    launcher->backdrop = wlr_scene_rect_create(launcher->tree, 1, 1, none);
    launcher->sheet = wlr_scene_buffer_create(launcher->tree, NULL);
    wlr_scene_node_set_enabled(&launcher->tree->node, false);
}

/* --- which apps --- */

#define SETTINGS      ((size_t)BK_APPS_MAX) /* among the indices of apps */
#define SETTINGS_NAME "Settings"

/* NULL: the settings. */
static const struct bk_app *app_of(const struct bk_launcher *launcher, size_t index)
{
    size_t app = launcher->matches[index];

    return app == SETTINGS ? NULL : &launcher->apps->items[app];
}

static void match(struct bk_launcher *launcher)
{
    launcher->count = 0;
    for (int rank = 3; rank > 0; rank--) {
        for (size_t i = 0; i < launcher->apps->count; i++) {
            if (!launcher->apps->items[i].copy && bk_apps_match(launcher->apps->items[i].name, launcher->typed) == rank)
                launcher->matches[launcher->count++] = i;
        }
        if (bk_apps_match(SETTINGS_NAME, launcher->typed) == rank)
            launcher->matches[launcher->count++] = SETTINGS;
    }
    if (launcher->marked >= launcher->count)
        launcher->marked = launcher->count > 0 ? launcher->count - 1 : 0;
    launcher->dirty = true;
}

static void reveal(struct bk_launcher *launcher)
{
    if (launcher->layout.columns == 0)
        return; /* it was on no screen yet */
    size_t row = launcher->marked / (size_t)launcher->layout.columns;

    if (row < launcher->first_row)
        launcher->first_row = row;
    if (row >= launcher->first_row + (size_t)launcher->layout.rows)
        launcher->first_row = row - (size_t)launcher->layout.rows + 1;
}

void bk_launcher_set_open(struct bk_launcher *launcher, bool open, uint64_t now_ms)
{
    if (open == launcher->open)
        return;
    launcher->open = open;
    bk_tween_to(&launcher->shown, open ? 1 : 0, now_ms, !*launcher->animated ? 0 : open ? BK_ENTER_MS : BK_LEAVE_MS);
    if (!open)
        return; /* as it is, so it goes */
    bk_launcher_clear(launcher);
}

void bk_launcher_clear(struct bk_launcher *launcher)
{
    launcher->typed[0] = '\0';
    launcher->marked = 0;
    launcher->first_row = 0;
    launcher->keyed = false;
    match(launcher);
}

void bk_launcher_changed(struct bk_launcher *launcher)
{
    match(launcher);
    reveal(launcher);
}

static void type(struct bk_launcher *launcher, const char *text)
{
    size_t used = strlen(launcher->typed), more = strlen(text);

    if (used + more > BK_LAUNCHER_TYPED_MAX)
        return;
    memcpy(launcher->typed + used, text, more + 1);
    launcher->marked = 0;
    launcher->first_row = 0;
    match(launcher);
}

/* Takes the last character away, all its bytes. */
static void erase(struct bk_launcher *launcher)
{
    size_t used = strlen(launcher->typed);

    while (used > 0 && ((unsigned char)launcher->typed[used - 1] & 0xc0) == 0x80)
        used--;
    launcher->typed[used > 0 ? used - 1 : 0] = '\0';
    launcher->marked = 0;
    match(launcher);
}

static void move_mark(struct bk_launcher *launcher, int by)
{
    int to = (int)launcher->marked + by;

    if (to >= 0 && to < (int)launcher->count)
        launcher->marked = (size_t)to;
    else if (by > 1 && launcher->count > 0 && launcher->marked / (size_t)by < (launcher->count - 1) / (size_t)by)
        launcher->marked = launcher->count - 1; /* the last row is shorter */
    reveal(launcher);
    launcher->dirty = true;
}

bool bk_launcher_key(struct bk_launcher *launcher, xkb_keysym_t key, const char *text, struct bk_target *ret_chosen)
{
    const int columns = launcher->layout.columns;
    const struct {
        xkb_keysym_t key;
        int by;
    } moves[] = {
        { XKB_KEY_Left, -1 },      { XKB_KEY_Right, 1 }, { XKB_KEY_Up, -columns },
        { XKB_KEY_Down, columns }, { XKB_KEY_Tab, 1 },   { XKB_KEY_ISO_Left_Tab, -1 },
    };

    *ret_chosen = (struct bk_target){ .kind = BK_TARGET_NONE };
    launcher->keyed = true;
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].key == key) {
            move_mark(launcher, moves[i].by);
            return true;
        }
    }
    if (key == XKB_KEY_BackSpace) {
        erase(launcher);
        return true;
    }
    if (key == XKB_KEY_Return || key == XKB_KEY_KP_Enter) {
        if (launcher->count > 0)
            *ret_chosen = (struct bk_target){ .kind = BK_TARGET_APP, .number = (uint32_t)launcher->marked };
        return true;
    }
    if ((unsigned char)text[0] < 0x20 || text[0] == 0x7f)
        return false;
    type(launcher, text);
    return true;
}

void bk_launcher_scroll(struct bk_launcher *launcher, double pixels)
{
    const int columns = launcher->layout.columns, seen = launcher->layout.rows;
    /* A wheel's click is a row of the sheet; a finger takes the home screen's rows along. */
    const double step = launcher->layout.home ? launcher->layout.cell_height : BK_SCROLL_STEP;

    if (columns == 0)
        return; /* it was on no screen yet */
    launcher->scrolled += pixels;
    int rows = (int)(launcher->scrolled / step);
    launcher->scrolled -= rows * step;
    int all = ((int)launcher->count + columns - 1) / columns;
    int first = (int)launcher->first_row + rows;

    first = first > all - seen ? all - seen : first;
    launcher->first_row = first < 0 ? 0 : (size_t)first;
    launcher->dirty = true;
}

/* --- where --- */

/* Of the app that is the `place`th of those that are seen. */
static size_t index_at(const struct bk_launcher *launcher, int place)
{
    return launcher->first_row * (size_t)launcher->layout.columns + (size_t)place;
}

static int places(const struct bk_launcher *launcher)
{
    return launcher->layout.columns * launcher->layout.rows;
}

static struct bk_rect tile_in(const struct bk_launcher_layout *layout, const struct bk_rect *cell)
{
    return (struct bk_rect){ cell->x + (cell->width - layout->tile) / 2, cell->y + layout->tile_y, layout->tile,
                             layout->tile };
}

struct bk_target bk_launcher_at(const struct bk_launcher *launcher, double x, double y)
{
    const struct bk_rect *whole = &launcher->layout.place;

    if (!launcher->open)
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    if (!bk_rect_has(whole, x, y))
        return (struct bk_target){ .kind = BK_TARGET_BACKDROP };
    for (int i = 0; i < places(launcher); i++) {
        const struct bk_rect place = bk_launcher_cell(&launcher->layout, i);
        size_t index = index_at(launcher, i);
        if (index < launcher->count && bk_rect_has(&place, x - whole->x, y - whole->y))
            return (struct bk_target){ .kind = BK_TARGET_APP, .number = (uint32_t)index };
    }
    return (struct bk_target){ .kind = BK_TARGET_LAUNCHER };
}

struct bk_rect bk_launcher_tile(const struct bk_launcher *launcher, const struct bk_app *app)
{
    const struct bk_launcher_layout *layout = &launcher->layout;
    const struct bk_rect *whole = &layout->place;

    for (int i = 0; i < places(launcher); i++) {
        size_t index = index_at(launcher, i);
        if (index >= launcher->count || app == NULL || app_of(launcher, index) != app)
            continue;
        const struct bk_rect cell = bk_launcher_cell(layout, i);
        struct bk_rect tile = tile_in(layout, &cell);
        tile.x += whole->x;
        tile.y += whole->y;
        return tile;
    }
    return (struct bk_rect){ whole->x + (whole->width - layout->tile) / 2,
                             whole->y + (whole->height - layout->tile) / 2, layout->tile, layout->tile };
}

bool bk_launcher_is_settings(const struct bk_launcher *launcher, const struct bk_target *target)
{
    return target->kind == BK_TARGET_APP && target->number < launcher->count &&
           launcher->matches[target->number] == SETTINGS;
}

const struct bk_app *bk_launcher_app(const struct bk_launcher *launcher, const struct bk_target *target)
{
    if (target->kind != BK_TARGET_APP || target->number >= launcher->count)
        return NULL;
    return app_of(launcher, target->number);
}

/* --- the picture --- */

static void paint_lens(cairo_t *cairo, double x, double y)
{
    cairo_arc(cairo, x - 1.5, y - 1.5, 6, 0, 2 * M_PI);
    bk_paint_color(cairo, BK_COLOR_TEXT_FAINT);
    cairo_set_line_width(cairo, 1.8);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(cairo);
    cairo_move_to(cairo, x + 3, y + 3);
    cairo_line_to(cairo, x + 7, y + 7);
    cairo_stroke(cairo);
}

static void paint_field(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_launcher *launcher)
{
    const struct bk_rect field = launcher->layout.field;
    const struct bk_rect text = { field.x + 46, field.y, field.width - 64, field.height };
    int width = 0;

    bk_paint_surface(cairo, &field, launcher->layout.home ? field.height / 2.0 : 14,
                     launcher->layout.home ? BK_RGBA(0xffffff, 0.12) : BK_COLOR_FIELD, BK_COLOR_EDGE);
    paint_lens(cairo, field.x + 24, field.y + field.height / 2.0);
    if (launcher->typed[0] != '\0')
        width = bk_paint_line(cairo, typesetter, &typed_style, launcher->typed, &text, BK_COLOR_TEXT);
    else
        bk_paint_line(cairo, typesetter, &typed_style, "Search apps", &text, BK_COLOR_TEXT_FAINT);
    if (launcher->layout.home && !launcher->keyed)
        return; /* nobody types there yet */
    cairo_rectangle(cairo, text.x + width + (width > 0 ? 2 : -2), field.y + 12, 1.5, field.height - 24);
    bk_paint_color(cairo, BK_COLOR_FOCUS);
    cairo_fill(cairo);
}

/* Three sliders, on the system's own blue, as large as the apps' pictures are within their edges. */
static void paint_settings(cairo_t *cairo, const struct bk_rect *tile)
{
    static const double knobs[] = { 0.62, 0.36, 0.7 };

    cairo_save(cairo);
    cairo_translate(cairo, tile->x, tile->y);
    cairo_scale(cairo, tile->width / 64.0, tile->height / 64.0);
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 3, 0, 61);
    cairo_pattern_add_color_stop_rgb(gradient, 0, 0.35, 0.43, 0.56);
    cairo_pattern_add_color_stop_rgb(gradient, 1, 0.20, 0.26, 0.37);
    bk_paint_rounded(cairo, 3, 3, 58, 58, 14);
    cairo_set_source(cairo, gradient);
    cairo_fill(cairo);
    cairo_pattern_destroy(gradient);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    for (int i = 0; i < 3; i++) {
        const double y = 20 + 12 * i, x = 16 + 32 * knobs[i];
        bk_paint_color(cairo, BK_RGBA(0xffffff, 0.5));
        cairo_set_line_width(cairo, 3);
        cairo_move_to(cairo, 16, y);
        cairo_line_to(cairo, 48, y);
        cairo_stroke(cairo);
        bk_paint_color(cairo, BK_RGB(0xffffff));
        cairo_arc(cairo, x, y, 4.6, 0, 2 * M_PI);
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
}

static void paint_app(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_launcher *launcher, size_t index,
                      const struct bk_rect *place)
{
    const struct bk_app *app = app_of(launcher, index);
    const struct bk_app_face face = bk_faces_of(launcher->faces, app);
    const struct bk_rect tile = tile_in(&launcher->layout, place);
    const int margin = launcher->layout.home ? 2 : 8;
    const struct bk_rect name = { place->x + margin, place->y + launcher->layout.name_y, place->width - 2 * margin,
                                  20 };
    const struct bk_rect state = { name.x, name.y + 20, name.width, 16 };
    const struct bk_rect around = { place->x + margin / 2, place->y + margin / 2, place->width - margin,
                                    place->height - margin };
    bool hover = launcher->hover.kind == BK_TARGET_APP && launcher->hover.number == index;
    bool pressed = hover && bk_target_equal(&launcher->hover, &launcher->pressed);

    if (index == launcher->marked && (launcher->keyed || !launcher->layout.home))
        bk_paint_surface(cairo, &around, 16, BK_RGBA(0x8ab8ff, 0.16), BK_RGBA(0x8ab8ff, 0.55));
    else if (hover)
        bk_paint_surface(cairo, &around, 16, pressed ? BK_COLOR_PRESS : BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (app == NULL) {
        paint_settings(cairo, &tile);
        bk_paint_line(cairo, typesetter, &name_style, SETTINGS_NAME, &name, BK_COLOR_TEXT);
        return;
    }
    bk_paint_marked_badge(cairo, typesetter, &tile, &face, &bk_traits_of(&launcher->apps->traits, app->cid)->mark, 1);
    bk_paint_line(cairo, typesetter, &name_style, app->name, &name, BK_COLOR_TEXT);
    if (app->state == BK_APP_STARTING || app->state == BK_APP_STOPPING) {
        bk_paint_line(cairo, typesetter, &state_style, app->state == BK_APP_STARTING ? "starting…" : "stopping…",
                      &state, BK_COLOR_TEXT_FAINT);
    } else if (app->state == BK_APP_RUNNING) {
        cairo_arc(cairo, place->x + place->width / 2.0, state.y + 8, 2.5, 0, 2 * M_PI);
        bk_paint_color(cairo, bk_app_colors_of(app->id).accent);
        cairo_fill(cairo);
    }
}

/* How much of the list is seen, when not all of it is. */
static void paint_bar(cairo_t *cairo, const struct bk_launcher *launcher)
{
    const struct bk_launcher_layout *layout = &launcher->layout;
    size_t columns = (size_t)layout->columns, all = (launcher->count + columns - 1) / columns;
    const double room = layout->rows * layout->cell_height - 16;

    if (all <= (size_t)layout->rows)
        return;
    bk_paint_rounded(cairo, layout->place.width - (layout->home ? 8 : 14),
                     layout->grid_y + 8 + room * (double)launcher->first_row / (double)all, 4,
                     room * layout->rows / (double)all, 2);
    bk_paint_color(cairo, BK_COLOR_BUTTON_HOVER);
    cairo_fill(cairo);
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_launcher *launcher)
{
    const struct bk_launcher_layout *layout = &launcher->layout;
    const struct bk_rect whole = { 0, 0, layout->place.width, layout->place.height };

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    if (!layout->home) {
        bk_paint_shadow(cairo, &whole, RADIUS);
        bk_paint_sheer_surface(cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
    }
    paint_field(cairo, typesetter, launcher);
    for (int i = 0; i < places(launcher); i++) {
        const struct bk_rect place = bk_launcher_cell(layout, i);
        size_t index = index_at(launcher, i);
        if (index < launcher->count)
            paint_app(cairo, typesetter, launcher, index, &place);
    }
    paint_bar(cairo, launcher);
    if (launcher->count == 0)
        bk_paint_line(cairo, typesetter, &empty_style, "No app has that name",
                      &(struct bk_rect){ layout->field.x, layout->grid_y + layout->cell_height, layout->field.width,
                                         layout->cell_height },
                      BK_COLOR_TEXT_SOFT);
}

void bk_launcher_sync(struct bk_launcher *launcher, struct bk_typesetter *typesetter,
                      const struct bk_attention *attention, int screen_width, int screen_height)
{
    struct bk_canvas canvas;
    bool moved = screen_width != launcher->screen_width || screen_height != launcher->screen_height ||
                 bk_canvas_scale() != launcher->scale;

    if (moved) {
        launcher->screen_width = screen_width;
        launcher->screen_height = screen_height;
        launcher->scale = bk_canvas_scale();
        launcher->layout = bk_launcher_layout_of(launcher->form, screen_width, screen_height);
        launcher->dirty = true;
        reveal(launcher);
    }
    if (!launcher->open)
        return;
    if (!launcher->dirty && bk_target_equal(&launcher->hover, &attention->hover) &&
        bk_target_equal(&launcher->pressed, &attention->pressed))
        return;
    launcher->hover = attention->hover;
    launcher->pressed = attention->pressed;
    const struct bk_rect *place = &launcher->layout.place;
    int top = launcher->layout.home ? 0 : bk_form_layout_of(launcher->form).bar;
    wlr_scene_rect_set_size(launcher->backdrop, screen_width, screen_height - top);
    wlr_scene_node_set_position(&launcher->backdrop->node, 0, top);
    if (bk_canvas_begin(place->width + 2 * BK_SHADOW_MARGIN, place->height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, launcher);
    bk_canvas_show(&canvas, launcher->sheet);
    launcher->dirty = false;
}

bool bk_launcher_animate(struct bk_launcher *launcher, uint64_t now_ms)
{
    const struct bk_color color = BK_COLOR_BACKDROP;
    bool moves = bk_tween_moves(&launcher->shown, now_ms);
    const float shown = (float)bk_tween_at(&launcher->shown, now_ms);
    const float alpha = (float)(color.a * (launcher->layout.home ? HOME_SHADE : 1)) * shown;
    const float backdrop[4] = { (float)color.r * alpha, (float)color.g * alpha, (float)color.b * alpha, alpha };

    wlr_scene_node_set_enabled(&launcher->tree->node, launcher->open || moves);
    if (!launcher->open && !moves)
        return false;
    wlr_scene_rect_set_color(launcher->backdrop, backdrop);
    wlr_scene_buffer_set_opacity(launcher->sheet, shown);
    wlr_scene_node_set_position(&launcher->sheet->node, launcher->layout.place.x - BK_SHADOW_MARGIN,
                                launcher->layout.place.y - BK_SHADOW_MARGIN + (int)lroundf((1 - shown) * RISE));
    return moves;
}
