/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three connections: one watches; one offers what the program copied, as long as it does; and one pastes, while there
 * is something to paste. A Copy() occupies its connection, so that each begins another.
 */
#define _GNU_SOURCE
#include "clip.h"

#include "line.h"
#include "transfer.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Clipboard."

#define _cleanup_json_ __attribute__((cleanup(sd_json_variant_unrefp)))

struct paste {
    char type[BK_CLIP_TYPE_MAX + 1];
    int fd;
};

struct bk_clip {
    struct wl_event_loop *loop;
    struct bk_clip_events events;
    void *userdata;
    struct bk_line watch, copy, paste;
    struct bk_transfers transfers;
    struct wl_event_source *retry, *again;
    int pause_ms;

    char types[BK_CLIP_TYPES_MAX][BK_CLIP_TYPE_MAX + 1]; /* that the program copied */
    size_t n_types;

    struct paste pastes[BK_CLIP_PASTES_MAX]; /* the first is under way, when `pasting` says so */
    size_t n_pastes;
    bool pasting;
};

static struct bk_clip *clip_of(void *line)
{
    return ((struct bk_line *)line)->userdata;
}

static int dial(struct bk_clip *clip, struct bk_line *line)
{
    int fd = clip->events.connect(BK_LINE_PORT_CALLS);

    return fd < 0 ? fd : bk_line_open(line, fd);
}

static int begin_calls(const struct bk_line *line, sd_varlink_reply_t on_reply)
{
    int r = sd_varlink_bind_reply(line->link, on_reply);

    return r < 0 ? r : sd_varlink_set_relative_timeout(line->link, UINT64_MAX);
}

/* ---- what could be pasted ---- */

static void on_watch_lost(struct bk_line *line)
{
    struct bk_clip *clip = clip_of(line);

    wl_event_source_timer_update(clip->retry, clip->pause_ms);
    clip->pause_ms = clip->pause_ms * 2 < BK_CLIP_REST_MS ? clip->pause_ms * 2 : BK_CLIP_REST_MS;
}

static int on_retry(void *data)
{
    struct bk_clip *clip = data;

    int r = dial(clip, &clip->watch);
    if (r < 0 && r != -EAFNOSUPPORT)
        on_watch_lost(&clip->watch);
    return 0;
}

static int on_news(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                   void *userdata)
{
    struct bk_clip *clip = clip_of(userdata);
    sd_json_variant *list = sd_json_variant_by_key(parameters, "types");
    sd_json_variant *own = sd_json_variant_by_key(parameters, "own");
    const char *types[BK_CLIP_TYPES_MAX];
    size_t count = 0;

    (void)link;
    if (error != NULL || (flags & SD_VARLINK_REPLY_CONTINUES) == 0 || !sd_json_variant_is_array(list) ||
        !sd_json_variant_is_boolean(own)) {
        bk_line_lose(userdata);
        return 0;
    }
    clip->pause_ms = BK_CLIP_PAUSE_MS;
    for (size_t i = 0; i < sd_json_variant_elements(list) && count < BK_CLIP_TYPES_MAX; i++) {
        sd_json_variant *type = sd_json_variant_by_index(list, i);
        if (sd_json_variant_is_string(type) && strlen(sd_json_variant_string(type)) <= BK_CLIP_TYPE_MAX)
            types[count++] = sd_json_variant_string(type);
    }
    if (count > 0)
        clip->events.there(types, count, sd_json_variant_boolean(own), clip->userdata);
    return 0;
}

static void begin_to_watch(struct bk_line *line)
{
    int r = begin_calls(line, on_news);

    if (r >= 0)
        r = sd_varlink_observe(line->link, INTERFACE "Watch", NULL);
    if (r < 0)
        bk_line_lose(line);
}

/* ---- what is copied ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$&-^_.+", c) != NULL);
}

static const char *skip_name(const char *at)
{
    const char *end = at;

    while (is_name(*end))
        end++;
    return end > at && strchr("!#$&-^_.+", *at) == NULL ? end : NULL;
}

/* A MIME type with parameters that need no quotes. Others, and X11's atoms, stay within the VM. */
static bool is_type(const char *type)
{
    const char *at = strlen(type) <= BK_CLIP_TYPE_MAX ? skip_name(type) : NULL;

    at = at != NULL && *at == '/' ? skip_name(at + 1) : NULL;
    while (at != NULL && *at == ';') {
        at = skip_name(at + 1 + (at[1] == ' '));
        at = at != NULL && *at == '=' ? skip_name(at + 1) : NULL;
    }
    return at != NULL && *at == '\0';
}

