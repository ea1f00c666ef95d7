/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each notification of a page goes through three states: DUE, it is to be posted; SHOWN, it has the system's id; GONE,
 * the page closed it, and the system is to be told. One call at a time is under way; what is due next is looked for
 * when it has ended. The person's answers come by Watch(), which begins with the first notification.
 *
 * A page may have more than the system shows of an app: the oldest one goes then.
 */
#include "notifications.h"

#include "call.h"
#include "script.h"
#include "text.h"

#include <string.h>

#include "log.h"

#define INTERFACE "io.bulkhead.Notification."

/* As the system takes them; each with its NUL. */
#define SHOWN_MAX  16U
#define TITLE_SIZE 201U
#define BODY_SIZE  2001U

#define HELD_MAX (2 * SHOWN_MAX) /* those that are to go among them */
#define REST_MS  1000U           /* until a system that went is looked for again */
#define WAIT_MS  10000           /* what it may tell to wait, at the most */

struct held {
    WebKitNotification *page; /* NULL: GONE */
    gulong closed;            /* its signal's handler */
    int64_t id;               /* 0: not posted yet */
    bool closing;             /* the page closed it while it was on its way */
};

static struct {
    struct held held[HELD_MAX]; /* oldest first */
    size_t n;
    struct bk_web_call *call, *watch;
    WebKitNotification *posting; /* of the call under way, as `held` has it; NULL: it withdraws, or there is none */
    int64_t withdrawing;
    guint later; /* GLib's timer, 0: none */
} state;

static void go_on(void);

static void let_go(struct held *held)
{
    if (held->page == NULL)
        return;
    g_signal_handler_disconnect(held->page, held->closed);
    g_clear_object(&held->page);
}

static void drop(size_t i)
{
    let_go(&state.held[i]);
    state.n--;
    memmove(&state.held[i], &state.held[i + 1], (state.n - i) * sizeof state.held[0]);
}

/* The page learns that it is gone. */
static void close_page(struct held *held)
{
    WebKitNotification *page = g_object_ref(held->page);

    let_go(held);
    webkit_notification_close(page);
    g_object_unref(page);
}

/* ---- calls ---- */

static gboolean on_later(gpointer data)
{
    (void)data;
    state.later = 0;
    go_on();
    return G_SOURCE_REMOVE;
}

static void go_on_later(int64_t ms)
{
    if (state.later == 0)
        state.later = g_timeout_add((guint)(ms < 1 ? 1 : ms > WAIT_MS ? WAIT_MS : ms), on_later, NULL);
}

static void on_answer(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    (void)continues;
    (void)userdata;
    state.call = NULL;
    for (size_t i = 0; i < state.n; i++) {
        struct held *held = &state.held[i];

        if (state.posting == NULL && held->page == NULL && held->id == state.withdrawing) {
            drop(i); /* also when the system knew it no more */
            break;
        }
        if (state.posting == NULL || held->page != state.posting)
            continue;
        if (error == NULL) {
            held->id = sd_json_variant_integer(sd_json_variant_by_key(parameters, "id"));
            if (held->closing)
                let_go(held);
        } else if (held->closing) {
            drop(i);
        } else if (strcmp(error, INTERFACE "TooSoon") == 0) {
            go_on_later(sd_json_variant_integer(sd_json_variant_by_key(parameters, "milliseconds")));
        } else {
            bk_warning("a notification is not shown: %s", error);
            close_page(held);
            drop(i);
        }
        break;
    }
    state.posting = NULL;
    go_on();
}

static void post(const struct held *held)
{
    char title[TITLE_SIZE], body[BODY_SIZE];
    sd_json_variant *parameters = NULL;

    if (!bk_web_text(webkit_notification_get_title(held->page), false, title, sizeof title))
        snprintf(title, sizeof title, "Notification");
    const char *text = webkit_notification_get_body(held->page);
    bool has_body = bk_web_text(text == NULL ? "" : text, true, body, sizeof body);
    int r = sd_json_buildo(
        &parameters, SD_JSON_BUILD_PAIR_STRING("title", title),
        SD_JSON_BUILD_PAIR_CONDITION(has_body, "body", SD_JSON_BUILD_STRING(body)),
        SD_JSON_BUILD_PAIR_ARRAY("buttons", SD_JSON_BUILD_OBJECT(SD_JSON_BUILD_PAIR_STRING("id", "open"),
                                                                 SD_JSON_BUILD_PAIR_STRING("label", "Open"))));
    state.posting = held->page;
    if (r >= 0)
        state.call = bk_web_call_begin(INTERFACE "Post", parameters, false, on_answer, NULL);
}

