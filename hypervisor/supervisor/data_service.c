/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "data_service.h"

#include "content.h"
#include "debug_port.h"
#include "software_data.h"
#include "software_service.h"
#include "supervisor.h"
#include "verify.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERROR(name) "io.bulkhead.Software." name

/* A call whose work is under way, and who waits for it, for its answer or as they watch; they may be gone then. */
struct waiting {
    struct bk_supervisor *supervisor;
    sd_varlink *link;
    uint64_t work; /* its number for who watches; 0: it is the answer that they wait for */
    char id[BK_APP_ID_MAX + 1];
};

/* The app of a call, or NULL: then it was answered. */
static struct bk_app *find_app(sd_varlink *link, sd_json_variant *parameters, void *userdata, int *ret)
{
    struct bk_supervisor *supervisor = bk_service_supervisor(userdata);
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "id"));
    struct bk_app *app = bk_supervisor_find_installed(supervisor, id);

    if (app == NULL)
        *ret = sd_varlink_errorbo(link, ERROR("NoSuchApp"), SD_JSON_BUILD_PAIR_STRING("id", id));
    else if (!supervisor->software.store.open)
        *ret = bk_software_reply_errno(link, -ENODEV);
    else
        return app;
    return NULL;
}

/* … with which something can be done now, and told to who waits for it. */
static struct bk_app *find_idle(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
                                void *userdata, int *ret)
{
    *ret = 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return NULL; /* what came of it would be nobody's to know */
    struct bk_app *app = find_app(link, parameters, userdata, ret);
    if (app == NULL)
        return NULL;
    int r = bk_software_idle(&app->supervisor->software);
    if (r < 0)
        *ret = bk_software_reply_errno(link, r);
    else if (app->vm.state != BK_VM_STOPPED)
        *ret = sd_varlink_errorbo(link, ERROR("Running"), SD_JSON_BUILD_PAIR_STRING("id", app->manifest.id));
    else
        return app;
    return NULL;
}

static int reply_no_point(sd_varlink *link, const char *id, int64_t number)
{
    return sd_varlink_errorbo(link, ERROR("NoSuchPoint"), SD_JSON_BUILD_PAIR_STRING("id", id),
                              SD_JSON_BUILD_PAIR_INTEGER("point", number));
}

static int reply_error(sd_varlink *link, const char *id, int error)
{
    if (error == -ENOENT)
        return sd_varlink_errorbo(link, ERROR("NothingToKeep"), SD_JSON_BUILD_PAIR_STRING("id", id));
    if (error == -EDQUOT)
        return sd_varlink_errorbo(link, ERROR("TooManyPoints"), SD_JSON_BUILD_PAIR_STRING("id", id),
                                  SD_JSON_BUILD_PAIR_UNSIGNED("most", BK_POINTS_KEPT_MAX));
    return bk_software_reply_errno(link, error);
}

/* ---- what is there ---- */

static int on_usage(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_usage usage;
    int r = 0;
    const struct bk_app *app = find_app(link, parameters, userdata, &r);

    (void)flags;
    if (app == NULL)
        return r;
    r = bk_points_measure(&app->supervisor->software.store, app->manifest.id, app->installed, &usage);
    if (r < 0)
        return bk_software_reply_errno(link, r);
    if (usage.quota == 0) /* it is made when the app is started */
        usage.quota = (uint64_t)app->manifest.storage_mib << 20;
    return sd_varlink_replybo(
        link, SD_JSON_BUILD_PAIR_UNSIGNED("quota", usage.quota), SD_JSON_BUILD_PAIR_UNSIGNED("data", usage.data),
        SD_JSON_BUILD_PAIR_UNSIGNED("bundle", usage.bundle), SD_JSON_BUILD_PAIR_UNSIGNED("points", usage.points));
}

/* The version of the bundle that a point has, which the caller frees; -EBADMSG when it cannot be used any more. */
static int read_version(const struct bk_store *store, const char *id, const struct bk_point *point, char **ret)
{
    struct bk_bundle_finding finding = { 0 };
    struct bk_manifest manifest = { 0 };
    struct bk_bundle_header header;
    _cleanup_free_ char *text = NULL;

    _cleanup_close_ int bundle = bk_points_open_bundle(store, id, point);
    int r = bundle < 0 ? bundle : bk_bundle_verify_header(bundle, &header, &finding);
    if (r >= 0 && finding.verdict == BK_BUNDLE_GOOD)
        r = bk_bundle_read(bundle, &header, &manifest, &text, &finding);
    if (r >= 0 && (finding.verdict != BK_BUNDLE_GOOD || strcmp(manifest.id, id) != 0))
        r = -EBADMSG;
    if (r >= 0)
        *ret = TAKE_PTR(manifest.version);
    bk_manifest_finish(&manifest);
    return r;
}

