/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "broker.h"

#include "camera_api.h"
#include "camera_machine.h"
#include "clipboard_api.h"
#include "copies.h"
#include "encoder_api.h"
#include "encoder_machine.h"
#include "encoder_session.h"
#include "file_api.h"
#include "folders_api.h"
#include "launcher.h"
#include "location_api.h"
#include "location_choice.h"
#include "microphone.h"
#include "microphone_api.h"
#include "network.h"
#include "notification_api.h"
#include "open_api.h"
#include "power_api.h"
#include "watch.h"
#include "window_api.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define VENDOR  "Bulkhead"
#define PRODUCT "Bulkhead System API"
#define URL     "https://varlink.org"

uint64_t bk_broker_now_ms(void)
{
    return bk_client_now_us() / 1000;
}

/* What becomes of its connections: such lines are many of an app that opens one for each call, and cannot hide what it
 * is refused. */
static void log_connection(struct bk_app *app, const char *what, const char *why)
{
    if (bk_ratelimit_pass(&app->connection_limit))
        bk_info("%s %s (cid %u)%s%s", app->id, what, app->cid, why != NULL ? ": " : "", why != NULL ? why : "");
}

void bk_broker_log_refusal(struct bk_app *app, const char *what)
{
    if (bk_ratelimit_pass(&app->log_limit))
        bk_warning("%s refused: %s", app->id, what);
}

/* ---- connections ---- */

/* Whatever call went on over it goes on no more. */
static void end_calls(struct bk_connection *connection)
{
    bk_location_api_closed(connection);
    bk_folders_api_closed(connection);
    bk_camera_api_closed(connection);
    bk_microphone_api_closed(connection);
    bk_power_api_closed(connection);
    bk_clipboard_api_closed(connection);
    bk_open_api_closed(connection);
    bk_file_api_closed(connection);
}

static void on_closed(struct bk_client *client, enum bk_client_end end, const char *why, void *userdata)
{
    struct bk_connection *connection = userdata;
    struct bk_connection **at = &connection->broker->connections;

    (void)client;
    switch (end) {
    case BK_CLIENT_LEFT:
        log_connection(connection->app, "left", why);
        break;
    case BK_CLIENT_REFUSED:
        bk_broker_log_refusal(connection->app, why);
        break;
    case BK_CLIENT_ENDED:
        log_connection(connection->app, "was disconnected", why);
        break;
    case BK_CLIENT_FAILED:
        if (bk_ratelimit_pass(&connection->app->log_limit))
            bk_warning("%s was disconnected (cid %u): %s", connection->app->id, connection->app->cid, why);
        break;
    }
    bk_recorder_closed(connection->broker->recorder, connection->recorded);
    end_calls(connection);
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    connection->app->n_connections--;
    connection->broker->n_connections--;
    free(connection);
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
    struct bk_client *client = sd_varlink_get_userdata(link);

    (void)server;
    (void)userdata;
    if (client == NULL)
        return;
    struct bk_connection *connection = bk_client_userdata(client);
    connection->watch = BK_WATCH_NONE;
    connection->watched = NULL;
    connection->watched_due = false;
    end_calls(connection);
    bk_client_disconnected(client);
}

/* Closes an app's connections; or only those that it has closed itself, since a new one may come before that is seen.
 */
static void close_connections(struct bk_broker *broker, const struct bk_app *app, bool over_only)
{
    for (struct bk_connection *next, *connection = broker->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->app != app || (over_only && !bk_client_is_over(connection->client)))
            continue;
        bk_client_close(connection->client, over_only ? BK_CLIENT_LEFT : BK_CLIENT_ENDED,
                        over_only ? "it had closed it when it came with another one" : "its VM has ended");
    }
}

static void on_passed(bool from_app, const char *data, size_t size, void *userdata)
{
    struct bk_connection *connection = userdata;

    bk_recorder_passed(connection->broker->recorder, connection->recorded, connection->app->id, from_app, data, size);
}

/* It has read what it was told. */
static void on_read(void *userdata)
{
    bk_watch_read(userdata);
    bk_location_api_read(userdata);
    bk_folders_api_read(userdata);
    bk_camera_api_read(userdata);
    bk_open_api_read(userdata);
}

