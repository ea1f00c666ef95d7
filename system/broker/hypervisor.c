/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hypervisor.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>
#include <time.h>
#include <unistd.h>

#define RETRY_US UINT64_C(500000)

#define INTERFACE "io.bulkhead.Hypervisor."

#define MARK_SIZE   2U /* NUL bytes */
#define SESSION_MAX 128
#define OPENING_MAX (SESSION_MAX + 32)

enum phase {
    PHASE_OPENING,
    PHASE_LIST,
    PHASE_START,
    PHASE_WATCH,
};

struct bk_hypervisor {
    sd_event *event;
    bk_hypervisor_app_t on_app;
    void *userdata;

    int fd;                /* open for good; a session ends without closing it */
    sd_varlink *link;      /* on a duplicate of `fd`, once the session has begun */
    sd_event_source *io;   /* while the opening is under way */
    sd_event_source *next; /* the next step, outside of sd-varlink's callback, which allows no new call */
    sd_event_source *retry;

    enum phase phase;
    char session[SESSION_MAX]; /* what the session's first call names */
    char opening[OPENING_MAX];
    size_t opening_size;
    size_t opening_sent;
    char heard[OPENING_MAX * 2]; /* the start of the message that is being read */
    size_t heard_size;
    sd_json_variant *apps; /* what List() answered */
    unsigned starts_pending;
    bool started_apps; /* once in this process's life, so that an app that was stopped is not started again */
};