static void withdraw(const struct held *held)
{
    sd_json_variant *parameters = NULL;

    state.posting = NULL;
    state.withdrawing = held->id;
    if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", held->id)) >= 0)
        state.call = bk_web_call_begin(INTERFACE "Withdraw", parameters, false, on_answer, NULL);
}

/* What is to go goes first: it makes room. */
static void go_on(void)
{
    const struct held *next = NULL;

    if (state.call != NULL || state.later != 0)
        return;
    for (size_t i = 0; i < state.n; i++) {
        if (state.held[i].page == NULL) {
            withdraw(&state.held[i]);
            return;
        }
        if (next == NULL && state.held[i].id == 0)
            next = &state.held[i];
    }
    if (next != NULL)
        post(next);
}

/* ---- the person ---- */

static gboolean on_watch_again(gpointer data);

static void on_heard(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    (void)userdata;
    if (!continues) {
        bk_debug("the system says no more about notifications: %s", error == NULL ? "it ended" : error);
        state.watch = NULL;
        g_timeout_add(REST_MS, on_watch_again, NULL);
        return;
    }
    int64_t id = sd_json_variant_integer(sd_json_variant_by_key(parameters, "id"));
    bool chosen = sd_json_variant_is_string(sd_json_variant_by_key(parameters, "button"));
    for (size_t i = 0; i < state.n; i++) {
        struct held *held = &state.held[i];
        if (held->id != id)
            continue;
        if (held->page != NULL && chosen)
            webkit_notification_clicked(held->page);
        if (held->page != NULL)
            close_page(held);
        drop(i);
        break;
    }
}

static void watch(void)
{
    if (state.watch == NULL)
        state.watch = bk_web_call_begin(INTERFACE "Watch", NULL, true, on_heard, NULL);
}

static gboolean on_watch_again(gpointer data)
{
    (void)data;
    watch();
    return G_SOURCE_REMOVE;
}

/* ---- pages ---- */

static void on_closed(WebKitNotification *page, gpointer data)
{
    (void)data;
    for (size_t i = 0; i < state.n; i++) {
        if (state.held[i].page != page)
            continue;
        if (state.posting == page) {
            state.held[i].closing = true;
        } else if (state.held[i].id == 0) {
            drop(i);
        } else {
            let_go(&state.held[i]);
            go_on();
        }
        return;
    }
}

/* The oldest one goes that is not just on its way. */
static void make_room(void)
{
    for (size_t i = 0; i < state.n; i++) {
        if (state.held[i].page == NULL || state.held[i].page == state.posting)
            continue;
        close_page(&state.held[i]);
        if (state.held[i].id == 0)
            drop(i);
        return;
    }
}

static gboolean on_show(WebKitWebView *view, WebKitNotification *page, gpointer data)
{
    size_t shown = 0;

    (void)view;
    (void)data;
    for (size_t i = 0; i < state.n; i++)
        shown += state.held[i].page != NULL;
    if (shown >= SHOWN_MAX)
        make_room();
    if (state.n == HELD_MAX) {
        bk_warning("a notification is not shown: there are too many");
        return TRUE;
    }
    struct held *held = &state.held[state.n++];
    *held = (struct held){ .page = g_object_ref(page) };
    held->closed = g_signal_connect(page, "closed", G_CALLBACK(on_closed), NULL);
    watch();
    go_on();
    return TRUE;
}

/* The engine says no to a page that asks without the person's click, whatever the answer is already. */
static const char granted[] =
    "Object.defineProperty(Notification, 'requestPermission', { configurable: true, writable: true, value: (told) => {"
    " if (typeof told === 'function') queueMicrotask(() => told('granted')); return Promise.resolve('granted'); } });";

static void on_permissions(WebKitWebContext *context, gpointer start)
{
    GList *allowed = g_list_append(NULL, webkit_security_origin_new_for_uri(start));

    webkit_web_context_initialize_notification_permissions(context, allowed, NULL);
    g_list_free_full(allowed, (GDestroyNotify)webkit_security_origin_unref);
}

void bk_web_notifications_init(WebKitWebView *view, const char *start)
{
    bk_web_script_put(view, granted, NULL);
    g_signal_connect_data(webkit_web_view_get_context(view), "initialize-notification-permissions",
                          G_CALLBACK(on_permissions), g_strdup(start), (GClosureNotify)(void (*)(void))g_free, 0);
    g_signal_connect(view, "show-notification", G_CALLBACK(on_show), NULL);
}
