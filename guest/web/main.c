/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-web: a folder of HTML and JavaScript as an app, on WebKitGTK, with the web's own interfaces to the system by the
 * system's API. One window and one page at a time; there is no network, no address bar and no second window.
 */
#include "cameras.h"
#include "location.h"
#include "look.h"
#include "microphone.h"
#include "notifications.h"
#include "orientation.h"
#include "print.h"
#include "serve.h"
#include "transfer.h"

#include "log.h"

#include <string.h>

static struct {
    const char *folder, *start;
    char *begin; /* the start's URL */
    WebKitWebView *view;
    GtkWidget *window;
} app = { .start = "index.html" };

static bool is_own(const char *uri)
{
    return g_str_has_prefix(uri, BK_WEB_ORIGIN) || g_str_has_prefix(uri, "about:") || g_str_has_prefix(uri, "blob:") ||
           g_str_has_prefix(uri, "data:");
}

/* A link that leads out of the app is another app's, as is a new window; a frame within the page may be anything. */
static gboolean on_decide(WebKitWebView *view, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type,
                          gpointer data)
{
    (void)view;
    (void)data;
    if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE)
        return FALSE;
    WebKitNavigationAction *action =
        webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
    const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
    bool opens = type == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION;
    if (is_own(uri) || (!opens && !webkit_navigation_action_is_user_gesture(action)))
        return FALSE;
    bk_web_transfer_link(uri);
    webkit_policy_decision_ignore(decision);
    return TRUE;
}

/* window.open() and target=_blank: there is one window. Its own pages open in it. */
static GtkWidget *on_create(WebKitWebView *view, WebKitNavigationAction *action, gpointer data)
{
    const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));

    (void)data;
    if (g_str_has_prefix(uri, BK_WEB_ORIGIN))
        webkit_web_view_load_uri(view, uri);
    else if (webkit_navigation_action_is_user_gesture(action))
        bk_web_transfer_link(uri);
    return NULL;
}

/* What the system asks the person about, or sees to, is allowed here: a page has waited for its microphone by then
 * (microphone.h), and waits for its camera (cameras.h). */
static bool is_the_systems(WebKitPermissionRequest *request)
{
    if (WEBKIT_IS_USER_MEDIA_PERMISSION_REQUEST(request))
        return !webkit_user_media_permission_is_for_display_device(WEBKIT_USER_MEDIA_PERMISSION_REQUEST(request));
    return WEBKIT_IS_NOTIFICATION_PERMISSION_REQUEST(request) || WEBKIT_IS_CLIPBOARD_PERMISSION_REQUEST(request) ||
           WEBKIT_IS_DEVICE_INFO_PERMISSION_REQUEST(request);
}

static gboolean on_permission(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data)
{
    (void)view;
    (void)data;
    if (WEBKIT_IS_GEOLOCATION_PERMISSION_REQUEST(request))
        bk_web_location_ask(request);
    else if (is_the_systems(request))
        webkit_permission_request_allow(request);
    else
        webkit_permission_request_deny(request);
    return TRUE;
}

/* Of some the person is asked in time, and nobody knows what they will say; all else on_permission() denies. */
static gboolean on_permission_query(WebKitWebView *view, WebKitPermissionStateQuery *query, gpointer data)
{
    static const char *const asked[] = { "camera", "geolocation", "microphone" };
    const char *name = webkit_permission_state_query_get_name(query);
    WebKitPermissionState state = WEBKIT_PERMISSION_STATE_DENIED;

    (void)view;
    (void)data;
    if (strcmp(name, "notifications") == 0)
        state = WEBKIT_PERMISSION_STATE_GRANTED;
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
        if (strcmp(name, asked[i]) == 0)
            state = WEBKIT_PERMISSION_STATE_PROMPT;
    webkit_permission_state_query_finish(query, state);
    return TRUE;
}

static void on_title(WebKitWebView *view, GParamSpec *property, gpointer data)
{
    const char *title = webkit_web_view_get_title(view);

    (void)property;
    (void)data;
    gtk_window_set_title(GTK_WINDOW(app.window), title == NULL ? "" : title);
}

static void on_load(WebKitWebView *view, WebKitLoadEvent event, gpointer data)
{
    (void)view;
    (void)data;
    if (event == WEBKIT_LOAD_FINISHED)
        bk_info("the page is there");
}

static void on_page_closed(WebKitWebView *view, gpointer data)
{
    (void)view;
    (void)data;
    gtk_main_quit();
}

/* The page may have something to say about it (beforeunload). */
static gboolean on_close(GtkWidget *window, GdkEvent *event, gpointer data)
{
    (void)window;
    (void)event;
    (void)data;
    webkit_web_view_try_close(app.view);
    return TRUE;
}

/* Its page is lost, and the app ends: what it kept is there the next time. */
static void on_terminated(WebKitWebView *view, WebKitWebProcessTerminationReason reason, gpointer data)
{
    (void)view;
    (void)data;
    bk_error("the page's process ended (%s)", reason == WEBKIT_WEB_PROCESS_EXCEEDED_MEMORY_LIMIT ? "memory" : "crash");
    exit(EXIT_FAILURE);
}

