/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the person does on the pages of the settings, and what is told of what they show.
 */
#include "ui_state.h"

static void drop_target(struct bk_target *target, bool unless)
{
    if (!unless)
        *target = (struct bk_target){ .kind = BK_TARGET_NONE };
}

void bk_ui_privacy_changed(struct bk_ui *ui)
{
    struct bk_attention *attention = &ui->attention;
    bool same = ui->privacy_page.grant_count == ui->options.privacy->grants.count;
    bool same_defaults = ui->privacy_page.default_count == ui->options.defaults->count;

    /* What was pressed may be another entry by now. */
    drop_target(&attention->pressed, attention->pressed.kind != BK_TARGET_STOP &&
                                         attention->pressed.kind != BK_TARGET_GRANT &&
                                         attention->pressed.kind != BK_TARGET_DEFAULT);
    drop_target(&attention->focus, attention->focus.kind != BK_TARGET_STOP &&
                                       (attention->focus.kind != BK_TARGET_DEFAULT || same_defaults) &&
                                       (attention->focus.kind != BK_TARGET_GRANT || same));
    if (ui->options.privacy->uses.count == 0)
        ui->uses.open = false;
    bk_settings_changed(&ui->settings);
    bk_ui_changed(ui);
}

void bk_ui_power_changed(struct bk_ui *ui)
{
    const enum bk_target_kind focus = ui->attention.focus.kind;
    const bool question = focus == BK_TARGET_SLEEP_CANCEL || focus == BK_TARGET_SLEEP_ANYWAY;
    const bool off = focus == BK_TARGET_OFF_CANCEL || focus == BK_TARGET_OFF_YES;

    drop_target(&ui->attention.focus,
                (!question || ui->options.power->asking) && (!off || ui->options.power->off_asking));
    bk_settings_changed(&ui->settings);
    bk_ui_changed(ui);
}

/* The field stays where the person is; a button that is none any more lets go. */
void bk_ui_place_changed(struct bk_ui *ui)
{
    struct bk_target *focus = &ui->attention.focus;

    if ((focus->kind == BK_TARGET_PLACE_FORGET && !ui->options.place->set) ||
        (focus->kind == BK_TARGET_PLACE_SET && !bk_place_choice_is_ready(ui->options.place)))
        focus->kind = BK_TARGET_PLACE;
    bk_settings_changed(&ui->settings);
    bk_ui_changed(ui);
}

static void stop(struct bk_ui *ui, size_t number)
{
    const struct bk_privacy_list *uses = &ui->options.privacy->uses;

    if (number < uses->count)
        ui->options.change_grant(uses->items[number].app, uses->items[number].permission, BK_CHOICES,
                                 ui->options.userdata);
}

static void change_grant(struct bk_ui *ui, size_t number, size_t segment)
{
    const struct bk_privacy_list *grants = &ui->options.privacy->grants;

    if (number < grants->count && segment < BK_PRIVACY_SEGMENTS)
        ui->options.change_grant(grants->items[number].app, grants->items[number].permission,
                                 bk_privacy_page_choice((enum bk_privacy_segment)segment), ui->options.userdata);
}

static void want_sleep(struct bk_ui *ui)
{
    if (bk_power_want_sleep(ui->options.power))
        ui->options.sleep(false, ui->options.userdata);
    else if (ui->options.power->asking && ui->attention.focus.kind == BK_TARGET_SLEEP)
        ui->attention.focus.kind = BK_TARGET_SLEEP_CANCEL; /* that button is none now, and this one does no harm */
    bk_ui_power_changed(ui);
}

static void answer_sleep(struct bk_ui *ui, bool anyway)
{
    if (bk_power_answer(ui->options.power) && anyway)
        ui->options.sleep(true, ui->options.userdata);
    bk_ui_power_changed(ui);
}

static void want_off(struct bk_ui *ui)
{
    bk_power_want_off(ui->options.power);
    if (ui->options.power->off_asking && ui->attention.focus.kind == BK_TARGET_OFF)
        ui->attention.focus.kind = BK_TARGET_OFF_CANCEL; /* as with sleep */
    bk_ui_power_changed(ui);
}

static void answer_off(struct bk_ui *ui, bool really)
{
    if (bk_power_answer_off(ui->options.power, really))
        ui->options.power_off(ui->options.userdata);
    bk_ui_power_changed(ui);
}

static void write_place(struct bk_ui *ui)
{
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_PLACE };
    bk_settings_reveal(&ui->settings, &ui->attention.focus);
    bk_ui_place_changed(ui);
}

static void set_place(struct bk_ui *ui)
{
    struct bk_place place;

    if (bk_place_choice_take(ui->options.place, &place))
        ui->options.change_place(&place, ui->options.userdata);
    write_place(ui); /* to put it right, or to write another */
}

/* --- software --- */

static bool software_is_seen(const struct bk_ui *ui)
{
    return ui->settings.open && ui->settings.page == BK_UI_PAGE_SOFTWARE;
}

