/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "call.h"

#include "reach.h"

#include "cleanup.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct bk_web_call {
    char *method;
    sd_json_variant *parameters;
    bool more;
    bk_web_answered answered;
    void *userdata;

    int fd;           /* -1: it is sd-varlink's, or there is none */
    sd_varlink *link; /* NULL: it is not connected yet */
    guint source;     /* GLib's, 0: none */
    bool busy;        /* something of it is on the stack: it is freed by that */
    bool ended;

    /* what sd-varlink has told: its callbacks call nothing */
    bool told, told_continues;
    char *told_error;
    sd_json_variant *told_parameters;
};

static void watch(struct bk_web_call *call);

static void forget_told(struct bk_web_call *call)
{
    call->told = false;
    free(call->told_error);
    call->told_error = NULL;
    call->told_parameters = sd_json_variant_unref(call->told_parameters);
}

static void destroy(struct bk_web_call *call)
{
    if (call->source != 0)
        g_source_remove(call->source);
    forget_told(call);
    call->link = sd_varlink_close_unref(call->link);
    call->fd = bk_close(call->fd);
    sd_json_variant_unref(call->parameters);
    free(call->method);
    free(call);
}

void bk_web_call_end(struct bk_web_call *call)
{
    if (call == NULL)
        return;
    call->ended = true;
    if (!call->busy)
        destroy(call);
}

/* Tells who called, and ends the call when it was the last. It is busy. */
static void deliver(struct bk_web_call *call, sd_json_variant *parameters, const char *error, bool continues)
{
    if (!call->ended)
        call->answered(parameters, error, continues, call->userdata);
    call->ended |= !continues;
}

static int on_reply(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                    void *userdata)
{
    struct bk_web_call *call = userdata;

    (void)link;
    forget_told(call);
    call->told = true;
    call->told_continues = error == NULL && (flags & SD_VARLINK_REPLY_CONTINUES) != 0;
    if (error != NULL)
        call->told_error = strdup((flags & SD_VARLINK_REPLY_LOCAL) != 0 ? BK_WEB_LOST : error);
    call->told_parameters = sd_json_variant_ref(parameters);
    return 0;
}

/* The connection is there, or will not be. */
static int begin_to_call(struct bk_web_call *call)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
        return -ECONNREFUSED;
    int r = sd_varlink_connect_fd(&call->link, call->fd);
    if (r < 0)
        return r;
    call->fd = -1;
    sd_varlink_set_userdata(call->link, call);
    r = sd_varlink_bind_reply(call->link, on_reply);
    if (r >= 0)
        r = sd_varlink_set_relative_timeout(call->link, UINT64_MAX);
    if (r >= 0)
        r = call->more ? sd_varlink_observe(call->link, call->method, call->parameters)
                       : sd_varlink_invoke(call->link, call->method, call->parameters);
    return r;
}

static int process(struct bk_web_call *call)
{
    int r = 0;

    while (!call->ended && (r = sd_varlink_process(call->link)) > 0) {
        if (call->told) {
            sd_json_variant *parameters = sd_json_variant_ref(call->told_parameters);
            char *error = TAKE_PTR(call->told_error);
            call->told = false;
            deliver(call, parameters, error, call->told_continues);
            free(error);
            sd_json_variant_unref(parameters);
        }
    }
    return r;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
    struct bk_web_call *call = data;

    (void)fd;
    (void)condition;
    call->source = 0;
    call->busy = true;
    int r = call->link != NULL ? 0 : begin_to_call(call);
    if (r >= 0)
        r = process(call);
    if (r < 0)
        deliver(call, NULL, BK_WEB_LOST, false);
    call->busy = false;
    if (call->ended)
        destroy(call);
    else
        watch(call);
    return G_SOURCE_REMOVE;
}

static gboolean on_failed(gpointer data)
{
    return on_ready(-1, G_IO_ERR, data);
}

/* Waits for what sd-varlink waits for, or for the connection. */
static void watch(struct bk_web_call *call)
{
    int fd = call->link != NULL ? sd_varlink_get_fd(call->link) : call->fd;
    int events = call->link != NULL ? sd_varlink_get_events(call->link) : POLLOUT;
    GIOCondition condition = G_IO_ERR | G_IO_HUP;

    if (fd < 0 || events < 0) {
        call->source = g_idle_add(on_failed, call);
        return;
    }
    if ((events & POLLIN) != 0)
        condition |= G_IO_IN;
    if ((events & POLLOUT) != 0)
        condition |= G_IO_OUT;
    call->source = g_unix_fd_add(fd, condition, on_ready, call);
}

struct bk_web_call *bk_web_call_begin(const char *method, sd_json_variant *parameters, bool more,
                                      bk_web_answered answered, void *userdata)
{
    struct bk_web_call *call = calloc(1, sizeof *call);
    char *name = strdup(method);

    if (call == NULL || name == NULL) {
        free(call);
        free(name);
        sd_json_variant_unref(parameters);
        return NULL;
    }
    call->method = name;
    call->parameters = parameters;
    call->more = more;
    call->answered = answered;
    call->userdata = userdata;
    call->fd = bk_web_connect(SOCK_NONBLOCK);
    watch(call);
    return call;
}