/* Serves a connection of an app for its calls; owns `fd` in any case. */
static void admit_calls(struct bk_broker *broker, struct bk_app *app, enum bk_client_encoding encoding, int fd)
{
    _cleanup_close_ int owned = fd;

    if (app->n_connections == BK_APP_CONNECTIONS_MAX)
        close_connections(broker, app, true);
    if (app->n_connections == BK_APP_CONNECTIONS_MAX || broker->n_connections == BK_BROKER_CONNECTIONS_MAX) {
        bk_broker_log_refusal(app, "too many connections");
        return;
    }
    struct bk_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return;
    connection->broker = broker;
    connection->app = app;
    int r = bk_client_create(broker->event, broker->server, fd, encoding, &app->quota, on_closed, connection,
                             &connection->client);
    if (r < 0) {
        bk_error("cannot serve a connection of %s: %s", app->id, strerror(-r));
        free(connection);
        return;
    }
    TAKE_FD(owned);
    bk_client_on_read(connection->client, on_read);
    connection->recorded = bk_recorder_opened(broker->recorder, app->id);
    if (connection->recorded != 0)
        bk_client_on_pass(connection->client, on_passed);
    connection->next = broker->connections;
    broker->connections = connection;
    app->n_connections++;
    broker->n_connections++;
    log_connection(app, "connected", NULL);
}

/* Serves a connection of an app; owns `fd` in any case. */
static void admit(struct bk_broker *broker, struct bk_app *app, enum bk_broker_service service, int fd)
{
    switch (service) {
    case BK_BROKER_CALLS:
        admit_calls(broker, app, BK_CLIENT_JSON, fd);
        break;
    case BK_BROKER_CALLS_CBOR:
        admit_calls(broker, app, BK_CLIENT_CBOR, fd);
        break;
    case BK_BROKER_STREAMS:
        bk_stream_admit(broker, app, fd);
        break;
    }
}

/* ---- strangers ---- */

static void refuse_stranger(struct bk_broker *broker, uint32_t cid, const char *why)
{
    if (bk_ratelimit_pass(&broker->log_limit))
        bk_warning("cid %u refused: %s", cid, why);
}

static int set_stranger_timer(struct bk_broker *broker)
{
    uint64_t until_ms = UINT64_MAX;

    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++) {
        if (broker->strangers[i].fd >= 0 && broker->strangers[i].until_ms < until_ms)
            until_ms = broker->strangers[i].until_ms;
    }
    if (until_ms == UINT64_MAX)
        return sd_event_source_set_enabled(broker->stranger_timer, SD_EVENT_OFF);
    int r = sd_event_source_set_time(broker->stranger_timer, until_ms * 1000);
    return r < 0 ? r : sd_event_source_set_enabled(broker->stranger_timer, SD_EVENT_ONESHOT);
}

static int on_stranger_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_broker *broker = userdata;
    uint64_t now_ms = bk_broker_now_ms();

    (void)source;
    (void)usec;
    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++) {
        struct bk_stranger *stranger = &broker->strangers[i];
        if (stranger->fd < 0 || stranger->until_ms > now_ms)
            continue;
        refuse_stranger(broker, stranger->cid, "no app has it");
        stranger->fd = bk_close(stranger->fd);
    }
    return set_stranger_timer(broker);
}

/* Keeps a connection until its CID is announced; owns `fd` in any case. */
static void keep_stranger(struct bk_broker *broker, enum bk_broker_service service, int fd, uint32_t cid)
{
    _cleanup_close_ int owned = fd;

    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++) {
        struct bk_stranger *stranger = &broker->strangers[i];
        if (stranger->fd >= 0)
            continue;
        *stranger = (struct bk_stranger){
            .fd = fd, .cid = cid, .service = service, .until_ms = bk_broker_now_ms() + BK_BROKER_STRANGER_MS
        };
        if (set_stranger_timer(broker) < 0) {
            stranger->fd = -1;
            return;
        }
        TAKE_FD(owned);
        return;
    }
    refuse_stranger(broker, cid, "too many that no app has");
}

static void admit_strangers(struct bk_broker *broker, struct bk_app *app)
{
    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++) {
        struct bk_stranger *stranger = &broker->strangers[i];
        if (stranger->fd >= 0 && stranger->cid == app->cid)
            admit(broker, app, stranger->service, TAKE_FD(stranger->fd));
    }
}