static void end_session(struct bk_hypervisor *hypervisor, const char *why)
{
    int r;

    bk_warning("the line to the hypervisor failed: %s", why);
    hypervisor->link = sd_varlink_close_unref(hypervisor->link);
    hypervisor->io = sd_event_source_disable_unref(hypervisor->io);
    hypervisor->apps = sd_json_variant_unref(hypervisor->apps);
    r = sd_event_source_set_enabled(hypervisor->next, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_time_relative(hypervisor->retry, RETRY_US);
    if (r >= 0)
        r = sd_event_source_set_enabled(hypervisor->retry, SD_EVENT_ONESHOT);
    if (r < 0)
        bk_error("cannot try the hypervisor again: %s", strerror(-r));
}

/* ---- what the supervisor tells ---- */

struct app_record {
    const char *id;
    const char *name;
    const char *state;
    bool autostart;
    bool ended;   /* a VM of it has run and ended, so it is not for us to start it */
    uint32_t cid; /* 0: no VM */
};

static const char *text_of(sd_json_variant *json, const char *key)
{
    sd_json_variant *value = sd_json_variant_by_key(json, key);

    return sd_json_variant_is_string(value) ? sd_json_variant_string(value) : NULL;
}

static int read_app(sd_json_variant *json, struct app_record *ret)
{
    sd_json_variant *autostart = sd_json_variant_by_key(json, "autostart");
    sd_json_variant *cid = sd_json_variant_by_key(json, "cid");
    struct app_record app = {
        .id = text_of(json, "id"),
        .name = text_of(json, "name"),
        .state = text_of(json, "state"),
        .ended = text_of(json, "ended") != NULL,
    };

    if (app.id == NULL || app.name == NULL || app.state == NULL || !sd_json_variant_is_boolean(autostart))
        return -EBADMSG;
    app.autostart = sd_json_variant_boolean(autostart) > 0;
    if (sd_json_variant_is_unsigned(cid)) {
        uint64_t value = sd_json_variant_unsigned(cid);
        if (value == 0 || value >= UINT32_MAX)
            return -EBADMSG;
        app.cid = (uint32_t)value;
    } else if (cid != NULL && !sd_json_variant_is_null(cid))
        return -EBADMSG;
    *ret = app;
    return 0;
}

static int tell_app(struct bk_hypervisor *hypervisor, sd_json_variant *json)
{
    struct app_record app;
    int r = read_app(json, &app);

    if (r >= 0)
        hypervisor->on_app(app.id, app.name, app.cid, hypervisor->userdata);
    return r;
}

static int take_list(struct bk_hypervisor *hypervisor, sd_json_variant *parameters)
{
    sd_json_variant *apps = sd_json_variant_by_key(parameters, "apps");
    int r = sd_json_variant_is_array(apps) ? 0 : -EBADMSG;

    for (size_t i = 0; r >= 0 && i < sd_json_variant_elements(apps); i++)
        r = tell_app(hypervisor, sd_json_variant_by_index(apps, i));
    if (r >= 0)
        hypervisor->apps = sd_json_variant_ref(apps);
    return r;
}

/* ---- the steps of a session ---- */

/* Asks for the start of each app that wants to run from the start and has not run since the machine is up. */
static int start_apps(struct bk_hypervisor *hypervisor)
{
    for (size_t i = 0; i < sd_json_variant_elements(hypervisor->apps); i++) {
        struct app_record app;
        int r = read_app(sd_json_variant_by_index(hypervisor->apps, i), &app);
        if (r < 0)
            return r;
        if (!app.autostart || strcmp(app.state, "stopped") != 0 || app.ended)
            continue;
        bk_info("starting %s", app.id);
        r = sd_varlink_invokebo(hypervisor->link, INTERFACE "Start", SD_JSON_BUILD_PAIR_STRING("id", app.id));
        if (r < 0)
            return r;
        hypervisor->starts_pending++;
    }
    return 0;
}

static int on_next(sd_event_source *source, void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;
    int r = 0;

    (void)source;
    if (hypervisor->phase == PHASE_START && !hypervisor->started_apps) {
        hypervisor->started_apps = true;
        r = start_apps(hypervisor);
    }
    hypervisor->apps = sd_json_variant_unref(hypervisor->apps);
    if (r >= 0 && hypervisor->starts_pending == 0) {
        hypervisor->phase = PHASE_WATCH;
        r = sd_varlink_observe(hypervisor->link, INTERFACE "Watch", NULL);
    }
    if (r < 0)
        end_session(hypervisor, strerror(-r));
    return 0;
}

static int take_reply(struct bk_hypervisor *hypervisor, sd_json_variant *parameters, const char *error)
{
    int r;

    switch (hypervisor->phase) {
    case PHASE_OPENING:
        return -EBADMSG;
    case PHASE_LIST:
        r = error == NULL ? take_list(hypervisor, parameters) : -EBADMSG;
        if (r < 0)
            return r;
        hypervisor->phase = PHASE_START;
        return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
    case PHASE_START:
        if (error != NULL)
            bk_warning("could not start an app: %s: %s", error, text_of(parameters, "reason") ?: "");
        if (--hypervisor->starts_pending > 0)
            return 0;
        return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
    case PHASE_WATCH:
        return error == NULL ? tell_app(hypervisor, sd_json_variant_by_key(parameters, "app")) : -EBADMSG;
    }
    return -EBADMSG;
}

static int on_reply(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                    void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;

    (void)link;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0) {
        end_session(hypervisor, error);
        return 0;
    }
    int r = take_reply(hypervisor, parameters, error);
    if (r < 0)
        end_session(hypervisor, error != NULL ? error : strerror(-r));
    return 0;
}