void bk_ui_software_changed(struct bk_ui *ui)
{
    /* A question is seen from its top on, wherever the list was. */
    if (software_is_seen(ui) && ui->software_page.asks != bk_software_asks(ui->options.software))
        bk_settings_show_page(&ui->settings, BK_UI_PAGE_SOFTWARE);
    bk_settings_changed(&ui->settings);
    bk_ui_changed(ui);
}

/* What was pressed, or had the focus, may be gone, as with another question. */
static void drop_gone(struct bk_ui *ui)
{
    const struct bk_settings_page *page = &ui->settings.pages[BK_UI_PAGE_SOFTWARE];
    struct bk_target *targets[] = { &ui->attention.pressed, &ui->attention.focus };

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct bk_rect place;
        if (targets[i]->kind >= BK_TARGET_SOFTWARE_CHOOSE && targets[i]->kind <= BK_TARGET_POINT_NO)
            drop_target(targets[i], page->place_of(page->page, targets[i], &place));
    }
}

void bk_ui_drop_apps(struct bk_ui *ui)
{
    drop_target(&ui->attention.pressed, ui->attention.pressed.kind != BK_TARGET_SOFTWARE_APP);
    drop_target(&ui->attention.focus, ui->attention.focus.kind != BK_TARGET_SOFTWARE_APP);
}

void bk_ui_software_laid_out(struct bk_ui *ui)
{
    if (software_is_seen(ui))
        drop_gone(ui);
}

bool bk_ui_asks_about_software(const struct bk_ui *ui)
{
    return software_is_seen(ui) && ui->software_page.asks && !ui->sheet.open;
}

void bk_ui_page_shown(struct bk_ui *ui)
{
    if (!software_is_seen(ui))
        return;
    ui->options.want_software(BK_SOFTWARE_LOOK, NULL, 0, ui->options.userdata);
    if (ui->options.software->shown != NULL)
        ui->options.want_software(BK_SOFTWARE_LOOK_AT, ui->options.software->shown, 0, ui->options.userdata);
}

/* Another part of the page is seen, from its top on. */
static void show_software(struct bk_ui *ui, const char *app)
{
    if (bk_software_show(ui->options.software, app) < 0)
        return;
    if (app != NULL)
        ui->options.want_software(BK_SOFTWARE_LOOK_AT, app, 0, ui->options.userdata);
    bk_settings_show_page(&ui->settings, BK_UI_PAGE_SOFTWARE);
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    bk_ui_software_changed(ui);
}

/* What the person is asked about an app: what brought it about, and its answers. */
struct question_targets {
    enum bk_target_kind from, yes, no;
};

static struct question_targets targets_of(enum bk_software_question question)
{
    if (question == BK_SOFTWARE_ASKS_REMOVE)
        return (struct question_targets){ BK_TARGET_SOFTWARE_REMOVE, BK_TARGET_SOFTWARE_REMOVE_YES,
                                          BK_TARGET_SOFTWARE_STAY };
    return (struct question_targets){ question == BK_SOFTWARE_ASKS_KEEP ? BK_TARGET_POINT_KEEP : BK_TARGET_POINT_BACK,
                                      BK_TARGET_POINT_YES, BK_TARGET_POINT_NO };
}

static void ask_about_app(struct bk_ui *ui, enum bk_software_question question, uint32_t point)
{
    struct bk_target *focus = &ui->attention.focus;

    ui->options.software->question = question;
    ui->options.software->asked_point = point;
    if (focus->kind != BK_TARGET_NONE) /* it goes on where it does no harm */
        *focus = (struct bk_target){ .kind = targets_of(question).no };
    const struct bk_target asked = { .kind = targets_of(question).yes };
    bk_settings_reveal_next(&ui->settings, &asked);
    bk_ui_software_changed(ui);
}

/* It was answered: the focus is where it was. */
static void end_question(struct bk_ui *ui)
{
    struct bk_software *software = ui->options.software;
    struct bk_target *focus = &ui->attention.focus;
    const enum bk_target_kind from = targets_of(software->question).from;

    if (focus->kind != BK_TARGET_NONE)
        *focus = (struct bk_target){ .kind = from, .number = from == BK_TARGET_POINT_BACK ? software->asked_point : 0 };
    software->question = BK_SOFTWARE_ASKS_NOTHING;
    bk_ui_software_changed(ui);
}

static void answer_bundle(struct bk_ui *ui, bool agree)
{
    const struct bk_software *software = ui->options.software;

    if (software->bundle.mark == NULL || (agree && !software->ready))
        return;
    ui->options.want_software(agree ? BK_SOFTWARE_AGREE : BK_SOFTWARE_DECLINE, software->bundle.mark, 0,
                              ui->options.userdata);
}

static void remove_shown(struct bk_ui *ui)
{
    const struct bk_software *software = ui->options.software;

    if (software->shown == NULL || software->question != BK_SOFTWARE_ASKS_REMOVE)
        return;
    ui->options.want_software(BK_SOFTWARE_REMOVE, software->shown, 0, ui->options.userdata);
    end_question(ui);
}

