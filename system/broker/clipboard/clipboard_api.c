/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clipboard_api.h"

#include "bk_api.h"
#include "clipboard.h"
#include "desktop_clipboard.h"
#include "desktop_privacy.h"
#include "json.h"
#include "parameters.h"
#include "watch.h"

#include "checked.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Clipboard."

#define NOT_FOCUSED   INTERFACE "NotFocused"
#define NOT_THERE     INTERFACE "NotThere"
#define REFUSED       INTERFACE "Refused"
#define REPLACED      INTERFACE "Replaced"
#define SOURCE_FAILED INTERFACE "SourceFailed"

/* A Paste() that is not answered yet; a connection has one at the most. */
struct bk_paste {
    struct bk_paste *next;
    struct bk_connection *connection;
    char type[BK_CLIPBOARD_TYPE_MAX + 1];
    int64_t question; /* that the person is asked; 0: it waits for the data */
};

/* A stream to an app that pastes. */
struct sending {
    struct sending *next; /* the newest first */
    struct bk_clipboards *clipboards;
    struct bk_clip_send *send;
    uint64_t generation;
};

struct bk_clipboards {
    struct bk_broker *broker;
    struct bk_clipboard clipboard;
    struct bk_paste *pastes;
    struct sending *sendings;
};

/* ---- types ---- */

static int refuse_types(sd_varlink *link, struct bk_app *app, const char *fault, int index)
{
    bk_broker_log_refusal(app, "what is no list of types for the clipboard");
    return sd_varlink_errorbo(link, INTERFACE "InvalidTypes", SD_JSON_BUILD_PAIR_STRING("fault", fault),
                              SD_JSON_BUILD_PAIR_CONDITION(index >= 0, "index", SD_JSON_BUILD_INTEGER(index)),
                              SD_JSON_BUILD_PAIR_CONDITION(index < 0, "index", SD_JSON_BUILD_NULL));
}

/* NULL, or what is wrong with the type at `index`. */
static const char *judge_type(const char *const *types, unsigned index)
{
    if (!bk_clipboard_type_is_fine(types[index]))
        return "badType";
    for (unsigned i = 0; i < index; i++) {
        if (strcmp(types[i], types[index]) == 0)
            return "duplicate";
    }
    return NULL;
}

/* Borrows up to `max` types; 0 when they are not fine: then it has been answered, as `*ret_answered` says. */
static unsigned take_types(sd_varlink *link, struct bk_app *app, sd_json_variant *parameters, unsigned max,
                           const char *types[static BK_CLIPBOARD_TYPES_MAX], int *ret_answered)
{
    sd_json_variant *list = sd_json_variant_by_key(parameters, "types");
    const size_t count = sd_json_variant_elements(list);

    if (count == 0 || count > max) {
        *ret_answered = refuse_types(link, app, count == 0 ? "empty" : "tooMany", -1);
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        types[i] = sd_json_variant_string(sd_json_variant_by_index(list, i));
        const char *fault = judge_type(types, i);
        if (fault != NULL) {
            *ret_answered = refuse_types(link, app, fault, (int)i);
            return 0;
        }
    }
    return (unsigned)count;
}

/* ---- Watch ---- */

static int build_state(const struct bk_connection *connection, sd_json_variant **ret)
{
    const struct bk_clipboard *clipboard = &connection->broker->clipboards->clipboard;
    const bool focused = connection->app->window.focused;
    _cleanup_json_ sd_json_variant *types = NULL;
    int r = sd_json_variant_new_array(&types, NULL, 0);

    for (unsigned i = 0; r >= 0 && focused && i < clipboard->n_entries; i++)
        r = sd_json_variant_append_arrayb(&types, SD_JSON_BUILD_STRING(clipboard->entries[i]->type));
    if (r >= 0)
        r = sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("types", types),
                           SD_JSON_BUILD_PAIR_BOOLEAN("own", focused && clipboard->from == connection->app));
    return r;
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    return bk_watch_answer(bk_client_userdata(userdata), link, flags, build_state);
}

/* Something changed for the app; NULL: for all. */
static void changed(struct bk_broker *broker, const struct bk_app *app)
{
    bk_watch_changed(broker, build_state, app);
}

void bk_clipboard_api_seen(struct bk_broker *broker, const struct bk_app *app)
{
    changed(broker, app);
}

/* ---- what goes to an app that pastes ---- */

static void on_send_ended(struct bk_clip_send *send, void *userdata)
{
    struct sending *sending = userdata;
    struct sending **at = &sending->clipboards->sendings;

    (void)send;
    while (*at != sending)
        at = &(*at)->next;
    *at = sending->next;
    free(sending);
}