/* ---- what happens ---- */

struct listener {
    struct bk_broker *broker;
    enum bk_broker_service service;
    bk_broker_accept_t accept_one;
};

/* Connections are accepted when a call of who opened the last one would be served: else who opens them without an end
 * would go before streams, and before those who once called much. */
static void take_turn(sd_event_source *source, const struct bk_quota *quota)
{
    unsigned turn = bk_quota_turn(quota);
    int r = sd_event_source_set_priority(source, turn == 0 ? BK_CLIENT_PRIORITY_OPEN
                                                           : BK_CLIENT_PRIORITY_LATER + (int)turn - 1);

    if (r < 0)
        bk_error("cannot let others go first: %s", strerror(-r));
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct listener *listener = userdata;
    struct bk_broker *broker = listener->broker;
    uint64_t before = bk_client_now_us();
    int accepted = -1;
    uint32_t cid = 0;

    (void)source;
    (void)events;
    int r = listener->accept_one(fd, &accepted, &cid);
    if (r == -EAGAIN || r == -ECONNABORTED || r == -EINTR)
        return 0;
    if (r < 0) {
        if (bk_ratelimit_pass(&broker->log_limit))
            bk_error("cannot accept a connection: %s", strerror(-r));
        return 0;
    }
    struct bk_app *app = bk_app_by_cid(&broker->apps, cid);
    if (app != NULL) {
        admit(broker, app, listener->service, accepted);
        uint64_t after = bk_client_now_us();
        bk_quota_accepted(&app->quota, after - before, after);
        take_turn(source, &app->quota);
    } else if (cid != 0)
        keep_stranger(broker, listener->service, accepted, cid);
    else {
        refuse_stranger(broker, cid, "it comes from no app's VM");
        bk_close(accepted);
    }
    return 0;
}

/* The VM that the app had is no more, or it has one now. */
static void change_vm(struct bk_broker *broker, struct bk_app *app, uint32_t cid)
{
    if (app->cid != 0) {
        bk_info("%s ended (cid %u)", app->id, app->cid);
        close_connections(broker, app, false);
        bk_stream_end_app(broker, app);
        bk_encoder_sessions_end_app(broker, app);
        bk_file_api_app_ended(broker, app);
        bk_permission_gate_app_ended(broker->gate, app);
        bk_microphone_app_ended(app);
        bk_network_app_ended(broker, app);
        bk_notification_api_withdraw_all(broker, app);
        bk_app_reset(app);
    }
    app->cid = cid;
    if (cid != 0) {
        app->quota.callers = &broker->callers;
        bk_window_api_begin(broker, app);
        admit_strangers(broker, app);
    }
}

/* What its manifest says, which may be another one than before. */
static void read_manifest(struct bk_app *app, const struct bk_hypervisor_app *told)
{
    bk_app_set_name(app, told->name);
    for (int permission = 0; permission < BK_PERMISSIONS; permission++)
        bk_permissions_declare(&app->permissions, (enum bk_permission)permission, told->reasons[permission]);
    if (!bk_app_is_copy(app))
        app->opens = told->opens; /* who wants to open something with a copy has one started for it */
    sd_json_variant_unref(app->network.hosts);
    app->network.hosts = sd_json_variant_ref(told->network);
    app->shell = told->shell;
    app->bundle.size = told->size;
    snprintf(app->bundle.version, sizeof app->bundle.version, "%s", told->version != NULL ? told->version : "");
    snprintf(app->bundle.key, sizeof app->bundle.key, "%s", told->key != NULL ? told->key : "");
    if (told->unknown_permission != NULL)
        bk_warning("%s wants what this system does not have: %s", app->id, told->unknown_permission);
}

/* An app that is new to this process. */
static int add_app(struct bk_broker *broker, const struct bk_hypervisor_app *told, struct bk_app **ret)
{
    struct bk_app *app;
    int r = bk_app_add(&broker->apps, told->id, told->key, told->name, &app);

    if (r < 0) {
        bk_error("cannot serve one more app: %s", strerror(-r));
        return r;
    }
    if (told->copy_of != NULL)
        bk_copies_begin(broker, app, told->copy_of);
    read_manifest(app, told);
    bk_permission_gate_app_known(broker->gate, app);
    *ret = app;
    return 0;
}