/* Of an app that runs, after a question: it is ended first. */
static void keep_shown(struct bk_ui *ui)
{
    const struct bk_software *software = ui->options.software;
    const struct bk_app *app = software->shown != NULL ? bk_apps_by_id(ui->apps, software->shown) : NULL;

    if (app != NULL && app->state != BK_APP_STOPPED)
        ask_about_app(ui, BK_SOFTWARE_ASKS_KEEP, 0);
    else if (software->shown != NULL)
        ui->options.want_software(BK_SOFTWARE_KEEP, software->shown, 0, ui->options.userdata);
}

static void answer_about_points(struct bk_ui *ui, bool yes)
{
    const struct bk_software *software = ui->options.software;
    const bool restores = software->question == BK_SOFTWARE_ASKS_RESTORE;

    if (software->shown == NULL || (!restores && software->question != BK_SOFTWARE_ASKS_KEEP))
        return;
    if (yes)
        ui->options.want_software(restores ? BK_SOFTWARE_RESTORE : BK_SOFTWARE_KEEP, software->shown,
                                  software->asked_point, ui->options.userdata);
    end_question(ui);
}

/* --- all of them --- */

void bk_ui_activate_setting(struct bk_ui *ui, struct bk_target target)
{
    switch (target.kind) {
    case BK_TARGET_STOP:
        stop(ui, target.number);
        break;
    case BK_TARGET_LOW_POWER:
        ui->options.switch_low_power(!ui->options.power->state.low, ui->options.userdata);
        break;
    case BK_TARGET_SLEEP:
        want_sleep(ui);
        break;
    case BK_TARGET_SLEEP_CANCEL:
    case BK_TARGET_SLEEP_ANYWAY:
        answer_sleep(ui, target.kind == BK_TARGET_SLEEP_ANYWAY);
        break;
    case BK_TARGET_OFF:
        want_off(ui);
        break;
    case BK_TARGET_OFF_CANCEL:
    case BK_TARGET_OFF_YES:
        answer_off(ui, target.kind == BK_TARGET_OFF_YES);
        break;
    case BK_TARGET_PLACE:
        write_place(ui);
        break;
    case BK_TARGET_PLACE_SET:
        set_place(ui);
        break;
    case BK_TARGET_PLACE_FORGET:
        ui->options.change_place(NULL, ui->options.userdata);
        break;
    case BK_TARGET_GRANT:
        change_grant(ui, target.number, target.button);
        break;
    case BK_TARGET_DEFAULT:
        if (target.number < ui->options.defaults->count)
            ui->options.change_default(ui->options.defaults->items[target.number].kind,
                                       (enum bk_default_wish)target.button, ui->options.userdata);
        break;
    case BK_TARGET_SOFTWARE_CHOOSE:
        ui->options.want_software(BK_SOFTWARE_CHOOSE, NULL, 0, ui->options.userdata);
        break;
    case BK_TARGET_SOFTWARE_AGREE:
    case BK_TARGET_SOFTWARE_DECLINE:
        answer_bundle(ui, target.kind == BK_TARGET_SOFTWARE_AGREE);
        break;
    case BK_TARGET_SOFTWARE_APP:
        if (target.number < ui->apps->count)
            show_software(ui, ui->apps->items[target.number].id);
        break;
    case BK_TARGET_SOFTWARE_BACK:
        show_software(ui, NULL);
        break;
    case BK_TARGET_SOFTWARE_REMOVE:
        ask_about_app(ui, BK_SOFTWARE_ASKS_REMOVE, 0);
        break;
    case BK_TARGET_SOFTWARE_STAY:
        end_question(ui);
        break;
    case BK_TARGET_SOFTWARE_REMOVE_YES:
        remove_shown(ui);
        break;
    case BK_TARGET_POINT_KEEP:
        keep_shown(ui);
        break;
    case BK_TARGET_POINT_BACK:
        ask_about_app(ui, BK_SOFTWARE_ASKS_RESTORE, target.number);
        break;
    case BK_TARGET_POINT_YES:
    case BK_TARGET_POINT_NO:
        answer_about_points(ui, target.kind == BK_TARGET_POINT_YES);
        break;
    default:
        break;
    }
}

bool bk_ui_key_for_setting(struct bk_ui *ui, xkb_keysym_t key, const char *text)
{
    if (ui->attention.focus.kind != BK_TARGET_PLACE || key == XKB_KEY_Tab || key == XKB_KEY_ISO_Left_Tab)
        return false;
    if (key == XKB_KEY_Escape)
        ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    else if (key == XKB_KEY_Return || key == XKB_KEY_KP_Enter)
        set_place(ui);
    else
        bk_place_page_key(&ui->place_page, key, text);
    bk_settings_changed(&ui->settings);
    bk_ui_changed(ui);
    return true;
}