/* Ends what is older than `generation`, and the oldest when there are more than there may be. */
static void end_old_sendings(struct bk_clipboards *clipboards, uint64_t generation)
{
    unsigned count = 0;

    for (struct sending *next, *sending = clipboards->sendings; sending != NULL; sending = next) {
        next = sending->next;
        if (++count > BK_CLIPBOARD_SENDS_MAX || sending->generation < generation)
            bk_clip_send_end(sending->send);
    }
}

static int start_sending(struct bk_clipboards *clipboards, struct bk_app *app, struct bk_clip *clip,
                         struct bk_stream_token *ret_token)
{
    struct sending *sending = malloc(sizeof *sending);

    if (sending == NULL)
        return -ENOMEM;
    *sending = (struct sending){ clipboards->sendings, clipboards, NULL, clipboards->clipboard.generation };
    int r = bk_clip_send(clipboards->broker, app, clip, on_send_ended, sending, ret_token, &sending->send);
    if (r < 0) {
        free(sending);
        return r;
    }
    clipboards->sendings = sending;
    end_old_sendings(clipboards, 0);
    return 0;
}

/* ---- Paste ---- */

/* Takes it out of the list; the link to answer it on, or NULL when nobody waits for the answer. */
static sd_varlink *take_paste(struct bk_paste *paste)
{
    struct bk_connection *connection = paste->connection;
    struct bk_paste **at = &connection->broker->clipboards->pastes;

    while (*at != paste)
        at = &(*at)->next;
    *at = paste->next;
    connection->paste = NULL;
    if (paste->question != 0)
        bk_desktop_withdraw_ask(connection->broker->desktop, paste->question);
    free(paste);
    return bk_client_link(connection->client);
}

static void refuse_paste(struct bk_paste *paste, const char *error)
{
    sd_varlink *link = take_paste(paste);

    if (link != NULL)
        (void)sd_varlink_error(link, error, NULL);
}

static int answer_error(sd_varlink *link, int r)
{
    if (r == -EBUSY)
        return sd_varlink_errorbo(link, INTERFACE "TooManyStreams",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("limit", BK_STREAM_OFFERED_MAX));
    return sd_varlink_error_errno(link, r);
}

static void fulfil(struct bk_paste *paste, struct bk_clip *clip)
{
    struct bk_clipboards *clipboards = paste->connection->broker->clipboards;
    struct bk_app *app = paste->connection->app;
    const size_t size = clip->size;
    char type[sizeof paste->type];
    struct bk_stream_token token;

    memcpy(type, paste->type, sizeof type);
    sd_varlink *link = take_paste(paste);
    if (link == NULL)
        return;
    int r = start_sending(clipboards, app, clip, &token);
    if (r < 0) {
        (void)answer_error(link, r);
        return;
    }
    bk_info("%s is pasted into %s (%zu bytes)", clipboards->clipboard.from->id, app->id, size);
    bk_desktop_show_paste(clipboards->broker->desktop, clipboards->clipboard.from, app, type);
    (void)sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("type", type), SD_JSON_BUILD_PAIR_UNSIGNED("size", size),
                             SD_JSON_BUILD_PAIR_STRING("stream", token.text));
}

/* Those that wait for the data of this type are answered. */
static void on_resolved(const char *type, struct bk_clip *clip, void *userdata)
{
    struct bk_clipboards *clipboards = userdata;

    for (struct bk_paste *next, *paste = clipboards->pastes; paste != NULL; paste = next) {
        next = paste->next;
        if (paste->question != 0 || strcmp(paste->type, type) != 0)
            continue;
        if (clip != NULL)
            fulfil(paste, clip);
        else
            refuse_paste(paste, SOURCE_FAILED);
    }
}

/* Asks who copied for data: false when nothing can come of it. */
static bool ask_source(struct bk_clipboard_entry *entry)
{
    const struct bk_connection *source = entry->clipboard->source;
    struct bk_stream_token token;

    if (bk_client_link(source->client) == NULL || bk_clipboard_fetch(entry, &token) < 0)
        return false;
    if (!bk_client_may_tell(source->client)) {
        bk_client_close(source->client, BK_CLIENT_REFUSED, "it does not read what is asked of what it copied");
        return false; /* the entry may be gone */
    }
    (void)sd_varlink_notifybo(bk_client_link(source->client), SD_JSON_BUILD_PAIR_STRING("type", entry->type),
                              SD_JSON_BUILD_PAIR_STRING("stream", token.text));
    return true;
}

/* The person wants it: goes on as far as the data are. */
static void go_on(struct bk_paste *paste)
{
    const struct bk_clipboard *clipboard = &paste->connection->broker->clipboards->clipboard;
    struct bk_clipboard_entry *entry = bk_clipboard_find(clipboard, paste->type);

    if (entry == NULL)
        refuse_paste(paste, NOT_THERE);
    else if (entry->clip != NULL)
        fulfil(paste, entry->clip);
    else if (entry->fetch == NULL && !ask_source(entry))
        refuse_paste(paste, SOURCE_FAILED);
}

