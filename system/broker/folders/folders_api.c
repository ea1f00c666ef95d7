/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "folders_api.h"

#include "bk_api.h"
#include "folder_changes_api.h"
#include "folder_session.h"
#include "invalid.h"
#include "json.h"
#include "parameters.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Folders."

static void wake(struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->folders.due, SD_EVENT_ONESHOT);
}

static bool take_access(sd_json_variant *parameters, enum bk_folder_access *ret)
{
    *ret = bk_folder_access_by_name(sd_json_variant_string(sd_json_variant_by_key(parameters, "access")));
    return *ret != BK_FOLDER_ACCESSES;
}

/* False when the app's manifest does not say that it uses folders; nobody is asked. */
static bool is_declared(const struct bk_connection *connection, const char *refusal)
{
    if (connection->app->permissions.reasons[BK_PERMISSION_FOLDERS] != NULL)
        return true;
    bk_broker_log_refusal(connection->app, refusal);
    return false;
}

static int refuse_as_too_many(sd_varlink *link, struct bk_app *app, const char *refusal, unsigned limit)
{
    bk_broker_log_refusal(app, refusal);
    return sd_varlink_errorbo(link, INTERFACE "TooManyFolders", SD_JSON_BUILD_PAIR_UNSIGNED("limit", limit));
}

/* ---- Watch ---- */

static int append_folder(sd_json_variant **folders, const struct bk_folder_offer *offer)
{
    char id[BK_FOLDER_ID_SIZE];

    bk_folder_id(offer, id);
    return sd_json_variant_append_arraybo(folders, SD_JSON_BUILD_PAIR_STRING("id", id),
                                          SD_JSON_BUILD_PAIR_STRING("title", offer->title),
                                          SD_JSON_BUILD_PAIR_STRING("app", offer->connection->app->name),
                                          SD_JSON_BUILD_PAIR_STRING("access", bk_folder_access_names[offer->access]));
}

/* What others offer. */
static int build_folders(const struct bk_connection *connection, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *folders = NULL;
    int r = sd_json_variant_new_array(&folders, NULL, 0);

    for (const struct bk_folder_offer *offer = connection->broker->folders.offers; r >= 0 && offer != NULL;
         offer = offer->next) {
        if (offer->connection->app != connection->app)
            r = append_folder(&folders, offer);
    }
    return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("folders", folders));
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);

    (void)parameters;
    if (!is_declared(connection, "Folders.Watch: its manifest does not declare it"))
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    return bk_watch_answer(connection, link, flags, build_folders);
}

/* ---- Offer ---- */

static unsigned count_offers(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_folder_offer *offer = broker->folders.offers; offer != NULL; offer = offer->next)
        count += offer->connection->app == app;
    return count;
}

static bool take_offer(sd_json_variant *parameters, struct bk_folder_offer *said, struct bk_invalid *invalid)
{
    const char *name = sd_json_variant_string(sd_json_variant_by_key(parameters, "name"));
    sd_json_variant *given = sd_json_variant_by_key(parameters, "aname");
    const char *aname = bk_json_is_given(given) ? sd_json_variant_string(given) : "/";

    return bk_invalid_take_judged(name, bk_folder_check_name(name, strlen(name)), "name", BK_FOLDER_NAME_MAX,
                                  said->name, invalid) &&
           bk_invalid_take_text(sd_json_variant_by_key(parameters, "title"), "title", BK_FOLDER_TITLE_MAX, BK_TEXT_LINE,
                                said->title, invalid) &&
           bk_invalid_take_judged(aname, bk_folder_check_aname(aname, strlen(aname)), "aname", BK_FOLDER_ANAME_MAX,
                                  said->aname, invalid);
}

/* Behind the last one of the same app, or at the end. */
static void add_offer(struct bk_folders *folders, struct bk_folder_offer *offer)
{
    struct bk_folder_offer **at = &folders->offers;
    struct bk_folder_offer **behind = NULL;

    for (; *at != NULL; at = &(*at)->next) {
        if ((*at)->connection->app == offer->connection->app)
            behind = &(*at)->next;
    }
    if (behind == NULL)
        behind = at;
    offer->next = *behind;
    *behind = offer;
}

