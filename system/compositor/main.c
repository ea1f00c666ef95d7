/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-compositor: the System VM's desktop.
 */
#include "desktop.h"
#include "theme.h"

#include "log.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

#define SOCKET_DEFAULT "/run/bulkhead/desktop.sock"
#define SCREEN_MAX     8192
#define TOAST_S_MAX    3600

static const char usage[] =
    "bk-compositor: the System VM's desktop\n"
    "\n"
    "  --socket=PATH         where the broker connects (BK_DESKTOP_SOCKET; " SOCKET_DEFAULT ")\n"
    "  --toast-seconds=N     how long a notification stays on the screen by itself (BK_TOAST_SECONDS; 8)\n"
    "  --scale=1|1.5|2       device pixels to a logical one (BK_SCALE; by the screen's size in millimetres)\n"
    "  --reduced-motion      nothing slides or fades (BK_REDUCED_MOTION=1)\n"
    "                        BK_SLOW_TURN=1 makes it turn with the machine ten times as slowly, to be looked at\n"
    "  --keyboard-layout=L   the layout to begin with, such as us, de or ch:fr (BK_KEYBOARD_LAYOUT; us)\n"
    "  --form=FORM           desktop, or phone: touch first, one app at a time (BK_FORM; desktop)\n"
    "  --headless=WxH        device pixels; no screen and no input devices\n"
    "  --display-socket=PATH with --headless: where the display port and its apps are played\n"
    "  --verbose\n"
    "  --help\n";

static void on_wlr_log(enum wlr_log_importance importance, const char *format, va_list arguments)
{
    bk_log_va(importance == WLR_ERROR ? LOG_WARNING : LOG_DEBUG, format, arguments);
}

static bool parse_number(const char *text, long max, long *ret_number)
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 1 || number > max)
        return false;
    *ret_number = number;
    return true;
}

static bool parse_size(const char *text, struct bk_desktop_options *options)
{
    int width, height;
    char rest;

    if (sscanf(text, "%dx%d%c", &width, &height, &rest) != 2)
        return false;
    if (width < 320 || width > SCREEN_MAX || height < 200 || height > SCREEN_MAX)
        return false;
    options->headless_width = width;
    options->headless_height = height;
    return true;
}

static bool parse_toast_seconds(const char *text, struct bk_desktop_options *options)
{
    long seconds;

    if (!parse_number(text, TOAST_S_MAX, &seconds))
        return false;
    options->toast_ms = (uint64_t)seconds * 1000;
    return true;
}

static bool parse_scale(const char *text, struct bk_desktop_options *options)
{
    static const struct {
        const char *text;
        double scale;
    } scales[] = { { "1", 1 }, { "1.5", 1.5 }, { "2", 2 } };

    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (strcmp(scales[i].text, text) == 0) {
            options->scale = scales[i].scale;
            return true;
        }
    }
    return false;
}

static bool parse_layout(const char *text, struct bk_desktop_options *options)
{
    size_t layout = bk_layout_find(text);

    if (layout == BK_LAYOUTS)
        return false;
    options->layout = layout;
    return true;
}

static void take_environment(struct bk_desktop_options *options)
{
    const char *value = getenv("BK_DESKTOP_SOCKET");

    if (value != NULL)
        options->socket = value;
    value = getenv("BK_REDUCED_MOTION");
    options->reduced_motion = value != NULL && strcmp(value, "1") == 0;
    value = getenv("BK_SLOW_TURN");
    if (value != NULL && strcmp(value, "1") == 0)
        options->turn_ms = BK_TURN_SLOW_MS;
    value = getenv("BK_FORM");
    if (value != NULL && !bk_form_parse(value, &options->form))
        bk_warning("BK_FORM is neither desktop nor phone");
    value = getenv("BK_TOAST_SECONDS");
    if (value != NULL && !parse_toast_seconds(value, options))
        bk_warning("BK_TOAST_SECONDS is no number from 1 to %d", TOAST_S_MAX);
    value = getenv("BK_SCALE");
    if (value != NULL && !parse_scale(value, options))
        bk_warning("BK_SCALE is not 1, 1.5 or 2");
    value = getenv("BK_KEYBOARD_LAYOUT");
    if (value != NULL && !parse_layout(value, options))
        bk_warning("BK_KEYBOARD_LAYOUT is none of the layouts");
}

