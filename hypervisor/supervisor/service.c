/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "service.h"

#include "bk_api.h"
#include "cleanup.h"
#include "copies.h"
#include "log.h"
#include "software_service.h"
#include "supervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERROR(name)       "io.bulkhead.Hypervisor." name
#define DEBUG_ERROR(name) "io.bulkhead.Debug." name

enum call_kind {
    CALL_NONE, /* this place is free */
    CALL_START,
    CALL_STOP,
    CALL_WATCH,
};

/* A call whose answer, or whose next one, is still to come. */
struct call {
    enum call_kind kind;
    sd_varlink *link;
    struct bk_app *app; /* START, STOP */
    unsigned behind;    /* WATCH: answers given since the client was last up to date */
};

struct bk_service {
    struct bk_supervisor *supervisor;
    sd_varlink_server *system, *debug;
    struct call calls[2 * BK_SERVICE_CONNECTIONS_MAX]; /* of both servers */
};

static void end_call(struct call *call)
{
    call->kind = CALL_NONE;
    call->link = sd_varlink_unref(call->link);
}

/* NULL when too many clients wait already. A connection has one call at a time. */
static struct call *begin_call(struct bk_service *service, enum call_kind kind, sd_varlink *link, struct bk_app *app)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        struct call *call = &service->calls[i];

        if (call->kind != CALL_NONE)
            continue;
        *call = (struct call){ .kind = kind, .link = sd_varlink_ref(link), .app = app };
        return call;
    }
    return NULL;
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
    struct bk_service *service = userdata;

    (void)server;
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind != CALL_NONE && service->calls[i].link == link)
            end_call(&service->calls[i]);
    }
}

int bk_service_list_permissions(const struct bk_manifest *manifest, sd_json_variant **ret)
{
    int r = sd_json_variant_new_array(ret, NULL, 0);

    for (size_t i = 0; r >= 0 && i < manifest->permission_count; i++)
        r = sd_json_variant_append_arraybo(ret, SD_JSON_BUILD_PAIR_STRING("name", manifest->permissions[i].name),
                                           SD_JSON_BUILD_PAIR_STRING("reason", manifest->permissions[i].reason));
    return r;
}

static int list_names(char *const *names, size_t count, sd_json_variant **ret)
{
    int r = sd_json_variant_new_array(ret, NULL, 0);

    for (size_t i = 0; r >= 0 && i < count; i++)
        r = sd_json_variant_append_arrayb(ret, SD_JSON_BUILD_STRING(names[i]));
    return r;
}

int bk_service_list_hosts(const struct bk_manifest *manifest, sd_json_variant **ret)
{
    return manifest->host_count > 0 ? list_names(manifest->hosts, manifest->host_count, ret)
                                    : sd_json_variant_new_null(ret);
}

static int list_opens(const struct bk_manifest *manifest, sd_json_variant **ret)
{
    sd_json_variant *schemes = NULL;
    sd_json_variant *types = NULL;
    int r = list_names(manifest->schemes, manifest->scheme_count, &schemes);

    if (r >= 0)
        r = list_names(manifest->types, manifest->type_count, &types);
    if (r >= 0)
        r = sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("schemes", schemes),
                           SD_JSON_BUILD_PAIR_VARIANT("types", types));
    sd_json_variant_unref(types);
    sd_json_variant_unref(schemes);
    return r;
}

