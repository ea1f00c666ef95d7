/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One app, and the question whether one is to be installed: both say who it is from, how large it is and what it may
 * ask for.
 */
#include "badge.h"
#include "sensor_marks.h"
#include "size_words.h"
#include "software_walk.h"

#include <stdio.h>
#include <string.h>

#define BACK       104
#define BADGE      56
#define MARK       18
#define ASK_GAP    14
#define NEW_WIDE   40
#define REMOVE     76
#define QUESTION   86 /* more of that card, while there is one */
#define BUTTON_GAP 8

static const struct bk_typeset_style name_style = { .size = 20, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style key_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 18, .max_lines = 4, .tabular = true
};
static const struct bk_typeset_style new_style = {
    .size = 11, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

/* --- who and what --- */

static void walk_head(struct bk_software_walk *walk, const struct bk_software_app *app, const char *name,
                      const char *title)
{
    const struct bk_app_face face = bk_faces_named(walk->page->faces, walk->page->apps, app->app, name);
    const struct bk_rect badge = { BK_SETTINGS_PADDING + 4, walk->y, BADGE, BADGE };
    const int x = badge.x + BADGE + 16, width = walk->page->width - BK_SETTINGS_PADDING - x;

    if (bk_software_walk_sees(walk, badge.y, BADGE))
        bk_paint_badge(walk->cairo, walk->typesetter, &badge, &face);
    (void)bk_software_walk_text(walk, &name_style, title, x, badge.y + 3, width, BK_COLOR_TEXT);
    (void)bk_software_walk_text(walk, &bk_software_text_style, app->app, x, badge.y + 32, width, BK_COLOR_TEXT_FAINT);
    walk->y += BADGE + 16;
}

/* More about the fact above. */
static void walk_note(struct bk_software_walk *walk, const char *text)
{
    const int x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET + BK_SOFTWARE_LABEL;
    const int width = walk->page->width - BK_SETTINGS_PADDING - BK_SETTINGS_INSET - x;

    walk->y += 3 - BK_SOFTWARE_FACT_GAP;
    walk->y += bk_software_walk_text(walk, &bk_software_text_style, text, x, walk->y, width, BK_COLOR_TEXT_FAINT) +
               BK_SOFTWARE_FACT_GAP;
}

static void walk_facts(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_software *software = walk->page->software;
    const struct bk_bundle *bundle = &software->bundle;
    const bool asks = bk_software_asks(software);
    const struct bk_software_app *before = asks ? bk_software_of(software, app->app) : NULL;
    char text[2 * BK_SOFTWARE_VERSION_BYTES + 40], key[BK_SOFTWARE_KEY_TEXT_MAX], size[32];

    walk->y += 14;
    if (app->version == NULL) {
        bk_software_walk_fact(walk, "From", &bk_software_text_style, "It came with the system.");
    } else {
        if (before != NULL && before->version != NULL && bundle->update == BK_BUNDLE_NEWER)
            snprintf(text, sizeof text, "%s, in place of %s", app->version, before->version);
        else
            snprintf(text, sizeof text, "%s", app->version);
        bk_software_walk_fact(walk, "Version", &bk_software_text_style, text);
        bk_software_write_key(app->key, BK_SOFTWARE_KEY_SIZE, key);
        bk_software_walk_fact(walk, "Signed by", &key_style, key);
    }
    if (asks) {
        walk_note(walk, bundle->update == BK_BUNDLE_FIRST
                            ? "Who that is only they can tell you. Updates have to be signed by the same."
                            : "As what is installed is.");
        bk_software_walk_fact(walk, "Size", &bk_software_text_style, bk_size_words(app->size, size, sizeof size));
        bk_software_walk_fact(walk, "File", &bk_software_text_style, bundle->file);
    }
    if (app->shell)
        bk_software_walk_fact(walk, "Shell", &bk_software_text_style,
                              "Whoever debugs this machine may have one in it.");
    walk->y += 14 - BK_SOFTWARE_FACT_GAP;
}

/* --- what it may ask for --- */

static void paint_new(const struct bk_software_walk *walk, int right)
{
    const struct bk_rect pill = { right - NEW_WIDE, walk->y + 1, NEW_WIDE, 18 };

    if (!bk_software_walk_sees(walk, pill.y, pill.height))
        return;
    bk_paint_surface(walk->cairo, &pill, 9, BK_RGBA(0xff8a66, 0.2), BK_RGBA(0xff8a66, 0.55));
    bk_paint_line(walk->cairo, walk->typesetter, &new_style, "New", &pill, BK_COLOR_BADGE);
}

/* Which hosts, below the reason: nothing of them is left out. */
static void walk_reach(struct bk_software_walk *walk, const struct bk_reach *reach, int x, int width)
{
    walk->y -= ASK_GAP / 2;
    walk->y +=
        bk_software_walk_text(walk, &bk_software_text_style, reach->words, x, walk->y, width, BK_COLOR_TEXT_SOFT);
    if (reach->hosts != NULL)
        walk->y += bk_software_walk_text(walk, &bk_typeset_hosts, reach->hosts, x, walk->y, width, BK_COLOR_TEXT_SOFT);
    walk->y += ASK_GAP;
}

static void walk_permissions(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const int x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET + MARK + 14;
    const int right = walk->page->width - BK_SETTINGS_PADDING - BK_SETTINGS_INSET;
    char reason[BK_SOFTWARE_REASON_BYTES + 16];

    walk->y += ASK_GAP;
    if (app->permission_count == 0)
        walk->y +=
            bk_software_walk_text(walk, &bk_software_text_style, "Nothing. It has what it brings, and its own window.",
                                  BK_SETTINGS_PADDING + BK_SETTINGS_INSET, walk->y,
                                  right - BK_SETTINGS_PADDING - BK_SETTINGS_INSET, BK_COLOR_TEXT_SOFT) +
            ASK_GAP;
    for (size_t i = 0; i < app->permission_count; i++) {
        const struct bk_software_permission *permission = &app->permissions[i];
        const bool is_new = bk_software_asks(walk->page->software) && bk_software_is_new(walk->page->software, i);

        if (bk_software_walk_sees(walk, walk->y, MARK + 2))
            bk_paint_sensor(walk->cairo, bk_permission_words_of(permission->name)->sensor, x - 14 - MARK / 2.0,
                            walk->y + 10, MARK, BK_COLOR_TEXT_SOFT);
        (void)bk_software_walk_text(walk, &bk_software_title_style, bk_permission_noun(permission->name), x, walk->y,
                                    right - x - (is_new ? NEW_WIDE + 8 : 0), BK_COLOR_TEXT);
        if (is_new)
            paint_new(walk, right);
        snprintf(reason, sizeof reason, "“%s”", permission->reason);
        walk->y += 21;
        walk->y +=
            bk_software_walk_text(walk, &bk_software_text_style, reason, x, walk->y, right - x, BK_COLOR_TEXT_SOFT) +
            ASK_GAP;
        if (app->reach.words != NULL && strcmp(permission->name, "network") == 0)
            walk_reach(walk, &app->reach, x, right - x);
    }
}

/* --- one app --- */

static void walk_remove(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_app *known = bk_apps_by_id(walk->page->apps, app->app);
    const bool asked = walk->page->software->question == BK_SOFTWARE_ASKS_REMOVE;
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y, bk_software_walk_width(walk),
                                  REMOVE + (asked ? QUESTION : 0) };
    const struct bk_rect button = { card.x + card.width - BK_SETTINGS_INSET - 92,
                                    card.y + (REMOVE - BK_SETTINGS_BUTTON) / 2, 92, BK_SETTINGS_BUTTON };
    const int x = card.x + BK_SETTINGS_INSET, width = button.x - 14 - x;
    const int half = (card.width - 2 * BK_SETTINGS_INSET - BUTTON_GAP) / 2;
    const struct bk_rect cancel = { x, card.y + card.height - BK_SETTINGS_INSET - BK_SETTINGS_BUTTON, half,
                                    BK_SETTINGS_BUTTON };
    const struct bk_rect yes = { x + half + BUTTON_GAP, cancel.y, half, BK_SETTINGS_BUTTON };
    char question[BK_APP_NAME_BYTES + 48];

    if (bk_software_walk_sees(walk, card.y, card.height))
        bk_settings_paint_card(walk->cairo, &card);
    (void)bk_software_walk_text(walk, &bk_software_title_style, "Remove", x, card.y + 18, width, BK_COLOR_TEXT);
    (void)bk_software_walk_text(walk, &bk_software_text_style, "With all that is kept for it here.", x, card.y + 40,
                                width, BK_COLOR_TEXT_SOFT);
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_REMOVE, 0, "Remove", &button, !asked);
    if (asked) {
        snprintf(question, sizeof question, "Remove %s?%s", known != NULL ? known->name : app->app,
                 known != NULL && known->state != BK_APP_STOPPED ? " It runs, and is ended." : "");
        (void)bk_software_walk_text(walk, &bk_software_title_style, question, x, cancel.y - 30,
                                    card.width - 2 * BK_SETTINGS_INSET, BK_COLOR_TEXT);
        bk_software_walk_button(walk, BK_TARGET_SOFTWARE_STAY, 0, "Cancel", &cancel, true);
        bk_software_walk_button(walk, BK_TARGET_SOFTWARE_REMOVE_YES, 0, "Remove", &yes, true);
    }
    walk->y += card.height;
}

