/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "software.h"

#include "content.h"
#include "install_control.h"
#include "jail.h"
#include "software_data.h"
#include "supervisor.h"
#include "verify.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define SECOND_USEC 1000000ULL
#define SECTOR_SIZE 512U                 /* virtio-blk's */
#define SYSTEM_ID   "io.bulkhead.system" /* whose notifications the broker's own are */

static_assert(sizeof(struct bk_install_result) <= BK_PROGRAM_MESSAGE_MAX, "it can be heard");
static_assert(BK_INSTALL_REASON_MAX == BK_BUNDLE_REASON_MAX, "whole reasons");

const char *const bk_software_end_names[BK_SOFTWARE_ENDS] = {
    [BK_SOFTWARE_INSTALLED] = "installed", [BK_SOFTWARE_JUDGED] = "judged",     [BK_SOFTWARE_BROKEN] = "broken",
    [BK_SOFTWARE_UNSIGNED] = "unsigned",   [BK_SOFTWARE_STRANGER] = "stranger", [BK_SOFTWARE_THEIRS] = "theirs",
    [BK_SOFTWARE_OLDER] = "older",         [BK_SOFTWARE_RUNS] = "running",      [BK_SOFTWARE_FAILED] = "failed",
};
static_assert(BK_SOFTWARE_ENDS == 9, "one name for each");

/* ---- what is installed ---- */

/* What a bundle is of, by its header and its manifest: an app, or `*finding` says why not. */
static int read_bundle(int bundle, struct bk_bundle_header *ret_header, struct bk_manifest *ret_manifest,
                       struct bk_bundle_finding *finding)
{
    char *text = NULL;

    int r = bk_bundle_verify_header(bundle, ret_header, finding);
    if (r >= 0 && finding->verdict == BK_BUNDLE_GOOD)
        r = bk_bundle_read(bundle, ret_header, ret_manifest, &text, finding);
    free(text);
    return r;
}

/* An app in the store, which a power cut cannot have left half. What is wrong with it is the disk's fault: it is left
 * out, and stays where it is. */
static int load_app(struct bk_software *software, const char *id)
{
    struct bk_bundle_header header;
    struct bk_manifest manifest = { 0 };
    struct bk_bundle_finding finding = { 0 };

    _cleanup_close_ int bundle = bk_store_open_bundle(&software->store, id);
    int r = bundle < 0 ? bundle : read_bundle(bundle, &header, &manifest, &finding);
    if (r < 0 || finding.verdict != BK_BUNDLE_GOOD) {
        bk_error("app %s is left out: %s", id, r < 0 ? strerror(-r) : finding.reason);
        return r == -ENOMEM ? r : 0;
    }
    if (strcmp(manifest.id, id) != 0 || bk_supervisor_find_app(software->supervisor, id) != NULL) {
        bk_error("app %s is left out: %s", id,
                 strcmp(manifest.id, id) != 0 ? "its bundle is of another app"
                                              : "one of this id came with the machine");
        bk_manifest_finish(&manifest);
        return 0;
    }
    return bk_supervisor_put_app(software->supervisor, &manifest, &header, NULL);
}

int bk_software_read(const struct bk_software *software, const struct bk_app *app, struct bk_bundle_header *ret_header,
                     struct bk_manifest *ret_manifest)
{
    struct bk_bundle_finding finding = { 0 };

    *ret_manifest = (struct bk_manifest){ 0 };
    _cleanup_close_ int bundle = bk_store_open_bundle(&software->store, app->manifest.id);
    int r = bundle < 0 ? bundle : read_bundle(bundle, ret_header, ret_manifest, &finding);
    if (r < 0)
        return r;
    return finding.verdict == BK_BUNDLE_GOOD ? 0 : -EBADMSG;
}

int bk_software_reload(struct bk_software *software, struct bk_app *app)
{
    struct bk_bundle_header header;
    struct bk_manifest manifest;

    int r = bk_software_read(software, app, &header, &manifest);
    return r < 0 ? r : bk_supervisor_put_app(software->supervisor, &manifest, &header, NULL);
}