static int describe(const struct bk_app *app, sd_json_variant **ret)
{
    sd_json_variant *permissions = NULL;
    sd_json_variant *opens = NULL;
    sd_json_variant *hosts = NULL;
    int r = bk_service_list_permissions(&app->manifest, &permissions);

    if (r >= 0)
        r = list_opens(&app->manifest, &opens);
    if (r >= 0)
        r = bk_service_list_hosts(&app->manifest, &hosts);
    if (r >= 0)
        r = sd_json_buildo(
            ret, SD_JSON_BUILD_PAIR_STRING("id", app->manifest.id),
            SD_JSON_BUILD_PAIR_STRING("name", app->manifest.name),
            SD_JSON_BUILD_PAIR_CONDITION(app->copy_of != NULL, "copyOf", SD_JSON_BUILD_STRING(app->copy_of)),
            SD_JSON_BUILD_PAIR_CONDITION(app->installed, "version", SD_JSON_BUILD_STRING(app->manifest.version)),
            SD_JSON_BUILD_PAIR_CONDITION(app->installed, "key",
                                         SD_JSON_BUILD_HEX(app->bundle.key, sizeof app->bundle.key)),
            SD_JSON_BUILD_PAIR_CONDITION(app->installed, "size", SD_JSON_BUILD_UNSIGNED(app->bundle.file_size)),
            SD_JSON_BUILD_PAIR_VARIANT("permissions", permissions), SD_JSON_BUILD_PAIR_VARIANT("opens", opens),
            SD_JSON_BUILD_PAIR_CONDITION(app->manifest.host_count > 0, "network", SD_JSON_BUILD_VARIANT(hosts)),
            SD_JSON_BUILD_PAIR_CONDITION(app->manifest.shell, "shell", SD_JSON_BUILD_BOOLEAN(true)),
            SD_JSON_BUILD_PAIR_BOOLEAN("autostart", app->manifest.autostart),
            SD_JSON_BUILD_PAIR_STRING("state", bk_vm_state_names[app->vm.state]),
            SD_JSON_BUILD_PAIR_CONDITION(app->cid != 0, "cid", SD_JSON_BUILD_UNSIGNED(app->cid)),
            SD_JSON_BUILD_PAIR_CONDITION(app->port != 0, "networkPort", SD_JSON_BUILD_UNSIGNED(app->port)),
            SD_JSON_BUILD_PAIR_BOOLEAN("recording", app->recording),
            SD_JSON_BUILD_PAIR_BOOLEAN("microphone", app->microphone),
            SD_JSON_BUILD_PAIR_CONDITION(app->vm.ended[0] != '\0', "ended", SD_JSON_BUILD_STRING(app->vm.ended)),
            SD_JSON_BUILD_PAIR_CONDITION(app->vm.crashed, "crashed", SD_JSON_BUILD_BOOLEAN(true)));
    sd_json_variant_unref(hosts);
    sd_json_variant_unref(opens);
    sd_json_variant_unref(permissions);
    return r;
}

static int on_list(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    sd_json_variant *apps = NULL;
    int r = sd_json_build(&apps, SD_JSON_BUILD_EMPTY_ARRAY);

    (void)parameters;
    (void)flags;
    for (size_t i = 0; r >= 0 && i < service->supervisor->app_count; i++) {
        sd_json_variant *app = NULL;

        r = describe(service->supervisor->apps[i], &app);
        if (r >= 0)
            r = sd_json_variant_append_array(&apps, app);
        sd_json_variant_unref(app);
    }
    if (r >= 0)
        r = sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("apps", apps),
                               SD_JSON_BUILD_PAIR_UNSIGNED("generation", service->supervisor->generation));
    sd_json_variant_unref(apps);
    return r;
}

/* One reply of Watch(), which is of one thing; takes what describes it. A client that does not read is let go before
 * what waits for it grows large. */
static void notify(struct call *watch, int r, const char *what, sd_json_variant *described)
{
    int events = sd_varlink_get_events(watch->link);

    watch->behind = events >= 0 && ((unsigned)events & EPOLLOUT) != 0 ? watch->behind + 1 : 0;
    if (r >= 0 && watch->behind > BK_SERVICE_BEHIND_MAX)
        r = -ENOBUFS;
    if (r >= 0)
        r = sd_varlink_notifybo(watch->link, SD_JSON_BUILD_PAIR_VARIANT(what, described));
    sd_json_variant_unref(described);
    if (r < 0) {
        sd_varlink *link = watch->link;

        bk_warning("a watcher is let go: %s", strerror(-r));
        watch->kind = CALL_NONE;
        watch->link = NULL;
        sd_varlink_close_unref(link);
    }
}

static void notify_app(struct call *watch, const struct bk_app *app)
{
    sd_json_variant *described = NULL;
    int r = describe(app, &described);

    notify(watch, r, "app", described);
}

static void notify_generation(struct call *watch, uint64_t generation)
{
    sd_json_variant *described = NULL;
    int r = sd_json_variant_new_unsigned(&described, generation);

    notify(watch, r, "generation", described);
}