void bk_software_walk_app(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_app *known = bk_apps_by_id(walk->page->apps, app->app);
    const char *name = known != NULL ? known->name : app->app;
    const struct bk_rect back = { BK_SETTINGS_PADDING, walk->y, BACK, BK_SETTINGS_BUTTON };

    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_BACK, 0, "‹  All apps", &back, true);
    walk->y += BK_SETTINGS_BUTTON + 18;
    walk_head(walk, app, name, name);
    bk_software_walk_card(walk, walk_facts, app);
    bk_software_walk_section(walk, "May ask you for");
    bk_software_walk_card(walk, walk_permissions, app);
    bk_software_walk_storage(walk, app);
    if (app->version != NULL)
        walk_remove(walk, app);
}

/* --- the question --- */

void bk_software_walk_question(struct bk_software_walk *walk)
{
    const struct bk_software *software = walk->page->software;
    const struct bk_bundle *bundle = &software->bundle;
    const struct bk_software_app *app = &bundle->candidate;
    const struct bk_app *known = bk_apps_by_id(walk->page->apps, app->app);
    const bool runs = known != NULL && known->state != BK_APP_STOPPED;
    const int half = (bk_software_walk_width(walk) - BUTTON_GAP) / 2;
    char title[BK_SOFTWARE_NAME_BYTES + BK_SOFTWARE_VERSION_BYTES + 32];

    if (bundle->update == BK_BUNDLE_FIRST)
        snprintf(title, sizeof title, "Install %s?", app->name);
    else if (bundle->update == BK_BUNDLE_NEWER)
        snprintf(title, sizeof title, "Update %s?", app->name);
    else
        snprintf(title, sizeof title, "Install %s %s again?", app->name, app->version);
    walk_head(walk, app, app->name, title);
    bk_software_walk_card(walk, walk_facts, app);
    bk_software_walk_section(walk, "It may ask you for");
    bk_software_walk_card(walk, walk_permissions, app);
    if (runs)
        walk->y +=
            bk_software_walk_text(walk, &bk_software_text_style, "It runs. Close it, and then install this.",
                                  BK_SETTINGS_PADDING + 4, walk->y, bk_software_walk_width(walk) - 8, BK_COLOR_BADGE) +
            12;
    const struct bk_rect cancel = { BK_SETTINGS_PADDING, walk->y, half, BK_SETTINGS_BUTTON };
    const struct bk_rect yes = { BK_SETTINGS_PADDING + half + BUTTON_GAP, walk->y, half, BK_SETTINGS_BUTTON };
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_DECLINE, 0, "Cancel", &cancel, true);
    bk_software_walk_button(walk, BK_TARGET_SOFTWARE_AGREE, 0, bundle->update == BK_BUNDLE_NEWER ? "Update" : "Install",
                            &yes, software->ready && !runs);
    walk->y += BK_SETTINGS_BUTTON;
}
