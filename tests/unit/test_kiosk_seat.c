/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk's keyboards, with a keyboard and a Wayland program that the test plays: what the program is told of a
 * layout. */
#define _GNU_SOURCE
#include "kiosk.h"
#include "system.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <xkbcommon/xkbcommon.h>

#include <cmocka.h>

struct program {
    struct wl_display *display;
    struct wl_registry *registry;
    struct wl_compositor *compositor;
    struct wl_seat *seat;
    struct wl_keyboard *keyboard;
    struct wl_surface *surface;
    struct xkb_context *xkb;
    struct xkb_keymap *keymap; /* the last one that came */
    unsigned keymaps;
    uint32_t locked, pressed; /* modifiers, as told last */
    uint32_t key, key_state;  /* the last event's */
};

struct scene {
    struct kiosk kiosk;
    struct wlr_keyboard keyboard;
    struct wlr_surface *surface;
    struct wl_listener new_surface;
    struct program program;
};

static struct scene scene;

/* ---- the program ---- */

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int fd, uint32_t size)
{
    struct program *program = data;
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

    (void)keyboard;
    assert_int_equal(format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
    assert_true(text != MAP_FAILED);
    xkb_keymap_unref(program->keymap);
    program->keymap =
        xkb_keymap_new_from_string(program->xkb, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
    assert_non_null(program->keymap);
    program->keymaps++;
    program->locked = program->pressed = 0; /* as toolkits do: a new keymap begins anew */
    munmap(text, size);
    close(fd);
}

static void on_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface,
                     struct wl_array *keys)
{
    (void)data;
    (void)keyboard;
    (void)serial;
    (void)surface;
    (void)keys;
}

static void on_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
    (void)data;
    (void)keyboard;
    (void)serial;
    (void)surface;
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key,
                   uint32_t state)
{
    struct program *program = data;

    (void)keyboard;
    (void)serial;
    (void)time;
    program->key = key;
    program->key_state = state;
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t pressed, uint32_t latched,
                         uint32_t locked, uint32_t group)
{
    struct program *program = data;

    (void)keyboard;
    (void)serial;
    (void)latched;
    assert_int_equal(group, 0);
    program->pressed = pressed;
    program->locked = locked;
}

static void on_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay)
{
    (void)data;
    (void)keyboard;
    (void)rate;
    (void)delay;
}

static const struct wl_keyboard_listener keyboard_listener = { .keymap = on_keymap,
                                                               .enter = on_enter,
                                                               .leave = on_leave,
                                                               .key = on_key,
                                                               .modifiers = on_modifiers,
                                                               .repeat_info = on_repeat_info };

static void on_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
    struct program *program = data;

    (void)version;
    if (strcmp(interface, wl_compositor_interface.name) == 0)
        program->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
    else if (strcmp(interface, wl_seat_interface.name) == 0)
        program->seat = wl_registry_bind(registry, name, &wl_seat_interface, 5);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
    (void)data;
    (void)registry;
    (void)name;
}

static const struct wl_registry_listener registry_listener = { .global = on_global, .global_remove = on_global_remove };

/* Carries everything that is under way from the one to the other and back. */
static void settle(void)
{
    for (unsigned i = 0; i < 8; i++) {
        (void)wl_display_flush(scene.program.display);
        (void)wl_event_loop_dispatch(scene.kiosk.loop, 0);
        wl_display_flush_clients(scene.kiosk.display);
        while (wl_display_prepare_read(scene.program.display) < 0)
            (void)wl_display_dispatch_pending(scene.program.display);
        (void)wl_display_read_events(scene.program.display);
        (void)wl_display_dispatch_pending(scene.program.display);
    }
}

/* What a key types in the program, by the keymap that it has. */
static xkb_keysym_t symbol_of(uint32_t code)
{
    struct xkb_state *state = xkb_state_new(scene.program.keymap);

    assert_non_null(state);
    xkb_keysym_t symbol = xkb_state_key_get_one_sym(state, code + 8);
    xkb_state_unref(state);
    return symbol;
}

/* ---- the scene ---- */

static void press(uint32_t code, bool down)
{
    struct wlr_keyboard_key_event event = {
        .keycode = code,
        .update_state = true,
        .state = down ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
    };

    wlr_keyboard_notify_key(&scene.keyboard, &event);
    settle();
}

static void on_new_surface(struct wl_listener *listener, void *data)
{
    (void)listener;
    scene.surface = data;
}

static int refuse(void)
{
    return -EAFNOSUPPORT;
}

