/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card says what is set, one below it takes another place. What the second says of a text that is none stands where
 * the hint was, so that nothing jumps while the person writes.
 */
#include "place_page.h"

#include "badge.h"
#include "sensor_marks.h"
#include "settings_parts.h"

#include "checked.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define NARROW      480 /* the button stands below the words */
#define DISC        44
#define DISC_GAP    14
#define TITLE       26
#define WORD_GAP    4
#define LABEL       20
#define GAP         12
#define FIELD       40
#define FIELD_INSET 12
#define FORGET      92
#define SET         72
#define UNBOUND     100000     /* as wide as a text is */
#define FIRM        "\xc2\xa0" /* a space at which no line ends */

static const struct bk_typeset_style title_style = {
    .size = 17, .weight = PANGO_WEIGHT_SEMIBOLD, .line_height = TITLE, .max_lines = 2, .tabular = true
};
static const struct bk_typeset_style detail_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 18, .max_lines = 3
};
static const struct bk_typeset_style label_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style field_style = { .size = 15, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };

void bk_place_page_init(struct bk_place_page *page, struct bk_place_choice *choice)
{
    *page = (struct bk_place_page){ .choice = choice };
}

void bk_place_page_key(struct bk_place_page *page, xkb_keysym_t key, const char *text)
{
    if (key == XKB_KEY_BackSpace)
        bk_place_choice_erase(page->choice);
    else if (key == XKB_KEY_Delete)
        bk_place_choice_delete(page->choice);
    else if (key == XKB_KEY_Left || key == XKB_KEY_Right)
        bk_place_choice_caret(page->choice, key == XKB_KEY_Left ? -1 : 1);
    else if (key == XKB_KEY_Home || key == XKB_KEY_End)
        bk_place_choice_caret(page->choice, key == XKB_KEY_Home ? -2 : 2);
    else
        bk_place_choice_write(page->choice, text);
}

/* --- what it says --- */

static void write_title(const struct bk_place_choice *choice, char text[static BK_PLACE_WRITTEN_MAX])
{
    if (choice->set)
        bk_place_write(&choice->place, text);
    else
        snprintf(text, BK_PLACE_WRITTEN_MAX, choice->told ? "No place is set" : "Not available");
}

static const char *detail_of(const struct bk_place_choice *choice)
{
    if (!choice->told)
        return "What keeps the place is not running just now.";
    return choice->set ? "It comes before a receiver and what apps say."
                       : "A receiver says where this machine is, or an app that you let say it.";
}

static const char *hint_of(const struct bk_place_choice *choice)
{
    static const char *const hints[] = {
        [BK_PLACE_GOOD] =
            "Latitude, then longitude, in degrees: 52.52," FIRM "13.405 or 33.86°" FIRM "S," FIRM "151.22°" FIRM "E",
        [BK_PLACE_NO_NUMBERS] = "That is no place. Write two numbers in degrees, such as 52.52," FIRM "13.405",
        [BK_PLACE_DIRECTIONS] = "A latitude is N or S, a longitude E or W, and has no sign then.",
        [BK_PLACE_LATITUDE] = "The latitude comes first, and is −90 to 90.",
        [BK_PLACE_LONGITUDE] = "The longitude comes second, and is −180 to 180.",
    };
    static_assert(sizeof hints / sizeof hints[0] == BK_PLACE_FAULTS, "one hint for each");

    return hints[choice->fault];
}

/* --- where --- */

static int text_height(struct bk_typesetter *typesetter, const struct bk_typeset_style *style, const char *text,
                       int width)
{
    int text_width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, width);

    bk_typeset_size(layout, &text_width, &height);
    g_object_unref(layout);
    return height;
}

/* What is set, and the button that forgets it: beside the words, or below them. */
static void lay_out_now(struct bk_place_page *page, struct bk_typesetter *typesetter)
{
    const struct bk_place_choice *choice = page->choice;
    const bool below = page->width < NARROW;
    const int inner = page->width - 2 * BK_SETTINGS_PADDING, top = 4 + BK_SETTINGS_INSET;
    const int x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET + DISC + DISC_GAP;
    const int right = BK_SETTINGS_PADDING + inner - BK_SETTINGS_INSET;
    const int width = right - x - (choice->set && !below ? FORGET + DISC_GAP : 0);
    char title[BK_PLACE_WRITTEN_MAX];

    write_title(choice, title);
    const int height = text_height(typesetter, &title_style, title, width) + WORD_GAP +
                       text_height(typesetter, &detail_style, detail_of(choice), width);
    const int row = bk_max(height, DISC);
    page->words = (struct bk_rect){ x, top + (row - height) / 2, width, height };
    page->now = (struct bk_rect){ BK_SETTINGS_PADDING, 4, inner, row + 2 * BK_SETTINGS_INSET };
    page->forget = (struct bk_rect){ 0 };
    if (!choice->set)
        return;
    page->forget =
        below ? (struct bk_rect){ BK_SETTINGS_PADDING + BK_SETTINGS_INSET, top + row + GAP,
                                  inner - 2 * BK_SETTINGS_INSET, BK_SETTINGS_BUTTON }
              : (struct bk_rect){ right - FORGET, top + (row - BK_SETTINGS_BUTTON) / 2, FORGET, BK_SETTINGS_BUTTON };
    page->now.height += below ? GAP + BK_SETTINGS_BUTTON : 0;
}

