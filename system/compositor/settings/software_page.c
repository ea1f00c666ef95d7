/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All apps: what comes or has come of a bundle, the way to install one, the room that there is, and then a row an app.
 */
#include "software_page.h"

#include "badge.h"
#include "size_words.h"
#include "software_walk.h"

#include <stdio.h>
#include <string.h>

#define ROW       60
#define BADGE     36
#define CARD      76
#define ROOM      78
#define FILE_WIDE 116
#define SIZE_WIDE 84
#define NOTE      36

static const struct bk_typeset_style title_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
/* What became of a bundle, and of which: a phone's line is too short for both. */
static const struct bk_typeset_style headline_style = {
    .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .line_height = 20, .max_lines = 2
};
static const struct bk_typeset_style detail_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 17, .max_lines = 2
};
static const struct bk_typeset_style reason_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 18, .max_lines = 5
};
static const struct bk_typeset_style line_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style right_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT, .tabular = true
};

void bk_software_page_init(struct bk_software_page *page, const struct bk_software *software,
                           const struct bk_apps *apps, struct bk_faces *faces)
{
    *page = (struct bk_software_page){ .software = software, .apps = apps, .faces = faces };
}

/* --- a bundle --- */

static void write_coming(const struct bk_bundle *bundle, char *title, size_t size, const char **ret_detail)
{
    switch (bundle->state) {
    case BK_BUNDLE_JUDGING:
        snprintf(title, size, "Checking %s", bundle->file);
        *ret_detail = "Whether it is, to the last bit, what its developer has signed.";
        return;
    case BK_BUNDLE_INSTALLING:
        snprintf(title, size, "Installing %s", bundle->candidate.name);
        *ret_detail = "It will be in the launcher.";
        return;
    default:
        snprintf(title, size, "Reading %s", bundle->file);
        *ret_detail = "You are asked before anything is installed.";
        return;
    }
}

/* It comes: how far it is, and what stops it. */
static void walk_coming(struct bk_software_walk *walk)
{
    const struct bk_bundle *bundle = &walk->page->software->bundle;
    const int x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET;
    const int text = bk_software_walk_width(walk) - 2 * BK_SETTINGS_INSET - 92 - 14;
    char title[BK_SOFTWARE_FILE_BYTES + 16];
    const char *detail = NULL;
    struct bk_software_walk measure = *walk;

    write_coming(bundle, title, sizeof title, &detail);
    measure.cairo = NULL;
    const int detail_y =
        walk->y + 15 + bk_software_walk_text(&measure, &headline_style, title, x, walk->y, text, BK_COLOR_TEXT) + 2;
    const int end =
        detail_y + bk_software_walk_text(&measure, &detail_style, detail, x, detail_y, text, BK_COLOR_TEXT_SOFT);
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y, bk_software_walk_width(walk), end + 36 - walk->y };
    const struct bk_rect button = { x + text + 14, card.y + 16, 92, BK_SETTINGS_BUTTON };
    if (bk_software_walk_sees(walk, card.y, card.height))
        bk_settings_paint_card(walk->cairo, &card);
    (void)bk_software_walk_text(walk, &headline_style, title, x, card.y + 15, text, BK_COLOR_TEXT);
    (void)bk_software_walk_text(walk, &detail_style, detail, x, detail_y, text, BK_COLOR_TEXT_SOFT);
    bk_software_walk_bar(walk, x, card.y + card.height - 22, card.width - 2 * BK_SETTINGS_INSET,
                         bundle->state == BK_BUNDLE_COMING ? bundle->part : 1);
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_DECLINE, 0, "Cancel", &button,
                            bundle->state != BK_BUNDLE_INSTALLING);
    walk->y += card.height + BK_SETTINGS_CARD_GAP;
}