static bool has_type(const struct bk_clip *clip, const char *type)
{
    for (size_t i = 0; i < clip->n_types; i++) {
        if (strcmp(clip->types[i], type) == 0)
            return true;
    }
    return false;
}

static void add_type(struct bk_clip *clip, const char *type)
{
    if (clip->n_types < BK_CLIP_TYPES_MAX && is_type(type) && !has_type(clip, type))
        snprintf(clip->types[clip->n_types++], sizeof clip->types[0], "%s", type);
}

static void on_copy_lost(struct bk_line *line)
{
    bk_transfers_end_up(&clip_of(line)->transfers);
}

static int on_again(void *data)
{
    struct bk_clip *clip = data;

    if (clip->n_types > 0 && !bk_line_is_open(&clip->copy))
        (void)dial(clip, &clip->copy); /* it fails: what was copied stays within the VM */
    return 0;
}

static int on_asked(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                    void *userdata)
{
    struct bk_clip *clip = clip_of(userdata);
    sd_json_variant *type = sd_json_variant_by_key(parameters, "type");
    sd_json_variant *stream = sd_json_variant_by_key(parameters, "stream");

    (void)link;
    if (error == NULL && (flags & SD_VARLINK_REPLY_CONTINUES) != 0 && sd_json_variant_is_string(type) &&
        sd_json_variant_is_string(stream)) {
        int fd = clip->events.read(sd_json_variant_string(type), clip->userdata);
        if (fd >= 0)
            bk_transfer_up(&clip->transfers, fd, sd_json_variant_string(stream));
        return 0;
    }
    if (error != NULL && strcmp(error, INTERFACE "TooSoon") == 0) {
        int64_t wait_ms = sd_json_variant_integer(sd_json_variant_by_key(parameters, "milliseconds"));
        wait_ms = wait_ms < 1 ? 1 : wait_ms > BK_CLIP_REST_MS ? BK_CLIP_REST_MS : wait_ms;
        wl_event_source_timer_update(clip->again, (int)wait_ms);
    }
    bk_line_lose(userdata);
    return 0;
}

static void begin_to_copy(struct bk_line *line)
{
    const struct bk_clip *clip = clip_of(line);
    _cleanup_json_ sd_json_variant *types = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = begin_calls(line, on_asked);

    for (size_t i = 0; r >= 0 && i < clip->n_types; i++)
        r = sd_json_variant_append_arrayb(&types, SD_JSON_BUILD_STRING(clip->types[i]));
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("types", types));
    if (r >= 0)
        r = sd_varlink_observe(line->link, INTERFACE "Copy", parameters);
    if (r < 0)
        bk_line_lose(line);
}

void bk_clip_end_copy(struct bk_clip *clip)
{
    wl_event_source_timer_update(clip->again, 0);
    bk_line_hang_up(&clip->copy);
    bk_transfers_end_up(&clip->transfers);
    clip->n_types = 0;
}

void bk_clip_copy(struct bk_clip *clip, const char *const *types, size_t count)
{
    static const char *const first[] = { "text/plain;charset=utf-8", "text/plain", "image/png" };

    bk_clip_end_copy(clip);
    for (size_t f = 0; f < sizeof first / sizeof first[0]; f++) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(types[i], first[f]) == 0)
                add_type(clip, first[f]);
        }
    }
    for (size_t i = 0; i < count; i++)
        add_type(clip, types[i]);
    (void)on_again(clip);
}

/* ---- what is pasted ---- */

static struct paste take_paste(struct bk_clip *clip)
{
    struct paste paste = clip->pastes[0];

    clip->n_pastes--;
    memmove(&clip->pastes[0], &clip->pastes[1], clip->n_pastes * sizeof clip->pastes[0]);
    clip->pasting = false;
    return paste;
}