static bool is_asking(const struct bk_clipboards *clipboards)
{
    for (const struct bk_paste *paste = clipboards->pastes; paste != NULL; paste = paste->next) {
        if (paste->question != 0)
            return true;
    }
    return false;
}

static void count_refusal(struct bk_app *app)
{
    bk_pace_count(&app->clipboard.refusals, BK_CLIPBOARD_REFUSAL_MS, bk_broker_now_ms());
}

/* Asks the person; false when they cannot be, or shall not be bothered. */
static bool ask_person(struct bk_paste *paste)
{
    const struct bk_connection *connection = paste->connection;
    struct bk_clipboards *clipboards = connection->broker->clipboards;

    if (is_asking(clipboards) || bk_pace_wait(&connection->app->clipboard.refusals, BK_CLIPBOARD_REFUSALS,
                                              BK_CLIPBOARD_REFUSAL_MS, bk_broker_now_ms()) > 0)
        return false;
    const int64_t question = bk_desktop_number_question(connection->broker->desktop);
    if (!bk_desktop_ask_paste(connection->broker->desktop, question, clipboards->clipboard.from, connection->app,
                              paste->type))
        return false;
    paste->question = question;
    return true;
}

static int on_paste(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_clipboards *clipboards = connection->broker->clipboards;
    const struct bk_clipboard_entry *entry = NULL;
    struct bk_app *app = connection->app;
    const char *types[BK_CLIPBOARD_TYPES_MAX];
    int answered = 0;

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Clipboard, "Paste"))
        return 0;
    const unsigned n_types = take_types(link, app, parameters, BK_CLIPBOARD_TYPES_MAX, types, &answered);
    if (n_types == 0)
        return answered;
    const bool allowed = bk_clipboard_may_paste(&app->clipboard, clipboards->clipboard.generation, bk_broker_now_ms());
    if (!allowed && !app->window.focused) {
        bk_broker_log_refusal(app, "Clipboard.Paste: it does not have the keyboard");
        return sd_varlink_error(link, NOT_FOCUSED, NULL);
    }
    for (unsigned i = 0; i < n_types && entry == NULL; i++)
        entry = bk_clipboard_find(&clipboards->clipboard, types[i]);
    if (entry == NULL)
        return sd_varlink_error(link, NOT_THERE, NULL);
    struct bk_paste *paste = calloc(1, sizeof *paste);
    if (paste == NULL)
        return -ENOMEM;
    paste->next = clipboards->pastes;
    paste->connection = connection;
    memcpy(paste->type, entry->type, sizeof paste->type);
    clipboards->pastes = paste;
    connection->paste = paste;
    if (allowed)
        go_on(paste);
    else if (!ask_person(paste))
        refuse_paste(paste, REFUSED);
    return 0;
}

void bk_clipboard_api_gesture(struct bk_broker *broker, uint32_t cid)
{
    struct bk_app *app = bk_app_by_cid(&broker->apps, cid);

    if (app != NULL)
        bk_clipboard_allow(&app->clipboard, broker->clipboards->clipboard.generation, bk_broker_now_ms());
}

void bk_clipboard_api_answered(struct bk_broker *broker, int64_t question, bool yes)
{
    struct bk_clipboards *clipboards = broker->clipboards;
    struct bk_paste *paste = clipboards->pastes;

    while (paste != NULL && paste->question != question)
        paste = paste->next;
    if (paste == NULL)
        return; /* it was withdrawn while the person answered, or is no question of ours */
    struct bk_app *app = paste->connection->app;
    paste->question = 0;
    if (!yes) {
        count_refusal(app);
        refuse_paste(paste, REFUSED);
        return;
    }
    bk_clipboard_allow(&app->clipboard, clipboards->clipboard.generation, bk_broker_now_ms());
    (void)bk_clipboard_may_paste(&app->clipboard, clipboards->clipboard.generation, bk_broker_now_ms());
    go_on(paste);
}

void bk_clipboard_api_desktop_lost(struct bk_broker *broker)
{
    struct bk_clipboards *clipboards = broker->clipboards;

    for (struct bk_paste *next, *paste = clipboards->pastes; paste != NULL; paste = next) {
        next = paste->next;
        if (paste->question != 0)
            refuse_paste(paste, REFUSED);
    }
    changed(broker, NULL);
}

/* ---- Copy ---- */

