/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk.h"

#include "system.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_server_decoration.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>

struct kiosk_window {
    struct wl_list link; /* while it is mapped; else it is alone */
    struct kiosk *kiosk;
    struct wlr_xdg_toplevel *toplevel;
    struct wlr_scene_tree *tree;
    struct wl_listener map, unmap, commit, set_title, destroy;
};

struct popup {
    struct kiosk *kiosk;
    struct wlr_xdg_popup *popup;
    struct wl_listener commit, destroy;
};

struct decoration {
    struct wlr_xdg_toplevel_decoration_v1 *decoration;
    struct wl_listener commit, destroy;
    struct wlr_xdg_surface *surface;
};

/* A main window fills the screen; another is in its middle, as large as it likes but no larger. */
static void arrange(struct kiosk_window *window)
{
    struct wlr_xdg_toplevel *toplevel = window->toplevel;
    struct wlr_box screen;

    if (!toplevel->base->initialized || !bk_kiosk_screen_size(window->kiosk, &screen))
        return;
    if (toplevel->parent == NULL) {
        wlr_xdg_toplevel_set_maximized(toplevel, true);
        wlr_xdg_toplevel_set_size(toplevel, screen.width, screen.height);
        wlr_scene_node_set_position(&window->tree->node, 0, 0);
        return;
    }
    struct wlr_box own;
    wlr_xdg_surface_get_geometry(toplevel->base, &own);
    if (own.width > screen.width || own.height > screen.height)
        wlr_xdg_toplevel_set_size(toplevel, own.width < screen.width ? own.width : screen.width,
                                  own.height < screen.height ? own.height : screen.height);
    int x = (screen.width - own.width) / 2;
    int y = (screen.height - own.height) / 2;
    wlr_scene_node_set_position(&window->tree->node, x > 0 ? x : 0, y > 0 ? y : 0);
}

/* A program that calls its window by its own name, as foot does, says no more than the app's name beside it. */
static const char *title_of(const struct wlr_xdg_toplevel *toplevel)
{
    const bool says_nothing =
        toplevel->title == NULL || (toplevel->app_id != NULL && strcmp(toplevel->title, toplevel->app_id) == 0);

    return says_nothing ? "" : toplevel->title;
}

/* The system hears of the main window that is in front: what it is called, and the least size that it is drawn at. */
static void tell_system(const struct kiosk_window *window)
{
    const struct wlr_xdg_toplevel *toplevel = window->toplevel;

    if (toplevel->parent == NULL && window->kiosk->windows.next == &window->link)
        bk_system_say(window->kiosk->system, title_of(toplevel), toplevel->current.min_width,
                      toplevel->current.min_height);
}

static void focus(struct kiosk_window *window)
{
    struct kiosk *kiosk = window->kiosk;

    if (!wl_list_empty(&kiosk->windows)) {
        struct kiosk_window *before = wl_container_of(kiosk->windows.next, before, link);
        if (before != window)
            wlr_xdg_toplevel_set_activated(before->toplevel, false);
    }
    wl_list_remove(&window->link);
    wl_list_insert(&kiosk->windows, &window->link);
    wlr_scene_node_raise_to_top(&window->tree->node);
    wlr_xdg_toplevel_set_activated(window->toplevel, true);
    bk_kiosk_seat_focus(kiosk, window->toplevel->base->surface);
    tell_system(window);
}

static void on_map(struct wl_listener *listener, void *data)
{
    struct kiosk_window *window = wl_container_of(listener, window, map);

    (void)data;
    arrange(window);
    focus(window);
    bk_kiosk_seat_refresh(window->kiosk);
}

static void on_unmap(struct wl_listener *listener, void *data)
{
    struct kiosk_window *window = wl_container_of(listener, window, unmap);
    struct kiosk *kiosk = window->kiosk;

    (void)data;
    wl_list_remove(&window->link);
    wl_list_init(&window->link);
    if (!wl_list_empty(&kiosk->windows)) {
        struct kiosk_window *next = wl_container_of(kiosk->windows.next, next, link);
        focus(next);
    }
    bk_kiosk_seat_refresh(kiosk);
}