/* As high whatever it says. */
static int hint_height(struct bk_typesetter *typesetter, int width)
{
    int height = 0;

    for (int fault = 0; fault < BK_PLACE_FAULTS; fault++) {
        const struct bk_place_choice choice = { .fault = (enum bk_place_fault)fault };
        height = bk_max(height, text_height(typesetter, &detail_style, hint_of(&choice), width));
    }
    return height;
}

static int lay_out(void *userdata, struct bk_typesetter *typesetter, int width)
{
    struct bk_place_page *page = userdata;
    const int inner = width - 2 * BK_SETTINGS_PADDING, x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET;

    page->width = width;
    lay_out_now(page, typesetter);
    const int y = page->now.y + page->now.height + BK_SETTINGS_CARD_GAP, room = inner - 2 * BK_SETTINGS_INSET;
    const int field_y = y + BK_SETTINGS_INSET + LABEL + GAP;
    page->field = (struct bk_rect){ x, field_y, room - SET - 8, FIELD };
    page->set = (struct bk_rect){ x + room - SET, field_y, SET, FIELD };
    page->hint = (struct bk_rect){ x, field_y + FIELD + GAP, room, hint_height(typesetter, room) };
    page->entry =
        (struct bk_rect){ BK_SETTINGS_PADDING, y, inner, page->hint.y + page->hint.height + BK_SETTINGS_INSET - y };
    return page->entry.y + page->entry.height + BK_SETTINGS_PADDING;
}

static struct bk_settings_spots list(const struct bk_place_page *page)
{
    struct bk_settings_spots spots = { 0 };

    if (page->choice->set)
        bk_settings_add_spot(&spots, BK_TARGET_PLACE_FORGET, &page->forget);
    bk_settings_add_spot(&spots, BK_TARGET_PLACE, &page->field);
    if (bk_place_choice_is_ready(page->choice))
        bk_settings_add_spot(&spots, BK_TARGET_PLACE_SET, &page->set);
    return spots;
}

static struct bk_target at(const void *userdata, double x, double y)
{
    const struct bk_settings_spots spots = list(userdata);

    return bk_settings_spot_at(&spots, x, y);
}

static void targets(const void *userdata, struct bk_target_list *ret_list)
{
    const struct bk_settings_spots spots = list(userdata);

    bk_settings_spot_targets(&spots, ret_list);
}

static bool place_of(const void *userdata, const struct bk_target *target, struct bk_rect *ret_place)
{
    const struct bk_place_page *page = userdata;
    const struct bk_settings_spots spots = list(page);

    if (!bk_settings_spot_place(&spots, target, ret_place))
        return false;
    /* Who writes sees what is said of it. */
    if (target->kind != BK_TARGET_PLACE_FORGET)
        *ret_place = page->entry;
    return true;
}

/* --- the picture --- */

/* Yields its height. */
static int paint_text(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                      const char *text, const struct bk_rect *place, int down, struct bk_color color)
{
    int width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, place->width);

    bk_typeset_size(layout, &width, &height);
    bk_typeset_paint(cairo, layout, place->x, place->y + down, place->width, color);
    g_object_unref(layout);
    return height;
}

