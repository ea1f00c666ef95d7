/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "software.h"

#include "broker.h"
#include "desktop_software.h"
#include "launcher.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define INTERFACE "io.bulkhead.Software."
#define ENDING    ".bapp"

/* ---- what the desktop is told ---- */

static void tell_bundle(struct bk_broker *broker)
{
    const struct bk_software *software = &broker->software;

    bk_desktop_set_bundle(broker->desktop, software);
    if (software->state == BK_SOFTWARE_COMING) {
        (void)sd_event_source_set_time_relative(software->tick, BK_SOFTWARE_TELL_MS * UINT64_C(1000));
        (void)sd_event_source_set_enabled(software->tick, SD_EVENT_ONESHOT);
    } else {
        (void)sd_event_source_set_enabled(software->tick, SD_EVENT_OFF);
    }
}

static void tell_apps(struct bk_broker *broker)
{
    if (broker->apps_listed)
        bk_desktop_set_software(broker->desktop, &broker->software, &broker->apps);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    tell_bundle(userdata);
    return 0;
}

static void forget(struct bk_software *software)
{
    software->candidate = sd_json_variant_unref(software->candidate);
    free(software->verdict);
    free(software->reason);
    software->verdict = software->reason = NULL;
}

static void set_state(struct bk_broker *broker, enum bk_software_state state)
{
    broker->software.state = state;
    tell_bundle(broker);
}

static void end(struct bk_broker *broker, const char *verdict, const char *reason)
{
    struct bk_software *software = &broker->software;

    bk_bundle_pump_stop(&software->pump);
    free(software->verdict);
    free(software->reason);
    software->verdict = strdup(verdict);
    software->reason = reason != NULL ? strdup(reason) : NULL;
    bk_info("a bundle to be installed ended: %s", verdict);
    set_state(broker, BK_SOFTWARE_ENDED);
}

/* ---- room ---- */

static void on_room(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_software *software = &broker->software;
    sd_json_variant *left = sd_json_variant_by_key(parameters, "free");
    sd_json_variant *all = sd_json_variant_by_key(parameters, "all");

    software->room_known = error == NULL && sd_json_variant_is_unsigned(left) && sd_json_variant_is_unsigned(all);
    if (software->room_known) {
        software->room_free = sd_json_variant_unsigned(left);
        software->all = sd_json_variant_unsigned(all);
    }
    tell_apps(broker);
}

static void look_for_room(struct bk_broker *broker)
{
    int r = bk_hypervisor_call(broker->hypervisor, INTERFACE "Room", NULL, on_room, broker);

    if (r < 0)
        bk_warning("cannot ask how much room there is: %s", strerror(-r));
}

/* ---- a bundle ---- */

/* Which bundle something was asked of: it may be another one's turn when the answer comes. */
struct bk_software_question {
    struct bk_software_question *next;
    struct bk_broker *broker;
    char mark[BK_BUNDLE_MARK_SIZE + 1];
};

/* `size` is Judge()'s alone. */
static bool call_about(struct bk_broker *broker, const char *method, const char *mark, uint64_t size,
                       bk_hypervisor_answered_t answered, void *userdata)
{
    sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("mark", mark),
                           SD_JSON_BUILD_PAIR_CONDITION(size > 0, "size", SD_JSON_BUILD_UNSIGNED(size)));

    if (r >= 0)
        r = bk_hypervisor_call(broker->hypervisor, method, parameters, answered, userdata);
    sd_json_variant_unref(parameters);
    if (r < 0)
        bk_error("%s: %s", method, strerror(-r));
    return r >= 0;
}

static void on_dropped(sd_json_variant *parameters, const char *error, void *userdata)
{
    (void)parameters;
    (void)userdata;
    if (error != NULL)
        bk_info("a bundle is gone already: %s", error);
}

static void drop(struct bk_broker *broker, const char *mark)
{
    (void)call_about(broker, INTERFACE "Drop", mark, 0, on_dropped, NULL);
}

/* What nobody asks about any more: one that was declined, or of a broker before this one. */
static void drop_once(struct bk_broker *broker, const char *mark)
{
    struct bk_software *software = &broker->software;

    if (strcmp(software->dropped, mark) == 0)
        return;
    snprintf(software->dropped, sizeof software->dropped, "%s", mark);
    drop(broker, mark);
}