static void on_commit(struct wl_listener *listener, void *data)
{
    struct kiosk_window *window = wl_container_of(listener, window, commit);

    (void)data;
    if (window->toplevel->base->initial_commit) {
        if (window->toplevel->parent != NULL)
            wlr_xdg_toplevel_set_size(window->toplevel, 0, 0); /* as it likes */
        arrange(window);
    } else if (window->toplevel->parent != NULL) {
        arrange(window); /* it may have another size now */
    } else {
        bk_kiosk_screen_follow(window->kiosk);
        tell_system(window);
    }
}

static void on_set_title(struct wl_listener *listener, void *data)
{
    struct kiosk_window *window = wl_container_of(listener, window, set_title);

    (void)data;
    tell_system(window);
}

static void on_destroy(struct wl_listener *listener, void *data)
{
    struct kiosk_window *window = wl_container_of(listener, window, destroy);

    (void)data;
    wl_list_remove(&window->link);
    wl_list_remove(&window->map.link);
    wl_list_remove(&window->unmap.link);
    wl_list_remove(&window->commit.link);
    wl_list_remove(&window->set_title.link);
    wl_list_remove(&window->destroy.link);
    free(window);
}

static void on_new_toplevel(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, new_toplevel);
    struct wlr_xdg_toplevel *toplevel = data;
    struct kiosk_window *window = calloc(1, sizeof *window);

    if (window == NULL) {
        wl_resource_post_no_memory(toplevel->resource);
        return;
    }
    window->kiosk = kiosk;
    window->toplevel = toplevel;
    window->tree = wlr_scene_xdg_surface_create(&kiosk->scene->tree, toplevel->base);
    if (window->tree == NULL) {
        wl_resource_post_no_memory(toplevel->resource);
        free(window);
        return;
    }
    window->tree->node.data = window;
    toplevel->base->data = window->tree;
    wl_list_init(&window->link);
    window->map.notify = on_map;
    wl_signal_add(&toplevel->base->surface->events.map, &window->map);
    window->unmap.notify = on_unmap;
    wl_signal_add(&toplevel->base->surface->events.unmap, &window->unmap);
    window->commit.notify = on_commit;
    wl_signal_add(&toplevel->base->surface->events.commit, &window->commit);
    window->set_title.notify = on_set_title;
    wl_signal_add(&toplevel->events.set_title, &window->set_title);
    window->destroy.notify = on_destroy;
    wl_signal_add(&toplevel->events.destroy, &window->destroy);
}

static void on_popup_commit(struct wl_listener *listener, void *data)
{
    struct popup *popup = wl_container_of(listener, popup, commit);
    struct wlr_scene_tree *tree = popup->popup->base->data;
    struct wlr_box screen;
    int x, y;

    (void)data;
    if (!popup->popup->base->initial_commit)
        return;
    if (bk_kiosk_screen_size(popup->kiosk, &screen)) {
        wlr_scene_node_coords(&tree->node.parent->node, &x, &y);
        screen.x -= x;
        screen.y -= y;
        wlr_xdg_popup_unconstrain_from_box(popup->popup, &screen);
    }
    wlr_xdg_surface_schedule_configure(popup->popup->base);
}

static void on_popup_destroy(struct wl_listener *listener, void *data)
{
    struct popup *popup = wl_container_of(listener, popup, destroy);

    (void)data;
    wl_list_remove(&popup->commit.link);
    wl_list_remove(&popup->destroy.link);
    free(popup);
}

static void on_new_popup(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, new_popup);
    struct wlr_xdg_popup *xdg = data;
    struct wlr_xdg_surface *parent = wlr_xdg_surface_try_from_wlr_surface(xdg->parent);
    struct popup *popup = parent != NULL && parent->data != NULL ? calloc(1, sizeof *popup) : NULL;

    if (popup == NULL)
        return; /* it is never configured, and so never seen */
    popup->kiosk = kiosk;
    popup->popup = xdg;
    xdg->base->data = wlr_scene_xdg_surface_create(parent->data, xdg->base);
    popup->commit.notify = on_popup_commit;
    wl_signal_add(&xdg->base->surface->events.commit, &popup->commit);
    popup->destroy.notify = on_popup_destroy;
    wl_signal_add(&xdg->events.destroy, &popup->destroy);
}

