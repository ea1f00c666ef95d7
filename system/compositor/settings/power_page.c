/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card for each thing, the list of apps below them: who asks for sleep while apps keep the machine awake has the
 * question and who they are below each other.
 */
#include "power_page.h"

#include "badge.h"
#include "battery_mark.h"
#include "settings_parts.h"

#include <stdio.h>
#include <string.h>

#define BATTERY      92
#define ROW          76
#define QUESTION     86 /* more of a card, while there is one */
#define SECTION      36
#define NOTE         32
#define BADGE        34
#define ROW_EDGE     12
#define SWITCH_WIDTH 44
#define SWITCH       26
#define BUTTON_WIDTH 92
#define REASON_LINE  18

static const struct bk_typeset_style percent_style = {
    .size = 24, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .tabular = true
};
static const struct bk_typeset_style title_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style detail_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 17, .max_lines = 2
};
static const struct bk_typeset_style section_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style reason_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = REASON_LINE, .max_lines = 4
};
void bk_power_page_init(struct bk_power_page *page, const struct bk_power *power, const struct bk_apps *apps,
                        struct bk_faces *faces)
{
    *page = (struct bk_power_page){ .power = power, .apps = apps, .faces = faces };
}

/* --- where --- */

static int reason_x(void)
{
    return BK_SETTINGS_PADDING + BK_SETTINGS_INSET + BADGE + 12;
}

static void write_reason(const struct bk_inhibitor *inhibitor, char text[static BK_POWER_REASON_BYTES + 8])
{
    snprintf(text, BK_POWER_REASON_BYTES + 8, "“%s”", inhibitor->reason);
}

static int reason_height(struct bk_typesetter *typesetter, const struct bk_inhibitor *inhibitor, int width)
{
    char text[BK_POWER_REASON_BYTES + 8];
    int text_width, height;

    write_reason(inhibitor, text);
    PangoLayout *layout = bk_typeset_layout(typesetter, &reason_style, text, width);
    bk_typeset_size(layout, &text_width, &height);
    g_object_unref(layout);
    return height;
}

static void lay_out_act(struct bk_power_act *act, int y, int width, bool asked)
{
    const int half = (width - 2 * BK_SETTINGS_INSET - 8) / 2;

    act->card = (struct bk_rect){ BK_SETTINGS_PADDING, y, width, ROW + (asked ? QUESTION : 0) };
    act->button = (struct bk_rect){ BK_SETTINGS_PADDING + width - BK_SETTINGS_INSET - BUTTON_WIDTH,
                                    y + (ROW - BK_SETTINGS_BUTTON) / 2, BUTTON_WIDTH, BK_SETTINGS_BUTTON };
    act->cancel =
        (struct bk_rect){ BK_SETTINGS_PADDING + BK_SETTINGS_INSET,
                          y + ROW + QUESTION - BK_SETTINGS_BUTTON - BK_SETTINGS_INSET, half, BK_SETTINGS_BUTTON };
    act->yes = (struct bk_rect){ act->cancel.x + half + 8, act->cancel.y, half, BK_SETTINGS_BUTTON };
}

static int lay_out(void *userdata, struct bk_typesetter *typesetter, int width)
{
    struct bk_power_page *page = userdata;
    const struct bk_power *power = page->power;
    const int inner = width - 2 * BK_SETTINGS_PADDING;
    int y = 4;

    page->width = width;
    page->battery = (struct bk_rect){ BK_SETTINGS_PADDING, y, inner, BATTERY };
    y += BATTERY + BK_SETTINGS_CARD_GAP;
    page->low = (struct bk_rect){ BK_SETTINGS_PADDING, y, inner, ROW };
    y += ROW + BK_SETTINGS_CARD_GAP;
    lay_out_act(&page->sleep, y, inner, power->asking);
    y += page->sleep.card.height + BK_SETTINGS_CARD_GAP;
    lay_out_act(&page->off, y, inner, power->off_asking);
    y += page->off.card.height + BK_SETTINGS_CARD_GAP + SECTION;
    page->awake_y = y;
    page->count = power->count;
    for (size_t i = 0; i < page->count; i++) {
        const int text = reason_height(typesetter, &power->inhibitors[i],
                                       width - BK_SETTINGS_PADDING - BK_SETTINGS_INSET - reason_x());
        page->rows[i] = y;
        y += 2 * ROW_EDGE + 20 + 2 + text;
    }
    page->rows[page->count] = y;
    page->height = y + (page->count == 0 ? NOTE : 0) + BK_SETTINGS_PADDING;
    return page->height;
}