static void end_by(struct bk_broker *broker, const char *error, sd_json_variant *reason)
{
    bk_warning("a bundle cannot be installed: %s", error);
    if (sd_json_variant_is_string(reason))
        end(broker, "failed", sd_json_variant_string(reason));
    else if (strcmp(error, INTERFACE "Busy") == 0)
        end(broker, "busy", NULL);
    else if (strcmp(error, INTERFACE "NoDisk") == 0)
        end(broker, "noDisk", NULL);
    else
        end(broker, "failed", strcmp(error, INTERFACE "NoSuchBundle") == 0 ? "it has waited for too long" : error);
}

static void forget_question(struct bk_software_question *question)
{
    struct bk_software_question **at = &question->broker->software.questions;

    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    free(question);
}

/* The answer to what was asked of a bundle: an error ends it, unless it has ended, or another one has come since. What
 * goes well is told otherwise. */
static void on_answered(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_software_question *question = userdata;
    const struct bk_software *software = &question->broker->software;

    if (error != NULL && software->state >= BK_SOFTWARE_COMING && software->state <= BK_SOFTWARE_INSTALLING &&
        strcmp(question->mark, software->mark) == 0)
        end_by(question->broker, error, sd_json_variant_by_key(parameters, "reason"));
    forget_question(question);
}

static bool ask(struct bk_broker *broker, const char *method, uint64_t size)
{
    struct bk_software *software = &broker->software;
    struct bk_software_question *question = malloc(sizeof *question);

    if (question == NULL)
        return false;
    *question = (struct bk_software_question){ .next = software->questions, .broker = broker };
    memcpy(question->mark, software->mark, sizeof question->mark);
    software->questions = question;
    if (call_about(broker, method, question->mark, size, on_answered, question))
        return true;
    forget_question(question);
    return false;
}

static void on_pumped(int error, void *userdata)
{
    struct bk_broker *broker = userdata;

    if (error == 0) {
        set_state(broker, BK_SOFTWARE_JUDGING);
        return;
    }
    drop(broker, broker->software.mark);
    end(broker, "failed",
        error != -ENODATA         ? strerror(-error)
        : broker->software.opened ? "the app that it was opened from did not send all of it"
                                  : "the app whose folder it is in did not send all of it");
}

/* Its sender need not come any more. */
static void stop_waiting(struct bk_broker *broker)
{
    struct bk_stream_token *awaited = &broker->software.awaited;

    if (awaited->text[0] != '\0')
        bk_stream_withdraw(broker, awaited);
    awaited->text[0] = '\0';
}

static int make_mark(char mark[static BK_BUNDLE_MARK_SIZE + 1])
{
    uint8_t random[BK_BUNDLE_MARK_SIZE / 2];

    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -EIO;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(mark + 2 * i, 3, "%02x", random[i]);
    return 0;
}

/* Another one is coming, under a mark of its own. */
static int begin(struct bk_broker *broker, const char *name, uint64_t size, bool opened)
{
    struct bk_software *software = &broker->software;
    int r = make_mark(software->mark);

    if (r < 0)
        return r;
    forget(software);
    snprintf(software->file, sizeof software->file, "%s", name);
    software->size = size;
    software->pump.size = 0; /* nothing of it has come */
    software->opened = opened;
    software->state = BK_SOFTWARE_COMING;
    return 0;
}

/* Carries what comes from `fd`, and has it judged. */
static void carry(struct bk_broker *broker, int fd)
{
    struct bk_software *software = &broker->software;
    _cleanup_close_ int source = fd;

    if (software->size == 0) {
        end(broker, "broken", "the file is empty");
        return;
    }
    int r = bk_bundle_pump_start(&software->pump, broker->event, TAKE_FD(source), software->size, software->port,
                                 software->mark, on_pumped, broker);
    if (r < 0)
        end(broker, "failed", strerror(-r));
    else if (!ask(broker, INTERFACE "Judge", software->size))
        end(broker, "failed", "too much is asked of the machine at once");
    else
        tell_bundle(broker);
}

/* The person has chosen a file, and this is what it has. */
static void on_taken(int fd, const char *name, uint64_t size, void *userdata)
{
    struct bk_broker *broker = userdata;
    _cleanup_close_ int source = fd;

    if (source < 0 || begin(broker, name, size, false) < 0)
        set_state(broker, BK_SOFTWARE_NOTHING);
    else
        carry(broker, TAKE_FD(source));
}

