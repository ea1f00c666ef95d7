/* SPDX-License-Identifier: Apache-2.0 */
#include "card.h"

#include "canvas.h"

#include <assert.h>
#include <stdio.h>

#define TEXT_X    (BK_CARD_PADDING + BK_CARD_TILE + BK_CARD_GAP)
#define HEAD_Y    12 /* top of the line with the app's name */
#define HEAD_LINE 22
#define TITLE_GAP 0
#define BODY_GAP  4
#define AGE_WIDTH 56

static const struct bk_typeset_style name_style = { .size = 12, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style age_style = {
    .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT
};
static const struct bk_typeset_style title_style = {
    .size = 15, .weight = PANGO_WEIGHT_SEMIBOLD, .line_height = 20, .max_lines = 2
};
static const struct bk_typeset_style label_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static struct bk_typeset_style body_style(const struct bk_card *card)
{
    return (struct bk_typeset_style){ .size = 13,
                                      .weight = PANGO_WEIGHT_NORMAL,
                                      .line_height = 20,
                                      .max_lines = card->margin > 0 ? BK_TOAST_BODY_LINES : BK_SHEET_BODY_LINES };
}

void bk_card_init(struct bk_card *card, int64_t id, bool toast, struct wlr_scene_tree *parent)
{
    *card = (struct bk_card){ .id = id, .margin = toast ? BK_SHADOW_MARGIN : 0 };
    card->node = wlr_scene_buffer_create(parent, NULL);
}

void bk_card_finish(struct bk_card *card)
{
    if (card->node != NULL)
        wlr_scene_node_destroy(&card->node->node);
    *card = (struct bk_card){ 0 };
}

static int text_width(const struct bk_card *card)
{
    return card->width - TEXT_X - BK_CARD_PADDING;
}

static int text_height(const struct bk_card *card, struct bk_typesetter *typesetter,
                       const struct bk_typeset_style *style, const char *text)
{
    int width, height;

    if (text[0] == '\0')
        return 0;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, text_width(card));
    bk_typeset_size(layout, &width, &height);
    g_object_unref(layout);
    return height;
}

void bk_card_measure(struct bk_card *card, struct bk_typesetter *typesetter, const struct bk_notification *notification,
                     int width)
{
    if (card->measured == notification->revision && card->width == width)
        return;
    card->drawn = card->drawn && card->width == width;
    card->width = width;
    const struct bk_typeset_style body = body_style(card);
    int title_height = text_height(card, typesetter, &title_style, notification->title);
    int body_height = text_height(card, typesetter, &body, notification->body);

    card->close = (struct bk_rect){ card->width - BK_CARD_CLOSE - 8, 8, BK_CARD_CLOSE, BK_CARD_CLOSE };
    card->title_y = HEAD_Y + HEAD_LINE + (title_height > 0 ? TITLE_GAP : 0);
    card->body_y = card->title_y + title_height + (body_height > 0 ? BODY_GAP : 0);
    int y = card->body_y + body_height;
    if (y < BK_CARD_PADDING + BK_CARD_TILE)
        y = BK_CARD_PADDING + BK_CARD_TILE;

    /* Up to three buttons stand in one row, four as two by two, more as rows of three. */
    size_t count = notification->button_count;
    int per_row = count == 4 ? 2 : count < 3 ? (int)count : 3;
    card->button_count = count;
    for (size_t i = 0; i < count; i++) {
        int column = (int)i % per_row;
        if (column == 0)
            y += i == 0 ? 16 : 8;
        /* Edges are rounded, not widths: the last button ends where the row does. */
        int room = card->width - 2 * BK_CARD_PADDING + 8;
        int left = room * column / per_row;
        int right = room * (column + 1) / per_row - 8;
        card->buttons[i] = (struct bk_rect){ BK_CARD_PADDING + left, y, right - left, BK_CARD_BUTTON_HEIGHT };
        if (column == per_row - 1 || i == count - 1)
            y += BK_CARD_BUTTON_HEIGHT;
    }
    card->height = y + BK_CARD_PADDING;
    card->measured = notification->revision;
}