static int append(sd_json_variant **points, const struct bk_app *app, const struct bk_point *point)
{
    const struct bk_store *store = &app->supervisor->software.store;
    _cleanup_free_ char *version = NULL;
    uint64_t size = 0;

    int r = bk_points_size(store, app->manifest.id, point, &size);
    if (r >= 0 && app->installed)
        r = read_version(store, app->manifest.id, point, &version);
    if (r < 0) {
        bk_error("restore point %u of %s is left out: %s", point->number, app->manifest.id, strerror(-r));
        return 0;
    }
    return sd_json_variant_append_arraybo(
        points, SD_JSON_BUILD_PAIR_UNSIGNED("point", point->number),
        SD_JSON_BUILD_PAIR_UNSIGNED("time", point->seconds),
        SD_JSON_BUILD_PAIR_CONDITION(version != NULL, "version", SD_JSON_BUILD_STRING(version)),
        SD_JSON_BUILD_PAIR_STRING("cause", bk_point_cause_names[point->cause]),
        SD_JSON_BUILD_PAIR_UNSIGNED("size", size));
}

static int on_points(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_point points[BK_POINTS_MAX];
    sd_json_variant *list = NULL;
    size_t count = 0;
    int r = 0;
    const struct bk_app *app = find_app(link, parameters, userdata, &r);

    (void)flags;
    if (app == NULL)
        return r;
    r = bk_points_list(&app->supervisor->software.store, app->manifest.id, app->installed, points, &count);
    if (r < 0)
        return bk_software_reply_errno(link, r);
    r = sd_json_build(&list, SD_JSON_BUILD_EMPTY_ARRAY);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = append(&list, app, &points[i]);
    if (r >= 0)
        r = sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("points", list));
    sd_json_variant_unref(list);
    return r;
}

/* ---- what takes its time ---- */

static struct waiting *wait_for(struct bk_app *app, sd_varlink *link, sd_json_variant *parameters)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (waiting == NULL)
        return NULL;
    waiting->supervisor = app->supervisor;
    waiting->link = sd_varlink_ref(link);
    memcpy(waiting->id, app->manifest.id, strlen(app->manifest.id) + 1);
    if (sd_json_variant_boolean(sd_json_variant_by_key(parameters, "watched")))
        waiting->work = ++app->supervisor->work.number;
    return waiting;
}

/* What the call would have answered, and its reason, which may be NULL. */
static const char *error_of(int error, const char **ret_reason)
{
    if (error == -ENOENT)
        return ERROR("NothingToKeep");
    if (error == -EDQUOT)
        return ERROR("TooManyPoints");
    *ret_reason = bk_software_reason(error);
    return ERROR("Failed");
}

static void tell(const struct waiting *waiting, bool ended, int result)
{
    struct bk_work *work = &waiting->supervisor->work;
    sd_json_variant *told = NULL;
    const char *reason = NULL, *error = result < 0 ? error_of(result, &reason) : NULL;

    int r = sd_json_buildo(&told, SD_JSON_BUILD_PAIR_UNSIGNED("work", waiting->work),
                           SD_JSON_BUILD_PAIR_BOOLEAN("ended", ended),
                           SD_JSON_BUILD_PAIR_CONDITION(error != NULL, "error", SD_JSON_BUILD_STRING(error)),
                           SD_JSON_BUILD_PAIR_CONDITION(reason != NULL, "reason", SD_JSON_BUILD_STRING(reason)));
    if (r < 0) {
        bk_error("what becomes of the data of %s cannot be told: %s", waiting->id, strerror(-r));
        return;
    }
    sd_json_variant_unref(work->told);
    work->told = told;
    bk_service_work_changed(waiting->supervisor->service);
}

static void waited(struct waiting *waiting)
{
    sd_varlink_unref(waiting->link);
    free(waiting);
}

/* What is under way answers, or is told to who watches; or nobody waits. */
static int begun(struct waiting *waiting, int r)
{
    if (r < 0) {
        r = reply_error(waiting->link, waiting->id, r);
        waited(waiting);
        return r;
    }
    if (waiting->work == 0)
        return 0;
    tell(waiting, false, 0);
    return sd_varlink_replybo(waiting->link, SD_JSON_BUILD_PAIR_UNSIGNED("work", waiting->work));
}

static void on_kept(void *userdata, int result)
{
    struct waiting *waiting = userdata;
    const struct bk_app *app = bk_supervisor_find_app(waiting->supervisor, waiting->id);
    struct bk_point points[BK_POINTS_MAX];
    size_t count = 0;

    if (waiting->work != 0) {
        tell(waiting, true, result);
        waited(waiting);
        return;
    }
    if (result >= 0)
        result = bk_points_list(&waiting->supervisor->software.store, waiting->id, app->installed, points, &count);
    if (result < 0 || count == 0)
        (void)reply_error(waiting->link, waiting->id, result < 0 ? result : -ENOENT);
    else
        (void)sd_varlink_replybo(waiting->link, SD_JSON_BUILD_PAIR_UNSIGNED("point", points[count - 1].number));
    waited(waiting);
}