static int begin_calls(struct bk_hypervisor *hypervisor)
{
    _cleanup_close_ int fd = fcntl(hypervisor->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int r = sd_varlink_connect_fd(&hypervisor->link, fd);
    if (r < 0)
        return r;
    TAKE_FD(fd);
    sd_varlink_set_userdata(hypervisor->link, hypervisor);
    hypervisor->phase = PHASE_LIST;
    hypervisor->starts_pending = 0;
    r = sd_varlink_set_relative_timeout(hypervisor->link, UINT64_MAX);
    if (r >= 0)
        r = sd_varlink_bind_reply(hypervisor->link, on_reply);
    if (r >= 0)
        r = sd_varlink_attach_event(hypervisor->link, hypervisor->event, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = sd_varlink_invoke(hypervisor->link, INTERFACE "List", NULL);
    return r;
}

/* ---- the opening ---- */

/* The mark, and a call that names this session, of a method that does not exist: the error that answers it names it
 * too, and is told from all that is still under way from sessions before, be it half a message. */
static int write_opening(struct bk_hypervisor *hypervisor)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(hypervisor->session, sizeof hypervisor->session, INTERFACE "Session%dat%lldn%ld", getpid(),
             (long long)now.tv_sec, now.tv_nsec);
    int n = snprintf(hypervisor->opening + MARK_SIZE, sizeof hypervisor->opening - MARK_SIZE, "{\"method\":\"%s\"}",
                     hypervisor->session);
    if (n < 0 || (size_t)n >= sizeof hypervisor->opening - MARK_SIZE)
        return -ENOBUFS;
    memset(hypervisor->opening, 0, MARK_SIZE);
    hypervisor->opening_size = MARK_SIZE + (size_t)n + 1;
    hypervisor->opening_sent = 0;
    hypervisor->heard_size = 0;
    return 0;
}

/* Sends what is left of the opening; 1 when it is out. */
static int send_opening(struct bk_hypervisor *hypervisor)
{
    while (hypervisor->opening_sent < hypervisor->opening_size) {
        ssize_t n = write(hypervisor->fd, hypervisor->opening + hypervisor->opening_sent,
                          hypervisor->opening_size - hypervisor->opening_sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        hypervisor->opening_sent += (size_t)n;
    }
    return 1;
}

/* Throws away what is left of sessions before; 1 when our own has begun. A byte at a time, so that none of what
 * follows is taken from sd-varlink. */
static int await_session(struct bk_hypervisor *hypervisor)
{
    for (;;) {
        char byte;
        ssize_t n = read(hypervisor->fd, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        if (n == 0)
            return -ENOTCONN;
        if (byte != '\0') {
            if (hypervisor->heard_size < sizeof hypervisor->heard - 1)
                hypervisor->heard[hypervisor->heard_size++] = byte;
            continue;
        }
        hypervisor->heard[hypervisor->heard_size] = '\0';
        hypervisor->heard_size = 0;
        if (strstr(hypervisor->heard, hypervisor->session) != NULL)
            return 1;
    }
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;
    int r = send_opening(hypervisor);

    (void)source;
    (void)fd;
    if (r > 0)
        r = sd_event_source_set_io_events(hypervisor->io, EPOLLIN);
    if (r >= 0)
        r = await_session(hypervisor);
    if (r == 0 && (events & (EPOLLHUP | EPOLLERR)) != 0)
        r = -ENOTCONN; /* nobody is at the other end yet */
    if (r > 0) {
        hypervisor->io = sd_event_source_disable_unref(hypervisor->io);
        bk_info("found the hypervisor");
        r = begin_calls(hypervisor);
    }
    if (r < 0)
        end_session(hypervisor, strerror(-r));
    return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;

    (void)source;
    (void)usec;
    hypervisor->phase = PHASE_OPENING;
    int r = write_opening(hypervisor);
    if (r >= 0)
        r = sd_event_add_io(hypervisor->event, &hypervisor->io, hypervisor->fd, EPOLLIN | EPOLLOUT, on_io, hypervisor);
    if (r < 0)
        end_session(hypervisor, strerror(-r));
    return 0;
}

/* ---- life ---- */

int bk_hypervisor_create(sd_event *event, int fd, bk_hypervisor_app_t on_app, void *userdata,
                         struct bk_hypervisor **ret)
{
    struct bk_hypervisor *hypervisor = calloc(1, sizeof *hypervisor);

    if (hypervisor == NULL)
        return -ENOMEM;
    hypervisor->event = sd_event_ref(event);
    hypervisor->fd = -1;
    hypervisor->on_app = on_app;
    hypervisor->userdata = userdata;
    int r = sd_event_add_defer(event, &hypervisor->next, on_next, hypervisor);
    if (r >= 0)
        r = sd_event_source_set_enabled(hypervisor->next, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &hypervisor->retry, CLOCK_MONOTONIC, 0, 0, on_retry, hypervisor);
    if (r < 0) {
        bk_hypervisor_destroy(hypervisor);
        return r;
    }
    hypervisor->fd = fd;
    *ret = hypervisor;
    return 0;
}

void bk_hypervisor_destroy(struct bk_hypervisor *hypervisor)
{
    if (hypervisor == NULL)
        return;
    sd_varlink_close_unref(hypervisor->link);
    sd_json_variant_unref(hypervisor->apps);
    sd_event_source_disable_unref(hypervisor->io);
    sd_event_source_disable_unref(hypervisor->next);
    sd_event_source_disable_unref(hypervisor->retry);
    sd_event_unref(hypervisor->event);
    bk_close(hypervisor->fd);
    free(hypervisor);
}