static bool can_sleep(const struct bk_power *power)
{
    return power->state.suspends && !power->state.suspending && !power->asking;
}

static bool can_switch_off(const struct bk_power *power)
{
    return !power->off && !power->off_asking;
}

static struct bk_settings_spots list(const struct bk_power_page *page)
{
    struct bk_settings_spots spots = { 0 };

    bk_settings_add_spot(&spots, BK_TARGET_LOW_POWER, &page->low);
    if (can_sleep(page->power))
        bk_settings_add_spot(&spots, BK_TARGET_SLEEP, &page->sleep.button);
    if (page->power->asking) {
        bk_settings_add_spot(&spots, BK_TARGET_SLEEP_CANCEL, &page->sleep.cancel);
        bk_settings_add_spot(&spots, BK_TARGET_SLEEP_ANYWAY, &page->sleep.yes);
    }
    if (can_switch_off(page->power))
        bk_settings_add_spot(&spots, BK_TARGET_OFF, &page->off.button);
    if (page->power->off_asking) {
        bk_settings_add_spot(&spots, BK_TARGET_OFF_CANCEL, &page->off.cancel);
        bk_settings_add_spot(&spots, BK_TARGET_OFF_YES, &page->off.yes);
    }
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
    const struct bk_settings_spots spots = list(userdata);

    return bk_settings_spot_place(&spots, target, ret_place);
}

/* --- the picture --- */

/* A title, and below it what may take two lines; both together in the middle of a row's height. */
static void paint_words(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *card, int right,
                        const char *title, const char *detail, struct bk_color color)
{
    const int x = card->x + BK_SETTINGS_INSET, width = right - x;
    int text_width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, &detail_style, detail, width);

    bk_typeset_size(layout, &text_width, &height);
    const int top = card->y + (ROW - 20 - 2 - height) / 2;
    bk_paint_line(cairo, typesetter, &title_style, title, &(struct bk_rect){ x, top, width, 20 }, BK_COLOR_TEXT);
    bk_typeset_paint(cairo, layout, x, top + 22, width, color);
    g_object_unref(layout);
}

static void paint_battery(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_page *page)
{
    const struct bk_power *power = page->power;
    const struct bk_rect *card = &page->battery;
    const struct bk_rect mark = { card->x + BK_SETTINGS_INSET, card->y + (card->height - 36) / 2, 68, 36 };
    const int x = mark.x + mark.width + 18, width = card->x + card->width - BK_SETTINGS_INSET - x;
    char percent[16], state[BK_POWER_TEXT_MAX];

    bk_settings_paint_card(cairo, card);
    bk_paint_battery(cairo, &mark, power);
    bk_power_write_state(power, state);
    if (power->state.percent < 0)
        snprintf(percent, sizeof percent, "Plugged in");
    else
        snprintf(percent, sizeof percent, "%d %%", power->state.percent);
    bk_paint_line(cairo, typesetter, &percent_style, percent, &(struct bk_rect){ x, card->y + 18, width, 30 },
                  BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &detail_style, state, &(struct bk_rect){ x, card->y + 50, width, 20 },
                  bk_power_is_scarce(power) ? BK_COLOR_BADGE : BK_COLOR_TEXT_SOFT);
}