static int load_apps(struct bk_software *software)
{
    char **ids = NULL;
    size_t count = 0;

    int r = bk_store_list(&software->store, &ids, &count);
    for (size_t i = 0; i < count; i++) {
        if (r >= 0)
            r = load_app(software, ids[i]);
        free(ids[i]);
    }
    free(ids);
    return r;
}

/* ---- one that comes ---- */

static void tell(struct bk_software *software, enum bk_install_control_type type, int fd)
{
    const struct bk_install_control_message message = { .type = type };

    bk_program_tell(&software->installer, &message, sizeof message, fd);
}

/* It is over: what came of it is told. */
static void end(struct bk_software *software, const struct bk_software_outcome *outcome)
{
    bk_software_told_t told = software->told;

    software->told = NULL;
    software->waits = false;
    software->incoming = bk_close(software->incoming);
    if (software->imports)
        tell(software, BK_INSTALL_LET_GO, -1);
    (void)sd_event_source_set_enabled(software->deadline, SD_EVENT_OFF);
    if (outcome->end == BK_SOFTWARE_INSTALLED)
        bk_info("%s %s is installed", outcome->app->manifest.id, outcome->app->manifest.version);
    else
        bk_warning("a bundle is not installed: %s", outcome->reason);
    bk_store_abandon(&software->store);
    told(outcome, software->userdata);
}

static void __attribute__((format(printf, 3, 4))) end_with(struct bk_software *software, enum bk_software_end how,
                                                           const char *format, ...)
{
    struct bk_software_outcome outcome = { .end = how };
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(outcome.reason, sizeof outcome.reason, format, arguments);
    va_end(arguments);
    end(software, &outcome);
}

static const char *describe_error(int error)
{
    return error == -ENOSPC      ? "there is no room left on the disk for apps"
           : error == -ENODATA   ? "it ended before it was whole"
           : error == -ETIMEDOUT ? "it stopped coming"
                                 : strerror(-error);
}

/* Of an app that is none of those that there are: whether its place is free. What stands there and was left out is
 * still that of who signed it, if that can be told. */
static bool judge_place(struct bk_software *software, const struct bk_bundle_header *header,
                        const struct bk_manifest *manifest)
{
    struct bk_bundle_finding finding = { 0 };
    struct bk_bundle_header there;

    if (strcmp(manifest->id, SYSTEM_ID) == 0) {
        end_with(software, BK_SOFTWARE_THEIRS, "%s is the system itself", manifest->id);
        return false;
    }
    _cleanup_close_ int bundle = bk_store_open_bundle(&software->store, manifest->id);
    if (bundle == -ENOENT)
        return true;
    int r = bundle < 0 ? bundle : bk_bundle_verify_header(bundle, &there, &finding);
    const bool same =
        r >= 0 && finding.verdict == BK_BUNDLE_GOOD && memcmp(there.key, header->key, sizeof there.key) == 0;
    if (same && !software->imports)
        return true;
    if (same) { /* no restore point is made of what cannot be used, so its data would be lost */
        end_with(software, BK_SOFTWARE_FAILED, "the %s that is here cannot be used: install it first, without its data",
                 manifest->id);
        return false;
    }
    end_with(software, BK_SOFTWARE_STRANGER, "there is another %s, which cannot be used: remove it first",
             manifest->id);
    return false;
}

/* How the bundle compares with what is installed; false when it may not take its place, which was told then. */
static bool judge_update(struct bk_software *software, const struct bk_app *app, const struct bk_bundle_header *header,
                         const struct bk_manifest *manifest, enum bk_update *ret)
{
    struct bk_edition installed, offered = { .id = manifest->id, .key = header->key };

    *ret = BK_UPDATE_FIRST;
    if (app == NULL)
        return judge_place(software, header, manifest);
    if (!app->installed) {
        end_with(software, BK_SOFTWARE_THEIRS, "an app %s came with the machine", manifest->id);
        return false;
    }
    installed = (struct bk_edition){ .id = app->manifest.id, .key = app->bundle.key };
    if (!bk_version_parse(app->manifest.version, &installed.version) ||
        !bk_version_parse(manifest->version, &offered.version)) {
        end_with(software, BK_SOFTWARE_BROKEN, "the version is none"); /* content.c has seen that it is one */
        return false;
    }
    *ret = bk_update_judge(&installed, &offered);
    if (bk_update_is_allowed(*ret) && (software->asks || app->vm.state == BK_VM_STOPPED))
        return true;
    if (bk_update_is_allowed(*ret)) {
        struct bk_software_outcome outcome = { .end = BK_SOFTWARE_RUNS, .app = app, .reason = "the app runs" };
        end(software, &outcome);
    } else if (*ret == BK_UPDATE_OLDER)
        end_with(software, BK_SOFTWARE_OLDER, "version %s is installed, and this is %s, which is older",
                 app->manifest.version, manifest->version);
    else
        end_with(software, BK_SOFTWARE_STRANGER, "it is not by who signed the %s that is installed", manifest->id);
    return false;
}

