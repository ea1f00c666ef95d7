/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher: a search field, the installed apps and the settings, for the pointer, the finger and the keyboard. On a
 * phone it is the home screen, and lies below the windows.
 *
 * Input from: the person; app (names and pictures, as installed)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_LAUNCHER_H
#define BK_COMPOSITOR_LAUNCHER_H

#include "apps.h"
#include "faces.h"
#include "launcher_layout.h"
#include "target.h"
#include "tween.h"
#include "typeset.h"

#include <wlr/types/wlr_scene.h>
#include <xkbcommon/xkbcommon.h>

#define BK_LAUNCHER_TYPED_MAX 64 /* bytes */

struct bk_launcher {
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct wlr_scene_tree *tree;
    struct wlr_scene_rect *backdrop;
    struct wlr_scene_buffer *sheet;
    enum bk_form form;
    struct bk_launcher_layout layout;
    int screen_width, screen_height;
    double scale; /* as drawn */
    char typed[BK_LAUNCHER_TYPED_MAX + 1];
    size_t matches[BK_APPS_MAX + 1]; /* indices of apps, best first; BK_APPS_MAX: the settings */
    size_t count;
    size_t marked;
    bool keyed;       /* the keyboard is used: what it would choose is marked */
    size_t first_row; /* that is seen */
    double scrolled;  /* pixels that are less than a row */
    struct bk_target hover, pressed;
    struct bk_tween shown; /* 0 away, 1 there */
    bool open, dirty;
    const bool *animated; /* things slide and fade */
};

void bk_launcher_init(struct bk_launcher *launcher, struct wlr_scene_tree *parent, const struct bk_apps *apps,
                      struct bk_faces *faces, enum bk_form form, const bool *animated);

void bk_launcher_set_open(struct bk_launcher *launcher, bool open, uint64_t now_ms);
/* Forgets what was typed. */
void bk_launcher_clear(struct bk_launcher *launcher);
/* The apps are others. */
void bk_launcher_changed(struct bk_launcher *launcher);
/* True when the key meant something here; `*ret_chosen` is what to start or show (BK_TARGET_APP), or nothing. */
bool bk_launcher_key(struct bk_launcher *launcher, xkb_keysym_t key, const char *text, struct bk_target *ret_chosen);
void bk_launcher_scroll(struct bk_launcher *launcher, double pixels);

/* By screen coordinates; BK_TARGET_NONE when it is closed. */
struct bk_target bk_launcher_at(const struct bk_launcher *launcher, double x, double y);
/* Where on the screen the app's picture is; the middle of all when it is out of sight. */
struct bk_rect bk_launcher_tile(const struct bk_launcher *launcher, const struct bk_app *app);
/* The settings are meant, which stand among the apps. */
bool bk_launcher_is_settings(const struct bk_launcher *launcher, const struct bk_target *target);
/* NULL when it is gone, or none. */
const struct bk_app *bk_launcher_app(const struct bk_launcher *launcher, const struct bk_target *target);

/* Draws what changed. */
void bk_launcher_sync(struct bk_launcher *launcher, struct bk_typesetter *typesetter,
                      const struct bk_attention *attention, int screen_width, int screen_height);

/* Moves what moves; true while something does. */
bool bk_launcher_animate(struct bk_launcher *launcher, uint64_t now_ms);

#endif