/* It has ended: what came of it, until the person has read it. */
static void walk_ended(struct bk_software_walk *walk)
{
    const struct bk_bundle *bundle = &walk->page->software->bundle;
    const int width = bk_software_walk_width(walk), x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET, y = walk->y;
    const int text = width - 2 * BK_SETTINGS_INSET - 92 - 14;
    char title[BK_SOFTWARE_FILE_BYTES + BK_SOFTWARE_VERSION_BYTES + 32], reason[BK_SOFTWARE_REASON_BYTES + 8];
    const char *detail = bundle->installed ? "It is in the launcher." : bk_software_verdict_words(bundle->verdict);
    struct bk_software_walk measure = *walk;

    if (bundle->installed)
        snprintf(title, sizeof title, "%s %s is installed", bundle->known ? bundle->candidate.name : bundle->file,
                 bundle->known ? bundle->candidate.version : "");
    else
        snprintf(title, sizeof title, "%s is not installed", bundle->known ? bundle->candidate.name : bundle->file);
    bk_software_write_reason(bundle->reason, reason, sizeof reason);
    measure.cairo = NULL;
    const int detail_y =
        y + 15 + bk_software_walk_text(&measure, &headline_style, title, x, y, text, BK_COLOR_TEXT) + 2;
    int height = detail_y - y + bk_software_walk_text(&measure, &reason_style, detail, x, y, text, BK_COLOR_TEXT_SOFT);
    const int reason_y = y + height + 2;
    if (reason[0] != '\0' && !bundle->installed)
        height += 2 + bk_software_walk_text(&measure, &reason_style, reason, x, y, text, BK_COLOR_TEXT_SOFT);
    height = height + 15 > CARD ? height + 15 : CARD;
    const struct bk_rect card = { BK_SETTINGS_PADDING, y, width, height };
    const struct bk_rect button = { x + width - 2 * BK_SETTINGS_INSET - 92, y + (height - BK_SETTINGS_BUTTON) / 2, 92,
                                    BK_SETTINGS_BUTTON };
    if (bk_software_walk_sees(walk, y, height))
        bk_settings_paint_card(walk->cairo, &card);
    (void)bk_software_walk_text(walk, &headline_style, title, x, y + 15, text, BK_COLOR_TEXT);
    (void)bk_software_walk_text(walk, &reason_style, detail, x, detail_y, text,
                                bundle->installed ? BK_COLOR_TEXT_SOFT : BK_COLOR_BADGE);
    if (reason[0] != '\0' && !bundle->installed)
        (void)bk_software_walk_text(walk, &reason_style, reason, x, reason_y, text, BK_COLOR_TEXT_FAINT);
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_DECLINE, 0, "Close", &button, true);
    walk->y += height + BK_SETTINGS_CARD_GAP;
}

/* --- what is above the apps --- */

static void walk_install(struct bk_software_walk *walk)
{
    const struct bk_software *software = walk->page->software;
    const enum bk_bundle_state state = software->bundle.state;
    const bool free = state == BK_BUNDLE_NONE || state == BK_BUNDLE_ENDED;
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y, bk_software_walk_width(walk), CARD };
    const struct bk_rect button = { card.x + card.width - BK_SETTINGS_INSET - FILE_WIDE,
                                    card.y + (CARD - BK_SETTINGS_BUTTON) / 2, FILE_WIDE, BK_SETTINGS_BUTTON };
    const int x = card.x + BK_SETTINGS_INSET, width = button.x - 14 - x;
    const char *detail = software->installs || !software->told
                             ? "From a .bapp file in a folder that an app offers."
                             : "This machine has no disk for apps: nothing can be installed.";
    struct bk_software_walk measure = *walk;

    measure.cairo = NULL;
    const int height = bk_software_walk_text(&measure, &detail_style, detail, x, walk->y, width, BK_COLOR_TEXT_SOFT);
    const int top = card.y + (CARD - 22 - height) / 2;
    if (bk_software_walk_sees(walk, card.y, card.height))
        bk_settings_paint_card(walk->cairo, &card);
    (void)bk_software_walk_text(walk, &title_style, "Install an app", x, top, width, BK_COLOR_TEXT);
    (void)bk_software_walk_text(walk, &detail_style, detail, x, top + 22, width, BK_COLOR_TEXT_SOFT);
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_CHOOSE, 0, "From a file …", &button, software->installs && free);
    walk->y += CARD + BK_SETTINGS_CARD_GAP;
}

static void walk_room(struct bk_software_walk *walk)
{
    const struct bk_software *software = walk->page->software;
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y, bk_software_walk_width(walk), ROOM };
    const int x = card.x + BK_SETTINGS_INSET, width = card.width - 2 * BK_SETTINGS_INSET;
    char left[32], all[32], text[80];

    if (software->all == 0)
        return;
    snprintf(text, sizeof text, "%s free of %s", bk_size_words(software->room_free, left, sizeof left),
             bk_size_words(software->all, all, sizeof all));
    if (bk_software_walk_sees(walk, card.y, card.height)) {
        bk_settings_paint_card(walk->cairo, &card);
        bk_paint_line(walk->cairo, walk->typesetter, &title_style, "Disk for apps",
                      &(struct bk_rect){ x, card.y + 16, width / 2, 20 }, BK_COLOR_TEXT);
        bk_paint_line(walk->cairo, walk->typesetter, &right_style, text,
                      &(struct bk_rect){ x + width / 2 - 40, card.y + 16, width - width / 2 + 40, 20 },
                      BK_COLOR_TEXT_SOFT);
    }
    bk_software_walk_bar(walk, x, card.y + 50, width,
                         (double)(software->all - software->room_free) / (double)software->all);
    walk->y += ROOM + BK_SETTINGS_CARD_GAP;
}

