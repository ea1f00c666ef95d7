/* SPDX-License-Identifier: Apache-2.0 */
/* A Wayland program's copying and pasting in the kiosk, with a program and a system that the test plays. */
#define _GNU_SOURCE
#include "clip.h"
#include "kiosk.h"
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>

#include <cmocka.h>

#define ENDS_MAX 16U
#define ROUNDS   20
#define TOKEN    "0123456789abcdef0123456789abcdef"

struct program {
    struct wl_display *display;
    struct wl_registry *registry;
    struct wl_compositor *compositor;
    struct wl_seat *seat;
    struct wl_keyboard *keyboard;
    struct wl_surface *surface;
    struct wl_data_device_manager *manager;
    struct wl_data_device *device;
    uint32_t serial;
    struct wl_data_offer *offer; /* the selection */
    char types[256];             /* of the offer that is being told */
    char selected[256];          /* of the selection */
    struct wl_data_source *source;
    unsigned cancelled;
    char asked[64];
};

struct scene {
    struct kiosk kiosk;
    struct wlr_keyboard keyboard;
    struct wlr_surface *surface;
    struct wl_listener new_surface;
    struct program program;
    int ends[ENDS_MAX]; /* the system's, of each connection: the first watches */
    unsigned count;
};

static struct scene scene;

/* ---- the program ---- */

static void on_offered(void *data, struct wl_data_offer *offer, const char *type)
{
    struct program *program = data;

    (void)offer;
    const size_t length = strlen(program->types);
    snprintf(program->types + length, sizeof program->types - length, "%s ", type);
}

static void on_source_actions(void *data, struct wl_data_offer *offer, uint32_t actions)
{
    (void)data;
    (void)offer;
    (void)actions;
}

static void on_action(void *data, struct wl_data_offer *offer, uint32_t action)
{
    (void)data;
    (void)offer;
    (void)action;
}

static const struct wl_data_offer_listener offer_listener = { .offer = on_offered,
                                                              .source_actions = on_source_actions,
                                                              .action = on_action };

static void on_data_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
    struct program *program = data;

    (void)device;
    program->types[0] = '\0';
    wl_data_offer_add_listener(offer, &offer_listener, program);
}

static void on_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
    struct program *program = data;

    (void)device;
    if (program->offer != NULL)
        wl_data_offer_destroy(program->offer);
    program->offer = offer;
    snprintf(program->selected, sizeof program->selected, "%s", offer != NULL ? program->types : "");
}

static const struct wl_data_device_listener device_listener = { .data_offer = on_data_offer,
                                                                .selection = on_selection };

static void on_target(void *data, struct wl_data_source *source, const char *type)
{
    (void)data;
    (void)source;
    (void)type;
}

static void on_send(void *data, struct wl_data_source *source, const char *type, int fd)
{
    struct program *program = data;

    (void)source;
    snprintf(program->asked, sizeof program->asked, "%s", type);
    assert_int_equal(write(fd, "copied", 6), 6);
    close(fd);
}

static void on_cancelled(void *data, struct wl_data_source *source)
{
    struct program *program = data;

    program->cancelled++;
    wl_data_source_destroy(source);
    program->source = NULL;
}

static const struct wl_data_source_listener source_listener = { .target = on_target,
                                                                .send = on_send,
                                                                .cancelled = on_cancelled };

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int fd, uint32_t size)
{
    (void)data;
    (void)keyboard;
    (void)format;
    (void)size;
    close(fd);
}

static void on_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface,
                     struct wl_array *keys)
{
    struct program *program = data;

    (void)keyboard;
    (void)surface;
    (void)keys;
    program->serial = serial;
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
    (void)time;
    (void)key;
    (void)state;
    program->serial = serial;
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t pressed, uint32_t latched,
                         uint32_t locked, uint32_t group)
{
    (void)data;
    (void)keyboard;
    (void)serial;
    (void)pressed;
    (void)latched;
    (void)locked;
    (void)group;
}

static const struct wl_keyboard_listener keyboard_listener = {
    .keymap = on_keymap, .enter = on_enter, .leave = on_leave, .key = on_key, .modifiers = on_modifiers
};

static void on_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
    struct program *program = data;

    (void)version;
    if (strcmp(interface, wl_compositor_interface.name) == 0)
        program->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
    else if (strcmp(interface, wl_seat_interface.name) == 0)
        program->seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
    else if (strcmp(interface, wl_data_device_manager_interface.name) == 0)
        program->manager = wl_registry_bind(registry, name, &wl_data_device_manager_interface, 3);
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
    for (unsigned i = 0; i < ROUNDS; i++) {
        (void)wl_display_flush(scene.program.display);
        (void)wl_event_loop_dispatch(scene.kiosk.loop, 2);
        wl_display_flush_clients(scene.kiosk.display);
        while (wl_display_prepare_read(scene.program.display) < 0)
            (void)wl_display_dispatch_pending(scene.program.display);
        (void)wl_display_read_events(scene.program.display);
        (void)wl_display_dispatch_pending(scene.program.display);
    }
}

