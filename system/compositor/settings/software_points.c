/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app takes on the disk, and its restore points: one more is made, or one is brought back.
 */
#include "size_words.h"
#include "software_walk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EDGE       14 /* of a card */
#define BUTTON     92
#define BUTTON_GAP 8
#define POINT      56 /* a row */

/* Texts of a card begin here, and have this width where there is a button beside them. */
static int text_x(void)
{
    return BK_SETTINGS_PADDING + BK_SETTINGS_INSET;
}

static int text_width(const struct bk_software_walk *walk, bool button)
{
    return bk_software_walk_width(walk) - 2 * BK_SETTINGS_INSET - (button ? BUTTON + EDGE : 0);
}

static void walk_button(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                        const char *label, int y, bool enabled)
{
    const struct bk_rect place = { text_x() + text_width(walk, false) - BUTTON, y, BUTTON, BK_SETTINGS_BUTTON };

    bk_software_walk_button(walk, kind, number, label, &place, enabled);
}

static void walk_words(struct bk_software_walk *walk, const char *text, struct bk_color color)
{
    walk->y +=
        bk_software_walk_text(walk, &bk_software_text_style, text, text_x(), walk->y, text_width(walk, false), color);
}

/* --- what it takes --- */

static void walk_sizes(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_storage *storage = bk_software_shown_storage(walk->page->software);
    char size[32], quota[32], text[80];

    walk->y += EDGE;
    if (app->version != NULL)
        bk_software_walk_fact(walk, "The app", &bk_software_text_style, bk_size_words(app->size, size, sizeof size));
    if (storage != NULL && storage->known && storage->quota > 0) {
        snprintf(text, sizeof text, "%s of %s", bk_size_words(storage->data, size, sizeof size),
                 bk_size_words(storage->quota, quota, sizeof quota));
        bk_software_walk_fact(walk, "Its data", &bk_software_text_style, text);
        walk->y += 6 - BK_SOFTWARE_FACT_GAP;
        bk_software_walk_bar(walk, text_x() + BK_SOFTWARE_LABEL, walk->y, text_width(walk, false) - BK_SOFTWARE_LABEL,
                             (double)storage->data / (double)storage->quota);
        walk->y += BK_SOFTWARE_BAR + BK_SOFTWARE_FACT_GAP + 2;
    }
    if (storage != NULL && storage->known && storage->point_count > 0)
        bk_software_walk_fact(walk, "Restore points", &bk_software_text_style,
                              bk_size_words(storage->taken, size, sizeof size));
    walk->y += EDGE - BK_SOFTWARE_FACT_GAP;
}

/* --- restore points --- */

static const char *name_of(const struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_app *known = bk_apps_by_id(walk->page->apps, app->app);

    return known != NULL ? known->name : app->app;
}

static bool runs(const struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_app *known = bk_apps_by_id(walk->page->apps, app->app);

    return known != NULL && known->state != BK_APP_STOPPED;
}

/* What is done, or was. */
static void walk_deed(struct bk_software_walk *walk, const struct bk_software_app *app, const struct bk_deed *deed)
{
    const char *name = name_of(walk, app);
    char text[BK_APP_NAME_BYTES + 160] = "", reason[BK_STORAGE_REASON_BYTES + 8];

    if (deed->state == BK_DEED_NONE || strcmp(deed->app, app->app) != 0)
        return;
    if (deed->state == BK_DEED_ENDING)
        snprintf(text, sizeof text, "%s is asked to end …", name);
    else if (deed->state == BK_DEED_WORKING)
        snprintf(text, sizeof text, deed->restores ? "%s goes back …" : "%s is kept as it is …", name);
    else if (deed->state == BK_DEED_DONE && deed->restores)
        snprintf(text, sizeof text, "%s is as it was then. What there was before is the newest restore point.", name);
    else if (deed->state == BK_DEED_DONE)
        snprintf(text, sizeof text, "%s is kept as it is now: the newest restore point.", name);
    else
        snprintf(text, sizeof text, "%s", bk_deed_verdict_words(deed));
    walk->y += 10;
    walk_words(walk, text, deed->state == BK_DEED_FAILED ? BK_COLOR_BADGE : BK_COLOR_TEXT);
    if (deed->state != BK_DEED_FAILED || deed->reason == NULL || deed->reason[0] == '\0')
        return;
    bk_software_write_reason(deed->reason, reason, sizeof reason);
    walk->y += 2;
    walk_words(walk, reason, BK_COLOR_TEXT_FAINT);
}

