/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file_api.h"

#include "bk_api.h"
#include "file_list.h"
#include "invalid.h"
#include "json.h"
#include "open.h"
#include "parameters.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.File."

/* ---- answers ---- */

static int answer_too_many(sd_varlink *link, struct bk_app *app, unsigned limit)
{
    bk_broker_log_refusal(app, "File: too many");
    return sd_varlink_errorbo(link, INTERFACE "TooMany", SD_JSON_BUILD_PAIR_UNSIGNED("limit", limit));
}

void bk_file_answer_opened(struct bk_connection *connection, const char *stream, const char *name, uint64_t size)
{
    sd_varlink *link = bk_client_link(connection->client);

    if (link != NULL)
        (void)sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", stream),
                                 SD_JSON_BUILD_PAIR_STRING("name", name), SD_JSON_BUILD_PAIR_UNSIGNED("size", size));
}

void bk_file_answer_saving(struct bk_connection *connection, const char *stream, const char *name)
{
    sd_varlink *link = bk_client_link(connection->client);

    if (link == NULL)
        return;
    (void)bk_client_may_tell(connection->client); /* the first of two: never too many */
    (void)sd_varlink_notifybo(link, SD_JSON_BUILD_PAIR_STRING("stream", stream),
                              SD_JSON_BUILD_PAIR_STRING("name", name), SD_JSON_BUILD_PAIR_BOOLEAN("stored", false));
}

void bk_file_answer_stored(struct bk_connection *connection, const char *name)
{
    sd_varlink *link = bk_client_link(connection->client);

    if (link != NULL)
        (void)sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_NULL("stream"), SD_JSON_BUILD_PAIR_STRING("name", name),
                                 SD_JSON_BUILD_PAIR_BOOLEAN("stored", true));
}

void bk_file_answer_not_stored(struct bk_connection *connection, enum bk_picker_fault fault)
{
    static const char *const reasons[BK_PICKER_FAULTS] = {
        [BK_PICKER_SILENT] = "lost",     [BK_PICKER_GONE] = "lost",     [BK_PICKER_BROKEN] = "lost",
        [BK_PICKER_REFUSED] = "refused", [BK_PICKER_FULL] = "full",     [BK_PICKER_NO_FILE] = "refused",
        [BK_PICKER_DEEP] = "refused",    [BK_PICKER_TAKEN] = "refused", [BK_PICKER_SHORT] = "incomplete",
    };
    sd_varlink *link = bk_client_link(connection->client);

    if (link != NULL)
        (void)sd_varlink_errorbo(link, INTERFACE "NotStored", SD_JSON_BUILD_PAIR_STRING("reason", reasons[fault]));
}

void bk_file_answer_not_chosen(struct bk_connection *connection)
{
    sd_varlink *link = bk_client_link(connection->client);

    if (link != NULL)
        (void)sd_varlink_error(link, INTERFACE "NotChosen", NULL);
}

void bk_file_answer_too_many(struct bk_connection *connection, unsigned limit)
{
    sd_varlink *link = bk_client_link(connection->client);

    if (link != NULL)
        (void)answer_too_many(link, connection->app, limit);
}

/* ---- Pick, Save ---- */

/* What is asked of the person is one stream of questions, be it about links or files. */
static int ask(sd_varlink *link, struct bk_connection *connection, const struct bk_file_wish *wish)
{
    struct bk_app *app = connection->app;
    uint64_t number = 0;

    if (bk_file_sessions_count(connection->broker, app) >= BK_FILE_OPEN_MAX)
        return answer_too_many(link, app, BK_FILE_OPEN_MAX);
    switch (bk_open_admit(app, &number)) {
    case BK_OPEN_ADMITTED:
        return bk_file_session_begin(connection, wish);
    case BK_OPEN_NOT_IN_USE:
        bk_broker_log_refusal(app, "File: it does not have the focus");
        return sd_varlink_error(link, INTERFACE "NotInUse", NULL);
    case BK_OPEN_TOO_MANY:
        return answer_too_many(link, app, (unsigned)number);
    case BK_OPEN_TOO_SOON:
        bk_broker_log_refusal(app, "File: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", number));
    }
    return -EINVAL;
}

/* A dot and more of what names are made of. */
static bool take_ending(sd_json_variant *json, struct bk_file_wish *wish, struct bk_invalid *invalid)
{
    char *to = wish->endings[wish->n_endings++];
    const char *text = sd_json_variant_string(json);

    if (!bk_invalid_take_judged(text, bk_text_check(text, strlen(text), BK_FILE_ENDING_MAX, BK_TEXT_LINE), "endings",
                                BK_FILE_ENDING_MAX, to, invalid))
        return false;
    if (to[0] != '.' || to[1] == '\0' || strchr(to, '/') != NULL)
        return bk_invalid_note(invalid, "endings", "badForm", 0);
    return true;
}

static int on_pick(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    sd_json_variant *endings = sd_json_variant_by_key(parameters, "endings");
    const size_t count = bk_json_is_given(endings) ? sd_json_variant_elements(endings) : 0;
    struct bk_file_wish wish = { .save = false };
    struct bk_invalid invalid = { .fault = NULL };
    bool good = count <= BK_FILE_ENDINGS_MAX || bk_invalid_note(&invalid, "endings", "tooLong", BK_FILE_ENDINGS_MAX);

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_File, "Pick"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear what came of it */
    for (size_t i = 0; good && i < count; i++)
        good = take_ending(sd_json_variant_by_index(endings, i), &wish, &invalid);
    return good ? ask(link, connection, &wish)
                : bk_invalid_answer(&invalid, link, connection->app, "Pick", INTERFACE "InvalidFile");
}

static bool take_name(const char *name, struct bk_file_wish *wish, struct bk_invalid *invalid)
{
    const enum bk_link_fault fault = bk_link_check_name(name, strlen(name));

    if (fault != BK_LINK_GOOD)
        return bk_invalid_note(invalid, "name", bk_link_fault_names[fault],
                               fault == BK_LINK_TOO_LONG ? BK_FILE_NAME_MAX : 0);
    if (!bk_file_name_is_fine(name))
        return bk_invalid_note(invalid, "name", "badForm", 0);
    static_assert(BK_FILE_NAME_MAX < sizeof wish->name, "it fits");
    memcpy(wish->name, name, strlen(name) + 1);
    return true;
}

static int on_save(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    const int64_t size = sd_json_variant_integer(sd_json_variant_by_key(parameters, "size"));
    struct bk_file_wish wish = { .save = true };
    struct bk_invalid invalid = { .fault = NULL };

    (void)flags; /* the interface's table says that it needs `more` */
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_File, "Save"))
        return 0;
    bool good = take_name(sd_json_variant_string(sd_json_variant_by_key(parameters, "name")), &wish, &invalid);
    if (good && (size < 0 || size > BK_OPEN_SIZE_MAX))
        good = bk_invalid_note(&invalid, "size", "outOfRange", 0);
    wish.size = (uint64_t)size;
    return good ? ask(link, connection, &wish)
                : bk_invalid_answer(&invalid, link, connection->app, "Save", INTERFACE "InvalidFile");
}

/* ---- life ---- */

int bk_file_api_start(struct bk_broker *broker, const char *program)
{
    broker->files.pickers.program = program;
    int r = bk_file_sessions_start(broker);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_File);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Pick", on_pick, INTERFACE "Save", on_save);
    return r;
}

void bk_file_api_stop(struct bk_broker *broker)
{
    bk_file_sessions_stop(broker);
}

void bk_file_api_closed(struct bk_connection *connection)
{
    if (connection->file != NULL)
        bk_file_session_cancel(connection->file);
}
