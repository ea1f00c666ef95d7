/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "software_service.h"

#include "bk_api.h"
#include "copies.h"
#include "data_service.h"
#include "debug_port.h"
#include "supervisor.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>

#define ERROR(name) "io.bulkhead.Software." name

int bk_software_reply_failed(sd_varlink *link, const char *reason)
{
    return sd_varlink_errorbo(link, ERROR("Failed"), SD_JSON_BUILD_PAIR_STRING("reason", reason));
}

const char *bk_software_reason(int error)
{
    return error == -ENOSPC      ? "there is no room left on the disk for apps"
           : error == -ETIMEDOUT ? "nobody reads it"
                                 : strerror(-error);
}

int bk_software_reply_errno(sd_varlink *link, int error)
{
    if (error == -ENODEV)
        return sd_varlink_error(link, ERROR("NoDisk"), NULL);
    if (error == -EBUSY)
        return sd_varlink_error(link, ERROR("Busy"), NULL);
    return bk_software_reply_failed(link, bk_software_reason(error));
}

static int reply_outcome(sd_varlink *link, const struct bk_software_outcome *outcome)
{
    switch (outcome->end) {
    case BK_SOFTWARE_INSTALLED:
        return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("id", outcome->app->manifest.id),
                                  SD_JSON_BUILD_PAIR_STRING("name", outcome->app->manifest.name),
                                  SD_JSON_BUILD_PAIR_STRING("version", outcome->app->manifest.version),
                                  SD_JSON_BUILD_PAIR_STRING("update", bk_update_names[outcome->update]));
    case BK_SOFTWARE_RUNS:
        return sd_varlink_errorbo(link, ERROR("Running"), SD_JSON_BUILD_PAIR_STRING("id", outcome->app->manifest.id));
    case BK_SOFTWARE_FAILED:
    case BK_SOFTWARE_JUDGED: /* which nobody asked for */
    case BK_SOFTWARE_ENDS:
        return bk_software_reply_failed(link, outcome->reason);
    case BK_SOFTWARE_BROKEN:
    case BK_SOFTWARE_UNSIGNED:
    case BK_SOFTWARE_STRANGER:
    case BK_SOFTWARE_THEIRS:
    case BK_SOFTWARE_OLDER:
        break;
    }
    return sd_varlink_errorbo(link, ERROR("Refused"),
                              SD_JSON_BUILD_PAIR_STRING("verdict", bk_software_end_names[outcome->end]),
                              SD_JSON_BUILD_PAIR_STRING("reason", outcome->reason));
}

/* Who asked may be gone: then nobody is told. */
static void on_told(const struct bk_software_outcome *outcome, void *userdata)
{
    sd_varlink *link = userdata;

    if (reply_outcome(link, outcome) < 0)
        (void)bk_software_reply_failed(link, "what came of it cannot be told");
    sd_varlink_unref(link);
}

static int install(sd_varlink *link, sd_varlink_method_flags_t flags, struct bk_supervisor *supervisor,
                   enum bk_software_way way)
{
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* what came of it would be nobody's to know */
    /* Whoever has come with a bundle is let go, too, when this is no time for it. */
    _cleanup_close_ int source = bk_debug_way_take(&supervisor->bundles);
    int r = bk_software_ready(&supervisor->software);
    if (r < 0)
        return bk_software_reply_errno(link, r);
    if (source < 0)
        return bk_software_reply_failed(link, source == -EAGAIN ? "nobody has come to bundle.sock"
                                                                : "there is no way for a bundle");
    r = bk_software_install(&supervisor->software, source, way, on_told, link);
    if (r < 0)
        return bk_software_reply_errno(link, r);
    sd_varlink_ref(link);
    return 0;
}

static int on_install(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    return install(link, flags, bk_service_supervisor(userdata), BK_SOFTWARE_AT_ONCE);
}

static int on_import(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    return install(link, flags, bk_service_supervisor(userdata), BK_SOFTWARE_WITH_DATA);
}

/* ---- from the System VM, with a question to the person in between ---- */

static const char *mark_of(sd_json_variant *parameters)
{
    return sd_json_variant_string(sd_json_variant_by_key(parameters, "mark"));
}

static int on_judge(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const int64_t size = sd_json_variant_integer(sd_json_variant_by_key(parameters, "size"));
    int r = bk_offer_judge(bk_service_supervisor(userdata), mark_of(parameters), size > 0 ? (uint64_t)size : 0);

    (void)flags;
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, size > 0 ? "mark" : "size");
    return r < 0 ? bk_software_reply_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int reply_found(sd_varlink *link, int r)
{
    return r < 0 ? sd_varlink_error(link, ERROR("NoSuchBundle"), NULL) : sd_varlink_reply(link, NULL);
}

static int on_confirm(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)flags;
    return reply_found(link, bk_offer_confirm(bk_service_supervisor(userdata), mark_of(parameters)));
}

static int on_drop(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)flags;
    return reply_found(link, bk_offer_drop(bk_service_supervisor(userdata), mark_of(parameters)));
}

/* ---- what there is ---- */

static int on_remove(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_supervisor *supervisor = bk_service_supervisor(userdata);
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "id"));
    struct bk_app *app = bk_supervisor_find_installed(supervisor, id);
    const char *problem = NULL;

    (void)flags;
    if (app == NULL)
        problem = ERROR("NoSuchApp");
    else if (!app->installed)
        problem = ERROR("Theirs");
    else if (app->vm.state != BK_VM_STOPPED)
        problem = ERROR("Running");
    if (problem != NULL)
        return sd_varlink_errorbo(link, problem, SD_JSON_BUILD_PAIR_STRING("id", id));
    if (bk_software_works_on(&supervisor->software, app))
        return bk_software_reply_errno(link, -EBUSY);
    bk_copies_end(app);
    int r = bk_software_remove(&supervisor->software, app);
    return r < 0 ? bk_software_reply_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int on_room(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const struct bk_supervisor *supervisor = bk_service_supervisor(userdata);
    const struct bk_store *store = &supervisor->software.store;
    uint64_t left = 0, all = 0, promised = 0;

    (void)parameters;
    (void)flags;
    int r = store->open ? bk_store_room(store, &left, &all) : -ENODEV;
    if (r < 0)
        return bk_software_reply_errno(link, r);
    for (size_t i = 0; i < supervisor->app_count; i++)
        promised += (uint64_t)supervisor->apps[i]->manifest.storage_mib << 20;
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_UNSIGNED("free", left), SD_JSON_BUILD_PAIR_UNSIGNED("all", all),
                              SD_JSON_BUILD_PAIR_UNSIGNED("promised", promised));
}

int bk_software_service_bind(sd_varlink_server *server)
{
    int r = sd_varlink_server_add_interface(server, &bk_api_io_bulkhead_Software);

    if (r < 0)
        return r;
    r = sd_varlink_server_bind_method_many(
        server, "io.bulkhead.Software.Install", on_install, "io.bulkhead.Software.Import", on_import,
        "io.bulkhead.Software.Judge", on_judge, "io.bulkhead.Software.Confirm", on_confirm, "io.bulkhead.Software.Drop",
        on_drop, "io.bulkhead.Software.Remove", on_remove, "io.bulkhead.Software.Room", on_room);
    return r < 0 ? r : bk_data_service_bind(server);
}