static void paint_text(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                       const char *text, const struct bk_rect *place, struct bk_color color)
{
    int width, height;

    if (text[0] == '\0')
        return;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, place->width);
    bk_typeset_size(layout, &width, &height);
    int y = place->height > 0 ? place->y + (place->height - height) / 2 : place->y;
    bk_typeset_paint(cairo, layout, place->x, y, place->width, color);
    g_object_unref(layout);
}

#define HOUR_MINUTES INT64_C(60)
#define DAY_MINUTES  (24 * HOUR_MINUTES)

static void age_text(int64_t minutes, char *text, size_t size)
{
    if (minutes < 1)
        snprintf(text, size, "now");
    else if (minutes < HOUR_MINUTES)
        snprintf(text, size, "%d min", (int)minutes);
    else if (minutes < DAY_MINUTES)
        snprintf(text, size, "%d h", (int)(minutes / HOUR_MINUTES));
    else
        snprintf(text, size, "%lld d", (long long)(minutes / DAY_MINUTES));
}

static void paint_close(cairo_t *cairo, const struct bk_card *card, const struct bk_card_look *look)
{
    bool pressed = look->pressed == BK_TARGET_CLOSE;
    bool hover = look->hover == BK_TARGET_CLOSE;

    if (hover || pressed) {
        struct bk_color fill = pressed ? BK_COLOR_BUTTON_PRESS : BK_COLOR_BUTTON_HOVER;
        bk_paint_surface(cairo, &card->close, BK_CARD_CLOSE / 2.0, fill, BK_RGBA(0, 0));
    }
    if (look->focus == BK_TARGET_CLOSE)
        bk_paint_focus(cairo, &card->close, BK_CARD_CLOSE / 2.0);
    bk_paint_cross(cairo, card->close.x + card->close.width / 2.0, card->close.y + card->close.height / 2.0, 8,
                   hover || look->hovered ? BK_COLOR_TEXT : BK_COLOR_TEXT_FAINT);
}

static void paint_buttons(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_card *card,
                          const struct bk_card_look *look, const struct bk_notification *notification)
{
    for (size_t i = 0; i < card->button_count; i++) {
        const struct bk_rect *place = &card->buttons[i];
        const struct bk_rect label = { place->x + 8, place->y, place->width - 16, place->height };
        struct bk_color fill = BK_COLOR_BUTTON;
        struct bk_color color = BK_COLOR_TEXT;

        if (!look->answerable) {
            fill = BK_COLOR_CARD;
            color = BK_COLOR_TEXT_DISABLED;
        } else if (look->pressed == BK_TARGET_BUTTON && look->pressed_button == i) {
            fill = BK_COLOR_BUTTON_PRESS;
        } else if (look->hover == BK_TARGET_BUTTON && look->hover_button == i) {
            fill = BK_COLOR_BUTTON_HOVER;
        }
        bk_paint_surface(cairo, place, BK_CARD_BUTTON_RADIUS, fill, BK_RGBA(0, 0));
        if (look->focus == BK_TARGET_BUTTON && look->focus_button == i)
            bk_paint_focus(cairo, place, BK_CARD_BUTTON_RADIUS);
        paint_text(cairo, typesetter, &label_style, notification->buttons[i].label, &label, color);
    }
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_card *card,
                  const struct bk_card_look *look, const struct bk_notification *notification,
                  const struct bk_app_face *face)
{
    const struct bk_rect whole = { 0, 0, card->width, card->height };
    const struct bk_rect tile = { BK_CARD_PADDING, BK_CARD_PADDING, BK_CARD_TILE, BK_CARD_TILE };
    const struct bk_typeset_style body = body_style(card);
    char age[32];

    cairo_translate(cairo, card->margin, card->margin);
    if (look->toast) {
        bk_paint_shadow(cairo, &whole, BK_CARD_RADIUS);
        bk_paint_sheer_surface(cairo, &whole, BK_CARD_RADIUS, BK_COLOR_TOAST);
    } else {
        bk_paint_surface(cairo, &whole, BK_CARD_RADIUS, BK_COLOR_CARD, BK_RGBA(0xffffff, 0.06));
    }

    bk_paint_badge(cairo, typesetter, &tile, face);
    age_text(look->age_minutes, age, sizeof age);
    int age_x = card->close.x - AGE_WIDTH - 4;
    paint_text(cairo, typesetter, &name_style, notification->app_name,
               &(struct bk_rect){ TEXT_X, HEAD_Y, age_x - TEXT_X - 8, 20 }, BK_COLOR_TEXT_SOFT);
    paint_text(cairo, typesetter, &age_style, age, &(struct bk_rect){ age_x, HEAD_Y, AGE_WIDTH, 20 },
               BK_COLOR_TEXT_FAINT);
    paint_text(cairo, typesetter, &title_style, notification->title,
               &(struct bk_rect){ TEXT_X, card->title_y, text_width(card), 0 }, BK_COLOR_TEXT);
    paint_text(cairo, typesetter, &body, notification->body,
               &(struct bk_rect){ TEXT_X, card->body_y, text_width(card), 0 }, BK_COLOR_TEXT_SOFT);
    paint_close(cairo, card, look);
    paint_buttons(cairo, typesetter, card, look, notification);
}