static void on_decoration_commit(struct wl_listener *listener, void *data)
{
    struct decoration *decoration = wl_container_of(listener, decoration, commit);

    (void)data;
    /* The system draws the frame: apps shall draw none. */
    if (decoration->surface->initial_commit)
        wlr_xdg_toplevel_decoration_v1_set_mode(decoration->decoration,
                                                WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
}

static void on_decoration_destroy(struct wl_listener *listener, void *data)
{
    struct decoration *decoration = wl_container_of(listener, decoration, destroy);

    (void)data;
    wl_list_remove(&decoration->commit.link);
    wl_list_remove(&decoration->destroy.link);
    free(decoration);
}

static void on_new_decoration(struct wl_listener *listener, void *data)
{
    struct wlr_xdg_toplevel_decoration_v1 *xdg = data;
    struct decoration *decoration = calloc(1, sizeof *decoration);

    (void)listener;
    if (decoration == NULL)
        return;
    decoration->decoration = xdg;
    decoration->surface = xdg->toplevel->base;
    decoration->commit.notify = on_decoration_commit;
    wl_signal_add(&xdg->toplevel->base->surface->events.commit, &decoration->commit);
    decoration->destroy.notify = on_decoration_destroy;
    wl_signal_add(&xdg->events.destroy, &decoration->destroy);
}

void bk_kiosk_windows_arrange(struct kiosk *kiosk)
{
    struct kiosk_window *window;

    wl_list_for_each(window, &kiosk->windows, link) arrange(window);
}

bool bk_kiosk_windows_fit(const struct kiosk *kiosk)
{
    const struct kiosk_window *window;
    struct wlr_box screen;

    if (!bk_kiosk_screen_size(kiosk, &screen))
        return true;
    wl_list_for_each(window, &kiosk->windows, link)
    {
        const struct wlr_xdg_toplevel_state *current = &window->toplevel->current;
        if (window->toplevel->parent == NULL && (current->width != screen.width || current->height != screen.height))
            return false;
    }
    return true;
}

void bk_kiosk_windows_close(struct kiosk *kiosk)
{
    struct kiosk_window *window;

    wl_list_for_each(window, &kiosk->windows, link) wlr_xdg_toplevel_send_close(window->toplevel);
}

struct wlr_surface *bk_kiosk_windows_at(struct kiosk *kiosk, double x, double y, bool raise, double *ret_x,
                                        double *ret_y)
{
    struct wlr_scene_node *node = wlr_scene_node_at(&kiosk->scene->tree.node, x, y, ret_x, ret_y);

    if (node == NULL || node->type != WLR_SCENE_NODE_BUFFER)
        return NULL;
    struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(wlr_scene_buffer_from_node(node));
    struct wlr_scene_tree *tree = node->parent;
    while (raise && tree != NULL && tree->node.data == NULL)
        tree = tree->node.parent;
    if (raise && tree != NULL)
        focus(tree->node.data);
    return surface != NULL ? surface->surface : NULL;
}

int bk_kiosk_windows_init(struct kiosk *kiosk)
{
    wl_list_init(&kiosk->windows);
    kiosk->shell = wlr_xdg_shell_create(kiosk->display, 3);
    struct wlr_xdg_decoration_manager_v1 *decorations = wlr_xdg_decoration_manager_v1_create(kiosk->display);
    struct wlr_server_decoration_manager *older = wlr_server_decoration_manager_create(kiosk->display);
    if (kiosk->shell == NULL || decorations == NULL || older == NULL)
        return -ENOMEM;
    wlr_server_decoration_manager_set_default_mode(older, WLR_SERVER_DECORATION_MANAGER_MODE_SERVER);
    kiosk->new_toplevel.notify = on_new_toplevel;
    wl_signal_add(&kiosk->shell->events.new_toplevel, &kiosk->new_toplevel);
    kiosk->new_popup.notify = on_new_popup;
    wl_signal_add(&kiosk->shell->events.new_popup, &kiosk->new_popup);
    kiosk->new_decoration.notify = on_new_decoration;
    wl_signal_add(&decorations->events.new_toplevel_decoration, &kiosk->new_decoration);
    return 0;
}

void bk_kiosk_windows_finish(struct kiosk *kiosk)
{
    wl_list_remove(&kiosk->new_toplevel.link);
    wl_list_remove(&kiosk->new_popup.link);
    wl_list_remove(&kiosk->new_decoration.link);
}
