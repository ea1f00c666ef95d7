/* SPDX-License-Identifier: Apache-2.0 */
#include "card.h"

#include "canvas.h"
#include "decode.h"
#include "picture.h"

#include <assert.h>
#include <stdio.h>

#define TEXT_X    (BK_CARD_PADDING + BK_CARD_TILE + BK_CARD_GAP)
#define HEAD_Y    12 /* top of the line with the app's name */
#define HEAD_LINE 22
#define TITLE_GAP 0
#define BODY_GAP  4
#define AGE_WIDTH 56
#define IMAGE_MAX 160 /* its height */
#define IMAGE_GAP 12
#define PROGRESS  6
#define REPLY     36
#define SEND      56
#define PAST      0.5 /* of the strength of one that still waits */

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
static const struct bk_typeset_style reply_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
#define REPLY_ROOM 8192 /* more than what is written takes */

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

/* What stands between the text and the buttons; yields where it ends. */
static int measure_rest(struct bk_card *card, const struct bk_notification *notification, int y)
{
    const int room = text_width(card), all = card->width - 2 * BK_CARD_PADDING;
    uint32_t width = 0, height = 0;

    card->image = card->progress = card->reply = card->send = (struct bk_rect){ 0 };
    if (notification->image != NULL &&
        bk_picture_size(notification->image, notification->image_size, &width, &height)) {
        /* As it is, or smaller: within the room, and no higher than a card bears. */
        double scale = 1;
        scale = room < (int)width ? (double)room / width : scale;
        scale = height * scale > IMAGE_MAX ? (double)IMAGE_MAX / height : scale;
        y += IMAGE_GAP;
        card->image = (struct bk_rect){ TEXT_X, y, (int)(width * scale), (int)(height * scale) };
        y += card->image.height;
    }
    if (notification->has_progress) {
        y += IMAGE_GAP;
        card->progress = (struct bk_rect){ TEXT_X, y, room, PROGRESS };
        y += PROGRESS;
    }
    if (notification->reply != NULL) {
        y += IMAGE_GAP;
        card->reply = (struct bk_rect){ BK_CARD_PADDING, y, all, REPLY };
        card->send = (struct bk_rect){ BK_CARD_PADDING + all - SEND - 3, y + 3, SEND, REPLY - 6 };
        y += REPLY;
    }
    return y;
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

    card->close =
        (struct bk_rect){ card->width - BK_CARD_CLOSE - 8, 8, BK_CARD_CLOSE, notification->past ? 0 : BK_CARD_CLOSE };
    card->title_y = HEAD_Y + HEAD_LINE + (title_height > 0 ? TITLE_GAP : 0);
    card->body_y = card->title_y + title_height + (body_height > 0 ? BODY_GAP : 0);
    int y = card->body_y + body_height;
    if (y < BK_CARD_PADDING + BK_CARD_TILE)
        y = BK_CARD_PADDING + BK_CARD_TILE;

    y = measure_rest(card, notification, y);

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
    card->sendable = notification->draft[0] != '\0';
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

static void paint_image(cairo_t *cairo, const struct bk_card *card, const struct bk_notification *notification)
{
    const struct bk_rect *place = &card->image;
    cairo_surface_t *picture = place->height > 0 ? bk_decode_png(notification->image, notification->image_size) : NULL;

    if (picture == NULL)
        return; /* there is none; or its place stays empty */
    cairo_save(cairo);
    bk_paint_rounded(cairo, place->x, place->y, place->width, place->height, 8);
    cairo_clip(cairo);
    cairo_translate(cairo, place->x, place->y);
    cairo_scale(cairo, (double)place->width / cairo_image_surface_get_width(picture),
                (double)place->height / cairo_image_surface_get_height(picture));
    cairo_set_source_surface(cairo, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BEST);
    cairo_paint(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(picture);
}

/* One of which nobody knows how far it has come has pieces all along it. */
static void paint_progress(cairo_t *cairo, const struct bk_card *card, const struct bk_notification *notification)
{
    const struct bk_rect *place = &card->progress;
    const double round_end = PROGRESS / 2.0;

    if (place->height == 0)
        return;
    bk_paint_surface(cairo, place, round_end, BK_COLOR_BUTTON, BK_RGBA(0, 0));
    bk_paint_color(cairo, BK_COLOR_FOCUS);
    if (notification->progress >= 0) {
        const double width = place->width * notification->progress;
        bk_paint_rounded(cairo, place->x, place->y, width < PROGRESS ? PROGRESS : width, PROGRESS, round_end);
    } else {
        for (int x = 0; x + 24 <= place->width; x += 48)
            bk_paint_rounded(cairo, place->x + x, place->y, 24, PROGRESS, round_end);
    }
    cairo_fill(cairo);
}

static void paint_reply(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_card *card,
                        const struct bk_card_look *look, const struct bk_notification *notification)
{
    const struct bk_rect *place = &card->reply;
    const bool empty = notification->draft[0] == '\0', focused = look->focus == BK_TARGET_REPLY;
    const struct bk_rect text = { place->x + 12, place->y, place->width - 24 - (empty ? 0 : SEND), place->height };
    int width, height;

    if (place->height == 0)
        return;
    bk_paint_surface(cairo, place, BK_CARD_BUTTON_RADIUS, look->answerable ? BK_COLOR_FIELD : BK_COLOR_CARD,
                     look->hover == BK_TARGET_REPLY ? BK_RGBA(0xffffff, 0.22) : BK_COLOR_EDGE);
    if (focused)
        bk_paint_focus(cairo, place, BK_CARD_BUTTON_RADIUS);
    /* The end of what is written is what the person looks at. */
    PangoLayout *layout = bk_typeset_layout(typesetter, &reply_style, empty ? notification->reply : notification->draft,
                                            empty ? text.width : REPLY_ROOM);
    bk_typeset_size(layout, &width, &height);
    const int over = empty || width < text.width ? 0 : width - text.width + 2;
    cairo_save(cairo);
    cairo_rectangle(cairo, text.x, text.y, text.width, text.height);
    cairo_clip(cairo);
    bk_typeset_paint(cairo, layout, text.x - over, text.y + (text.height - height) / 2, empty ? text.width : REPLY_ROOM,
                     !look->answerable ? BK_COLOR_TEXT_DISABLED
                     : empty           ? BK_COLOR_TEXT_FAINT
                                       : BK_COLOR_TEXT);
    cairo_restore(cairo);
    g_object_unref(layout);
    if (focused) {
        cairo_rectangle(cairo, empty ? text.x - 2 : text.x + width - over + 1, text.y + 9, 1.5, text.height - 18);
        bk_paint_color(cairo, BK_COLOR_FOCUS);
        cairo_fill(cairo);
    }
    if (empty)
        return;
    bk_paint_surface(cairo, &card->send, BK_CARD_BUTTON_RADIUS - 3,
                     look->pressed == BK_TARGET_SEND ? BK_COLOR_BUTTON_PRESS
                     : look->hover == BK_TARGET_SEND ? BK_COLOR_BUTTON_HOVER
                                                     : BK_COLOR_BUTTON,
                     BK_RGBA(0, 0));
    paint_text(cairo, typesetter, &label_style, "Send", &card->send,
               look->answerable ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
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
        bk_paint_surface(cairo, &whole, BK_CARD_RADIUS, notification->past ? BK_RGBA(0xffffff, 0.025) : BK_COLOR_CARD,
                         BK_RGBA(0xffffff, 0.06));
    }
    if (notification->urgency == BK_NOTIFICATION_URGENT && !notification->past) {
        cairo_save(cairo); /* a bar along its edge, as wide as the card's corners let it be */
        bk_paint_rounded(cairo, 0, 0, whole.width, whole.height, BK_CARD_RADIUS);
        cairo_clip(cairo);
        cairo_rectangle(cairo, 0, 0, 4, whole.height);
        bk_paint_color(cairo, BK_COLOR_BADGE);
        cairo_fill(cairo);
        cairo_restore(cairo);
    }
    if (notification->past)
        cairo_push_group(cairo);

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
    if (notification->past) {
        cairo_pop_group_to_source(cairo);
        cairo_paint_with_alpha(cairo, PAST);
        return;
    }
    paint_image(cairo, card, notification);
    paint_progress(cairo, card, notification);
    paint_reply(cairo, typesetter, card, look, notification);
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
    if (card->sendable && bk_rect_has(&card->send, x, y))
        return (struct bk_target){ .kind = BK_TARGET_SEND, .notification = card->id };
    if (bk_rect_has(&card->reply, x, y))
        return (struct bk_target){ .kind = BK_TARGET_REPLY, .notification = card->id };
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
    if (answerable && card->reply.height > 0)
        append(list, (struct bk_target){ .kind = BK_TARGET_REPLY, .notification = card->id });
    for (size_t i = 0; answerable && i < card->button_count; i++)
        append(list, (struct bk_target){ .kind = BK_TARGET_BUTTON, .notification = card->id, .button = i });
    append(list, (struct bk_target){ .kind = BK_TARGET_CLOSE, .notification = card->id });
}