/* What an app sends is here. */
static void on_sent(int fd, void *userdata)
{
    struct bk_broker *broker = userdata;

    broker->software.awaited.text[0] = '\0';
    if (fd < 0)
        end(broker, "failed", "the app that it was opened from did not send it");
    else
        carry(broker, fd);
}

bool bk_software_installs(const struct bk_software *software)
{
    return software->room_known && software->port >= 0;
}

int bk_software_open(struct bk_broker *broker, struct bk_app *sender, const struct bk_open_thing *thing,
                     struct bk_stream_token *ret_token)
{
    struct bk_software *software = &broker->software;
    const bool waits = software->state == BK_SOFTWARE_JUDGED;

    if (!waits && software->state != BK_SOFTWARE_NOTHING && software->state != BK_SOFTWARE_ENDED) {
        bk_launcher_notify(broker, thing->name, "Another app is being installed. Open it again when that is done.");
        return -EALREADY;
    }
    int r = bk_stream_offer(broker, sender, on_sent, broker, &software->awaited);
    if (r < 0)
        return r;
    if (waits)
        drop_once(broker, software->mark);
    r = begin(broker, thing->name, thing->size, true);
    if (r < 0) {
        stop_waiting(broker);
        set_state(broker, BK_SOFTWARE_NOTHING);
        return r;
    }
    *ret_token = software->awaited;
    tell_bundle(broker);
    bk_desktop_show_software(broker->desktop);
    return 0;
}

static void choose(struct bk_broker *broker)
{
    struct bk_software *software = &broker->software;
    static const struct bk_file_wish wish = { .n_endings = 1, .endings = { ENDING } };

    if ((software->state != BK_SOFTWARE_NOTHING && software->state != BK_SOFTWARE_ENDED) || software->port < 0)
        return;
    forget(software);
    set_state(broker, BK_SOFTWARE_CHOOSING);
    int r = bk_file_session_begin_system(broker, &wish, on_taken, broker);
    if (r < 0) {
        bk_error("cannot ask for a file: %s", strerror(-r));
        set_state(broker, BK_SOFTWARE_NOTHING);
    }
}

static bool is_of(const struct bk_software *software, const char *mark)
{
    return mark != NULL && software->state >= BK_SOFTWARE_COMING && strcmp(software->mark, mark) == 0;
}

static void agree(struct bk_broker *broker, const char *mark)
{
    struct bk_software *software = &broker->software;

    if (!is_of(software, mark) || software->state != BK_SOFTWARE_JUDGED)
        return;
    bk_info("the person agreed to install what was judged");
    if (ask(broker, INTERFACE "Confirm", 0))
        set_state(broker, BK_SOFTWARE_INSTALLING);
}

static void decline(struct bk_broker *broker, const char *mark)
{
    struct bk_software *software = &broker->software;

    if (!is_of(software, mark) || software->state == BK_SOFTWARE_INSTALLING)
        return;
    bk_bundle_pump_stop(&software->pump);
    if (software->awaited.text[0] != '\0')
        stop_waiting(broker); /* nobody has heard of it */
    else if (software->state != BK_SOFTWARE_ENDED)
        drop_once(broker, mark); /* as it is from now on */
    forget(software);
    set_state(broker, BK_SOFTWARE_NOTHING);
}

static const char *text_of(sd_json_variant *json, const char *key)
{
    sd_json_variant *value = sd_json_variant_by_key(json, key);

    return sd_json_variant_is_string(value) ? sd_json_variant_string(value) : NULL;
}

void bk_software_told(struct bk_broker *broker, sd_json_variant *bundle)
{
    struct bk_software *software = &broker->software;
    const char *mark = text_of(bundle, "mark"), *state = text_of(bundle, "state"),
               *verdict = text_of(bundle, "verdict");
    sd_json_variant *candidate = sd_json_variant_by_key(bundle, "candidate");

    if (mark == NULL || state == NULL)
        return;
    const bool pending = strcmp(state, "ended") != 0;
    if (!is_of(software, mark)) {
        if (pending)
            drop_once(broker, mark);
        return;
    }
    if (software->state == BK_SOFTWARE_ENDED) { /* it is known, unless the answer to a call was lost with the line */
        if (pending)
            drop_once(broker, mark);
        else if (verdict != NULL && strcmp(verdict, "installed") == 0 &&
                 (software->verdict == NULL || strcmp(software->verdict, verdict) != 0))
            end(broker, verdict, NULL);
        return;
    }
    if (!pending) {
        end(broker, verdict != NULL ? verdict : "failed", text_of(bundle, "reason"));
        look_for_room(broker);
    } else if (strcmp(state, "judged") == 0 && software->state < BK_SOFTWARE_JUDGED &&
               sd_json_variant_is_object(candidate)) {
        bk_bundle_pump_stop(&software->pump); /* what follows the bundle in its file is not its */
        software->candidate = sd_json_variant_ref(candidate);
        bk_info("a bundle of %s waits for the person", text_of(candidate, "id"));
        set_state(broker, BK_SOFTWARE_JUDGED);
    }
}