/* It is not installed any more, or was a copy that has ended: what was chosen for it is forgotten, as another one may
 * come by its name. */
static void remove_app(struct bk_broker *broker, struct bk_app *app)
{
    bk_info(bk_app_is_copy(app) ? "%s is gone" : "%s was removed", app->id);
    if (app->cid != 0)
        change_vm(broker, app, 0);
    bk_open_deliver_start_failed(broker, app);
    bk_hypervisor_forget(broker->hypervisor, app->id);
    bk_storage_app_removed(broker, app);
    bk_open_defaults_forget(&broker->open.defaults, app->owner);
    bk_permission_gate_app_removed(broker->gate, app);
    bk_app_remove(&broker->apps, app);
}

static void on_app(const struct bk_hypervisor_app *told, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_app *app = bk_app_by_id(&broker->apps, told->id);

    if (app != NULL && told->listed && !bk_app_is_of(app, told->key)) {
        remove_app(broker, app); /* another developer's has come in its place */
        app = NULL;
    }
    if (told->copy_of != NULL && bk_copies_is_over(app, told)) {
        if (app != NULL) {
            if (app->state == BK_APP_STARTING)
                bk_launcher_start_failed(app->id, told->ended != NULL ? told->ended : "nobody knows why", broker);
            bk_launcher_told(broker, app, told);
            remove_app(broker, app);
            bk_launcher_show(broker);
        }
        if (told->state == BK_APP_STOPPED)
            return;
        app = NULL; /* another copy has come by its name */
    }
    bool is_new = app == NULL;
    if (is_new && add_app(broker, told, &app) < 0)
        return;
    if (told->listed) {
        app->listed = true;
        if (!is_new)
            read_manifest(app, told);
    }
    bool changed = app->state != told->state || app->cid != told->cid;
    bk_launcher_told(broker, app, told);
    app->state = told->state;
    if (app->cid != told->cid)
        change_vm(broker, app, told->cid);
    if (app->state == BK_APP_STOPPING)
        bk_window_api_close(broker, app);
    bk_microphone_told(broker, app, told->recording && app->cid != 0, told->hears);
    bk_network_told(broker, app, app->cid != 0 ? told->port : 0);
    if (changed) {
        bk_open_deliver_app_changed(broker, app);
        bk_launcher_show(broker);
        bk_software_app_changed(broker, app);
        bk_storage_app_changed(broker, app);
    }
}

static void on_turned(unsigned degrees, void *userdata)
{
    struct bk_broker *broker = userdata;

    bk_desktop_set_orientation(broker->desktop, degrees);
    bk_window_api_turned(broker, degrees);
}

static void on_power(const struct bk_power_supply *supply, void *userdata)
{
    bk_power_api_told(userdata, supply);
}

static void on_uplink(const char *mac, void *userdata)
{
    bk_network_uplink(userdata, mac);
}

static void on_awake(const char *problem, void *userdata)
{
    bk_power_api_awake(userdata, problem);
}

static void on_bundle(sd_json_variant *bundle, void *userdata)
{
    bk_software_told(userdata, bundle);
}

static void on_work(sd_json_variant *work, void *userdata)
{
    bk_storage_told(userdata, work);
}

static void on_listed(void *userdata)
{
    struct bk_broker *broker = userdata;

    for (size_t i = broker->apps.n_apps; i-- > 0;) {
        struct bk_app *app = broker->apps.apps[i];
        if (!app->listed)
            remove_app(broker, app);
        app->listed = false;
    }
    broker->apps_listed = true;
    bk_launcher_show(broker);
    bk_software_apps_listed(broker);
    bk_storage_apps_listed(broker);
    bk_open_api_apps_listed(broker);
}

static void on_desktop_arrived(void *userdata)
{
    const struct bk_broker *broker = userdata;

    bk_desktop_set_preferences(broker->desktop, broker->preferences.kept);
    bk_launcher_show(userdata);
    bk_software_desktop_arrived(userdata);
    bk_storage_desktop_arrived(userdata);
    bk_notification_api_show_all(userdata);
    bk_window_api_show_all(userdata);
    bk_power_api_desktop_arrived(userdata);
    bk_location_choice_desktop_arrived(userdata);
    bk_permission_gate_desktop_arrived(broker->gate);
    bk_open_api_desktop_arrived(userdata);
    bk_file_api_desktop_arrived(userdata);
}