static void notify_orientation(struct call *watch, const struct bk_orientation *orientation)
{
    sd_json_variant *described = NULL;
    int r = sd_json_variant_new_unsigned(&described, orientation->degrees);

    notify(watch, r, "orientation", described);
}

static void notify_power(struct call *watch, const struct bk_power *power)
{
    const struct bk_power_state *state = &power->state;
    sd_json_variant *described = NULL;
    int r = sd_json_buildo(
        &described, SD_JSON_BUILD_PAIR_CONDITION(state->percent >= 0, "percent", SD_JSON_BUILD_INTEGER(state->percent)),
        SD_JSON_BUILD_PAIR_BOOLEAN("plugged", state->plugged), SD_JSON_BUILD_PAIR_BOOLEAN("charging", state->charging),
        SD_JSON_BUILD_PAIR_CONDITION(state->seconds >= 0, "seconds", SD_JSON_BUILD_INTEGER(state->seconds)),
        SD_JSON_BUILD_PAIR_BOOLEAN("suspends", power->suspends));

    notify(watch, r, "power", described);
}

static void notify_uplink(struct call *watch, const struct bk_uplink_process *uplink)
{
    const char *mac = bk_uplink_process_mac(uplink);
    sd_json_variant *described = NULL;
    int r = sd_json_buildo(&described, SD_JSON_BUILD_PAIR_CONDITION(mac != NULL, "mac", SD_JSON_BUILD_STRING(mac)));

    notify(watch, r, "uplink", described);
}

/* There may have been none. */
static void notify_if_any(struct call *watch, const char *what, sd_json_variant *told)
{
    if (told != NULL)
        notify(watch, 0, what, sd_json_variant_ref(told));
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    struct call *watch = begin_call(service, CALL_WATCH, link, NULL);

    (void)parameters;
    (void)flags; /* sd-varlink has refused the call without `more` */
    if (watch == NULL)
        return sd_varlink_error_errno(link, -EBUSY);
    bk_power_look(&service->supervisor->power); /* who begins to watch wants to know how it is now */
    notify_generation(watch, service->supervisor->generation);
    for (size_t i = 0; watch->kind == CALL_WATCH && i < service->supervisor->app_count; i++) {
        watch->behind = 0; /* all of it goes out from one turn of the event loop */
        notify_app(watch, service->supervisor->apps[i]);
    }
    if (watch->kind == CALL_WATCH)
        notify_orientation(watch, &service->supervisor->orientation);
    if (watch->kind == CALL_WATCH)
        notify_power(watch, &service->supervisor->power);
    if (watch->kind == CALL_WATCH)
        notify_uplink(watch, &service->supervisor->uplink);
    if (watch->kind == CALL_WATCH)
        notify_if_any(watch, "bundle", service->supervisor->offer.told);
    if (watch->kind == CALL_WATCH)
        notify_if_any(watch, "work", service->supervisor->work.told);
    return 0;
}

/* Fills `ret` or has answered with an error: yields 1 when the app is there. */
static int find_app(struct bk_service *service, sd_varlink *link, sd_json_variant *parameters, struct bk_app **ret)
{
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "id"));

    *ret = bk_supervisor_find_app(service->supervisor, id);
    if (*ret != NULL)
        return 1;
    return sd_varlink_errorbo(link, ERROR("NoSuchApp"), SD_JSON_BUILD_PAIR_STRING("id", id));
}

static int app_error(sd_varlink *link, const char *error, const struct bk_app *app)
{
    return sd_varlink_errorbo(link, error, SD_JSON_BUILD_PAIR_STRING("id", app->manifest.id));
}

static int start_failed(sd_varlink *link, const struct bk_app *app)
{
    return sd_varlink_errorbo(link, ERROR("StartFailed"), SD_JSON_BUILD_PAIR_STRING("id", app->manifest.id),
                              SD_JSON_BUILD_PAIR_STRING("reason", app->vm.ended));
}

static int on_start(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    struct bk_app *app;

    int r = find_app(service, link, parameters, &app);
    if (r <= 0 || app == NULL)
        return r;
    if (app->vm.state != BK_VM_STOPPED)
        return app_error(link, ERROR("AlreadyRunning"), app);
    r = bk_supervisor_start_app(app);
    if (r < 0)
        return start_failed(link, app);
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0;
    if (begin_call(service, CALL_START, link, app) == NULL)
        return sd_varlink_error_errno(link, -EBUSY);
    return 0;
}