/* The program copies, after a key. */
static void copy(const char *type)
{
    struct program *program = &scene.program;
    struct wlr_keyboard_key_event event = { .keycode = 46,
                                            .update_state = true,
                                            .state = WL_KEYBOARD_KEY_STATE_PRESSED };

    wlr_keyboard_notify_key(&scene.keyboard, &event);
    event.state = WL_KEYBOARD_KEY_STATE_RELEASED;
    wlr_keyboard_notify_key(&scene.keyboard, &event);
    settle();
    program->source = wl_data_device_manager_create_data_source(program->manager);
    wl_data_source_add_listener(program->source, &source_listener, program);
    wl_data_source_offer(program->source, type);
    wl_data_device_set_selection(program->device, program->source, program->serial);
    settle();
}

/* ---- the system ---- */

static int play_connect(unsigned port)
{
    int pair[2];

    (void)port;
    assert_true(scene.count < ENDS_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    scene.ends[scene.count++] = pair[0];
    return pair[1];
}

static int refuse(void)
{
    return -EAFNOSUPPORT;
}

static void send_text(unsigned end, const char *text)
{
    assert_int_equal(send(scene.ends[end], text, strlen(text) + 1, MSG_NOSIGNAL), strlen(text) + 1);
    settle();
}

/* What came on a connection holds the text. */
static void expect(unsigned end, const char *text)
{
    char said[4096];
    ssize_t n = recv(scene.ends[end], said, sizeof said - 1, 0);

    assert_true(n > 0);
    said[n] = '\0';
    if (strstr(said, text) == NULL)
        fail_msg("no %s in %s", text, said);
}

static void tell(const char *types, const char *own)
{
    char text[512];

    snprintf(text, sizeof text, "{\"parameters\":{\"types\":[%s],\"own\":%s},\"continues\":true}", types, own);
    send_text(0, text);
}

/* ---- the scene ---- */

static void on_new_surface(struct wl_listener *listener, void *data)
{
    (void)listener;
    scene.surface = data;
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
    assert_non_null(wlr_data_device_manager_create(kiosk->display));
    scene.new_surface.notify = on_new_surface;
    wl_signal_add(&compositor->events.new_surface, &scene.new_surface);
    assert_int_equal(bk_system_create(kiosk->loop, &nobody, kiosk, &kiosk->system), 0);
    assert_int_equal(bk_kiosk_clipboard_init(kiosk, play_connect), 0);
    assert_int_equal(bk_kiosk_windows_init(kiosk), 0);
    assert_int_equal(bk_kiosk_seat_init(kiosk), 0);
    wlr_keyboard_init(&scene.keyboard, &impl, "probe");
    wl_signal_emit_mutable(&kiosk->backend->events.new_input, &scene.keyboard.base);
}

static int set_up(void **state)
{
    struct program *program = &scene.program;
    int pair[2];

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as bk-kiosk does */
    scene = (struct scene){ 0 };
    start_kiosk();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    assert_non_null(wl_client_create(scene.kiosk.display, pair[0]));
    program->display = wl_display_connect_to_fd(pair[1]);
    program->registry = wl_display_get_registry(program->display);
    wl_registry_add_listener(program->registry, &registry_listener, program);
    settle();
    program->keyboard = wl_seat_get_keyboard(program->seat);
    wl_keyboard_add_listener(program->keyboard, &keyboard_listener, program);
    program->device = wl_data_device_manager_get_data_device(program->manager, program->seat);
    wl_data_device_add_listener(program->device, &device_listener, program);
    program->surface = wl_compositor_create_surface(program->compositor);
    settle();
    assert_non_null(scene.surface);
    bk_kiosk_seat_focus(&scene.kiosk, scene.surface);
    settle();
    assert_int_equal(scene.count, 1);
    expect(0, "Watch");
    return 0;
}

static int tear_down(void **state)
{
    struct program *program = &scene.program;

    (void)state;
    if (program->source != NULL)
        wl_data_source_destroy(program->source);
    if (program->offer != NULL)
        wl_data_offer_destroy(program->offer);
    wl_data_device_destroy(program->device);
    wl_data_device_manager_destroy(program->manager);
    wl_surface_destroy(program->surface);
    wl_keyboard_destroy(program->keyboard);
    wl_seat_destroy(program->seat);
    wl_compositor_destroy(program->compositor);
    wl_registry_destroy(program->registry);
    wl_display_disconnect(program->display);
    wl_display_destroy_clients(scene.kiosk.display);
    wlr_keyboard_finish(&scene.keyboard);
    wl_list_remove(&scene.new_surface.link);
    bk_kiosk_clipboard_finish(&scene.kiosk);
    bk_kiosk_seat_finish(&scene.kiosk);
    bk_kiosk_windows_finish(&scene.kiosk);
    bk_system_destroy(scene.kiosk.system);
    for (unsigned i = 0; i < scene.count; i++)
        close(scene.ends[i]);
    wlr_scene_node_destroy(&scene.kiosk.scene->tree.node);
    wlr_renderer_destroy(scene.kiosk.renderer);
    wlr_backend_destroy(scene.kiosk.backend);
    wl_display_destroy(scene.kiosk.display);
    return 0;
}

/* ---- the tests ---- */

static void what_the_program_copies_the_system_gets(void **state)
{
    (void)state;
    copy("text/plain");
    assert_int_equal(scene.count, 2);
    expect(1, "Copy\",\"parameters\":{\"types\":[\"text/plain\"]}");
    send_text(1, "{\"parameters\":{\"type\":\"text/plain\",\"stream\":\"" TOKEN "\"},\"continues\":true}");
    assert_string_equal(scene.program.asked, "text/plain");
    assert_int_equal(scene.count, 3);
    expect(2, TOKEN "\n6\ncopied");
    tell("\"text/plain\"", "true"); /* it keeps its own */
    assert_int_equal(scene.program.cancelled, 0);
    wl_data_device_set_selection(scene.program.device, NULL, scene.program.serial);
    settle();
    char byte;
    assert_int_equal(recv(scene.ends[1], &byte, 1, 0), 0); /* it offers nothing any more */
}

static void what_others_copied_the_program_pastes(void **state)
{
    char data[16];
    int ends[2];

    (void)state;
    tell("\"text/plain\",\"image/png\"", "false");
    assert_string_equal(scene.program.selected, "text/plain image/png ");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    wl_data_offer_receive(scene.program.offer, "image/png", ends[1]);
    close(ends[1]);
    settle();
    assert_int_equal(scene.count, 2);
    expect(1, "Paste\",\"parameters\":{\"types\":[\"image/png\"]}");
    send_text(1, "{\"parameters\":{\"type\":\"image/png\",\"size\":3,\"stream\":\"" TOKEN "\"}}");
    assert_int_equal(scene.count, 3);
    expect(2, TOKEN "\n");
    assert_int_equal(send(scene.ends[2], "PNG", 3, 0), 3);
    shutdown(scene.ends[2], SHUT_WR);
    settle();
    assert_int_equal(read(ends[0], data, sizeof data), 3);
    assert_memory_equal(data, "PNG", 3);
    assert_int_equal(read(ends[0], data, sizeof data), 0);
    close(ends[0]);
}

static void what_others_copied_takes_the_place_of_its_own(void **state)
{
    (void)state;
    copy("text/html");
    expect(1, "text/html");
    tell("\"text/plain\"", "false");
    assert_int_equal(scene.program.cancelled, 1);
    assert_string_equal(scene.program.selected, "text/plain ");
    copy("a/b");
    assert_int_equal(scene.count, 3);
    expect(2, "a/b");
    assert_string_equal(scene.program.selected, "a/b ");
    assert_int_equal(scene.program.cancelled, 1);
}

static void its_own_is_pasted_without_the_system(void **state)
{
    char data[16];
    int ends[2];

    (void)state;
    copy("text/plain");
    tell("\"text/plain\"", "true");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    wl_data_offer_receive(scene.program.offer, "text/plain", ends[1]);
    close(ends[1]);
    settle();
    assert_int_equal(scene.count, 2); /* it watches and copies */
    assert_int_equal(read(ends[0], data, sizeof data), 6);
    assert_memory_equal(data, "copied", 6);
    close(ends[0]);
}

static void what_it_copied_before_the_kiosk_was_there_is_others(void **state)
{
    (void)state;
    tell("\"text/plain\"", "true"); /* the app was started anew */
    assert_string_equal(scene.program.selected, "text/plain ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_program_copies_the_system_gets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_others_copied_the_program_pastes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_others_copied_takes_the_place_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_own_is_pasted_without_the_system, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_copied_before_the_kiosk_was_there_is_others, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("kiosk_clipboard", tests, NULL, NULL);
}