static void on_desktop_lost(void *userdata)
{
    const struct bk_broker *broker = userdata;

    bk_window_api_desktop_lost(userdata);
    bk_permission_gate_desktop_lost(broker->gate);
    bk_clipboard_api_desktop_lost(userdata);
    bk_open_api_desktop_lost(userdata);
    bk_file_api_desktop_lost(userdata);
}

static void on_desktop_window(uint32_t cid, bool focused, enum bk_window_visibility visibility, void *userdata)
{
    struct bk_broker *broker = userdata;

    struct bk_app *app = bk_app_by_cid(&broker->apps, cid);

    bk_window_api_seen(userdata, cid, focused, visibility);
    if (app != NULL)
        bk_launcher_window_seen(broker, app);
    bk_permission_gate_seen(broker->gate, app);
    bk_microphone_look_again(broker);
    bk_network_look_again(broker);
    bk_clipboard_api_seen(broker, app);
}

static void on_desktop_pasted(uint32_t cid, void *userdata)
{
    bk_clipboard_api_gesture(userdata, cid);
}

static void on_desktop_surroundings(const struct bk_surroundings *surroundings, void *userdata)
{
    bk_window_api_surroundings(userdata, surroundings);
}

static void on_desktop_answered(int64_t handle, const char *button, void *userdata)
{
    bk_notification_api_answered(userdata, handle, button, NULL);
}

static void on_desktop_replied(int64_t handle, const char *text, void *userdata)
{
    bk_notification_api_answered(userdata, handle, NULL, text);
}

static void on_desktop_asked(int64_t id, enum bk_choice choice, void *userdata)
{
    const struct bk_broker *broker = userdata;

    bk_permission_gate_answered(broker->gate, id, choice);
    bk_clipboard_api_answered(userdata, id, choice == BK_CHOICE_ONCE);
}

/* The number says whose it was. */
static void on_desktop_not_asked(int64_t id, bool busy, void *userdata)
{
    const struct bk_broker *broker = userdata;

    bk_permission_gate_not_shown(broker->gate, id, busy);
    bk_clipboard_api_answered(userdata, id, false);
    bk_open_api_not_shown(userdata, id, busy);
    bk_file_api_not_shown(userdata, id, busy);
}

static void on_desktop_opened(int64_t id, const char *app, bool always, bool fresh, void *userdata)
{
    bk_open_api_opened(userdata, id, app, always, fresh);
}

static void on_desktop_file(int64_t id, const struct bk_file_deed *deed, void *userdata)
{
    bk_file_api_did(userdata, id, deed);
}

static void on_desktop_change_default(const char *kind, enum bk_open_default_wish wish, void *userdata)
{
    bk_open_api_change_default(userdata, kind, wish);
}

static void on_desktop_grant(const char *app, enum bk_permission permission, enum bk_choice choice, void *userdata)
{
    struct bk_broker *broker = userdata;

    bk_permission_gate_changed(broker->gate, app, permission, choice);
    bk_microphone_look_again(broker);
    if (permission == BK_PERMISSION_NETWORK)
        bk_network_chosen(broker, app);
}

static void on_desktop_preferences(sd_json_variant *preferences, void *userdata)
{
    struct bk_broker *broker = userdata;

    bk_preferences_keep(&broker->preferences, preferences);
}

static void on_desktop_place(const struct bk_place *place, void *userdata)
{
    bk_location_choice_change(userdata, place);
}

static void on_desktop_software(enum bk_software_wish wish, const char *what, uint64_t point, void *userdata)
{
    bk_software_wish(userdata, wish, what, point);
}

static void on_desktop_low_power(bool low, void *userdata)
{
    bk_power_api_choose(userdata, low);
}

static void on_desktop_sleep(bool anyway, void *userdata)
{
    bk_power_api_sleep(userdata, anyway);
}

static void on_desktop_power_off(void *userdata)
{
    const struct bk_broker *broker = userdata;

    bk_info("the person switches the machine off");
    bk_hypervisor_power_off(broker->hypervisor);
}

/* ---- life ---- */