static int on_start_copy(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "id"));
    struct bk_app *app = bk_supervisor_find_installed(service->supervisor, id), *copy = NULL;
    sd_json_variant *described = NULL;
    char reason[BK_VM_ENDED_MAX];

    (void)flags;
    if (app == NULL)
        return sd_varlink_errorbo(link, ERROR("NoSuchApp"), SD_JSON_BUILD_PAIR_STRING("id", id));
    int r = bk_copy_start(app, &copy, reason);
    if (r < 0)
        return sd_varlink_errorbo(link, ERROR("StartFailed"), SD_JSON_BUILD_PAIR_STRING("id", id),
                                  SD_JSON_BUILD_PAIR_STRING("reason", reason));
    r = describe(copy, &described);
    if (r >= 0)
        r = sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("app", described));
    sd_json_variant_unref(described);
    return r;
}

static int on_stop(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    bool force = sd_json_variant_boolean(sd_json_variant_by_key(parameters, "force")) > 0;
    bool patient = sd_json_variant_boolean(sd_json_variant_by_key(parameters, "patient")) > 0;
    struct bk_app *app;

    int r = find_app(service, link, parameters, &app);
    if (r <= 0 || app == NULL)
        return r;
    if (app->vm.state == BK_VM_STOPPED)
        return app_error(link, ERROR("NotRunning"), app);
    if (patient && !force && app->vm.state == BK_VM_RUNNING) {
        bk_vm_ask(&app->vm);
        return (flags & SD_VARLINK_METHOD_ONEWAY) != 0 ? 0 : sd_varlink_reply(link, NULL);
    }
    if ((flags & SD_VARLINK_METHOD_ONEWAY) == 0 && begin_call(service, CALL_STOP, link, app) == NULL)
        return sd_varlink_error_errno(link, -EBUSY);
    if (app->vm.state != BK_VM_STOPPING || force)
        bk_vm_stop(&app->vm, force);
    return 0;
}

static int on_set_microphone(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
                             void *userdata)
{
    bool allowed = sd_json_variant_boolean(sd_json_variant_by_key(parameters, "allowed"));
    struct bk_app *app;

    int r = find_app(userdata, link, parameters, &app);
    if (r <= 0 || app == NULL)
        return r;
    if (app->vm.state == BK_VM_STOPPED)
        return app_error(link, ERROR("NotRunning"), app);
    if (allowed && !app->recording)
        return app_error(link, ERROR("NotRecording"), app);
    bk_supervisor_allow_microphone(app, allowed);
    return (flags & SD_VARLINK_METHOD_ONEWAY) != 0 ? 0 : sd_varlink_reply(link, NULL);
}

static int on_icon(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    _cleanup_free_ char *icon = NULL;
    size_t size = 0;
    struct bk_app *app;

    (void)flags;
    int r = find_app(userdata, link, parameters, &app);
    if (r <= 0 || app == NULL)
        return r;
    r = bk_supervisor_load_icon(app, &icon, &size);
    if (r == -ENOMEM)
        return r;
    if (r < 0 && r != -ENOENT)
        bk_error("%s: its icon cannot be used: %s", app->vm.name, strerror(-r));
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_CONDITION(r >= 0, "icon", SD_JSON_BUILD_BASE64(icon, size)));
}

static int on_suspend(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;

    (void)parameters;
    (void)flags;
    int r = bk_power_suspend(&service->supervisor->power);
    if (r == -EOPNOTSUPP)
        return sd_varlink_error(link, ERROR("NotSupported"), NULL);
    if (r < 0)
        return sd_varlink_errorbo(link, ERROR("SuspendFailed"), SD_JSON_BUILD_PAIR_STRING("reason", strerror(-r)));
    return sd_varlink_reply(link, NULL);
}

/* The answer comes first: where no VM runs, this process ends at once. */
static int on_power_off(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;

    (void)parameters;
    int r = (flags & SD_VARLINK_METHOD_ONEWAY) != 0 ? 0 : sd_varlink_reply(link, NULL);
    bk_info("the person switches the machine off");
    bk_supervisor_shut_down(service->supervisor);
    return r;
}