static void paint_now(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_place_page *page,
                      const struct bk_attention *attention)
{
    const struct bk_place_choice *choice = page->choice;
    const int middle = page->words.y + page->words.height / 2;
    const struct bk_rect disc = { page->now.x + BK_SETTINGS_INSET, middle - DISC / 2, DISC, DISC };
    char title[BK_PLACE_WRITTEN_MAX];

    write_title(choice, title);
    bk_settings_paint_card(cairo, &page->now);
    bk_paint_sensor_disc(cairo, BK_SENSOR_LOCATION, &disc, choice->set ? BK_RGB(0x4c8dff) : BK_COLOR_BUTTON,
                         choice->set ? BK_RGB(0xffffff) : BK_COLOR_TEXT_FAINT);
    const int down = paint_text(cairo, typesetter, &title_style, title, &page->words, 0, BK_COLOR_TEXT);
    (void)paint_text(cairo, typesetter, &detail_style, detail_of(choice), &page->words, down + WORD_GAP,
                     BK_COLOR_TEXT_SOFT);
    if (choice->set)
        bk_settings_paint_button(cairo, typesetter, &page->forget, "Forget",
                                 (struct bk_target){ .kind = BK_TARGET_PLACE_FORGET }, true, attention);
}

static int caret_x(struct bk_typesetter *typesetter, const struct bk_place_choice *choice)
{
    char part[BK_PLACE_TEXT_MAX + 1];
    int width, height;

    memcpy(part, choice->draft, choice->caret);
    part[choice->caret] = '\0';
    PangoLayout *layout = bk_typeset_layout(typesetter, &field_style, part, UNBOUND);
    bk_typeset_size(layout, &width, &height);
    g_object_unref(layout);
    return choice->caret > 0 ? width : 0;
}

static void paint_field(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_place_page *page,
                        const struct bk_attention *attention)
{
    const struct bk_target target = { .kind = BK_TARGET_PLACE };
    const struct bk_place_choice *choice = page->choice;
    const bool focused = bk_target_equal(&attention->focus, &target), empty = choice->draft[0] == '\0';
    const bool hover = bk_target_equal(&attention->hover, &target), wrong = choice->fault != BK_PLACE_GOOD;
    const struct bk_rect *field = &page->field;
    const int room = field->width - 2 * FIELD_INSET, caret = caret_x(typesetter, choice);
    const int x = field->x + FIELD_INSET - (focused ? bk_max(caret - room + 2, 0) : 0); /* the caret is in sight */

    bk_paint_surface(cairo, field, 10, BK_COLOR_FIELD,
                     wrong     ? BK_COLOR_BADGE
                     : focused ? BK_COLOR_FOCUS
                     : hover   ? BK_RGBA(0xffffff, 0.22)
                               : BK_COLOR_EDGE);
    cairo_save(cairo);
    cairo_rectangle(cairo, field->x + FIELD_INSET - 2, field->y, room + 4, field->height);
    cairo_clip(cairo);
    bk_paint_line(cairo, typesetter, &field_style, empty ? "52.52, 13.405" : choice->draft,
                  &(struct bk_rect){ x, field->y, UNBOUND, field->height },
                  empty ? BK_COLOR_TEXT_DISABLED : BK_COLOR_TEXT);
    if (focused) {
        cairo_rectangle(cairo, x + caret - (empty ? 2 : 0), field->y + 10, 1.5, field->height - 20);
        bk_paint_color(cairo, BK_COLOR_FOCUS);
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
}

static void paint(void *userdata, cairo_t *cairo, struct bk_typesetter *typesetter, int top, int bottom,
                  const struct bk_attention *attention)
{
    const struct bk_place_page *page = userdata;
    const struct bk_place_choice *choice = page->choice;
    const struct bk_rect label = { page->field.x, page->entry.y + BK_SETTINGS_INSET, page->hint.width, LABEL };

    (void)top;
    (void)bottom; /* it is short */
    paint_now(cairo, typesetter, page, attention);
    bk_settings_paint_card(cairo, &page->entry);
    bk_paint_line(cairo, typesetter, &label_style, choice->set ? "Set another place" : "Set a place", &label,
                  BK_COLOR_TEXT);
    paint_field(cairo, typesetter, page, attention);
    bk_settings_paint_button(cairo, typesetter, &page->set, "Set", (struct bk_target){ .kind = BK_TARGET_PLACE_SET },
                             bk_place_choice_is_ready(choice), attention);
    (void)paint_text(cairo, typesetter, &detail_style, hint_of(choice), &page->hint, 0,
                     choice->fault != BK_PLACE_GOOD ? BK_COLOR_BADGE : BK_COLOR_TEXT_FAINT);
}

static void paint_mark(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    bk_paint_sensor(cairo, BK_SENSOR_LOCATION, center_x, center_y, size, color);
}

struct bk_settings_page bk_place_page_of(struct bk_place_page *page)
{
    return (struct bk_settings_page){ .title = "Location",
                                      .paint_mark = paint_mark,
                                      .lay_out = lay_out,
                                      .paint = paint,
                                      .at = at,
                                      .targets = targets,
                                      .place_of = place_of,
                                      .page = page };
}