static int on_keep(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    int r = 0;
    struct bk_app *app = find_idle(link, parameters, flags, userdata, &r);
    struct waiting *waiting = app != NULL ? wait_for(app, link, parameters) : NULL;

    if (app == NULL)
        return r;
    if (waiting == NULL)
        return -ENOMEM;
    return begun(waiting, bk_software_keep(&app->supervisor->software, app, BK_POINT_KEPT, on_kept, waiting));
}

static void on_restored(void *userdata, int result)
{
    struct waiting *waiting = userdata;
    const struct bk_app *app = bk_supervisor_find_app(waiting->supervisor, waiting->id);

    if (waiting->work != 0)
        tell(waiting, true, result);
    else if (result < 0)
        (void)reply_error(waiting->link, waiting->id, result);
    else
        (void)sd_varlink_replybo(
            waiting->link,
            SD_JSON_BUILD_PAIR_CONDITION(app->installed, "version", SD_JSON_BUILD_STRING(app->manifest.version)));
    waited(waiting);
}

/* The point that a call names: -ENOENT when there is none. */
static int find_point(const struct bk_app *app, sd_json_variant *parameters, struct bk_point *ret, int64_t *ret_number)
{
    struct bk_point points[BK_POINTS_MAX];
    size_t count = 0;

    *ret_number = sd_json_variant_integer(sd_json_variant_by_key(parameters, "point"));
    int r = bk_points_list(&app->supervisor->software.store, app->manifest.id, app->installed, points, &count);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        if (points[i].number == *ret_number) {
            *ret = points[i];
            return 0;
        }
    }
    return r < 0 ? r : -ENOENT;
}

static int on_restore(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    int r = 0;
    struct bk_app *app = find_idle(link, parameters, flags, userdata, &r);
    struct bk_point point;
    int64_t number;

    if (app == NULL)
        return r;
    r = find_point(app, parameters, &point, &number);
    if (r == -ENOENT)
        return reply_no_point(link, app->manifest.id, number);
    if (r >= 0 && app->installed) {
        _cleanup_free_ char *version = NULL;
        r = read_version(&app->supervisor->software.store, app->manifest.id, &point, &version);
    }
    if (r < 0)
        return bk_software_reply_errno(link, r);
    struct waiting *waiting = wait_for(app, link, parameters);
    if (waiting == NULL)
        return -ENOMEM;
    return begun(waiting, bk_software_restore(&app->supervisor->software, app, &point, on_restored, waiting));
}

static int on_forget(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    int r = 0;
    const struct bk_app *app = find_app(link, parameters, userdata, &r);
    struct bk_point point = { 0 };
    int64_t number = 0;

    (void)flags;
    if (app == NULL)
        return r;
    struct bk_software *software = &app->supervisor->software;
    r = bk_software_idle(software);
    if (r >= 0)
        r = find_point(app, parameters, &point, &number);
    if (r >= 0)
        r = bk_points_forget(&software->store, app->manifest.id, app->installed, point.number);
    if (r == -ENOENT)
        return reply_no_point(link, app->manifest.id, number);
    return r < 0 ? bk_software_reply_errno(link, r) : sd_varlink_reply(link, NULL);
}

static void on_exported(void *userdata, int result)
{
    struct waiting *waiting = userdata;

    if (result < 0)
        (void)reply_error(waiting->link, waiting->id, result);
    else
        (void)sd_varlink_reply(waiting->link, NULL);
    waited(waiting);
}

static int on_export(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_supervisor *supervisor = bk_service_supervisor(userdata);
    int r = 0;

    /* As with Install(), whoever has come is let go, too, when this is no time for it. */
    _cleanup_close_ int stream = bk_debug_way_take(&supervisor->bundles);
    struct bk_app *app = find_idle(link, parameters, flags, userdata, &r);
    if (app == NULL)
        return r;
    if (!app->installed)
        return sd_varlink_errorbo(link, ERROR("Theirs"), SD_JSON_BUILD_PAIR_STRING("id", app->manifest.id));
    if (stream < 0)
        return bk_software_reply_failed(link, stream == -EAGAIN ? "nobody has come to bundle.sock"
                                                                : "there is no way for a bundle");
    struct waiting *waiting = wait_for(app, link, parameters);
    if (waiting == NULL)
        return -ENOMEM;
    return begun(waiting, bk_software_export(&supervisor->software, app, stream, on_exported, waiting));
}

int bk_data_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(
        server, "io.bulkhead.Software.Usage", on_usage, "io.bulkhead.Software.Points", on_points,
        "io.bulkhead.Software.Keep", on_keep, "io.bulkhead.Software.Restore", on_restore, "io.bulkhead.Software.Forget",
        on_forget, "io.bulkhead.Software.Export", on_export);
}
