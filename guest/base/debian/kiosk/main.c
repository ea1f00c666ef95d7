/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "kiosk.h"

#include "line.h"
#include "system.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_output_v1.h>
#include <wlr/util/log.h>

#define COMPOSITOR_VERSION 6

static const char help[] = "bk-kiosk PROGRAM [ARGUMENT...]\n"
                           "\n"
                           "Shows a Wayland program on the whole of this VM's screen, and ends when it ends.\n";

/* What is said before what the environment says: a VM with one card, no seat manager, no virtual terminals, no GPU. */
static const char *const defaults[][2] = {
    { "LIBSEAT_BACKEND", "builtin" },
    { "SEATD_VTBOUND", "0" },
    { "WLR_RENDERER", "pixman" },
    { "WLR_BACKENDS", "drm,libinput" },
    { "WLR_DRM_DEVICES", "/dev/dri/card0" },
    { "WLR_DRM_NO_ATOMIC", "1" }, /* atomic commits fail at random while the cursor is off */
    { "WLR_LIBINPUT_NO_DEVICES", "1" },
    /* for the app */
    { "GDK_BACKEND", "wayland" },
    { "GDK_DISABLE", "gl,vulkan" },
    { "GSK_RENDERER", "cairo" },
    { "GSETTINGS_BACKEND", "memory" },
    { "GIO_USE_VFS", "local" },
    { "NO_AT_BRIDGE", "1" },
    { "GTK_A11Y", "none" },
};

static void log_wlroots(enum wlr_log_importance importance, const char *format, va_list arguments)
{
    bk_log_va(importance == WLR_ERROR ? LOG_WARNING : LOG_DEBUG, format, arguments);
}

static int on_child(int number, void *data)
{
    struct kiosk *kiosk = data;
    int status;
    pid_t pid;

    (void)number;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != kiosk->app)
            continue;
        kiosk->app = 0;
        kiosk->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
        kiosk->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        wl_display_terminate(kiosk->display);
    }
    return 0;
}

/* The person wants the app to end. It may ask them what to do about their work, and the system waits a while for it. */
static int on_end(int number, void *data)
{
    struct kiosk *kiosk = data;

    (void)number;
    if (wl_list_empty(&kiosk->windows))
        (void)kill(-kiosk->app, SIGTERM);
    else
        bk_kiosk_windows_close(kiosk);
    return 0;
}

static int run(struct kiosk *kiosk, char **arguments)
{
    sigset_t none;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid > 0) {
        kiosk->app = pid;
        return 0;
    }
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setpgid(0, 0); /* a signal for the kiosk is for the kiosk */
    execvp(arguments[0], arguments);
    bk_error("cannot run %s: %s", arguments[0], strerror(errno));
    abort(); /* the kiosk ends so, too */
}

static void on_layout(const char *layout, const char *variant, void *userdata)
{
    bk_kiosk_seat_set_layout(userdata, layout, variant);
}

static int create(struct kiosk *kiosk)
{
    static const struct bk_system_events system_events = { .connect = bk_system_connect_vsock, .layout = on_layout };

    kiosk->display = wl_display_create();
    if (kiosk->display == NULL)
        return -ENOMEM;
    kiosk->loop = wl_display_get_event_loop(kiosk->display);
    kiosk->backend = wlr_backend_autocreate(kiosk->loop, NULL);
    if (kiosk->backend == NULL)
        return -ENODEV; /* wlroots has said why */
    kiosk->renderer = wlr_renderer_autocreate(kiosk->backend);
    kiosk->allocator = kiosk->renderer != NULL ? wlr_allocator_autocreate(kiosk->backend, kiosk->renderer) : NULL;
    kiosk->scene = wlr_scene_create();
    kiosk->layout = wlr_output_layout_create(kiosk->display);
    if (kiosk->allocator == NULL || kiosk->scene == NULL || kiosk->layout == NULL ||
        !wlr_renderer_init_wl_shm(kiosk->renderer, kiosk->display))
        return -ENOMEM;
    if (wlr_compositor_create(kiosk->display, COMPOSITOR_VERSION, kiosk->renderer) == NULL ||
        wlr_subcompositor_create(kiosk->display) == NULL || wlr_data_device_manager_create(kiosk->display) == NULL ||
        wlr_primary_selection_v1_device_manager_create(kiosk->display) == NULL ||
        wlr_viewporter_create(kiosk->display) == NULL ||
        wlr_fractional_scale_manager_v1_create(kiosk->display, 1) == NULL ||
        wlr_single_pixel_buffer_manager_v1_create(kiosk->display) == NULL ||
        wlr_xdg_output_manager_v1_create(kiosk->display, kiosk->layout) == NULL)
        return -ENOMEM;
    int r = bk_system_create(kiosk->loop, &system_events, kiosk, &kiosk->system);
    if (r >= 0)
        r = bk_kiosk_clipboard_init(kiosk, bk_line_connect_vsock);
    if (r >= 0)
        r = bk_kiosk_windows_init(kiosk);
    if (r >= 0)
        r = bk_kiosk_seat_init(kiosk);
    if (r >= 0)
        r = bk_kiosk_screen_init(kiosk);
    return r;
}

int main(int argc, char **argv)
{
    struct kiosk kiosk = { .status = EXIT_FAILURE };
    sigset_t ending;

    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        fputs(help, argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    bk_log_open("bk-kiosk", NULL, LOG_INFO);
    wlr_log_init(WLR_ERROR, log_wlroots);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        (void)setenv(defaults[i][0], defaults[i][1], 0);
    /* From the start: init tells the whole group, and wlroots' helper that holds the devices must outlive the app. */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ending, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* who does not want what it pasted any more */
    int r = create(&kiosk);
    if (r < 0) {
        bk_error("cannot show anything: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    const char *socket = wl_display_add_socket_auto(kiosk.display);
    if (socket == NULL || setenv("WAYLAND_DISPLAY", socket, 1) < 0 ||
        wl_event_loop_add_signal(kiosk.loop, SIGCHLD, on_child, &kiosk) == NULL ||
        wl_event_loop_add_signal(kiosk.loop, SIGTERM, on_end, &kiosk) == NULL) {
        bk_error("cannot serve anyone: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    /* The app starts while the screen does: what it asks for waits in the socket. */
    r = run(&kiosk, argv + 1);
    if (r >= 0 && !wlr_backend_start(kiosk.backend))
        r = -ENODEV;
    if (r < 0)
        bk_error("cannot start: %s", strerror(-r));
    else
        wl_display_run(kiosk.display);
    if (kiosk.app != 0)
        (void)kill(-kiosk.app, SIGKILL);
    wl_display_destroy_clients(kiosk.display);
    bk_kiosk_screen_finish(&kiosk);
    bk_kiosk_seat_finish(&kiosk);
    bk_kiosk_windows_finish(&kiosk);
    bk_kiosk_clipboard_finish(&kiosk);
    bk_system_destroy(kiosk.system);
    wlr_scene_node_destroy(&kiosk.scene->tree.node);
    wlr_allocator_destroy(kiosk.allocator);
    wlr_renderer_destroy(kiosk.renderer);
    wlr_backend_destroy(kiosk.backend);
    wl_display_destroy(kiosk.display);
    if (kiosk.signal != 0) { /* who started it sees how the app ended */
        sigemptyset(&ending);
        (void)sigprocmask(SIG_SETMASK, &ending, NULL);
        (void)signal(kiosk.signal, SIG_DFL);
        (void)raise(kiosk.signal);
    }
    return kiosk.status;
}
