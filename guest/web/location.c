/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine asks in two steps, whether the page may know and then where it is; the system in one, Watch(), which waits
 * for the person. So the first step begins to watch, and its answer waits for the system's; what came with that is the
 * second one's first. How exact a page wants it, the engine says in the second step only, and to watch anew would ask
 * the person twice. So a script in each page says it before the first: coarse, as the web has it, unless a page asks
 * for `enableHighAccuracy`. One that takes the script away has what any app may ask for.
 */
#include "location.h"

#include "call.h"
#include "script.h"

#include <math.h>
#include <string.h>

#include "log.h"

#define WATCH "io.bulkhead.Location.Watch"

#define EXACT "exact" /* what the script says */

#define BEGIN_SECONDS 10U /* within which the engine begins to watch what it was allowed to */

static const char script[] = "for (const name of window.Geolocation ? ['getCurrentPosition', 'watchPosition'] : []) {"
                             "  const call = Geolocation.prototype[name];"
                             "  Geolocation.prototype[name] = function (...given) {"
                             "    if (given[2]?.enableHighAccuracy) webkit.messageHandlers." EXACT ".postMessage(0);"
                             "    return call.apply(this, given);"
                             "  };"
                             "}";

static struct {
    WebKitGeolocationManager *manager;
    struct bk_web_call *call;
    bool exact;       /* a page wants it so, since nobody knew the place last */
    bool started;     /* the engine wants to know */
    GPtrArray *asked; /* the requests that wait, with a reference to each */
    WebKitGeolocationPosition *last;
} state;

static void settle(bool allowed)
{
    g_autoptr(GPtrArray) asked = g_steal_pointer(&state.asked);

    state.asked = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; i < asked->len; i++) {
        if (allowed)
            webkit_permission_request_allow(g_ptr_array_index(asked, i));
        else
            webkit_permission_request_deny(g_ptr_array_index(asked, i));
    }
}

static void forget_last(void)
{
    g_clear_pointer(&state.last, webkit_geolocation_position_free);
}

/* Nobody wants to know any more. */
static void rest(void)
{
    bk_web_call_drop(state.call);
    forget_last();
    state.exact = false;
}

static void tell(void)
{
    if (state.started && state.last != NULL)
        webkit_geolocation_manager_update_position(state.manager, state.last);
}

/* A number of the answer; NAN when it is not known. */
static double number(sd_json_variant *parameters, const char *name)
{
    sd_json_variant *value = sd_json_variant_by_key(parameters, name);

    return sd_json_variant_is_number(value) ? sd_json_variant_real(value) : (double)NAN;
}

static void take(sd_json_variant *parameters)
{
    double altitude = number(parameters, "altitude");
    double speed = number(parameters, "speed");
    double course = number(parameters, "course");

    forget_last();
    state.last = webkit_geolocation_position_new(number(parameters, "latitude"), number(parameters, "longitude"),
                                                 number(parameters, "accuracyMetres"));
    /* In seconds. */
    webkit_geolocation_position_set_timestamp(state.last, (guint64)(number(parameters, "time") / 1000.0));
    if (!isnan(altitude))
        webkit_geolocation_position_set_altitude(state.last, altitude);
    if (!isnan(speed))
        webkit_geolocation_position_set_speed(state.last, speed);
    if (!isnan(course))
        webkit_geolocation_position_set_heading(state.last, course);
}

/* The page that asked is gone before the person has answered: the engine says nothing then. */
static gboolean on_unwanted(gpointer data)
{
    (void)data;
    if (!state.started && state.asked->len == 0)
        rest();
    return G_SOURCE_REMOVE;
}

static void on_answer(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    (void)userdata;
    if (continues) {
        take(parameters);
        settle(true);
        tell();
        if (!state.started)
            g_timeout_add_seconds(BEGIN_SECONDS, on_unwanted, NULL);
        return;
    }
    state.call = NULL;
    rest();
    const char *why = error == NULL ? BK_WEB_LOST : error;
    settle(strcmp(why, SD_VARLINK_ERROR_PERMISSION_DENIED) != 0);
    bk_info("the place is not known: %s", why);
    if (state.started)
        webkit_geolocation_manager_failed(state.manager, "The system does not know the place, or does not tell it.");
}

static void begin(void)
{
    sd_json_variant *parameters = NULL;

    if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("accuracy", state.exact ? "exact" : "coarse")) >= 0)
        state.call = bk_web_call_begin(WATCH, parameters, true, on_answer, NULL);
}

static gboolean on_start(WebKitGeolocationManager *manager, gpointer data)
{
    (void)manager;
    (void)data;
    state.started = true;
    if (state.call == NULL)
        begin();
    tell();
    return TRUE;
}

static void on_stop(WebKitGeolocationManager *manager, gpointer data)
{
    (void)manager;
    (void)data;
    state.started = false;
    if (state.asked->len == 0)
        rest();
}

/* A page that knows it coarsely, or waits for that, wants more. */
static void on_exact(WebKitUserContentManager *content, WebKitJavascriptResult *said, gpointer data)
{
    (void)content;
    (void)said;
    (void)data;
    if (state.exact)
        return;
    state.exact = true;
    if (state.call == NULL)
        return;
    bk_web_call_drop(state.call);
    forget_last();
    begin();
}

void bk_web_location_init(WebKitWebView *view)
{
    WebKitUserContentManager *content = webkit_web_view_get_user_content_manager(view);

    bk_web_script_put(view, script, NULL);
    g_signal_connect(content, "script-message-received::" EXACT, G_CALLBACK(on_exact), NULL);
    webkit_user_content_manager_register_script_message_handler(content, EXACT);
    state.manager = webkit_web_context_get_geolocation_manager(webkit_web_view_get_context(view));
    state.asked = g_ptr_array_new_with_free_func(g_object_unref);
    g_signal_connect(state.manager, "start", G_CALLBACK(on_start), NULL);
    g_signal_connect(state.manager, "stop", G_CALLBACK(on_stop), NULL);
}

void bk_web_location_ask(WebKitPermissionRequest *request)
{
    g_ptr_array_add(state.asked, g_object_ref(request));
    if (state.last != NULL)
        settle(true);
    else if (state.call == NULL)
        begin();
}