static int create_server(struct bk_broker *broker, const char *encoder_path)
{
    int r = sd_varlink_server_new(&broker->server, 0);
    if (r < 0)
        return r;
    r = sd_varlink_server_set_info(broker->server, VENDOR, PRODUCT, BK_VERSION, URL);
    if (r < 0)
        return r;
    r = bk_notification_api_bind(broker->server);
    if (r < 0)
        return r;
    r = bk_watch_start(broker);
    if (r < 0)
        return r;
    r = bk_window_api_start(broker);
    if (r < 0)
        return r;
    r = bk_location_api_start(broker);
    if (r < 0)
        return r;
    r = bk_microphone_start(broker);
    if (r < 0)
        return r;
    r = bk_microphone_api_start(broker);
    if (r < 0)
        return r;
    r = bk_folders_api_start(broker);
    if (r < 0)
        return r;
    r = bk_camera_api_start(broker);
    if (r < 0)
        return r;
    r = bk_power_api_start(broker);
    if (r < 0)
        return r;
    r = bk_clipboard_api_start(broker);
    if (r < 0)
        return r;
    r = bk_encoder_api_start(broker, encoder_path);
    if (r < 0)
        return r;
    r = sd_varlink_server_bind_disconnect(broker->server, on_disconnect);
    if (r < 0)
        return r;
    r = sd_varlink_server_set_connections_max(broker->server, BK_BROKER_CONNECTIONS_MAX);
    if (r < 0)
        return r;
    return sd_varlink_server_attach_event(broker->server, broker->event, BK_CLIENT_PRIORITY_ANSWER);
}

/* What cannot be used is missed by who asks for it, and by nobody else. */
static void add_receiver(struct bk_broker *broker, const char *device)
{
    struct bk_location_source *source = NULL;
    int r = bk_location_gps_create(broker->event, device, &source);

    if (r < 0) {
        bk_error("the GPS receiver at %s cannot be used: %s", device, strerror(-r));
        return;
    }
    bk_info("where the machine is says %s", source->name);
    bk_location_api_add(broker, source);
}

static void add_cameras(struct bk_broker *broker, const char *device)
{
    int r = bk_camera_machine_create(broker, device, &broker->machine_cameras);

    if (r < 0)
        bk_error("the machine's cameras behind %s cannot be used: %s", device, strerror(-r));
}

static void add_encoders(struct bk_broker *broker, int port)
{
    int r = bk_encoder_machine_create(broker, port, &broker->encoders.machine);

    if (r < 0)
        bk_error("the machine's video encoders cannot be used: %s", strerror(-r));
}

int bk_broker_create(sd_event *event, const struct bk_broker_setup *setup, struct bk_broker **ret)
{
    static const struct bk_desktop_events desktop_events = {
        .arrived = on_desktop_arrived,
        .lost = on_desktop_lost,
        .window = on_desktop_window,
        .surroundings = on_desktop_surroundings,
        .answered = on_desktop_answered,
        .replied = on_desktop_replied,
        .requested = bk_launcher_requested,
        .pasted = on_desktop_pasted,
        .asked = on_desktop_asked,
        .not_asked = on_desktop_not_asked,
        .grant = on_desktop_grant,
        .opened = on_desktop_opened,
        .change_default = on_desktop_change_default,
        .file = on_desktop_file,
        .preferences = on_desktop_preferences,
        .place = on_desktop_place,
        .software = on_desktop_software,
        .low_power = on_desktop_low_power,
        .sleep = on_desktop_sleep,
        .power_off = on_desktop_power_off,
    };
    static const struct bk_hypervisor_events hypervisor_events = {
        .app = on_app,
        .turned = on_turned,
        .power = on_power,
        .uplink = on_uplink,
        .awake = on_awake,
        .listed = on_listed,
        .icon = bk_launcher_icon,
        .start_failed = bk_launcher_start_failed,
        .bundle = on_bundle,
        .work = on_work,
    };
    struct bk_broker *broker = calloc(1, sizeof *broker);

    if (broker == NULL)
        return -ENOMEM;
    broker->event = sd_event_ref(event);
    bk_preferences_open(&broker->preferences, setup->preferences_path);
    broker->system = (struct bk_app){ .id = "io.bulkhead.system", .name = "System" };
    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++)
        broker->strangers[i].fd = -1;
    int r = create_server(broker, setup->encoder_path);
    if (r >= 0)
        r = sd_event_add_time(event, &broker->stranger_timer, CLOCK_MONOTONIC, 0, 0, on_stranger_time, broker);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->stranger_timer, SD_EVENT_OFF);
    if (r >= 0)
        r = bk_desktop_create(event, setup->desktop_path, &desktop_events, broker, &broker->desktop);
    if (r >= 0)
        r = bk_permission_gate_create(event, broker->desktop, &broker->apps, setup->permissions_path, &broker->gate);
    if (r >= 0)
        r = bk_open_api_start(broker, setup->defaults_path, setup->open_waiting_ms);
    if (r >= 0)
        r = bk_file_api_start(broker, setup->picker_path);
    if (r >= 0)
        r = bk_network_start(broker, setup->network_path);
    if (r >= 0)
        r = bk_software_start(broker, setup->bundle_fd);
    if (r >= 0)
        bk_location_choice_start(broker, setup->place_path, setup->place);
    if (r >= 0 && setup->gps != NULL)
        add_receiver(broker, setup->gps);
    if (r >= 0 && setup->camera != NULL)
        add_cameras(broker, setup->camera);
    if (r >= 0 && setup->codec_fd >= 0)
        add_encoders(broker, setup->codec_fd);
    if (r >= 0)
        r = bk_hypervisor_create(event, setup->hypervisor_fd, &hypervisor_events, broker, &broker->hypervisor);
    if (r < 0) {
        bk_broker_destroy(broker);
        return r;
    }
    *ret = broker;
    return 0;
}