/* --- the apps --- */

static void paint_chevron(cairo_t *cairo, double x, double y)
{
    cairo_new_path(cairo);
    cairo_move_to(cairo, x - 2.5, y - 5);
    cairo_line_to(cairo, x + 2.5, y);
    cairo_line_to(cairo, x - 2.5, y + 5);
    bk_paint_color(cairo, BK_COLOR_TEXT_FAINT);
    cairo_set_line_width(cairo, 1.6);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cairo);
}

static void paint_row(const struct bk_software_walk *walk, const struct bk_app *app, const struct bk_software_app *item,
                      const struct bk_target *target, const struct bk_rect *row)
{
    const struct bk_app_face face = bk_faces_of(walk->page->faces, app);
    const bool hover = bk_target_equal(&walk->attention->hover, target);
    const struct bk_rect inner = { row->x + 4, row->y + 4, row->width - 8, row->height - 8 };
    const struct bk_rect badge = { row->x + BK_SETTINGS_INSET, row->y + (ROW - BADGE) / 2, BADGE, BADGE };
    const int x = badge.x + BADGE + 12, end = row->x + row->width - BK_SETTINGS_INSET - 18;
    const int right = item->version != NULL ? end - SIZE_WIDE : end;
    char key[BK_SOFTWARE_KEY_TEXT_MAX], detail[BK_APP_ID_BYTES + 1], size[32];

    if (hover)
        bk_paint_surface(walk->cairo, &inner, 10,
                         bk_target_equal(&walk->attention->pressed, target) ? BK_COLOR_PRESS : BK_COLOR_HOVER,
                         BK_RGBA(0, 0));
    if (bk_target_equal(&walk->attention->focus, target))
        bk_paint_focus(walk->cairo, &inner, 10);
    bk_paint_badge(walk->cairo, walk->typesetter, &badge, &face);
    bk_paint_line(walk->cairo, walk->typesetter, &title_style, app->name,
                  &(struct bk_rect){ x, row->y + 10, right - x, 20 }, BK_COLOR_TEXT);
    if (item->version != NULL) {
        bk_software_write_key(item->key, 12, key);
        snprintf(detail, sizeof detail, "Version %s, signed by %s …", item->version, key);
        bk_paint_line(walk->cairo, walk->typesetter, &right_style, bk_size_words(item->size, size, sizeof size),
                      &(struct bk_rect){ right, row->y, SIZE_WIDE - 8, ROW }, BK_COLOR_TEXT_SOFT);
    } else {
        snprintf(detail, sizeof detail, "%s", app->id);
    }
    bk_paint_line(walk->cairo, walk->typesetter, &line_style, detail,
                  &(struct bk_rect){ x, row->y + 31, right - x - 8, 18 }, BK_COLOR_TEXT_FAINT);
    paint_chevron(walk->cairo, row->x + row->width - BK_SETTINGS_INSET - 5, row->y + ROW / 2.0);
}

/* Those that were installed, or the others. */
static size_t count_apps(const struct bk_software_walk *walk, bool installed)
{
    const struct bk_apps *apps = walk->page->apps;
    size_t count = 0;

    for (size_t i = 0; i < apps->count; i++) {
        const struct bk_software_app *item = bk_software_of(walk->page->software, apps->items[i].id);
        count += item != NULL && (item->version != NULL) == installed;
    }
    return count;
}