static void walk_answers(struct bk_software_walk *walk, const char *yes_label)
{
    const int half = (text_width(walk, false) - BUTTON_GAP) / 2;
    const struct bk_rect no = { text_x(), walk->y + 10, half, BK_SETTINGS_BUTTON };
    const struct bk_rect yes = { no.x + half + BUTTON_GAP, no.y, half, BK_SETTINGS_BUTTON };

    bk_software_walk_button(walk, BK_TARGET_POINT_NO, 0, "Cancel", &no, true);
    bk_software_walk_button(walk, BK_TARGET_POINT_YES, 0, yes_label, &yes, true);
    walk->y = no.y + BK_SETTINGS_BUTTON + 10;
}

static void walk_keep(struct bk_software_walk *walk, const struct bk_software_app *app,
                      const struct bk_storage *storage)
{
    const bool asked = walk->page->software->question == BK_SOFTWARE_ASKS_KEEP;
    char text[BK_APP_NAME_BYTES + 64];

    const int height =
        bk_software_walk_text(walk, &bk_software_text_style,
                              app->version != NULL ? "The app and what it kept, together." : "What the app kept.",
                              text_x(), walk->y + 9, text_width(walk, true), BK_COLOR_TEXT_SOFT);
    walk_button(walk, BK_TARGET_POINT_KEEP, 0, "Keep now", walk->y, !asked && !bk_storage_is_busy(storage));
    walk->y += height + 18 > BK_SETTINGS_BUTTON ? height + 18 : BK_SETTINGS_BUTTON;
    if (!asked)
        return;
    snprintf(text, sizeof text, "%s runs, and is ended first.", name_of(walk, app));
    walk->y += 10;
    walk_words(walk, text, BK_COLOR_TEXT);
    walk_answers(walk, "Keep");
}

static void walk_restore(struct bk_software_walk *walk, const struct bk_software_app *app, const char *made)
{
    const char *name = name_of(walk, app);
    char text[BK_APP_NAME_BYTES + BK_STORAGE_TIME_MAX + 200];

    snprintf(text, sizeof text, "%s%s%s be as %s on %s. What there is now becomes a restore point itself.%s",
             app->version != NULL ? "" : "What ", name, app->version != NULL ? " and what it kept will" : " kept will",
             app->version != NULL ? "they were" : "it was", made,
             runs(walk, app) ? " It runs, and is ended first." : "");
    walk_words(walk, text, BK_COLOR_TEXT);
    walk_answers(walk, "Go back");
}

static void write_point(const struct bk_restore_point *point, char *text, size_t max)
{
    snprintf(text, max, "%s%s%s%s", point->version != NULL ? "Version " : "",
             point->version != NULL ? point->version : "", point->version != NULL ? ", " : "",
             bk_point_cause_words(point->cause));
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
}

static void walk_points(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_software *software = walk->page->software;
    const struct bk_storage *storage = bk_software_shown_storage(software);
    const int64_t now = (int64_t)time(NULL);
    char made[BK_STORAGE_TIME_MAX], text[BK_STORAGE_VERSION_BYTES + 80];

    walk->y += EDGE;
    walk_keep(walk, app, storage);
    walk_deed(walk, app, &storage->deed);
    walk->y += 8;
    if (storage->point_count == 0) {
        walk_words(walk, "There is none yet.", BK_COLOR_TEXT_FAINT);
        walk->y += EDGE;
    }
    for (size_t i = 0; i < storage->point_count; i++) {
        const struct bk_restore_point *point = &storage->points[i];
        const bool asked = software->question == BK_SOFTWARE_ASKS_RESTORE && software->asked_point == point->number;

        bk_storage_write_time(point->time, now, made);
        write_point(point, text, sizeof text);
        (void)bk_software_walk_text(walk, &bk_software_title_style, made, text_x(), walk->y + 8, text_width(walk, true),
                                    BK_COLOR_TEXT);
        const int height = bk_software_walk_text(walk, &bk_software_text_style, text, text_x(), walk->y + 29,
                                                 text_width(walk, true), BK_COLOR_TEXT_FAINT);
        walk_button(walk, BK_TARGET_POINT_BACK, point->number, "Go back", walk->y + (POINT - BK_SETTINGS_BUTTON) / 2,
                    !asked && !bk_storage_is_busy(storage));
        walk->y += height + 38 > POINT ? height + 38 : POINT;
        if (asked)
            walk_restore(walk, app, made);
    }
    walk->y += 6;
}

void bk_software_walk_storage(struct bk_software_walk *walk, const struct bk_software_app *app)
{
    const struct bk_storage *storage = bk_software_shown_storage(walk->page->software);
    const bool keeps = storage != NULL && storage->known && (app->version != NULL || storage->quota > 0);

    if (app->version == NULL && !keeps)
        return; /* it takes nothing on the disk for apps */
    bk_software_walk_section(walk, "Storage");
    bk_software_walk_card(walk, walk_sizes, app);
    if (!keeps)
        return;
    bk_software_walk_section(walk, "Restore points");
    bk_software_walk_card(walk, walk_points, app);
}