void bk_broker_destroy(struct bk_broker *broker)
{
    if (broker == NULL)
        return;
    bk_stream_end_all(broker);
    while (broker->connections != NULL)
        bk_client_close(broker->connections->client, BK_CLIENT_ENDED, "the system ends");
    for (unsigned i = 0; i < BK_BROKER_STRANGERS_MAX; i++)
        bk_close(broker->strangers[i].fd);
    bk_hypervisor_destroy(broker->hypervisor);
    bk_location_api_stop(broker);
    bk_location_choice_stop(broker);
    bk_microphone_stop(broker);
    bk_network_stop(broker);
    bk_folders_api_stop(broker);
    bk_camera_machine_destroy(broker->machine_cameras);
    bk_camera_api_stop(broker);
    bk_encoder_api_stop(broker);
    bk_power_api_stop(broker);
    bk_clipboard_api_stop(broker);
    bk_open_api_stop(broker);
    bk_file_api_stop(broker);
    bk_software_stop(broker);
    bk_storage_stop(broker);
    bk_copies_stop(broker);
    bk_permission_gate_destroy(broker->gate);
    bk_app_table_finish(&broker->apps);
    bk_notifications_clear(&broker->system.notifications);
    bk_desktop_destroy(broker->desktop);
    bk_preferences_close(&broker->preferences);
    bk_recorder_destroy(broker->recorder);
    sd_event_source_disable_unref(broker->stranger_timer);
    bk_watch_stop(broker);
    sd_varlink_server_unref(broker->server);
    sd_event_unref(broker->event);
    free(broker);
}

int bk_broker_allow_recording(struct bk_broker *broker, const char *path)
{
    return bk_recorder_create(path, &broker->recorder);
}

static void forget_listener(void *listener)
{
    free(listener);
}

int bk_broker_listen(struct bk_broker *broker, int listener, enum bk_broker_service service,
                     bk_broker_accept_t accept_one)
{
    sd_event_source *source = NULL;
    struct listener *served = calloc(1, sizeof *served);

    if (served == NULL)
        return -ENOMEM;
    served->broker = broker;
    served->service = service;
    served->accept_one = accept_one;
    int r = sd_event_add_io(broker->event, &source, listener, EPOLLIN, on_listener, served);
    if (r < 0) {
        free(served);
        return r;
    }
    (void)sd_event_source_set_destroy_callback(source, forget_listener);
    /* After calls: who opens connections without an end would be all that is ever served. */
    r = sd_event_source_set_priority(source, BK_CLIENT_PRIORITY_OPEN);
    if (r >= 0)
        r = sd_event_source_set_floating(source, true);
    sd_event_source_unref(source);
    return r;
}