/* Ends the Copy() that goes on, and all that wait for what was copied before. */
static void end_before(struct bk_clipboards *clipboards)
{
    const struct bk_connection *source = clipboards->clipboard.source;
    sd_varlink *link = source != NULL ? bk_client_link(source->client) : NULL;

    clipboards->clipboard.source = NULL;
    bk_clipboard_clear(&clipboards->clipboard);
    while (clipboards->pastes != NULL)
        refuse_paste(clipboards->pastes, clipboards->pastes->question != 0 ? NOT_THERE : SOURCE_FAILED);
    if (link != NULL)
        (void)sd_varlink_error(link, REPLACED, NULL);
}

/* Answers with what is asked for first. */
static int copy(struct bk_connection *connection, const char *const *types, unsigned n_types, bool more)
{
    struct bk_clipboards *clipboards = connection->broker->clipboards;
    struct bk_clipboard *clipboard = &clipboards->clipboard;
    sd_varlink *link = bk_client_link(connection->client);
    _cleanup_json_ sd_json_variant *answer = NULL;
    struct bk_stream_token token;

    end_before(clipboards);
    int r = bk_clipboard_replace(clipboard, connection->app, more ? connection : NULL, types, n_types);
    end_old_sendings(clipboards, clipboard->generation - 1);
    if (r >= 0)
        r = bk_clipboard_fetch(clipboard->entries[0], &token);
    if (r < 0)
        bk_clipboard_clear(clipboard);
    changed(connection->broker, NULL);
    if (r < 0)
        return answer_error(link, r);
    r = sd_json_buildo(&answer, SD_JSON_BUILD_PAIR_STRING("type", types[0]),
                       SD_JSON_BUILD_PAIR_STRING("stream", token.text));
    if (r < 0)
        return r;
    if (!more)
        return sd_varlink_reply(link, answer);
    (void)bk_client_may_tell(connection->client); /* it is the first: never too many */
    return sd_varlink_notify(link, answer);
}

static int on_copy(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    const bool more = (flags & SD_VARLINK_METHOD_MORE) != 0;
    struct bk_app *app = connection->app;
    const char *types[BK_CLIPBOARD_TYPES_MAX];
    int answered = 0;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Clipboard, "Copy"))
        return 0;
    const unsigned n_types = take_types(link, app, parameters, more ? BK_CLIPBOARD_TYPES_MAX : 1, types, &answered);
    if (n_types == 0)
        return answered;
    if (!app->window.focused) {
        bk_broker_log_refusal(app, "Clipboard.Copy: it does not have the keyboard");
        return sd_varlink_error(link, NOT_FOCUSED, NULL);
    }
    const uint64_t now_ms = bk_broker_now_ms();
    const uint64_t wait_ms =
        bk_pace_wait(&app->clipboard.copies, BK_CLIPBOARD_COPY_BURST, BK_CLIPBOARD_COPY_INTERVAL_MS, now_ms);
    if (wait_ms > 0) {
        bk_broker_log_refusal(app, "Clipboard.Copy: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", wait_ms));
    }
    bk_pace_count(&app->clipboard.copies, BK_CLIPBOARD_COPY_INTERVAL_MS, now_ms);
    return copy(connection, types, n_types, more);
}

/* ---- life ---- */

static void on_changed(void *userdata)
{
    const struct bk_clipboards *clipboards = userdata;

    changed(clipboards->broker, NULL);
}

void bk_clipboard_api_closed(struct bk_connection *connection)
{
    struct bk_clipboard *clipboard = &connection->broker->clipboards->clipboard;

    if (connection->paste != NULL) {
        if (connection->paste->question != 0)
            count_refusal(connection->app); /* a dialog that comes and goes is worse than one that stays */
        (void)take_paste(connection->paste);
    }
    if (clipboard->source == connection)
        bk_clipboard_source_left(clipboard);
}

int bk_clipboard_api_start(struct bk_broker *broker)
{
    static const struct bk_clipboard_events events = { .changed = on_changed, .resolved = on_resolved };
    struct bk_clipboards *clipboards = calloc(1, sizeof *clipboards);

    if (clipboards == NULL)
        return -ENOMEM;
    broker->clipboards = clipboards;
    clipboards->broker = broker;
    bk_clipboard_init(&clipboards->clipboard, broker, &events, clipboards);
    int r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Clipboard);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Copy", on_copy, INTERFACE "Paste", on_paste,
                                               INTERFACE "Watch", on_watch);
    return r;
}

void bk_clipboard_api_stop(struct bk_broker *broker)
{
    struct bk_clipboards *clipboards = broker->clipboards;

    if (clipboards == NULL)
        return;
    while (clipboards->sendings != NULL)
        bk_clip_send_end(clipboards->sendings->send);
    bk_clipboard_clear(&clipboards->clipboard);
    free(clipboards);
    broker->clipboards = NULL;
}