static void paint_low(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_page *page,
                      const struct bk_attention *attention)
{
    const struct bk_target target = { .kind = BK_TARGET_LOW_POWER };
    const struct bk_rect *card = &page->low;
    const struct bk_rect track = { card->x + card->width - BK_SETTINGS_INSET - SWITCH_WIDTH,
                                   card->y + (ROW - SWITCH) / 2, SWITCH_WIDTH, SWITCH };
    const bool on = page->power->state.low, hover = bk_target_equal(&attention->hover, &target);
    const struct bk_rect knob = { on ? track.x + SWITCH_WIDTH - SWITCH + 3 : track.x + 3, track.y + 3, SWITCH - 6,
                                  SWITCH - 6 };

    bk_settings_paint_card(cairo, card);
    paint_words(cairo, typesetter, card, track.x - 14, "Low-power mode",
                "Nothing slides or fades, apps do less. On by itself below 20 %.", BK_COLOR_TEXT_SOFT);
    bk_paint_surface(cairo, &track, SWITCH / 2.0, on ? BK_RGB(0x4c8dff) : BK_RGBA(0xffffff, 0.16), BK_RGBA(0, 0));
    if (hover)
        bk_paint_surface(cairo, &track, SWITCH / 2.0, BK_RGBA(0xffffff, 0.12), BK_RGBA(0, 0));
    bk_paint_surface(cairo, &knob, (SWITCH - 6) / 2.0, BK_COLOR_TEXT, BK_RGBA(0, 0));
    if (bk_target_equal(&attention->focus, &target))
        bk_paint_focus(cairo, &track, SWITCH / 2.0);
}

/* Below the row of its card, while the person is being asked. */
static void paint_question(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_act *act,
                           const char *text, enum bk_target_kind cancel, enum bk_target_kind yes, const char *yes_label,
                           const struct bk_attention *attention)
{
    const struct bk_rect question = { act->card.x + BK_SETTINGS_INSET, act->cancel.y - 30,
                                      act->card.width - 2 * BK_SETTINGS_INSET, 22 };

    bk_paint_line(cairo, typesetter, &title_style, text, &question, BK_COLOR_TEXT);
    bk_settings_paint_button(cairo, typesetter, &act->cancel, "Cancel", (struct bk_target){ .kind = cancel }, true,
                             attention);
    bk_settings_paint_button(cairo, typesetter, &act->yes, yes_label, (struct bk_target){ .kind = yes }, true,
                             attention);
}

static void paint_sleep(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_page *page,
                        const struct bk_attention *attention)
{
    const struct bk_power *power = page->power;
    const struct bk_power_act *act = &page->sleep;
    char detail[BK_POWER_PROBLEM_BYTES + 32], text[BK_POWER_NAME_BYTES + 32];

    if (!power->state.suspends)
        snprintf(detail, sizeof detail, "This machine cannot sleep.");
    else if (power->state.suspending)
        snprintf(detail, sizeof detail, "Going to sleep …");
    else if (power->problem != NULL)
        snprintf(detail, sizeof detail, "It did not sleep: %s", power->problem);
    else
        snprintf(detail, sizeof detail, "Everything stays as it is, and uses very little power.");
    bk_settings_paint_card(cairo, &act->card);
    paint_words(cairo, typesetter, &act->card, act->button.x - 14, "Sleep", detail,
                power->problem != NULL && power->state.suspends ? BK_COLOR_BADGE : BK_COLOR_TEXT_SOFT);
    bk_settings_paint_button(cairo, typesetter, &act->button, "Sleep", (struct bk_target){ .kind = BK_TARGET_SLEEP },
                             can_sleep(power), attention);
    if (!power->asking)
        return;
    if (power->count == 1)
        snprintf(text, sizeof text, "%s keeps this machine awake.", power->inhibitors[0].app_name);
    else
        snprintf(text, sizeof text, "Apps keep this machine awake: see below.");
    paint_question(cairo, typesetter, act, text, BK_TARGET_SLEEP_CANCEL, BK_TARGET_SLEEP_ANYWAY, "Sleep anyway",
                   attention);
}