/* Answers Start() or Stop(), unless the app is still on its way there. A client that is gone gets no answer. */
static bool answer(struct call *call)
{
    struct bk_app *app = call->app;

    if (app->vm.state == BK_VM_STOPPED && call->kind == CALL_STOP)
        (void)sd_varlink_reply(call->link, NULL);
    else if (app->vm.state == BK_VM_STOPPED)
        (void)start_failed(call->link, app);
    else if (app->vm.state == BK_VM_RUNNING && call->kind == CALL_START)
        (void)sd_varlink_replybo(call->link, SD_JSON_BUILD_PAIR_UNSIGNED("cid", app->cid));
    else
        return false;
    return true;
}

void bk_service_app_changed(struct bk_service *service, struct bk_app *app)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        struct call *call = &service->calls[i];

        if (call->kind == CALL_WATCH)
            notify_app(call, app);
        else if (call->kind != CALL_NONE && call->app == app && answer(call))
            end_call(call);
    }
}

void bk_service_apps_changed(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_generation(&service->calls[i], service->supervisor->generation);
    }
}

void bk_service_turned(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_orientation(&service->calls[i], &service->supervisor->orientation);
    }
}

void bk_service_power_changed(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_power(&service->calls[i], &service->supervisor->power);
    }
}

void bk_service_uplink_changed(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_uplink(&service->calls[i], &service->supervisor->uplink);
    }
}

void bk_service_bundle_changed(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_if_any(&service->calls[i], "bundle", service->supervisor->offer.told);
    }
}

void bk_service_work_changed(struct bk_service *service)
{
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind == CALL_WATCH)
            notify_if_any(&service->calls[i], "work", service->supervisor->work.told);
    }
}

/* The running VM that a debug call names, or NULL after the error was answered. */
static struct bk_vm *find_running_vm(struct bk_service *service, sd_varlink *link, sd_json_variant *parameters)
{
    const char *name = sd_json_variant_string(sd_json_variant_by_key(parameters, "vm"));
    struct bk_vm *vm = bk_supervisor_find_vm(service->supervisor, name);

    if (vm != NULL && vm->state != BK_VM_STOPPED)
        return vm;
    (void)sd_varlink_errorbo(link, vm == NULL ? DEBUG_ERROR("NoSuchVm") : DEBUG_ERROR("NotRunning"),
                             SD_JSON_BUILD_PAIR_STRING("vm", name));
    return NULL;
}

static int on_kill(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_vm *vm = find_running_vm(userdata, link, parameters);

    (void)flags;
    if (vm == NULL)
        return 0;
    bk_vm_kill(vm, "it was killed through the debug port");
    return sd_varlink_reply(link, NULL);
}

static int on_pause(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_vm *vm = find_running_vm(userdata, link, parameters);

    (void)flags;
    if (vm == NULL)
        return 0;
    bk_vm_pause(vm, sd_json_variant_boolean(sd_json_variant_by_key(parameters, "paused")));
    return sd_varlink_reply(link, NULL);
}

static int on_console(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_vm *vm = find_running_vm(userdata, link, parameters);

    (void)flags;
    if (vm == NULL)
        return 0;
    int r = bk_vm_type(vm, sd_json_variant_string(sd_json_variant_by_key(parameters, "line")));
    return r < 0 ? sd_varlink_error_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int on_shell(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    struct bk_supervisor *supervisor = service->supervisor;
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "vm"));
    struct bk_app *app = bk_supervisor_find_app(supervisor, id);
    const char *problem = NULL;
    /* Whoever has come is let go, too, when they can have none. */
    _cleanup_close_ int developer = bk_debug_way_take(&supervisor->shell.way);

    (void)flags;
    if (app == NULL)
        problem = DEBUG_ERROR("NoSuchVm");
    else if (!app->manifest.shell)
        problem = DEBUG_ERROR("NoShell");
    else if (app->vm.state != BK_VM_RUNNING)
        problem = DEBUG_ERROR("NotRunning");
    int r = problem != NULL ? 0 : developer < 0 ? developer : bk_shell_join(&supervisor->shell, app, &developer);
    if (r == -EBUSY)
        problem = DEBUG_ERROR("ShellTaken");
    else if (r == -EOPNOTSUPP)
        problem = DEBUG_ERROR("NoShell");
    if (problem != NULL)
        return sd_varlink_errorbo(link, problem, SD_JSON_BUILD_PAIR_STRING("vm", id));
    return r < 0 ? sd_varlink_error_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int on_rotate(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_service *service = userdata;
    int64_t degrees = sd_json_variant_integer(sd_json_variant_by_key(parameters, "degrees"));

    (void)flags;
    if (!bk_orientation_set(&service->supervisor->orientation, degrees))
        return sd_varlink_error_invalid_parameter_name(link, "degrees");
    return sd_varlink_reply(link, NULL);
}

