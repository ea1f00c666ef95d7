/* SPDX-License-Identifier: Apache-2.0 */
#include "window_news.h"

#include "canvas.h"
#include "desktop_service.h"
#include "phone.h"
#include "switcher.h"

#include <assert.h>
#include <string.h>
#include <systemd/sd-json.h>

/* The colours of theme.h. */
#define IS_LIGHT false

static const char *const visibility_names[] = { "none", "shown", "covered", "minimised" };
static_assert(sizeof visibility_names / sizeof visibility_names[0] == BK_VISIBILITIES, "one name for each");

/* What is typed goes to no window. */
static bool keyboard_is_taken(const struct bk_desktop *desktop)
{
    return bk_ui_has_keyboard(desktop->ui) || bk_switcher_is_open(desktop->switcher) ||
           (desktop->phone != NULL && bk_phone_is_open(desktop->phone));
}

static void send(struct bk_desktop *desktop, sd_json_variant *news)
{
    bk_desktop_service_tell(desktop->service, news);
    sd_json_variant_unref(news);
}

static void tell_window(struct bk_desktop *desktop, const struct bk_window_told *window)
{
    sd_json_variant *news = NULL;

    if (sd_json_buildo(&news, SD_JSON_BUILD_PAIR_OBJECT(
                                  "window", SD_JSON_BUILD_PAIR_UNSIGNED("cid", window->cid),
                                  SD_JSON_BUILD_PAIR_BOOLEAN("focused", window->focused),
                                  SD_JSON_BUILD_PAIR_STRING("visibility", visibility_names[window->visibility]))) >= 0)
        send(desktop, news);
}

static void tell_surroundings(struct bk_desktop *desktop, const struct bk_surroundings *around)
{
    sd_json_variant *news = NULL;

    if (sd_json_buildo(&news,
                       SD_JSON_BUILD_PAIR_OBJECT("surroundings", SD_JSON_BUILD_PAIR_REAL("scale", around->scale),
                                                 SD_JSON_BUILD_PAIR_STRING("theme", around->light ? "light" : "dark"),
                                                 SD_JSON_BUILD_PAIR_BOOLEAN("reducedMotion", around->reduced_motion),
                                                 SD_JSON_BUILD_PAIR_STRING("keyboardLayout", around->layout),
                                                 SD_JSON_BUILD_PAIR_STRING("keyboardVariant", around->variant))) >= 0)
        send(desktop, news);
}

static struct bk_surroundings surroundings_of(const struct bk_desktop *desktop)
{
    const struct bk_layout *layout = &bk_layout_table[desktop->layouts.chosen];

    return (struct bk_surroundings){ .scale = bk_canvas_scale(),
                                     .light = IS_LIGHT,
                                     .reduced_motion = desktop->options.reduced_motion,
                                     .layout = layout->layout,
                                     .variant = layout->variant };
}

static bool surroundings_equal(const struct bk_surroundings *a, const struct bk_surroundings *b)
{
    return a->scale == b->scale && a->light == b->light && a->reduced_motion == b->reduced_motion &&
           strcmp(a->layout, b->layout) == 0 && strcmp(a->variant, b->variant) == 0;
}

static const struct bk_window_told *told_of(const struct bk_window_told *windows, size_t count, uint32_t cid)
{
    for (size_t i = 0; i < count; i++) {
        if (windows[i].cid == cid)
            return &windows[i];
    }
    return NULL;
}

static void tell_windows(struct bk_window_news *news, struct bk_desktop *desktop)
{
    const struct bk_windows *windows = bk_stage_windows(desktop->stage);
    struct bk_window_told now[BK_WINDOWS_MAX] = { 0 };

    for (size_t i = 0; i < windows->count; i++) {
        const struct bk_window *window = windows->order[i];
        now[i] = (struct bk_window_told){ .cid = window->cid,
                                          .focused = window == windows->focus && !news->keyboard_taken,
                                          .visibility = bk_window_visibility(windows, window) };
        const struct bk_window_told *before = told_of(news->windows, news->window_count, window->cid);
        if (before == NULL || before->focused != now[i].focused || before->visibility != now[i].visibility)
            tell_window(desktop, &now[i]);
    }
    for (size_t i = 0; i < news->window_count; i++) {
        if (told_of(now, windows->count, news->windows[i].cid) == NULL)
            tell_window(desktop, &(struct bk_window_told){ .cid = news->windows[i].cid });
    }
    memcpy(news->windows, now, windows->count * sizeof now[0]);
    news->window_count = windows->count;
}

void bk_window_news_changed(struct bk_window_news *news)
{
    news->due = true;
}

void bk_window_news_tell(struct bk_window_news *news, struct bk_desktop *desktop)
{
    bool taken = keyboard_is_taken(desktop);

    if (!news->due && taken == news->keyboard_taken)
        return;
    news->due = false;
    news->keyboard_taken = taken;
    const struct bk_surroundings around = surroundings_of(desktop);
    if (!news->surroundings_told || !surroundings_equal(&around, &news->surroundings))
        tell_surroundings(desktop, &around);
    news->surroundings = around;
    news->surroundings_told = true;
    tell_windows(news, desktop);
}

void bk_window_news_tell_all(struct bk_window_news *news, struct bk_desktop *desktop)
{
    *news = (struct bk_window_news){ .due = true };
    bk_window_news_tell(news, desktop);
}