static void paint_off(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_page *page,
                      const struct bk_attention *attention)
{
    const struct bk_power *power = page->power;
    const struct bk_power_act *act = &page->off;

    bk_settings_paint_card(cairo, &act->card);
    paint_words(cairo, typesetter, &act->card, act->button.x - 14, "Shut down",
                power->off ? "Shutting down …" : "Apps are asked to close, and have ten seconds for it.",
                BK_COLOR_TEXT_SOFT);
    bk_settings_paint_button(cairo, typesetter, &act->button, "Shut down", (struct bk_target){ .kind = BK_TARGET_OFF },
                             can_switch_off(power), attention);
    if (power->off_asking)
        paint_question(cairo, typesetter, act, "What is not saved may be lost.", BK_TARGET_OFF_CANCEL,
                       BK_TARGET_OFF_YES, "Shut down", attention);
}

static void paint_awake(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_power_page *page, size_t i)
{
    const struct bk_inhibitor *inhibitor = &page->power->inhibitors[i];
    const struct bk_app_face face = bk_faces_named(page->faces, page->apps, inhibitor->app, inhibitor->app_name);
    const int y = page->rows[i] + ROW_EDGE, x = reason_x(),
              width = page->width - BK_SETTINGS_PADDING - BK_SETTINGS_INSET - x;
    const struct bk_rect badge = { BK_SETTINGS_PADDING + BK_SETTINGS_INSET, y + 2, BADGE, BADGE };
    char text[BK_POWER_REASON_BYTES + 8];

    write_reason(inhibitor, text);
    bk_paint_badge(cairo, typesetter, &badge, &face);
    bk_paint_line(cairo, typesetter, &title_style, inhibitor->app_name, &(struct bk_rect){ x, y, width, 20 },
                  BK_COLOR_TEXT);
    PangoLayout *layout = bk_typeset_layout(typesetter, &reason_style, text, width);
    bk_typeset_paint(cairo, layout, x, y + 22, width, BK_COLOR_TEXT_SOFT);
    g_object_unref(layout);
}

static void paint(void *userdata, cairo_t *cairo, struct bk_typesetter *typesetter, int top, int bottom,
                  const struct bk_attention *attention)
{
    const struct bk_power_page *page = userdata;
    const int text = page->width - 2 * BK_SETTINGS_PADDING - 8;

    paint_battery(cairo, typesetter, page);
    paint_low(cairo, typesetter, page, attention);
    paint_sleep(cairo, typesetter, page, attention);
    paint_off(cairo, typesetter, page, attention);
    bk_paint_line(cairo, typesetter, &section_style, "Keeping this machine awake",
                  &(struct bk_rect){ BK_SETTINGS_PADDING + 4, page->awake_y - SECTION, text, SECTION - 4 },
                  BK_COLOR_TEXT_SOFT);
    if (page->count == 0) {
        bk_paint_line(cairo, typesetter, &detail_style, "No app does.",
                      &(struct bk_rect){ BK_SETTINGS_PADDING + 4, page->awake_y, text, 24 }, BK_COLOR_TEXT_FAINT);
        return;
    }
    bk_settings_paint_card(cairo,
                           &(struct bk_rect){ BK_SETTINGS_PADDING, page->awake_y, page->width - 2 * BK_SETTINGS_PADDING,
                                              page->rows[page->count] - page->awake_y });
    for (size_t i = 0; i < page->count; i++) {
        if (page->rows[i] < bottom && page->rows[i + 1] > top)
            paint_awake(cairo, typesetter, page, i);
    }
}

static void paint_mark(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    bk_paint_bolt(cairo, center_x, center_y, size * 0.86, color);
}

struct bk_settings_page bk_power_page_of(struct bk_power_page *page)
{
    return (struct bk_settings_page){ .title = "Power",
                                      .paint_mark = paint_mark,
                                      .lay_out = lay_out,
                                      .paint = paint,
                                      .at = at,
                                      .targets = targets,
                                      .place_of = place_of,
                                      .page = page };
}