static void on_kept(void *userdata, int result);

/* What there is becomes a restore point before it is another: then it is done. True when it has begun. */
static bool keep_first(struct bk_software *software, struct bk_app *app)
{
    int r = bk_software_keep(software, app, BK_POINT_UPDATE, on_kept, software);

    if (r < 0)
        end_with(software, BK_SOFTWARE_FAILED, "there can be no restore point: %s", describe_error(r));
    return r >= 0;
}

/* A bundle is here that may be installed: so its data disk may come. */
static void take_data(struct bk_software *software)
{
    uint64_t left = 0, all = 0;

    int r = bk_store_room(&software->store, &left, &all);
    _cleanup_close_ int fd = r < 0 ? r : bk_store_begin_data(&software->store);
    if (fd < 0) {
        end_with(software, BK_SOFTWARE_FAILED, "%s", describe_error(fd));
        return;
    }
    const struct bk_install_control_message message = {
        .type = BK_INSTALL_DATA,
        .size = bk_min((uint64_t)BK_APP_STORAGE_MAX_MIB << 20, all),
    };
    software->stage = BK_SOFTWARE_DATA;
    software->data_max = message.size;
    (void)sd_event_source_set_time_relative(software->deadline, BK_SOFTWARE_DATA_SECONDS * SECOND_USEC);
    bk_program_tell(&software->installer, &message, sizeof message, fd);
}

/* It stays where it is until somebody has answered. Nobody can write to it. */
static void ask(struct bk_software *software, const struct bk_software_outcome *outcome)
{
    int r = sd_event_source_set_time_relative(software->deadline, BK_SOFTWARE_SECONDS * SECOND_USEC);

    if (r < 0) {
        end_with(software, BK_SOFTWARE_FAILED, "%s", strerror(-r));
        return;
    }
    software->asks = false;
    software->waits = true;
    software->told(outcome, software->userdata);
}

/* Takes what `manifest` holds. */
static void install(struct bk_software *software, const struct bk_bundle_header *header, struct bk_manifest *manifest)
{
    struct bk_supervisor *supervisor = software->supervisor;
    struct bk_app *app = bk_supervisor_find_app(supervisor, manifest->id);
    struct bk_software_outcome outcome = { .end = BK_SOFTWARE_INSTALLED };

    if (!judge_update(software, app, header, manifest, &outcome.update)) {
        bk_manifest_finish(manifest);
        return;
    }
    if (app == NULL && supervisor->app_count == BK_APPS_MAX) {
        bk_manifest_finish(manifest);
        end_with(software, BK_SOFTWARE_FAILED, "there are %u apps already", BK_APPS_MAX);
        return;
    }
    if (software->asks) {
        outcome = (struct bk_software_outcome){
            .end = BK_SOFTWARE_JUDGED, .app = app, .update = outcome.update, .header = header, .manifest = manifest
        };
        ask(software, &outcome);
        bk_manifest_finish(manifest);
        return;
    }
    if (software->imports && software->stage == BK_SOFTWARE_BUNDLE) {
        bk_manifest_finish(manifest);
        take_data(software);
        return;
    }
    if (app != NULL && software->stage != BK_SOFTWARE_KEPT) {
        bk_manifest_finish(manifest);
        (void)keep_first(software, app);
        return;
    }
    bool there = false;
    int r = bk_store_commit(&software->store, manifest->id, &there);
    if (!there) {
        bk_manifest_finish(manifest);
        end_with(software, BK_SOFTWARE_FAILED, "%s", describe_error(r));
        return;
    }
    int put = bk_supervisor_put_app(supervisor, manifest, header, &app);
    if (r < 0 || put < 0) {
        end_with(software, BK_SOFTWARE_FAILED,
                 r < 0 ? "it is installed, but the disk may lose it: %s"
                       : "it is installed, and there from the next start on: %s",
                 strerror(r < 0 ? -r : -put));
        return;
    }
    outcome.app = app;
    end(software, &outcome);
}