static int make_server(struct bk_service *service, bool debug, sd_varlink_server **ret)
{
    int r = sd_varlink_server_new(ret, SD_VARLINK_SERVER_INHERIT_USERDATA);
    if (r < 0)
        return r;
    sd_varlink_server_set_userdata(*ret, service);
    r = sd_varlink_server_set_info(*ret, "Bulkhead", "bk-supervisor", BK_VERSION, NULL);
    if (r >= 0)
        r = sd_varlink_server_set_connections_max(*ret, BK_SERVICE_CONNECTIONS_MAX);
    if (r >= 0)
        r = sd_varlink_server_add_interface(*ret, &bk_api_io_bulkhead_Hypervisor);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(
            *ret, "io.bulkhead.Hypervisor.List", on_list, "io.bulkhead.Hypervisor.Watch", on_watch,
            "io.bulkhead.Hypervisor.Start", on_start, "io.bulkhead.Hypervisor.StartCopy", on_start_copy,
            "io.bulkhead.Hypervisor.Stop", on_stop, "io.bulkhead.Hypervisor.SetMicrophone", on_set_microphone,
            "io.bulkhead.Hypervisor.Icon", on_icon, "io.bulkhead.Hypervisor.Suspend", on_suspend,
            "io.bulkhead.Hypervisor.PowerOff", on_power_off);
    if (r >= 0 && debug)
        r = sd_varlink_server_add_interface(*ret, &bk_api_io_bulkhead_Debug);
    if (r >= 0 && debug)
        r = sd_varlink_server_bind_method_many(
            *ret, "io.bulkhead.Debug.Kill", on_kill, "io.bulkhead.Debug.Pause", on_pause, "io.bulkhead.Debug.Console",
            on_console, "io.bulkhead.Debug.Rotate", on_rotate, "io.bulkhead.Debug.Shell", on_shell);
    if (r >= 0)
        r = bk_software_service_bind(*ret);
    if (r >= 0)
        r = sd_varlink_server_bind_disconnect(*ret, on_disconnect);
    if (r >= 0)
        r = sd_varlink_server_attach_event(*ret, service->supervisor->event, SD_EVENT_PRIORITY_NORMAL);
    return r;
}

int bk_service_create(struct bk_supervisor *supervisor, struct bk_service **ret)
{
    struct bk_service *service = calloc(1, sizeof *service);

    if (service == NULL)
        return -ENOMEM;
    service->supervisor = supervisor;
    int r = make_server(service, false, &service->system);
    if (r >= 0)
        r = make_server(service, true, &service->debug);
    if (r < 0) {
        bk_service_destroy(service);
        return r;
    }
    *ret = service;
    return 0;
}

void bk_service_destroy(struct bk_service *service)
{
    if (service == NULL)
        return;
    sd_varlink_server_unref(service->system);
    sd_varlink_server_unref(service->debug);
    for (size_t i = 0; i < sizeof service->calls / sizeof service->calls[0]; i++) {
        if (service->calls[i].kind != CALL_NONE)
            end_call(&service->calls[i]);
    }
    free(service);
}

struct bk_supervisor *bk_service_supervisor(const struct bk_service *service)
{
    return service->supervisor;
}

sd_varlink_server *bk_service_for_system(struct bk_service *service)
{
    return service->system;
}

sd_varlink_server *bk_service_for_debug(struct bk_service *service)
{
    return service->debug;
}