static void walk_apps(struct bk_software_walk *walk, const char *title, bool installed)
{
    const struct bk_apps *apps = walk->page->apps;
    const int count = (int)count_apps(walk, installed);
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y + BK_SOFTWARE_SECTION, bk_software_walk_width(walk),
                                  count * ROW + 8 };

    if (count == 0 && !installed)
        return;
    bk_software_walk_section(walk, title);
    if (count == 0) {
        (void)bk_software_walk_text(walk, &line_style, "Nothing yet.", BK_SETTINGS_PADDING + 4, walk->y, card.width - 8,
                                    BK_COLOR_TEXT_FAINT);
        walk->y += NOTE;
        return;
    }
    if (bk_software_walk_sees(walk, card.y, card.height))
        bk_settings_paint_card(walk->cairo, &card);
    walk->y += 4;
    for (size_t i = 0; i < apps->count; i++) {
        const struct bk_software_app *item = bk_software_of(walk->page->software, apps->items[i].id);
        if (item == NULL || (item->version != NULL) != installed)
            continue;
        const struct bk_target target = { .kind = BK_TARGET_SOFTWARE_APP, .number = (uint32_t)i };
        const struct bk_rect row = { card.x, walk->y, card.width, ROW };
        bk_software_walk_spot(walk, target.kind, target.number, &row);
        if (bk_software_walk_sees(walk, row.y, ROW))
            paint_row(walk, &apps->items[i], item, &target, &row);
        walk->y += ROW;
    }
    walk->y += 4 + 8;
}

/* --- the page --- */

static void walk_all(struct bk_software_walk *walk)
{
    const struct bk_software *software = walk->page->software;

    if (software->bundle.state == BK_BUNDLE_ENDED)
        walk_ended(walk);
    else if (software->bundle.state != BK_BUNDLE_NONE)
        walk_coming(walk);
    walk_install(walk);
    walk_room(walk);
    walk_apps(walk, "Installed", true);
    walk_apps(walk, "Came with the system", false);
}

static void walk_page(struct bk_software_walk *walk)
{
    const struct bk_software_app *shown = bk_software_shown(walk->page->software);

    walk->y = 4;
    if (bk_software_asks(walk->page->software))
        bk_software_walk_question(walk);
    else if (shown != NULL)
        bk_software_walk_app(walk, shown);
    else
        walk_all(walk);
}

static int lay_out(void *userdata, struct bk_typesetter *typesetter, int width)
{
    struct bk_software_page *page = userdata;
    struct bk_software_walk walk = { .page = page, .typesetter = typesetter };

    page->width = width;
    page->spot_count = 0;
    page->asks = bk_software_asks(page->software);
    walk_page(&walk);
    return walk.y + BK_SETTINGS_PADDING;
}

static void paint(void *userdata, cairo_t *cairo, struct bk_typesetter *typesetter, int top, int bottom,
                  const struct bk_attention *attention)
{
    struct bk_software_walk walk = {
        .page = userdata, .typesetter = typesetter, .cairo = cairo, .attention = attention, .top = top, .bottom = bottom
    };

    walk_page(&walk);
}

static struct bk_target at(const void *userdata, double x, double y)
{
    const struct bk_software_page *page = userdata;

    for (size_t i = 0; i < page->spot_count; i++) {
        if (bk_rect_has(&page->spots[i].place, x, y))
            return page->spots[i].target;
    }
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

static void targets(const void *userdata, struct bk_target_list *list)
{
    const struct bk_software_page *page = userdata;

    for (size_t i = 0; i < page->spot_count; i++)
        list->items[list->count++] = page->spots[i].target;
}

static bool place_of(const void *userdata, const struct bk_target *target, struct bk_rect *ret_place)
{
    const struct bk_software_page *page = userdata;

    for (size_t i = 0; i < page->spot_count; i++) {
        if (bk_target_equal(&page->spots[i].target, target)) {
            *ret_place = page->spots[i].place;
            return true;
        }
    }
    return false;
}

/* A box, with its lid. */
static void paint_mark(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    cairo_save(cairo);
    cairo_translate(cairo, center_x, center_y);
    cairo_scale(cairo, size / 20, size / 20);
    cairo_new_path(cairo);
    cairo_move_to(cairo, 0, -8.2);
    cairo_line_to(cairo, 7.2, -4.2);
    cairo_line_to(cairo, 7.2, 4.2);
    cairo_line_to(cairo, 0, 8.2);
    cairo_line_to(cairo, -7.2, 4.2);
    cairo_line_to(cairo, -7.2, -4.2);
    cairo_close_path(cairo);
    cairo_move_to(cairo, -7.2, -4.2);
    cairo_line_to(cairo, 0, -0.2);
    cairo_line_to(cairo, 7.2, -4.2);
    cairo_move_to(cairo, 0, -0.2);
    cairo_line_to(cairo, 0, 8.2);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.7);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

struct bk_settings_page bk_software_page_of(struct bk_software_page *page)
{
    return (struct bk_settings_page){ .title = "Software",
                                      .paint_mark = paint_mark,
                                      .lay_out = lay_out,
                                      .paint = paint,
                                      .at = at,
                                      .targets = targets,
                                      .place_of = place_of,
                                      .page = page };
}