static void take_bundle(struct bk_software *software)
{
    struct bk_bundle_header header;
    struct bk_manifest manifest = { 0 };
    struct bk_bundle_finding finding = { 0 };

    /* Ours can be written to as well; and bk-installer, which may be another's by now, must have closed its own. */
    software->incoming = bk_close(software->incoming);
    int r = software->incoming = bk_store_reopen(&software->store);
    if (r >= 0)
        r = read_bundle(software->incoming, &header, &manifest, &finding);
    if (r == -EBUSY)
        bk_program_kill(&software->installer, "keeps a bundle that it has delivered"); /* which ends it: on_started() */
    else if (r < 0)
        end_with(software, BK_SOFTWARE_FAILED, "%s", describe_error(r));
    else if (finding.verdict != BK_BUNDLE_GOOD)
        end_with(software, BK_SOFTWARE_BROKEN, "%s", finding.reason);
    else
        install(software, &header, &manifest);
}

static void on_kept(void *userdata, int result)
{
    struct bk_software *software = userdata;

    if (software->told == NULL)
        return; /* it is over */
    software->stage = BK_SOFTWARE_KEPT;
    if (result < 0)
        end_with(software, BK_SOFTWARE_FAILED, "there can be no restore point: %s", describe_error(result));
    else
        take_bundle(software);
}

/* All of it has come. Nobody writes to it any more, as with the bundle. */
static void end_data(struct bk_software *software, uint64_t size)
{
    if (size % SECTOR_SIZE != 0 || size > software->data_max) {
        bk_program_kill(&software->installer, "breaks the control protocol");
        return;
    }
    int r = bk_store_end_data(&software->store, size);
    if (r == -EBUSY)
        bk_program_kill(&software->installer, "keeps a data disk that it has delivered");
    else if (r < 0)
        end_with(software, BK_SOFTWARE_FAILED, "%s", describe_error(r));
    else
        take_bundle(software);
}

/* A text as we write them: ASCII on one line. */
static bool is_plain(const char *text, size_t size)
{
    size_t length = strnlen(text, size);

    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return length < size;
}

static bool on_said(void *userdata, const void *data, size_t size)
{
    struct bk_software *software = userdata;
    struct bk_install_result result;

    if (size != sizeof result || software->told == NULL || software->waits)
        return false;
    memcpy(&result, data, sizeof result);
    if (!is_plain(result.reason, sizeof result.reason) || result.error > 0 || result.verdict >= BK_BUNDLE_VERDICTS)
        return false;
    if (software->stage == BK_SOFTWARE_KEPT || software->data_app != NULL)
        return false; /* it has nothing to do */
    if (result.error < 0)
        end_with(software, BK_SOFTWARE_FAILED, "%s", describe_error(result.error));
    else if (result.verdict == BK_BUNDLE_GOOD && software->stage == BK_SOFTWARE_DATA)
        end_data(software, result.offset);
    else if (result.verdict == BK_BUNDLE_GOOD)
        take_bundle(software);
    else
        end_with(software, result.verdict == BK_BUNDLE_UNSIGNED ? BK_SOFTWARE_UNSIGNED : BK_SOFTWARE_BROKEN, "%s",
                 result.reason);
    return true;
}

static void on_started(void *userdata)
{
    struct bk_software *software = userdata;

    if (software->told != NULL && !software->waits && software->data_app == NULL) /* else it is not needed any more */
        end_with(software, BK_SOFTWARE_FAILED, "bk-installer ended in the middle of it");
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_software *software = userdata;

    (void)source;
    (void)usec;
    if (software->waits)
        bk_software_drop(software, "nobody has answered");
    else
        bk_program_kill(&software->installer, "takes too long");
    return 0;
}

