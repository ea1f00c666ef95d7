/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine asks whether a page may hear, too, and would wait. But it asks once and then remembers the yes, and the
 * person's may have been for one recording. So a script asks instead, each time, before the engine is asked at all.
 */
#include "microphone.h"

#include "call.h"

#include <math.h>

#define ASK         "io.bulkhead.Microphone.Ask"
#define WAITING_MAX 64U /* of all pages; more are told no */

/* A page that waits. */
struct waiting {
    double page; /* a number of its own */
    WebKitScriptMessageReply *to;
};

static struct {
    JSCContext *words;
    GQueue waiting;
    struct bk_web_call *call; /* for all of them */
} state = { .waiting = G_QUEUE_INIT };

static void reply(WebKitScriptMessageReply *to, bool allowed)
{
    g_autoptr(JSCValue) value = jsc_value_new_boolean(state.words, allowed);

    webkit_script_message_reply_return_value(to, value);
}

/* Takes it. */
static void answer(struct waiting *waiting, bool allowed)
{
    reply(waiting->to, allowed);
    webkit_script_message_reply_unref(waiting->to);
    g_free(waiting);
}

/* A system that cannot say, as one from before there was the call, asks when something is recorded, and gives silence.
 */
static void on_answer(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    (void)parameters;
    (void)continues;
    (void)userdata;
    state.call = NULL;
    while (!g_queue_is_empty(&state.waiting))
        answer(g_queue_pop_head(&state.waiting), g_strcmp0(error, SD_VARLINK_ERROR_PERMISSION_DENIED) != 0);
}

/* The page is gone; what nobody waits for is not asked any more. */
static void forget(double page)
{
    for (GList *next, *at = state.waiting.head; at != NULL; at = next) {
        struct waiting *waiting = at->data;
        next = at->next;
        if (waiting->page != page)
            continue;
        g_queue_delete_link(&state.waiting, at);
        answer(waiting, false);
    }
    if (g_queue_is_empty(&state.waiting))
        bk_web_call_drop(state.call);
}

static void begin(double page, WebKitScriptMessageReply *to)
{
    struct waiting *waiting = g_new0(struct waiting, 1);

    waiting->page = page;
    waiting->to = webkit_script_message_reply_ref(to);
    g_queue_push_tail(&state.waiting, waiting);
    if (state.call == NULL)
        state.call = bk_web_call_begin(ASK, NULL, false, on_answer, NULL);
    if (state.call == NULL)
        on_answer(NULL, BK_WEB_LOST, false, NULL);
}

static gboolean on_asked(WebKitUserContentManager *content, JSCValue *what, WebKitScriptMessageReply *to, gpointer data)
{
    g_autoptr(JSCValue) page = jsc_value_object_get_property(what, "page");
    g_autoptr(JSCValue) waits = jsc_value_object_get_property(what, "waits");

    (void)content;
    (void)data;
    const double number = jsc_value_to_double(page);
    const bool gone = !jsc_value_to_boolean(waits);
    if (gone)
        forget(number);
    if (gone || isnan(number) || g_queue_get_length(&state.waiting) == WAITING_MAX)
        reply(to, false); /* what is no number could not be forgotten */
    else
        begin(number, to);
    return TRUE;
}

void bk_web_microphone_init(WebKitWebView *view)
{
    WebKitUserContentManager *content = webkit_web_view_get_user_content_manager(view);

    state.words = jsc_context_new();
    g_signal_connect(content, "script-message-with-reply-received::" BK_WEB_MICROPHONE, G_CALLBACK(on_asked), NULL);
    webkit_user_content_manager_register_script_message_handler_with_reply(content, BK_WEB_MICROPHONE, NULL);
}
