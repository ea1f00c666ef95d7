/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "system.h"

#include "line.h"

#include "log.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Window."

#define LAYOUT_MAX 32U /* bytes of a name */

struct bk_system {
    struct wl_event_loop *loop;
    const struct bk_system_events *events;
    void *userdata;
    struct wl_event_source *retry, *again;
    int pause_ms;
    struct bk_line watch, calls; /* one watches, which occupies it; the other says */
    char layout[LAYOUT_MAX + 1], variant[LAYOUT_MAX + 1];

    char title[BK_SYSTEM_TITLE_MAX + 1];
    int least_width, least_height;
    bool has_said; /* there is something to say */
    bool due;      /* the system does not know it */
    bool calling;  /* it is being told, and has not answered */
    bool waiting;  /* it wants to be told later */
};

/* ---- lines ---- */

static void lose(struct bk_system *system)
{
    bk_line_hang_up(&system->watch);
    bk_line_hang_up(&system->calls);
    system->calling = false;
    wl_event_source_timer_update(system->retry, system->pause_ms);
    system->pause_ms = system->pause_ms * 2 < BK_SYSTEM_REST_MS ? system->pause_ms * 2 : BK_SYSTEM_REST_MS;
}

static void on_lost(struct bk_line *line)
{
    lose(line->userdata);
}

static int dial(struct bk_line *line)
{
    const struct bk_system *system = line->userdata;
    int fd = system->events->connect();

    return fd < 0 ? fd : bk_line_open(line, fd);
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
    const struct bk_line *line = userdata;
    struct bk_system *system = line->userdata;
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

static void watch(struct bk_line *line)
{
    sd_varlink *link = line->link;
    int r = sd_varlink_bind_reply(link, on_news);
    if (r >= 0)
        r = sd_varlink_set_relative_timeout(link, UINT64_MAX);
    if (r >= 0)
        r = sd_varlink_observe(link, INTERFACE "Watch", NULL);
    if (r < 0)
        lose(line->userdata);
}

/* ---- what is said ---- */

/* True when it began to tell the system. */
static bool say(struct bk_line *line)
{
    struct bk_system *system = line->userdata;

    if (!system->due || system->calling || system->waiting)
        return false;
    system->due = false;
    system->calling = sd_varlink_invokebo(
                          line->link, INTERFACE "Set", SD_JSON_BUILD_PAIR_STRING("title", system->title),
                          SD_JSON_BUILD_PAIR_OBJECT("minimum", SD_JSON_BUILD_PAIR_INTEGER("width", system->least_width),
                                                    SD_JSON_BUILD_PAIR_INTEGER("height", system->least_height))) >= 0;
    if (!system->calling)
        lose(system);
    return system->calling;
}

static int on_again(void *data)
{
    struct bk_system *system = data;

    system->waiting = false;
    bk_line_pump(&system->calls);
    return 0;
}

static int on_answer(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                     void *userdata)
{
    const struct bk_line *line = userdata;
    struct bk_system *system = line->userdata;

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

static void begin_to_say(struct bk_line *line)
{
    struct bk_system *system = line->userdata;
    sd_varlink *link = line->link;

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
    bk_line_pump(&system->calls);
}

/* ---- life ---- */

int bk_system_connect_vsock(void)
{
    return bk_line_connect_vsock(BK_LINE_PORT_CALLS);
}

int bk_system_create(struct wl_event_loop *loop, const struct bk_system_events *events, void *userdata,
                     struct bk_system **ret)
{
    static const struct bk_line_events watch_events = { .opened = watch, .lost = on_lost };
    static const struct bk_line_events call_events = { .opened = begin_to_say, .lost = on_lost, .idle = say };
    struct bk_system *system = calloc(1, sizeof *system);

    if (system == NULL)
        return -ENOMEM;
    system->loop = loop;
    system->events = events;
    system->userdata = userdata;
    system->pause_ms = BK_SYSTEM_PAUSE_MS;
    bk_line_init(&system->watch, loop, &watch_events, system);
    bk_line_init(&system->calls, loop, &call_events, system);
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
    bk_line_hang_up(&system->watch);
    bk_line_hang_up(&system->calls);
    if (system->retry != NULL)
        wl_event_source_remove(system->retry);
    if (system->again != NULL)
        wl_event_source_remove(system->again);
    free(system);
}