static const struct bk_program_kind kind = {
    .name = "bk-installer",
    .prefix = "bk-installer: ",
    .uid = BK_JAIL_UID_INSTALLER,
    .started = on_started,
    .said = on_said,
};

int bk_software_open(struct bk_software *software, struct bk_supervisor *supervisor, const char *directory,
                     const char *program)
{
    *software = (struct bk_software){ .supervisor = supervisor, .incoming = -1 };
    int r = bk_store_open(&software->store, directory);
    if (r >= 0)
        r = load_apps(software);
    if (r >= 0)
        r = sd_event_add_time_relative(supervisor->event, &software->deadline, CLOCK_MONOTONIC, 0, 0, on_deadline,
                                       software);
    if (r >= 0)
        r = sd_event_source_set_enabled(software->deadline, SD_EVENT_OFF);
    if (r >= 0)
        r = bk_program_open(&software->installer, supervisor->event, &kind, program, geteuid() == 0, software);
    return r; /* what is installed can be used all the same */
}

void bk_software_close(struct bk_software *software)
{
    if (software->supervisor == NULL)
        return;
    bk_software_data_close(software);
    if (software->told != NULL)
        end_with(software, BK_SOFTWARE_FAILED, "the machine shuts down");
    software->deadline = sd_event_source_disable_unref(software->deadline);
    bk_program_close(&software->installer);
    software->incoming = bk_close(software->incoming);
    bk_store_close(&software->store);
}

int bk_software_idle(const struct bk_software *software)
{
    if (!software->store.open)
        return -ENODEV;
    return software->told != NULL || software->data_app != NULL ? -EBUSY : 0;
}

int bk_software_ready(const struct bk_software *software)
{
    return bk_program_runs(&software->installer) ? bk_software_idle(software) : -ENODEV;
}

bool bk_software_works_on(const struct bk_software *software, const struct bk_app *app)
{
    return software->data_app == app;
}

int bk_software_install(struct bk_software *software, int source, enum bk_software_way way, bk_software_told_t told,
                        void *userdata)
{
    int r = bk_software_ready(software);
    if (r < 0)
        return r;
    int fd = bk_store_begin(&software->store);
    if (fd < 0)
        return fd;
    r = sd_event_source_set_time_relative(software->deadline, BK_SOFTWARE_SECONDS * SECOND_USEC);
    if (r >= 0)
        r = sd_event_source_set_enabled(software->deadline, SD_EVENT_ONESHOT);
    if (r < 0) {
        bk_close(fd);
        return r;
    }
    software->incoming = fd;
    software->imports = way == BK_SOFTWARE_WITH_DATA;
    software->asks = way == BK_SOFTWARE_AFTER_A_QUESTION;
    software->stage = BK_SOFTWARE_BUNDLE;
    software->told = told;
    software->userdata = userdata;
    tell(software, BK_INSTALL_TARGET, fd);
    software->incoming =
        bk_close(software->incoming); /* or who is forked from here on could write to it for a moment */
    tell(software, software->imports ? BK_INSTALL_SOURCE_OF_BOTH : BK_INSTALL_SOURCE, source);
    return 0;
}

void bk_software_confirm(struct bk_software *software)
{
    assert(software->waits);
    software->waits = false;
    (void)sd_event_source_set_time_relative(software->deadline,
                                            BK_SOFTWARE_SECONDS * SECOND_USEC); /* no more the person's */
    take_bundle(software);
}

void bk_software_drop(struct bk_software *software, const char *why)
{
    assert(software->waits);
    end_with(software, BK_SOFTWARE_FAILED, "%s", why);
}

int bk_software_remove(struct bk_software *software, struct bk_app *app)
{
    assert(app->installed && app->vm.state == BK_VM_STOPPED && !bk_software_works_on(software, app));
    bool there = true;
    int r = bk_store_remove(&software->store, app->manifest.id, &there);
    if (there)
        return r;
    bk_info("%s is removed", app->manifest.id);
    bk_supervisor_drop_app(app);
    return r;
}
