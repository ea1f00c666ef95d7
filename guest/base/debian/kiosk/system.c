/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "system.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID  2U
#define SYSTEM_PORT 1U
#define INTERFACE   "io.bulkhead.Window."

#define LAYOUT_MAX 32U /* bytes of a name */

/* A connection: one watches, which occupies it; the other says. */
struct line {
    struct bk_system *system;
    void (*opened)(struct bk_system *system);
    int connecting; /* -1: no */
    sd_varlink *link;
    struct wl_event_source *source;
};

struct bk_system {
    struct wl_event_loop *loop;
    const struct bk_system_events *events;
    void *userdata;
    struct wl_event_source *retry, *again;
    int pause_ms;
    struct line watch, calls;
    char layout[LAYOUT_MAX + 1], variant[LAYOUT_MAX + 1];

    char title[BK_SYSTEM_TITLE_MAX + 1];
    int least_width, least_height;
    bool has_said; /* there is something to say */
    bool due;      /* the system does not know it */
    bool calling;  /* it is being told, and has not answered */
    bool waiting;  /* it wants to be told later */
};

/* ---- lines ---- */

static void hang_up(struct line *line)
{
    if (line->source != NULL)
        wl_event_source_remove(line->source);
    line->source = NULL;
    line->link = sd_varlink_close_unref(line->link);
    line->connecting = bk_close(line->connecting);
}

static void lose(struct bk_system *system)
{
    hang_up(&system->watch);
    hang_up(&system->calls);
    system->calling = false;
    wl_event_source_timer_update(system->retry, system->pause_ms);
    system->pause_ms = system->pause_ms * 2 < BK_SYSTEM_REST_MS ? system->pause_ms * 2 : BK_SYSTEM_REST_MS;
}

/* True when it began to tell the system. */
static bool say(struct bk_system *system)
{
    sd_varlink *link = system->calls.link;

    if (!system->due || system->calling || system->waiting || link == NULL)
        return false;
    system->due = false;
    system->calling = sd_varlink_invokebo(
                          link, INTERFACE "Set", SD_JSON_BUILD_PAIR_STRING("title", system->title),
                          SD_JSON_BUILD_PAIR_OBJECT("minimum", SD_JSON_BUILD_PAIR_INTEGER("width", system->least_width),
                                                    SD_JSON_BUILD_PAIR_INTEGER("height", system->least_height))) >= 0;
    if (!system->calling)
        lose(system);
    return system->calling;
}

/* Lets sd-varlink do what there is to do, and waits for what it waits for. What is to be said is said here, since none
 * of its callbacks may call. */
static void pump(struct line *line)
{
    struct bk_system *system = line->system;
    int r = 0;

    do {
        while (line->link != NULL && (r = sd_varlink_process(line->link)) > 0)
            ;
    } while (r == 0 && line == &system->calls && say(system));
    if (line->link == NULL)
        return;
    int events = r < 0 ? r : sd_varlink_get_events(line->link);
    uint32_t mask = (events & POLLIN) != 0 ? WL_EVENT_READABLE : 0U;
    mask |= (events & POLLOUT) != 0 ? WL_EVENT_WRITABLE : 0U;
    if (events < 0 || wl_event_source_fd_update(line->source, mask) < 0)
        lose(system);
}

/* The connection is there, or will not be. */
static void finish_connecting(struct line *line)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(line->connecting, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0 ||
        sd_varlink_connect_fd(&line->link, line->connecting) < 0) {
        lose(line->system);
        return;
    }
    line->connecting = -1; /* sd-varlink's */
    sd_varlink_set_userdata(line->link, line->system);
    line->opened(line->system);
}

static int on_line(int fd, uint32_t mask, void *data)
{
    struct line *line = data;

    (void)fd;
    (void)mask;
    if (line->link == NULL)
        finish_connecting(line);
    pump(line);
    return 0;
}

static int dial(struct line *line)
{
    line->connecting = line->system->events->connect();
    if (line->connecting < 0)
        return line->connecting;
    line->source = wl_event_loop_add_fd(line->system->loop, line->connecting, WL_EVENT_WRITABLE | WL_EVENT_READABLE,
                                        on_line, line);
    return line->source != NULL ? 0 : -ENOMEM;
}

static int on_retry(void *data)
{
    struct bk_system *system = data;

    int r = dial(&system->watch);
    if (r >= 0)
        r = dial(&system->calls);
    if (r < 0 && r != -EAFNOSUPPORT)
        lose(system);
    return 0;
}

/* ---- what is heard ---- */

static bool take_name(sd_json_variant *json, char to[static LAYOUT_MAX + 1], bool *changed)
{
    if (!sd_json_variant_is_string(json) || strlen(sd_json_variant_string(json)) > LAYOUT_MAX)
        return false;
    *changed |= strcmp(sd_json_variant_string(json), to) != 0;
    snprintf(to, LAYOUT_MAX + 1, "%s", sd_json_variant_string(json));
    return true;
}