static void start_kiosk(void)
{
    static const struct wlr_keyboard_impl impl = { .name = "probe" };
    static const struct bk_system_events nobody = { .connect = refuse };
    struct kiosk *kiosk = &scene.kiosk;

    kiosk->display = wl_display_create();
    kiosk->loop = wl_display_get_event_loop(kiosk->display);
    kiosk->backend = wlr_headless_backend_create(kiosk->loop);
    (void)setenv("WLR_RENDERER", "pixman", 1);
    kiosk->renderer = wlr_renderer_autocreate(kiosk->backend);
    kiosk->scene = wlr_scene_create();
    kiosk->layout = wlr_output_layout_create(kiosk->display);
    struct wlr_compositor *compositor = wlr_compositor_create(kiosk->display, 6, kiosk->renderer);
    assert_non_null(compositor);
    scene.new_surface.notify = on_new_surface;
    wl_signal_add(&compositor->events.new_surface, &scene.new_surface);
    assert_int_equal(bk_system_create(kiosk->loop, &nobody, kiosk, &kiosk->system), 0);
    assert_int_equal(bk_kiosk_windows_init(kiosk), 0);
    assert_int_equal(bk_kiosk_seat_init(kiosk), 0);
    wlr_keyboard_init(&scene.keyboard, &impl, "probe");
    wl_signal_emit_mutable(&kiosk->backend->events.new_input, &scene.keyboard.base);
}

static void start_program(void)
{
    struct program *program = &scene.program;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    assert_non_null(wl_client_create(scene.kiosk.display, pair[0]));
    program->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
    program->display = wl_display_connect_to_fd(pair[1]);
    assert_non_null(program->display);
    program->registry = wl_display_get_registry(program->display);
    wl_registry_add_listener(program->registry, &registry_listener, program);
    settle();
    program->keyboard = wl_seat_get_keyboard(program->seat);
    wl_keyboard_add_listener(program->keyboard, &keyboard_listener, program);
    program->surface = wl_compositor_create_surface(program->compositor);
    settle();
    assert_non_null(scene.surface);
    bk_kiosk_seat_focus(&scene.kiosk, scene.surface);
    settle();
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){ 0 };
    start_kiosk();
    start_program();
    return 0;
}

static int tear_down(void **state)
{
    struct program *program = &scene.program;

    (void)state;
    xkb_keymap_unref(program->keymap);
    xkb_context_unref(program->xkb);
    wl_surface_destroy(program->surface);
    wl_keyboard_destroy(program->keyboard);
    wl_seat_destroy(program->seat);
    wl_compositor_destroy(program->compositor);
    wl_registry_destroy(program->registry);
    wl_display_disconnect(program->display);
    wl_display_destroy_clients(scene.kiosk.display);
    wlr_keyboard_finish(&scene.keyboard);
    wl_list_remove(&scene.new_surface.link);
    bk_kiosk_seat_finish(&scene.kiosk);
    bk_kiosk_windows_finish(&scene.kiosk);
    bk_system_destroy(scene.kiosk.system);
    wlr_scene_node_destroy(&scene.kiosk.scene->tree.node);
    wlr_renderer_destroy(scene.kiosk.renderer);
    wlr_backend_destroy(scene.kiosk.backend);
    wl_display_destroy(scene.kiosk.display);
    return 0;
}

/* ---- the tests ---- */

static void a_layout_is_given_to_the_program(void **state)
{
    (void)state;
    assert_int_equal(symbol_of(KEY_Y), XKB_KEY_y);
    bk_kiosk_seat_set_layout(&scene.kiosk, "de", "");
    settle();
    assert_int_equal(symbol_of(KEY_Y), XKB_KEY_z);
    bk_kiosk_seat_set_layout(&scene.kiosk, "ch", "fr");
    settle();
    assert_int_equal(symbol_of(KEY_SEMICOLON), XKB_KEY_eacute);
    unsigned keymaps = scene.program.keymaps;
    bk_kiosk_seat_set_layout(&scene.kiosk, "no-such-layout", "");
    settle();
    assert_int_equal(scene.program.keymaps, keymaps);
    assert_int_equal(symbol_of(KEY_SEMICOLON), XKB_KEY_eacute);
}

static void what_is_held_and_locked_outlives_it(void **state)
{
    (void)state;
    press(KEY_CAPSLOCK, true);
    press(KEY_CAPSLOCK, false);
    press(KEY_LEFTSHIFT, true);
    press(KEY_A, true);
    uint32_t locked = scene.program.locked, pressed = scene.program.pressed;
    assert_int_not_equal(locked, 0);
    assert_int_not_equal(pressed, 0);
    bk_kiosk_seat_set_layout(&scene.kiosk, "fr", "");
    settle();
    assert_int_equal(scene.program.locked, locked);
    assert_int_equal(scene.program.pressed, pressed);
    press(KEY_A, false);
    assert_int_equal(scene.program.key, KEY_A);
    assert_int_equal(scene.program.key_state, WL_KEYBOARD_KEY_STATE_RELEASED);
    press(KEY_LEFTSHIFT, false);
    assert_int_equal(scene.program.pressed, 0);
    press(KEY_CAPSLOCK, true);
    press(KEY_CAPSLOCK, false);
    assert_int_equal(scene.program.locked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_layout_is_given_to_the_program, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_held_and_locked_outlives_it, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("kiosk_seat", tests, NULL, NULL);
}