/* ---- removing ---- */

static void on_removed(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_broker *broker = userdata;
    const char *reason = text_of(parameters, "reason");

    look_for_room(broker);
    if (error == NULL)
        return;
    bk_warning("an app cannot be removed: %s", error);
    if (strcmp(error, INTERFACE "NoSuchApp") != 0)
        bk_launcher_notify(broker, "The app is still here",
                           reason != NULL ? reason
                           : strcmp(error, INTERFACE "Running") == 0
                               ? "It runs, and can only be removed when it does not."
                               : "It could not be removed.");
}

static void remove_app(struct bk_broker *broker, const struct bk_app *app)
{
    sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("id", app->id));

    if (r >= 0)
        r = bk_hypervisor_call(broker->hypervisor, INTERFACE "Remove", parameters, on_removed, broker);
    sd_json_variant_unref(parameters);
    if (r < 0)
        bk_launcher_notify(broker, "The app is still here", "Too much is asked of the machine at once.");
}

/* One that runs is ended first: they were told so. */
static void want_removed(struct bk_broker *broker, const char *id)
{
    struct bk_app *app = id != NULL ? bk_app_by_id(&broker->apps, id) : NULL;

    if (app == NULL || app->bundle.version[0] == '\0')
        return;
    bk_info("the person asked to remove %s", app->id);
    if (app->state == BK_APP_STOPPED) {
        remove_app(broker, app);
        return;
    }
    app->removing = true;
    int r = bk_hypervisor_request(broker->hypervisor, BK_HYPERVISOR_END, app->id);
    if (r < 0) {
        bk_error("cannot end %s: %s", app->id, strerror(-r));
        app->removing = false;
        bk_launcher_notify(broker, "The app is still here", "Too much is asked of the machine at once.");
    }
}

void bk_software_app_changed(struct bk_broker *broker, struct bk_app *app)
{
    if (!app->removing || app->state != BK_APP_STOPPED)
        return;
    app->removing = false;
    remove_app(broker, app);
}

/* ---- life ---- */

void bk_software_wish(struct bk_broker *broker, enum bk_software_wish wish, const char *what, uint64_t point)
{
    switch (wish) {
    case BK_SOFTWARE_CHOOSE:
        choose(broker);
        return;
    case BK_SOFTWARE_AGREE:
        agree(broker, what);
        return;
    case BK_SOFTWARE_DECLINE:
        decline(broker, what);
        return;
    case BK_SOFTWARE_REMOVE:
        want_removed(broker, what);
        return;
    case BK_SOFTWARE_LOOK:
        look_for_room(broker);
        return;
    case BK_SOFTWARE_LOOK_AT:
        bk_storage_look(broker, what);
        return;
    case BK_SOFTWARE_KEEP:
        bk_storage_keep(broker, what);
        return;
    case BK_SOFTWARE_RESTORE:
        bk_storage_restore(broker, what, point);
        return;
    }
}

void bk_software_desktop_arrived(struct bk_broker *broker)
{
    tell_apps(broker);
    tell_bundle(broker);
}

void bk_software_apps_listed(struct bk_broker *broker)
{
    tell_apps(broker);
    look_for_room(broker);
}

int bk_software_start(struct bk_broker *broker, int port)
{
    struct bk_software *software = &broker->software;

    software->port = port;
    int r = sd_event_add_time(broker->event, &software->tick, CLOCK_MONOTONIC, 0, 0, on_tick, broker);
    return r < 0 ? r : sd_event_source_set_enabled(software->tick, SD_EVENT_OFF);
}

void bk_software_stop(struct bk_broker *broker)
{
    struct bk_software *software = &broker->software;

    stop_waiting(broker);
    bk_bundle_pump_stop(&software->pump);
    software->tick = sd_event_source_disable_unref(software->tick);
    forget(software);
    while (software->questions != NULL) {
        struct bk_software_question *question = software->questions;

        software->questions = question->next;
        free(question);
    }
}