static WebKitWebContext *make_context(void)
{
    g_autofree char *kept = g_build_filename(g_get_user_data_dir(), "web", NULL);
    g_autoptr(WebKitWebsiteDataManager) data =
        webkit_website_data_manager_new("base-data-directory", kept, "base-cache-directory", kept, NULL);
    WebKitWebContext *context = webkit_web_context_new_with_website_data_manager(data);
    /* As the system speaks; the engine would say "C" after the locale, which is no language to the web. */
    static const char *const languages[] = { "en-US", NULL };

    webkit_web_context_set_preferred_languages(context, languages);
    webkit_web_context_set_cache_model(context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
    return context;
}

/* What the engine has and cannot do here, so that an app that looks for it finds another way: service workers are for
 * http alone, a recorder wants a part of GStreamer that the image leaves out, and to speak wants voices. */
static void take_away(WebKitSettings *settings)
{
    static const char *const names[] = { "MediaRecorder", "ServiceWorkers", "SpeechSynthesisAPI" };
    g_autoptr(WebKitFeatureList) features = webkit_settings_get_all_features();

    for (gsize i = 0; i < webkit_feature_list_get_length(features); i++) {
        WebKitFeature *feature = webkit_feature_list_get(features, i);
        for (gsize j = 0; j < G_N_ELEMENTS(names); j++)
            if (strcmp(webkit_feature_get_identifier(feature), names[j]) == 0)
                webkit_settings_set_feature_enabled(settings, feature, FALSE);
    }
}

/* How the person wants it to look is known: the engine starts. */
static void begin(void)
{
    WebKitWebContext *context = make_context();
    int r = bk_web_serve(context, app.folder, app.start);

    if (r < 0) {
        bk_error("%s: %s", app.folder, g_strerror(-r));
        exit(EXIT_FAILURE);
    }
    app.begin = g_strconcat(BK_WEB_ORIGIN, app.start, NULL);
    /* An app may make a sound by itself; a page of the web's would have to wait for a click. */
    g_autoptr(WebKitWebsitePolicies) policies =
        webkit_website_policies_new_with_policies("autoplay", WEBKIT_AUTOPLAY_ALLOW, NULL);
    app.view = g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context, "website-policies", policies, NULL);
    WebKitSettings *settings = webkit_web_view_get_settings(app.view);
    /* There is no GPU: to draw as if there was one costs time and memory. */
    webkit_settings_set_hardware_acceleration_policy(settings, WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER);
    webkit_settings_set_enable_webgl(settings, FALSE);
    webkit_settings_set_enable_write_console_messages_to_stdout(settings, TRUE);
    webkit_settings_set_enable_page_cache(settings, FALSE);
    webkit_settings_set_enable_media_stream(settings, TRUE);
    webkit_settings_set_enable_back_forward_navigation_gestures(settings, FALSE);
    take_away(settings);
    g_signal_connect(app.view, "decide-policy", G_CALLBACK(on_decide), NULL);
    g_signal_connect(app.view, "create", G_CALLBACK(on_create), NULL);
    g_signal_connect(app.view, "permission-request", G_CALLBACK(on_permission), NULL);
    g_signal_connect(app.view, "query-permission-state", G_CALLBACK(on_permission_query), NULL);
    g_signal_connect(app.view, "notify::title", G_CALLBACK(on_title), NULL);
    g_signal_connect(app.view, "load-changed", G_CALLBACK(on_load), NULL);
    g_signal_connect(app.view, "close", G_CALLBACK(on_page_closed), NULL);
    g_signal_connect(app.view, "web-process-terminated", G_CALLBACK(on_terminated), NULL);
    bk_web_notifications_init(app.view, app.begin);
    bk_web_cameras_init(app.view);
    bk_web_microphone_init(app.view);
    bk_web_location_init(app.view);
    bk_web_orientation_init(app.view);
    bk_web_transfer_init(app.view);
    bk_web_print_init(app.view);

    app.window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    g_signal_connect(app.window, "delete-event", G_CALLBACK(on_close), NULL);
    gtk_container_add(GTK_CONTAINER(app.window), GTK_WIDGET(app.view));
    gtk_widget_grab_focus(GTK_WIDGET(app.view));
    gtk_widget_show_all(app.window);
    webkit_web_view_load_uri(app.view, app.begin);
}

int main(int argc, char **argv)
{
    int at = 1;

    if (argc == 4 && strcmp(argv[1], "--start") == 0) {
        app.start = argv[2];
        at = 3;
    }
    if (argc != at + 1 || argv[at][0] == '-') {
        fputs("bk-web [--start PAGE] FOLDER\n\n"
              "Shows a folder of HTML and JavaScript as an app. PAGE is a URL within it (default: index.html).\n",
              stderr);
        return 2;
    }
    app.folder = argv[at];
    /* There is no bus, and nobody who keeps settings. */
    g_setenv("GSETTINGS_BACKEND", "memory", TRUE);
    g_setenv("NO_AT_BRIDGE", "1", TRUE);
    if (!gtk_init_check(NULL, NULL)) {
        bk_error("there is no display");
        return EXIT_FAILURE;
    }
    bk_web_look_init(begin);
    gtk_main();
    return EXIT_SUCCESS;
}