static void part_of(const struct bk_target *target, int64_t id, enum bk_target_kind *ret_kind, size_t *ret_button)
{
    if (!bk_target_is_on(target, id) || target->kind == BK_TARGET_CARD)
        return;
    *ret_kind = target->kind;
    *ret_button = target->button;
}

static bool looks_equal(const struct bk_card_look *a, const struct bk_card_look *b)
{
    return a->revision == b->revision && a->scale == b->scale && a->face == b->face && a->toast == b->toast &&
           a->answerable == b->answerable && a->hovered == b->hovered && a->hover == b->hover &&
           a->hover_button == b->hover_button && a->pressed == b->pressed && a->pressed_button == b->pressed_button &&
           a->focus == b->focus && a->focus_button == b->focus_button && a->age_minutes == b->age_minutes;
}

void bk_card_draw(struct bk_card *card, struct bk_typesetter *typesetter, const struct bk_notification *notification,
                  const struct bk_app_face *face, const struct bk_attention *attention, bool answerable,
                  int64_t now_epoch)
{
    struct bk_card_look look = { 0 };
    struct bk_canvas canvas;

    assert(card->measured == notification->revision);
    look.revision = notification->revision;
    look.scale = bk_canvas_scale();
    look.face = face->revision;
    look.toast = card->margin > 0;
    look.answerable = answerable;
    look.hovered = bk_target_is_on(&attention->hover, card->id);
    part_of(&attention->hover, card->id, &look.hover, &look.hover_button);
    part_of(&attention->focus, card->id, &look.focus, &look.focus_button);
    /* What is pressed looks so only while the pointer is still on it: there the release counts. */
    if (bk_target_equal(&attention->pressed, &attention->hover))
        part_of(&attention->pressed, card->id, &look.pressed, &look.pressed_button);
    look.age_minutes = now_epoch > notification->shown_at ? (now_epoch - notification->shown_at) / 60 : 0;
    if (card->drawn && looks_equal(&look, &card->look))
        return;

    if (bk_canvas_begin(card->width + 2 * card->margin, card->height + 2 * card->margin, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, card, &look, notification, face);
    bk_canvas_show(&canvas, card->node);
    card->look = look;
    card->drawn = true;
}

void bk_card_hide(struct bk_card *card)
{
    wlr_scene_buffer_set_buffer(card->node, NULL);
    card->drawn = false;
}

struct bk_target bk_card_at(const struct bk_card *card, double x, double y)
{
    const struct bk_rect whole = { 0, 0, card->width, card->height };

    if (bk_rect_has(&card->close, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLOSE, .notification = card->id };
    for (size_t i = 0; i < card->button_count; i++) {
        if (bk_rect_has(&card->buttons[i], x, y))
            return (struct bk_target){ .kind = BK_TARGET_BUTTON, .notification = card->id, .button = i };
    }
    if (bk_rect_has(&whole, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CARD, .notification = card->id };
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

static void append(struct bk_target_list *list, struct bk_target target)
{
    assert(list->count < BK_TARGETS_MAX);
    list->items[list->count++] = target;
}

void bk_card_targets(const struct bk_card *card, bool answerable, struct bk_target_list *list)
{
    for (size_t i = 0; answerable && i < card->button_count; i++)
        append(list, (struct bk_target){ .kind = BK_TARGET_BUTTON, .notification = card->id, .button = i });
    append(list, (struct bk_target){ .kind = BK_TARGET_CLOSE, .notification = card->id });
}