static int on_news(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                   void *userdata)
{
    struct bk_system *system = userdata;
    bool changed = false;

    (void)link;
    if (error != NULL || (flags & SD_VARLINK_REPLY_CONTINUES) == 0 ||
        !take_name(sd_json_variant_by_key(parameters, "keyboardLayout"), system->layout, &changed) ||
        !take_name(sd_json_variant_by_key(parameters, "keyboardVariant"), system->variant, &changed)) {
        lose(system);
        return 0;
    }
    system->pause_ms = BK_SYSTEM_PAUSE_MS;
    if (changed)
        system->events->layout(system->layout, system->variant, system->userdata);
    return 0;
}

static void watch(struct bk_system *system)
{
    sd_varlink *link = system->watch.link;

    int r = sd_varlink_bind_reply(link, on_news);
    if (r >= 0)
        r = sd_varlink_set_relative_timeout(link, UINT64_MAX);
    if (r >= 0)
        r = sd_varlink_observe(link, INTERFACE "Watch", NULL);
    if (r < 0)
        lose(system);
}

/* ---- what is said ---- */

static int on_again(void *data)
{
    struct bk_system *system = data;

    system->waiting = false;
    pump(&system->calls);
    return 0;
}

static int on_answer(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                     void *userdata)
{
    struct bk_system *system = userdata;

    (void)link;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0) {
        lose(system);
        return 0;
    }
    system->calling = false;
    if (error != NULL && strcmp(error, INTERFACE "TooSoon") == 0) {
        int64_t wait_ms = sd_json_variant_integer(sd_json_variant_by_key(parameters, "milliseconds"));
        system->due = system->waiting = true;
        wait_ms = wait_ms < 1 ? 1 : wait_ms > BK_SYSTEM_REST_MS ? BK_SYSTEM_REST_MS : wait_ms;
        wl_event_source_timer_update(system->again, (int)wait_ms);
        return 0;
    }
    if (error != NULL) /* a title with a character that the system does not show */
        bk_debug("the system does not take the window's title: %s", error);
    return 0;
}

static void begin_to_say(struct bk_system *system)
{
    sd_varlink *link = system->calls.link;

    if (sd_varlink_bind_reply(link, on_answer) < 0 || sd_varlink_set_relative_timeout(link, UINT64_MAX) < 0) {
        lose(system);
        return;
    }
    system->due = system->has_said;
}

void bk_system_say(struct bk_system *system, const char *title, int least_width, int least_height)
{
    size_t length = strnlen(title, BK_SYSTEM_TITLE_MAX + 1);

    if (length > BK_SYSTEM_TITLE_MAX) {
        length = BK_SYSTEM_TITLE_MAX;
        while (length > 0 && ((unsigned char)title[length] & 0xc0) == 0x80)
            length--; /* not in the middle of a character */
    }
    if (strncmp(system->title, title, length) == 0 && system->title[length] == '\0' &&
        system->least_width == least_width && system->least_height == least_height)
        return;
    memcpy(system->title, title, length);
    system->title[length] = '\0';
    system->least_width = least_width;
    system->least_height = least_height;
    system->has_said = system->due = true;
    pump(&system->calls);
}

/* ---- life ---- */

int bk_system_connect_vsock(void)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = SYSTEM_PORT };
    _cleanup_close_ int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        return errno == EAFNOSUPPORT ? -ENODEV : -errno;
    return TAKE_FD(fd);
}

int bk_system_create(struct wl_event_loop *loop, const struct bk_system_events *events, void *userdata,
                     struct bk_system **ret)
{
    struct bk_system *system = calloc(1, sizeof *system);

    if (system == NULL)
        return -ENOMEM;
    system->loop = loop;
    system->events = events;
    system->userdata = userdata;
    system->pause_ms = BK_SYSTEM_PAUSE_MS;
    system->watch = (struct line){ .system = system, .opened = watch, .connecting = -1 };
    system->calls = (struct line){ .system = system, .opened = begin_to_say, .connecting = -1 };
    system->retry = wl_event_loop_add_timer(loop, on_retry, system);
    system->again = wl_event_loop_add_timer(loop, on_again, system);
    if (system->retry == NULL || system->again == NULL) {
        bk_system_destroy(system);
        return -ENOMEM;
    }
    wl_event_source_timer_update(system->retry, 1);
    *ret = system;
    return 0;
}

void bk_system_destroy(struct bk_system *system)
{
    if (system == NULL)
        return;
    hang_up(&system->watch);
    hang_up(&system->calls);
    if (system->retry != NULL)
        wl_event_source_remove(system->retry);
    if (system->again != NULL)
        wl_event_source_remove(system->again);
    free(system);
}
