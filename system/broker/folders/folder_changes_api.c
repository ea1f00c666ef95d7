/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "folder_changes_api.h"

#include "bk_api.h"
#include "folder_changes.h"
#include "folder_session.h"
#include "invalid.h"
#include "json.h"
#include "parameters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Folders."

/* A call of Changes() that goes on; a connection has one at the most. */
struct bk_folder_listener {
    struct bk_folder_listener *next;
    struct bk_connection *connection;
    char folder[BK_FOLDER_ID_SIZE];
    struct bk_folder_changes changes;
    bool due; /* it is to be told: of changes, or at first that it listens */
};

static void wake(struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->folders.due, SD_EVENT_ONESHOT);
}

static int refuse_as_not_open(sd_varlink *link, const char *folder)
{
    return sd_varlink_errorbo(link, INTERFACE "NotOpen", SD_JSON_BUILD_PAIR_STRING("folder", folder));
}

/* ---- who offers ---- */

static bool are_good(sd_json_variant *paths, struct bk_invalid *invalid)
{
    char path[BK_FOLDER_PATH_MAX + 1];

    for (size_t i = 0; i < sd_json_variant_elements(paths); i++) {
        const char *said = sd_json_variant_string(sd_json_variant_by_index(paths, i));
        if (!bk_invalid_take_judged(said, bk_folder_check_path(said, strlen(said)), "paths", BK_FOLDER_PATH_MAX, path,
                                    invalid))
            return false;
    }
    return true;
}

static int on_changed(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    const char *name = sd_json_variant_string(sd_json_variant_by_key(parameters, "name"));
    sd_json_variant *paths = sd_json_variant_by_key(parameters, "paths");
    struct bk_invalid invalid = { .fault = NULL };
    char id[BK_FOLDER_ID_SIZE];

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Folders, "Changed"))
        return 0;
    if (!are_good(paths, &invalid))
        return bk_invalid_answer(&invalid, link, connection->app, "Folders.Changed", INTERFACE "InvalidFolder");
    const struct bk_folder_offer *offer = bk_folder_find_offer(broker, connection->app, name);
    if (offer == NULL)
        return sd_varlink_errorbo(link, INTERFACE "NotOffered", SD_JSON_BUILD_PAIR_STRING("name", name));
    bk_folder_id(offer, id);
    for (struct bk_folder_listener *listener = broker->folders.listeners; listener != NULL; listener = listener->next) {
        if (strcmp(listener->folder, id) != 0)
            continue;
        for (size_t i = 0; i < sd_json_variant_elements(paths); i++)
            bk_folder_changes_add(&listener->changes, sd_json_variant_string(sd_json_variant_by_index(paths, i)));
        listener->due = true;
    }
    wake(broker);
    return sd_varlink_reply(link, NULL);
}

/* ---- who listens ---- */

static void end(struct bk_folder_listener *listener)
{
    struct bk_folder_listener **at = &listener->connection->broker->folders.listeners;

    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    listener->connection->folder_listener = NULL;
    bk_folder_changes_clear(&listener->changes);
    free(listener);
}

static int build_changes(const struct bk_folder_changes *changes, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *paths = NULL;
    int r = sd_json_variant_new_array(&paths, NULL, 0);

    if (r >= 0 && changes->all)
        r = sd_json_variant_append_arrayb(&paths, SD_JSON_BUILD_STRING("/"));
    for (unsigned i = 0; r >= 0 && i < changes->n_paths; i++)
        r = sd_json_variant_append_arrayb(&paths, SD_JSON_BUILD_STRING(changes->paths[i]));
    return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("paths", paths));
}

/* An error of sd-varlink's ends the connection by itself. */
static void tell(struct bk_folder_listener *listener)
{
    _cleanup_json_ sd_json_variant *reply = NULL;
    struct bk_client *client = listener->connection->client;
    int r = build_changes(&listener->changes, &reply);

    if (r < 0) {
        end(listener);
        (void)sd_varlink_error_errno(bk_client_link(client), r);
        return;
    }
    listener->due = false;
    bk_folder_changes_clear(&listener->changes);
    (void)bk_client_may_tell(client); /* there is one at a time: never too many */
    (void)sd_varlink_notify(bk_client_link(client), reply);
}

static void refuse(struct bk_folder_listener *listener)
{
    sd_varlink *link = bk_client_link(listener->connection->client);
    char folder[BK_FOLDER_ID_SIZE];

    memcpy(folder, listener->folder, sizeof folder);
    end(listener);
    (void)refuse_as_not_open(link, folder);
}

void bk_folder_changes_tell(struct bk_broker *broker)
{
    for (struct bk_folder_listener *next, *listener = broker->folders.listeners; listener != NULL; listener = next) {
        const struct bk_connection *connection = listener->connection;
        next = listener->next;
        if (bk_client_link(connection->client) == NULL)
            continue; /* it is ending */
        if (!bk_folder_is_open(broker, connection->app, listener->folder))
            refuse(listener);
        else if (listener->due && bk_client_reads(connection->client))
            tell(listener);
    }
}

static int on_changes(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    const char *folder = sd_json_variant_string(sd_json_variant_by_key(parameters, "folder"));

    (void)flags; /* the interface's table says that it needs `more` */
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Folders, "Changes"))
        return 0;
    if (!bk_folder_is_open(broker, connection->app, folder))
        return refuse_as_not_open(link, folder);
    struct bk_folder_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return -ENOMEM;
    listener->next = broker->folders.listeners;
    listener->connection = connection;
    memcpy(listener->folder, folder, strlen(folder) + 1); /* an id that is open: it has room */
    listener->due = true;
    broker->folders.listeners = listener;
    connection->folder_listener = listener;
    wake(broker);
    return 0;
}

void bk_folder_changes_closed(struct bk_folder_listener *listener)
{
    end(listener);
}

int bk_folder_changes_start(struct bk_broker *broker)
{
    return sd_varlink_server_bind_method_many(broker->server, INTERFACE "Changed", on_changed, INTERFACE "Changes",
                                              on_changes);
}
