/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-kiosk: shows one Wayland app on the whole of a VM's screen, and follows the screen's size.
 *
 * Input from: trusted (this VM is the app's own, and so is all that is in it)
 * Runs in: bk-kiosk, its one thread
 *
 *     screen.c    the display: its mode, its frames, at its own pace
 *     windows.c   the app's windows: the main ones fill the screen, dialogs stand in its middle
 *     seat.c      keyboards, pointers, touchscreens, and where what they say goes
 *     system.c    what the system says of the person's keyboard, and what it is told of the window
 *     clipboard.c what is copied and pasted, by clip.c, which asks the system, and transfer.c, which carries the data
 *     main.c      the app as a process, and the end
 *
 * It is no part of the system: an app that draws by itself, or brings another compositor, needs none of it. What it has
 * that others lack: it needs no udevd, takes every new size of the screen at once, and is up in the time wlroots takes.
 */
#ifndef BK_KIOSK_KIOSK_H
#define BK_KIOSK_KIOSK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/render/allocator.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/types/wlr_xdg_shell.h>

#define KIOSK_CURSOR_SIZE 24 /* pixels, at scale 1 */

struct bk_clip;
struct bk_system;
struct kiosk_window;

struct kiosk {
    struct wl_display *display;
    struct wl_event_loop *loop;
    struct wlr_backend *backend;
    struct wlr_renderer *renderer;
    struct wlr_allocator *allocator;
    struct wlr_scene *scene;
    struct wlr_output_layout *layout;

    /* screen.c */
    struct wlr_output *output; /* NULL: there is none */
    struct wlr_scene_output *scene_output;
    struct wl_event_source *frame_timer, *mode_timer, *uevents;
    struct wlr_output_mode *next_mode; /* as soon as the windows have its size, or the timer ends; NULL: none */
    uint64_t last_frame_ms;
    bool frame_due; /* the timer runs */
    struct wl_listener new_output, frame, request_state, output_destroyed;

    /* windows.c */
    struct wlr_xdg_shell *shell;
    struct wl_list windows; /* struct kiosk_window, the focused one first */
    struct wl_listener new_toplevel, new_popup, new_decoration;

    /* seat.c */
    struct wlr_seat *seat;
    struct xkb_context *xkb;
    struct xkb_keymap *keymap; /* of all keyboards; NULL: none yet */
    struct wl_list keyboards;  /* seat.c's own */
    struct wlr_cursor *cursor;
    struct wlr_xcursor_manager *cursor_theme;
    struct wl_listener new_input, request_cursor, request_shape, request_selection, request_primary;
    struct wl_listener motion, motion_absolute, button, axis, pointer_frame;
    struct wl_listener touch_down, touch_up, touch_motion, touch_cancel, touch_frame;

    /* clipboard.c */
    struct bk_clip *clip;
    struct wlr_data_source *copied; /* by the program; NULL: what there is to paste is not its own */
    struct wl_listener copied_destroyed;

    /* main.c */
    struct bk_system *system;
    pid_t app; /* 0: it has ended */
    int status;
    int signal; /* by which the app ended; 0: by none */
};

/* Each makes its part ready; -ENOMEM and the like. */
int bk_kiosk_screen_init(struct kiosk *kiosk);
int bk_kiosk_windows_init(struct kiosk *kiosk);
int bk_kiosk_seat_init(struct kiosk *kiosk);
int bk_kiosk_clipboard_init(struct kiosk *kiosk, int (*connect)(unsigned port));
void bk_kiosk_screen_finish(struct kiosk *kiosk);
void bk_kiosk_windows_finish(struct kiosk *kiosk);
void bk_kiosk_seat_finish(struct kiosk *kiosk);
void bk_kiosk_clipboard_finish(struct kiosk *kiosk);

/* The size in the windows' units that the screen has or will have soon; false while there is none. */
bool bk_kiosk_screen_size(const struct kiosk *kiosk, struct wlr_box *ret);
/* A window drew another frame: the screen's next mode may have waited for it. */
void bk_kiosk_screen_follow(struct kiosk *kiosk);

/* The screen is another size, or will be: every window is told. */
void bk_kiosk_windows_arrange(struct kiosk *kiosk);
/* True when every main window has drawn itself in the size it was told last. */
bool bk_kiosk_windows_fit(const struct kiosk *kiosk);
/* Asks every window to close. */
void bk_kiosk_windows_close(struct kiosk *kiosk);
/* What is at a place of the screen, and where within it; NULL where there is nothing. Its window comes to the front
 * when `raise` says so. */
struct wlr_surface *bk_kiosk_windows_at(struct kiosk *kiosk, double x, double y, bool raise, double *ret_x,
                                        double *ret_y);

/* The keys of all keyboards mean this from now on, by XKB's names; what is held or locked stays so. */
void bk_kiosk_seat_set_layout(struct kiosk *kiosk, const char *layout, const char *variant);

/* A window takes the keyboard. */
void bk_kiosk_seat_focus(struct kiosk *kiosk, struct wlr_surface *surface);
/* Something below the pointer moved. */
void bk_kiosk_seat_refresh(struct kiosk *kiosk);

/* The program copied this, and it is the seat's selection; NULL: it has none. */
void bk_kiosk_clipboard_copied(struct kiosk *kiosk, struct wlr_data_source *source);

/* CLOCK_MONOTONIC. */
uint64_t bk_kiosk_now_ms(void);

#endif
