/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialog has one size for all of its pages, so that nothing moves but what is in the list. On a phone it fills the
 * screen's width. What the screen has no room for is taken from the list, of which one row always stays.
 */
#include "picking_view.h"

#include "size_words.h"

#include "checked.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH         560 /* at most */
#define PADDING       24
#define PADDING_PHONE 16
#define HEADER        68
#define HEADER_SMALL  44
#define SMALL         460 /* a screen's height below which the head is small */
#define BAR           56  /* where the person is */
#define BAR_SMALL     44
#define ROW           44
#define ROW_PHONE     52
#define ROWS          8 /* at most */
#define ROWS_PHONE    11
#define LIST_INSET    6 /* of the rows in their card */
#define ICON          24
#define FIELD         40
#define FIELD_LABEL   60
#define FIELD_INSET   12
#define BUTTON        40
#define BUTTON_PHONE  48
#define BUTTON_WIDTH  112
#define GAP           12
#define UNBOUND       100000 /* as wide as a text is */

static const struct bk_typeset_style title_style = { .size = 18, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style hint_style = {
    .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT
};
static const struct bk_typeset_style row_style = { .size = 15, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style size_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT, .tabular = true
};
static const struct bk_typeset_style note_style = {
    .size = 16, .weight = PANGO_WEIGHT_SEMIBOLD, .line_height = 22, .max_lines = 3, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style detail_style = {
    .size = 14, .weight = PANGO_WEIGHT_NORMAL, .line_height = 20, .max_lines = 2, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style label_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style name_style = { .size = 15, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style button_style = {
    .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

/* --- where --- */

/* Rows as they are scrolled; those at the edges are as high as what is to be seen of them. */
static void lay_out_rows(const struct bk_picking *picking, struct bk_prompt_layout *layout, int row)
{
    const struct bk_rect *list = &layout->quote;
    const int top = list->y + LIST_INSET, bottom = list->y + list->height - LIST_INSET;

    for (size_t i = 0; i < BK_PICKING_ROWS_MAX && picking->first + i < picking->count; i++) {
        const int y = top + (int)(picking->first + i) * row - picking->scroll;
        const int from = bk_max(y, top), to = bk_min(y + row, bottom);
        if (to > from)
            layout->parts[BK_PROMPT_ROW + i] =
                (struct bk_rect){ list->x + LIST_INSET, from, list->width - 2 * LIST_INSET, to - from };
    }
}

struct bk_prompt_layout bk_picking_view_lay_out(const struct bk_prompt_view *view, int width, int height)
{
    struct bk_picking *picking = &view->prompt->picking;
    const bool small = height < SMALL, phone = view->phone;
    const int padding = phone ? PADDING_PHONE : PADDING, bar = small ? BAR_SMALL : BAR;
    const int row = phone ? ROW_PHONE : ROW, button = phone && !small ? BUTTON_PHONE : BUTTON;
    const int end = small ? GAP : padding, field = picking->saving ? FIELD + GAP : 0;
    struct bk_prompt_layout layout = { .width = bk_min(width, WIDTH), .header = small ? HEADER_SMALL : HEADER };
    const int inner = layout.width - 2 * padding;
    const int rest = layout.header + bar + GAP + field + button + end;
    const int rows = bk_min(phone ? ROWS_PHONE : ROWS, (height - rest - 2 * LIST_INSET) / row);
    const int list = bk_max(rows, 1) * row + 2 * LIST_INSET;
    const int back = picking->back ? 36 + 8 : 0;
    int y = layout.header;

    if (picking->back)
        layout.parts[BK_PROMPT_BACK] = (struct bk_rect){ padding - 6, y + (bar - 36) / 2, 36, 36 };
    layout.title =
        (struct bk_rect){ padding + back, y, inner - back - (picking->hint[0] != '\0' ? inner / 3 : 0), bar };
    layout.detail = (struct bk_rect){ padding + inner - inner / 3 + 8, y, inner / 3 - 8, bar };
    y += bar;
    layout.quote = (struct bk_rect){ padding, y, inner, list };
    bk_picking_set_view(picking, list - 2 * LIST_INSET, row);
    lay_out_rows(picking, &layout, row);
    y += list + GAP;
    if (bk_picking_has_field(picking))
        layout.parts[BK_PROMPT_NAME] = (struct bk_rect){ padding + FIELD_LABEL, y, inner - FIELD_LABEL, FIELD };
    y += field;
    const int wide = bk_min(BUTTON_WIDTH, (inner - 8) / 2);
    const int right = padding + inner - wide, second = right - wide - 8;
    layout.parts[BK_PROMPT_CLOSE] = (struct bk_rect){ picking->saving ? second : right, y, wide, button };
    if (picking->saving)
        layout.parts[BK_PROMPT_SAVE] = (struct bk_rect){ right, y, wide, button };
    layout.reason = (struct bk_rect){ padding, y, bk_max(layout.parts[BK_PROMPT_CLOSE].x - padding - 8, 0), button };
    layout.height = (y + button + end + 1) & ~1;
    return layout;
}

bool bk_picking_view_waits(const struct bk_prompt_view *view, uint64_t now_ms)
{
    const struct bk_picking *picking = &view->prompt->picking;

    return picking->waiting && now_ms >= picking->waiting_ms + BK_PICKING_WAIT_MS;
}

static struct bk_app_face face_of(const struct bk_prompt_view *view, const struct bk_picking_entry *entry)
{
    return bk_faces_named(view->faces, view->apps, entry->app, entry->app_name);
}

uint64_t bk_picking_view_faces(const struct bk_prompt_view *view)
{
    const struct bk_picking *picking = &view->prompt->picking;
    uint64_t sum = 0;

    for (size_t i = 0; i < picking->count; i++) {
        if (picking->entries[i].kind == BK_PICKING_PLACE && picking->entries[i].app != NULL)
            sum += face_of(view, &picking->entries[i]).revision; /* each grows, so that the sum does */
    }
    return sum;
}

/* --- pictures --- */

static void paint_folder(cairo_t *cairo, double x, double y)
{
    bk_paint_rounded(cairo, x + 1, y + 3, 10, 8, 2.5);
    bk_paint_color(cairo, BK_RGB(0x5f97e8));
    cairo_fill(cairo);
    bk_paint_rounded(cairo, x + 1, y + 6, ICON - 2, ICON - 9, 3);
    bk_paint_color(cairo, BK_RGB(0x7fb0f5));
    cairo_fill(cairo);
}

static void paint_file(cairo_t *cairo, double x, double y)
{
    const double left = x + 4, top = y + 2, right = x + ICON - 4, bottom = y + ICON - 2, fold = 5.5;

    cairo_new_path(cairo);
    cairo_move_to(cairo, left + 2, top);
    cairo_line_to(cairo, right - fold, top);
    cairo_line_to(cairo, right, top + fold);
    cairo_line_to(cairo, right, bottom - 2);
    cairo_arc(cairo, right - 2, bottom - 2, 2, 0, M_PI / 2);
    cairo_arc(cairo, left + 2, bottom - 2, 2, M_PI / 2, M_PI);
    cairo_arc(cairo, left + 2, top + 2, 2, M_PI, 3 * M_PI / 2);
    cairo_close_path(cairo);
    bk_paint_color(cairo, BK_RGB(0xd8e0ec));
    cairo_fill(cairo);
    cairo_move_to(cairo, right - fold, top);
    cairo_line_to(cairo, right - fold, top + fold);
    cairo_line_to(cairo, right, top + fold);
    cairo_close_path(cairo);
    bk_paint_color(cairo, BK_RGB(0x9fb0c8));
    cairo_fill(cairo);
    for (int line = 0; line < 3; line++) {
        bk_paint_rounded(cairo, left + 3, top + 9 + 3.5 * line, line == 2 ? 6 : 10, 1.4, 0.7);
        bk_paint_color(cairo, BK_RGB(0x8fa0b8));
        cairo_fill(cairo);
    }
}

/* An angle that points to the right, or to the left. */
static void paint_angle(cairo_t *cairo, double x, double y, double size, bool left, struct bk_color color)
{
    const double wide = left ? size / 2 : -size / 2;

    cairo_new_path(cairo);
    cairo_move_to(cairo, x + wide / 2, y - size / 2);
    cairo_line_to(cairo, x - wide / 2, y);
    cairo_line_to(cairo, x + wide / 2, y + size / 2);
    cairo_set_line_width(cairo, 2);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    bk_paint_color(cairo, color);
    cairo_stroke(cairo);
}

/* --- the bar and the buttons --- */

static void paint_ground(cairo_t *cairo, const struct bk_rect *place, double radius, const struct bk_prompt_look *look,
                         unsigned part, bool alone)
{
    const bool hover = look->ready && look->hover == part, pressed = hover && look->pressed == part;

    if (!alone || hover)
        bk_paint_surface(cairo, place, radius,
                         pressed       ? BK_COLOR_BUTTON_PRESS
                         : hover       ? BK_COLOR_BUTTON_HOVER
                         : look->ready ? BK_COLOR_BUTTON
                                       : BK_COLOR_CARD,
                         BK_RGBA(0, 0));
    if (look->focus == part)
        bk_paint_focus(cairo, place, radius);
}

static void paint_bar(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;
    const struct bk_rect *back = &view->layout.parts[BK_PROMPT_BACK];
    const char *title = picking->place != NULL ? picking->place : picking->saving ? "Save in…" : "Open from…";

    if (back->height > 0) {
        paint_ground(cairo, back, 18, look, BK_PROMPT_BACK, true);
        paint_angle(cairo, back->x + 17, back->y + 18, 13, true, look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
    }
    bk_paint_line(cairo, view->typesetter, &title_style, title, &view->layout.title, BK_COLOR_TEXT);
    if (picking->hint[0] != '\0')
        bk_paint_line(cairo, view->typesetter, &hint_style, picking->hint, &view->layout.detail, BK_COLOR_TEXT_FAINT);
}

static void paint_save(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;
    const struct bk_rect *save = &view->layout.parts[BK_PROMPT_SAVE];
    const bool can = look->ready && bk_picking_can_save(picking) && !picking->waiting;
    const bool hover = can && look->hover == BK_PROMPT_SAVE;
    const bool replace = picking->note == BK_PICKING_EXISTS;
    const struct bk_color color = replace ? BK_COLOR_BADGE : BK_COLOR_FOCUS;

    if (save->height == 0)
        return;
    bk_paint_surface(cairo, save, 11,
                     !can                                       ? BK_COLOR_CARD
                     : hover && look->pressed == BK_PROMPT_SAVE ? BK_RGBA(0x5f8fdc, 1)
                     : hover && !replace                        ? BK_RGB(0xa9ccff)
                     : hover                                    ? BK_RGB(0xffa98e)
                                                                : color,
                     BK_RGBA(0, 0));
    if (look->focus == BK_PROMPT_SAVE)
        bk_paint_focus(cairo, save, 11);
    bk_paint_line(cairo, view->typesetter, &button_style, replace ? "Replace" : "Save", save,
                  can ? BK_RGB(0x0f1726) : BK_COLOR_TEXT_DISABLED);
}

static void paint_end(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;
    const struct bk_rect *close = &view->layout.parts[BK_PROMPT_CLOSE];
    char text[64], size[32];

    paint_ground(cairo, close, 11, look, BK_PROMPT_CLOSE, false);
    bk_paint_line(cairo, view->typesetter, &button_style, "Cancel", close,
                  look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
    paint_save(cairo, view, look);
    if (picking->more)
        snprintf(text, sizeof text, "Not all are shown");
    else if (picking->saving)
        snprintf(text, sizeof text, "%s", bk_size_words(picking->size, size, sizeof size));
    else
        return;
    bk_paint_line(cairo, view->typesetter, &label_style, text, &view->layout.reason, BK_COLOR_TEXT_FAINT);
}

/* --- the name --- */

static int text_width(const struct bk_prompt_view *view, const char *text, size_t bytes)
{
    char part[BK_PICKING_NAME_BYTES + 1];
    int width, height;

    memcpy(part, text, bytes);
    part[bytes] = '\0';
    PangoLayout *pango = bk_typeset_layout(view->typesetter, &name_style, part, UNBOUND);
    bk_typeset_size(pango, &width, &height);
    g_object_unref(pango);
    return bytes > 0 ? width : 0;
}

static void paint_name(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;
    const struct bk_rect *field = &view->layout.parts[BK_PROMPT_NAME];
    const bool focused = look->focus == BK_PROMPT_NAME;
    const size_t fresh = bk_picking_fresh_bytes(picking);

    if (field->height == 0)
        return;
    const int caret = text_width(view, picking->name, picking->caret), room = field->width - 2 * FIELD_INSET;
    const int x = field->x + FIELD_INSET - (focused ? bk_max(caret - room + 2, 0) : 0);
    bk_paint_line(cairo, view->typesetter, &label_style, "Name",
                  &(struct bk_rect){ field->x - FIELD_LABEL, field->y, FIELD_LABEL - 8, field->height },
                  BK_COLOR_TEXT_SOFT);
    bk_paint_surface(cairo, field, 10, BK_COLOR_FIELD, focused ? BK_COLOR_FOCUS : BK_COLOR_EDGE);
    cairo_save(cairo);
    cairo_rectangle(cairo, field->x + FIELD_INSET - 2, field->y, room + 4, field->height);
    cairo_clip(cairo);
    if (fresh > 0 && look->ready) {
        bk_paint_rounded(cairo, x - 1, field->y + 9, text_width(view, picking->name, fresh) + 2, field->height - 18, 3);
        bk_paint_color(cairo, BK_RGBA(0x8ab8ff, 0.32));
        cairo_fill(cairo);
    }
    bk_paint_line(cairo, view->typesetter, &name_style, picking->name,
                  &(struct bk_rect){ x, field->y, UNBOUND, field->height }, BK_COLOR_TEXT);
    if (focused && fresh == 0) {
        cairo_rectangle(cairo, x + caret, field->y + 10, 1.5, field->height - 20);
        bk_paint_color(cairo, BK_COLOR_FOCUS);
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
}

/* --- the list --- */

static void paint_entry(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_picking_entry *entry,
                        const struct bk_rect *row, struct bk_color color)
{
    const int x = row->x + 10, y = row->y + (row->height - ICON) / 2;
    const bool file = entry->kind == BK_PICKING_FILE, place = entry->kind == BK_PICKING_PLACE;
    const int end = place ? row->width / 3 : file ? 84 : 28;
    const struct bk_rect behind = { row->x + row->width - end - 10, row->y, end, row->height };
    const struct bk_rect name = { x + ICON + 12, row->y, behind.x - (x + ICON + 12) - 8, row->height };
    char size[32];

    if (place && entry->app != NULL) {
        const struct bk_app_face face = face_of(view, entry);
        bk_paint_badge(cairo, view->typesetter, &(struct bk_rect){ x, y, ICON, ICON }, &face);
    } else if (file) {
        paint_file(cairo, x, y);
    } else {
        paint_folder(cairo, x, y);
    }
    bk_paint_line(cairo, view->typesetter, &row_style, entry->name, &name, color);
    if (file && entry->size >= 0)
        bk_paint_line(cairo, view->typesetter, &size_style, bk_size_words(entry->size, size, sizeof size), &behind,
                      BK_COLOR_TEXT_FAINT);
    if (file)
        return;
    paint_angle(cairo, row->x + row->width - 16, row->y + row->height / 2.0, 9, false, BK_COLOR_TEXT_FAINT);
    if (place && entry->app_name != NULL)
        bk_paint_line(cairo, view->typesetter, &size_style, entry->app_name,
                      &(struct bk_rect){ behind.x, behind.y, behind.width - 18, behind.height }, BK_COLOR_TEXT_FAINT);
}

static void paint_rows(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;
    const struct bk_rect *list = &view->layout.quote;
    const int top = list->y + LIST_INSET;

    cairo_save(cairo);
    cairo_rectangle(cairo, list->x, top, list->width, list->height - 2 * LIST_INSET);
    cairo_clip(cairo);
    for (size_t i = 0; i < BK_PICKING_ROWS_MAX && picking->first + i < picking->count; i++) {
        const size_t at = picking->first + i;
        const unsigned part = BK_PROMPT_ROW + (unsigned)i;
        const struct bk_rect row = { list->x + LIST_INSET, top + (int)at * picking->row - picking->scroll,
                                     list->width - 2 * LIST_INSET, picking->row };
        const bool hover = look->ready && !picking->waiting && look->hover == part;
        if (view->layout.parts[part].height == 0)
            continue;
        if (hover)
            bk_paint_surface(cairo, &row, 8, look->pressed == part ? BK_COLOR_PRESS : BK_COLOR_HOVER, BK_RGBA(0, 0));
        if (look->focus == BK_PROMPT_LIST && picking->cursor == at) {
            const struct bk_rect inside = { row.x + 3, row.y + 3, row.width - 6, row.height - 6 };
            bk_paint_surface(cairo, &row, 8, BK_COLOR_HOVER, BK_RGBA(0, 0));
            bk_paint_focus(cairo, &inside, 6);
        }
        paint_entry(cairo, view, &picking->entries[at], &row,
                    look->waiting ? BK_COLOR_TEXT_DISABLED
                    : look->ready ? BK_COLOR_TEXT
                                  : BK_COLOR_TEXT_SOFT);
    }
    cairo_restore(cairo);
    bk_paint_thumb(cairo, list, picking->view, (int)picking->count * picking->row, picking->scroll);
}

/* Words in the middle of the list. */
static void paint_words(cairo_t *cairo, const struct bk_prompt_view *view, const char *text, const char *detail)
{
    const struct bk_rect *list = &view->layout.quote;
    const int width = list->width - 48;
    int wide, height, more = 0;
    PangoLayout *pango = bk_typeset_layout(view->typesetter, &note_style, text, width);
    PangoLayout *below = bk_typeset_layout(view->typesetter, &detail_style, detail, width);

    bk_typeset_size(pango, &wide, &height);
    if (detail[0] != '\0') {
        bk_typeset_size(below, &wide, &more);
        more += 6;
    }
    const int y = list->y + bk_max((list->height - height - more) / 2, 4);
    bk_typeset_paint(cairo, pango, list->x + 24, y, width, BK_COLOR_TEXT);
    if (more > 0)
        bk_typeset_paint(cairo, below, list->x + 24, y + height + 6, width, BK_COLOR_TEXT_SOFT);
    g_object_unref(pango);
    g_object_unref(below);
}

static void paint_note(cairo_t *cairo, const struct bk_prompt_view *view)
{
    static const struct {
        bool named; /* the file's name stands before the text */
        const char *text, *detail;
    } notes[BK_PICKING_NOTES] = {
        [BK_PICKING_SILENT] = { false, "This folder does not answer", "Its app may be busy, or may have ended." },
        [BK_PICKING_GONE] = { false, "This folder is not there any more", "Its app has ended, or speaks no sense." },
        [BK_PICKING_REFUSED] = { false, "This does not go here", "The app whose folder it is does not allow it." },
        [BK_PICKING_NO_FILE] = { true, "is not a file", "" },
        [BK_PICKING_DEEP] = { false, "This folder lies too deep", "" },
        [BK_PICKING_BAD_NAME] = { false, "A file cannot have this name",
                                  "It has no slash, and no dot at its beginning." },
        [BK_PICKING_EXISTS] = { true, "is there already", "To save now replaces what is in it." },
    };
    const struct bk_picking *picking = &view->prompt->picking;
    char text[BK_PICKING_NAME_BYTES + 64];

    if (notes[picking->note].named)
        snprintf(text, sizeof text, "“%s” %s", picking->note_name, notes[picking->note].text);
    else
        snprintf(text, sizeof text, "%s", notes[picking->note].text);
    paint_words(cairo, view, text, notes[picking->note].detail);
}

static void paint_list(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_picking *picking = &view->prompt->picking;

    bk_paint_surface(cairo, &view->layout.quote, 12, BK_COLOR_CARD, BK_RGBA(0, 0));
    if (picking->note < BK_PICKING_NOTES)
        paint_note(cairo, view);
    else if (look->waiting)
        paint_words(cairo, view, "Waiting for the folder…", "Its app has ten seconds to answer.");
    else if (picking->count > 0)
        paint_rows(cairo, view, look);
    else if (picking->place != NULL)
        paint_words(cairo, view, picking->hint[0] != '\0' ? "Nothing here that fits" : "Nothing here", picking->hint);
    else
        paint_words(cairo, view, "No app offers a folder",
                    picking->saving ? "Files are saved in folders that other apps offer."
                                    : "Files are opened from folders that other apps offer.");
}

void bk_picking_view_paint(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    paint_bar(cairo, view, look);
    paint_list(cairo, view, look);
    paint_name(cairo, view, look);
    paint_end(cairo, view, look);
}