static int on_offer(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_folder_offer said = { .connection = connection };
    struct bk_invalid invalid = { .fault = NULL };

    (void)flags; /* the interface's table says that it needs `more` */
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Folders, "Offer"))
        return 0;
    if (!take_access(parameters, &said.access))
        return sd_varlink_error_invalid_parameter_name(link, "access");
    if (!take_offer(parameters, &said, &invalid))
        return bk_invalid_answer(&invalid, link, connection->app, "Folders.Offer", INTERFACE "InvalidFolder");
    if (bk_folder_find_offer(broker, connection->app, said.name) != NULL)
        return sd_varlink_errorbo(link, INTERFACE "AlreadyOffered", SD_JSON_BUILD_PAIR_STRING("name", said.name));
    if (count_offers(broker, connection->app) >= BK_FOLDER_OFFERS_MAX)
        return refuse_as_too_many(link, connection->app, "Folders.Offer: too many folders", BK_FOLDER_OFFERS_MAX);
    struct bk_folder_offer *offer = malloc(sizeof *offer);
    if (offer == NULL)
        return -ENOMEM;
    *offer = said;
    add_offer(&broker->folders, offer);
    connection->folder_offer = offer;
    bk_watch_changed(broker, build_folders, NULL);
    return 0;
}

static void end_offer(struct bk_folder_offer *offer)
{
    struct bk_broker *broker = offer->connection->broker;
    struct bk_folder_offer **at = &broker->folders.offers;

    while (*at != offer)
        at = &(*at)->next;
    *at = offer->next;
    offer->connection->folder_offer = NULL;
    bk_folder_sessions_withdraw(broker, offer);
    free(offer);
    bk_watch_changed(broker, build_folders, NULL);
}

/* Tells those whose calls go on of what they do not know. */
static int on_due(sd_event_source *source, void *userdata)
{
    struct bk_broker *broker = userdata;

    (void)source;
    bk_folder_sessions_tell(broker);
    bk_folder_changes_tell(broker);
    return 0;
}

/* ---- Open ---- */

static int on_open(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_app *app = connection->app;
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "folder"));
    enum bk_folder_access access;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Folders, "Open"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; and the connection would be free for another such call meanwhile */
    if (!take_access(parameters, &access))
        return sd_varlink_error_invalid_parameter_name(link, "access");
    if (!is_declared(connection, "Folders.Open: its manifest does not declare it"))
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    struct bk_folder_offer *offer = bk_folder_offer_by_id(broker, id);
    if (offer == NULL || offer->connection->app == app)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchFolder", SD_JSON_BUILD_PAIR_STRING("folder", id));
    if (access > offer->access)
        return sd_varlink_error(link, INTERFACE "OnlyReadable", NULL);
    if (bk_folder_sessions_opened(broker, app) >= BK_FOLDER_OPENED_MAX)
        return refuse_as_too_many(link, app, "Folders.Open: too many of its own", BK_FOLDER_OPENED_MAX);
    if (bk_folder_sessions_served(broker, offer->connection->app) >= BK_FOLDER_SERVED_MAX)
        return refuse_as_too_many(link, app, "Folders.Open: too many of that app's", BK_FOLDER_SERVED_MAX);
    if (bk_folder_sessions_opened(broker, NULL) >= BK_FOLDER_OPENED_ALL_MAX)
        return refuse_as_too_many(link, app, "Folders.Open: too many of all apps", BK_FOLDER_OPENED_ALL_MAX);
    return bk_folder_session_begin(connection, offer, access);
}

/* ---- life ---- */

int bk_folders_api_start(struct bk_broker *broker)
{
    int r = sd_event_add_defer(broker->event, &broker->folders.due, on_due, broker);

    if (r >= 0)
        r = sd_event_source_set_enabled(broker->folders.due, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Folders);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Offer", on_offer, INTERFACE "Watch", on_watch,
                                               INTERFACE "Open", on_open);
    if (r >= 0)
        r = bk_folder_changes_start(broker);
    return r;
}

void bk_folders_api_stop(struct bk_broker *broker)
{
    bk_folder_sessions_end_all(broker);
    sd_event_source_disable_unref(broker->folders.due);
}

void bk_folders_api_read(struct bk_connection *connection)
{
    if (connection->folder_offer != NULL || connection->folder_listener != NULL)
        wake(connection->broker);
}

void bk_folders_api_closed(struct bk_connection *connection)
{
    if (connection->folder_listener != NULL)
        bk_folder_changes_closed(connection->folder_listener);
    if (connection->folder_session != NULL)
        bk_folder_session_cancel(connection->folder_session);
    if (connection->folder_offer != NULL)
        end_offer(connection->folder_offer);
}