static void on_paste_lost(struct bk_line *line)
{
    struct bk_clip *clip = clip_of(line);

    while (clip->n_pastes > 0)
        bk_close(take_paste(clip).fd);
}

static int on_pasted(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                     void *userdata)
{
    struct bk_clip *clip = clip_of(userdata);
    sd_json_variant *stream = sd_json_variant_by_key(parameters, "stream");

    (void)link;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0 || !clip->pasting) {
        bk_line_lose(userdata);
        return 0;
    }
    struct paste paste = take_paste(clip);
    if (error != NULL || !sd_json_variant_is_string(stream)) {
        bk_debug("nothing is pasted: %s", error != NULL ? error : "no stream");
        bk_close(paste.fd);
    } else {
        bk_transfer_down(&clip->transfers, paste.fd, sd_json_variant_string(stream));
    }
    if (clip->n_pastes == 0)
        bk_line_hang_up(userdata); /* an app has few connections */
    return 0;
}

static void begin_to_paste(struct bk_line *line)
{
    if (begin_calls(line, on_pasted) < 0)
        bk_line_lose(line);
}

/* True when it began to ask for the next. */
static bool paste_next(struct bk_line *line)
{
    struct bk_clip *clip = clip_of(line);

    if (clip->pasting || clip->n_pastes == 0)
        return false;
    clip->pasting =
        sd_varlink_invokebo(line->link, INTERFACE "Paste",
                            SD_JSON_BUILD_PAIR_ARRAY("types", SD_JSON_BUILD_STRING(clip->pastes[0].type))) >= 0;
    if (!clip->pasting)
        bk_line_lose(line);
    return clip->pasting;
}

void bk_clip_paste(struct bk_clip *clip, const char *type, int fd)
{
    if (clip->n_pastes == BK_CLIP_PASTES_MAX || strlen(type) > BK_CLIP_TYPE_MAX) {
        bk_close(fd);
        return;
    }
    struct paste *paste = &clip->pastes[clip->n_pastes++];
    snprintf(paste->type, sizeof paste->type, "%s", type);
    paste->fd = fd;
    if (bk_line_is_open(&clip->paste))
        bk_line_pump(&clip->paste);
    else if (dial(clip, &clip->paste) < 0)
        on_paste_lost(&clip->paste);
}

/* ---- life ---- */

int bk_clip_create(struct wl_event_loop *loop, const struct bk_clip_events *events, void *userdata,
                   struct bk_clip **ret)
{
    static const struct bk_line_events watch_events = { .opened = begin_to_watch, .lost = on_watch_lost };
    static const struct bk_line_events copy_events = { .opened = begin_to_copy, .lost = on_copy_lost };
    static const struct bk_line_events paste_events = { .opened = begin_to_paste,
                                                        .lost = on_paste_lost,
                                                        .idle = paste_next };
    struct bk_clip *clip = calloc(1, sizeof *clip);

    if (clip == NULL)
        return -ENOMEM;
    clip->loop = loop;
    clip->events = *events;
    clip->userdata = userdata;
    clip->pause_ms = BK_CLIP_PAUSE_MS;
    bk_line_init(&clip->watch, loop, &watch_events, clip);
    bk_line_init(&clip->copy, loop, &copy_events, clip);
    bk_line_init(&clip->paste, loop, &paste_events, clip);
    bk_transfers_init(&clip->transfers, loop, events->connect);
    clip->retry = wl_event_loop_add_timer(loop, on_retry, clip);
    clip->again = wl_event_loop_add_timer(loop, on_again, clip);
    if (clip->retry == NULL || clip->again == NULL) {
        bk_clip_destroy(clip);
        return -ENOMEM;
    }
    wl_event_source_timer_update(clip->retry, 1);
    *ret = clip;
    return 0;
}

void bk_clip_destroy(struct bk_clip *clip)
{
    if (clip == NULL)
        return;
    bk_line_hang_up(&clip->watch);
    bk_line_hang_up(&clip->copy);
    bk_line_hang_up(&clip->paste);
    on_paste_lost(&clip->paste);
    bk_transfers_finish(&clip->transfers);
    if (clip->retry != NULL)
        wl_event_source_remove(clip->retry);
    if (clip->again != NULL)
        wl_event_source_remove(clip->again);
    free(clip);
}
