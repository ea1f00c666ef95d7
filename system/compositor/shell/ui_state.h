/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the UI (ui.h) is made of, between the two files that it is in: ui.c, and ui_settings.c, which has what is done
 * on the pages of the settings.
 *
 * Input from: the person; app text within the model
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_UI_STATE_H
#define BK_COMPOSITOR_UI_STATE_H

#include "app_menu.h"
#include "ui.h"

#include "launcher.h"
#include "layout_menu.h"
#include "notification_panel.h"
#include "panel.h"
#include "place_page.h"
#include "power_page.h"
#include "privacy_page.h"
#include "settings.h"
#include "software_page.h"
#include "toast.h"
#include "tween.h"
#include "uses_menu.h"

/* Of the settings, in their order. */
enum {
    BK_UI_PAGE_PRIVACY,
    BK_UI_PAGE_POWER,
    BK_UI_PAGE_PLACE,
    BK_UI_PAGE_SOFTWARE,
};

struct bk_ui {
    struct bk_notifications *model;
    struct bk_ui_options options;
    struct bk_form_layout layout;
    struct bk_typesetter *typesetter;
    struct wlr_scene_buffer *wallpaper;
    struct wlr_scene_tree *under, *windows, *over;
    struct wlr_scene_tree *top;
    struct bk_stage *stage;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct bk_panel panel;
    struct bk_tween panel_shown; /* 0 away, 1 there */
    struct bk_launcher launcher;
    struct bk_settings settings;
    struct bk_privacy_page privacy_page;
    struct bk_power_page power_page;
    struct bk_place_page place_page;
    struct bk_software_page software_page;
    struct bk_layout_menu layouts;
    struct bk_app_menu app_menu;
    struct bk_uses_menu uses;
    struct wlr_scene_buffer *dot; /* over a window in full screen: something is in use */
    double dot_scale;             /* as drawn */
    struct bk_toasts toasts;
    struct wlr_scene_rect *shade; /* over an app, below the notifications, where they take most of the screen */
    struct bk_notification_panel sheet;
    struct bk_attention attention;
    struct bk_target_list targets; /* filled when Tab is pressed */
    double pointer_x, pointer_y;
    uint32_t focused; /* CID of the window that has the focus; 0: none */
    int width, height;
    double scale; /* as drawn */
    bool away;    /* neither an app nor the home screen is what is seen */
    bool dirty;
};

/* ---- ui_settings.c ---- */

/* Something on a page was activated. */
void bk_ui_activate_setting(struct bk_ui *ui, struct bk_target target);
/* True when a field of a page has the focus: but for those that leave it all keys are its. */
bool bk_ui_key_for_setting(struct bk_ui *ui, xkb_keysym_t key, const char *text);
/* The person looks at a page from now on. */
void bk_ui_page_shown(struct bk_ui *ui);
/* The apps are others than they were: what was pressed may be another one. */
void bk_ui_drop_apps(struct bk_ui *ui);
/* The page is laid out as it is drawn: what was pressed there may be gone. */
void bk_ui_software_laid_out(struct bk_ui *ui);

#endif