/* 0 to go on, else the exit status plus one. */
static int take_arguments(int argc, char **argv, struct bk_desktop_options *options, int *ret_priority)
{
    static const struct option long_options[] = {
        { "socket", required_argument, NULL, 's' },
        { "toast-seconds", required_argument, NULL, 't' },
        { "scale", required_argument, NULL, 'c' },
        { "reduced-motion", no_argument, NULL, 'r' },
        { "keyboard-layout", required_argument, NULL, 'k' },
        { "form", required_argument, NULL, 'f' },
        { "headless", required_argument, NULL, 'l' },
        { "display-socket", required_argument, NULL, 'd' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            options->socket = optarg;
            break;
        case 't':
            if (!parse_toast_seconds(optarg, options)) {
                bk_error("--toast-seconds: a number from 1 to %d", TOAST_S_MAX);
                return EXIT_FAILURE + 1;
            }
            break;
        case 'c':
            if (!parse_scale(optarg, options)) {
                bk_error("--scale: 1, 1.5 or 2");
                return EXIT_FAILURE + 1;
            }
            break;
        case 'r':
            options->reduced_motion = true;
            break;
        case 'k':
            if (!parse_layout(optarg, options)) {
                bk_error("--keyboard-layout: a layout, with a variant after a colon, such as us, de or ch:fr");
                return EXIT_FAILURE + 1;
            }
            break;
        case 'f':
            if (!bk_form_parse(optarg, &options->form)) {
                bk_error("--form: desktop or phone");
                return EXIT_FAILURE + 1;
            }
            break;
        case 'l':
            if (!parse_size(optarg, options)) {
                bk_error("--headless: a size such as 1280x800, at most %dx%d", SCREEN_MAX, SCREEN_MAX);
                return EXIT_FAILURE + 1;
            }
            break;
        case 'd':
            options->display_socket = optarg;
            break;
        case 'v':
            *ret_priority = LOG_DEBUG;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS + 1;
        default:
            return EXIT_FAILURE + 1;
        }
    }
    if (options->display_socket != NULL && options->headless_width == 0) {
        bk_error("--display-socket is for --headless");
        return EXIT_FAILURE + 1;
    }
    if (optind < argc) {
        bk_error("unexpected argument: %s", argv[optind]);
        return EXIT_FAILURE + 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct bk_desktop_options options = { .socket = SOCKET_DEFAULT, .toast_ms = BK_TOAST_MS, .turn_ms = BK_TURN_MS };
    struct bk_desktop *desktop = NULL;
    sd_event *event = NULL;
    int priority = LOG_INFO;

    bk_log_open("bk-compositor", NULL, LOG_INFO);
    take_environment(&options);
    int status = take_arguments(argc, argv, &options, &priority);
    if (status != 0)
        return status - 1;
    bk_log_open("bk-compositor", NULL, priority);
    wlr_log_init(WLR_DEBUG, on_wlr_log);
    (void)setenv("WLR_RENDERER", "pixman", 0);

    /* Blocked before anything starts a thread, as pango's fonts do: a thread that does not block SIGTERM would be
     * killed by it, and the loop would never hear of it. */
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    if (r >= 0)
        r = bk_desktop_create(event, &options, &desktop);
    if (r >= 0)
        r = sd_event_loop(event);
    if (r < 0) {
        errno = -r;
        bk_error("cannot go on: %m");
    }
    bk_desktop_destroy(desktop);
    sd_event_unref(event);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
