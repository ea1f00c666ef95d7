/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invariants:
 * 1. `places[i]` holds the memory of the surface at place i of `check`, and the message that announced it.
 * 2. What the compositor was told of an app is what is kept, but for what is due. A message is taken from a cable only
 *    when nothing but a picture is due and the port has room for what comes of it.
 * 3. A FRAME is `under_way` from when the compositor was told it to its FRAME_DONE, to a BLANK, or to the end of its
 *    surface; no other is told meanwhile.
 * 4. What changed in a surface since the compositor was told a frame of it is in the picture that is due, or its place
 *    says that the next one is of the `whole`.
 */
#define _GNU_SOURCE
#include "cable/display_hub.h"

#include "core/loop.h"

#include "checked.h"
#include "cleanup.h"
#include "display_check.h"
#include "display_input.h"
#include "io.h"
#include "log.h"
#include "vsock_cable.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* system calls [io]: sendmsg recvmsg read write fcntl(F_DUPFD_CLOEXEC) close */

#define RECORD_SIZE      sizeof(struct bk_display_port_record)
#define RECORDS_MAX      64U /* that wait for the guest to take them */
#define MESSAGES_AT_ONCE 8   /* taken from a cable before others have their turn */
#define READ_MAX         (64 * RECORD_SIZE)
#define HELLO_ZEROES     offsetof(struct bk_display_port_record, message.type) /* before the only byte that is not 0 */

static_assert(BK_DISPLAY_SURFACES_MAX <= 32, "one bit each");

struct app {
    struct bk_display_hub *hub;
    uint32_t cid;
    int fd; /* -1: the cable ended, and the compositor is yet to be told */
    struct bk_source source;
    struct bk_display_check check;
    struct place {
        int fd;
        bool whole;
        struct bk_display_message message; /* type 0: free */
    } places[BK_DISPLAY_SURFACES_MAX];
    struct bk_display_message picture; /* the last FRAME or BLANK; type 0: none, or of a surface that was withdrawn */
    struct place *pictured;            /* the place of that FRAME's surface */
    struct bk_display_message cursor;  /* type 0: none */

    /* What the compositor does not know. */
    bool left_due, joined_due, cursor_due, picture_due;
    uint32_t surfaces_due; /* by place */

    struct bk_display_message told; /* the last FRAME that the compositor was told; type 0: none */
    bool under_way;                 /* it has not answered that */

    /* What the app does not know. */
    struct bk_display_message configure; /* type 0: nothing */
    struct bk_display_message done;
    struct bk_display_input input;
    bool full; /* its cable took no more */
};

struct bk_display_hub {
    struct bk_loop *loop;
    int port;
    struct bk_source source;
    struct bk_ratelimit limit;
    bool begun; /* a compositor said HELLO */
    uint8_t in[RECORD_SIZE];
    size_t in_size;
    size_t matched;                         /* bytes of a HELLO that what came ends with */
    uint8_t out[RECORDS_MAX * RECORD_SIZE]; /* the first record may have been sent in part */
    size_t out_size;
    unsigned count;
    struct app *apps[BK_DISPLAY_PORT_APPS_MAX];
};

/* A source that waits for nothing is not in the loop, which would tell of a hang-up without end. */
static int watch(struct bk_display_hub *hub, struct bk_source *source, int fd, uint32_t events,
                 bk_loop_callback callback, void *userdata)
{
    if (events != 0)
        return source->added ? bk_loop_modify(hub->loop, source, events)
                             : bk_loop_add(hub->loop, source, fd, events, callback, userdata);
    bk_loop_remove(hub->loop, source);
    return 0;
}

/* To the compositor */

static bool has_room(const struct bk_display_hub *hub)
{
    return hub->out_size + RECORD_SIZE <= sizeof hub->out;
}

/* False when there is no room. */
static bool put(struct bk_display_hub *hub, uint32_t cid, const struct bk_display_message *message)
{
    const struct bk_display_port_record record = { .cid = cid, .message = *message };

    if (!has_room(hub))
        return false;
    memcpy(hub->out + hub->out_size, &record, RECORD_SIZE);
    hub->out_size += RECORD_SIZE;
    return true;
}

/* Whether a message that an app sent must wait for what it sent before. */
static bool is_due(const struct app *app)
{
    return app->hub->begun && (app->left_due || app->joined_due || app->surfaces_due != 0 || app->cursor_due);
}

/* Tells the compositor what it does not know, as far as there is room: all that it may know now, or false. */
static bool tell_compositor(struct app *app)
{
    static const struct bk_display_message left = { .type = BK_DISPLAY_PORT_LEFT },
                                           joined = { .type = BK_DISPLAY_PORT_JOINED };
    struct bk_display_hub *hub = app->hub;

    if (!hub->begun)
        return true;
    if (app->left_due && !put(hub, app->cid, &left))
        return false;
    app->left_due = false;
    if (app->joined_due && !put(hub, app->cid, &joined))
        return false;
    app->joined_due = false;
    for (; app->surfaces_due != 0; app->surfaces_due &= app->surfaces_due - 1) {
        if (!put(hub, app->cid, &app->places[__builtin_ctz(app->surfaces_due)].message))
            return false;
    }
    if (app->cursor_due && !put(hub, app->cid, &app->cursor))
        return false;
    app->cursor_due = false;
    if (!app->picture_due || app->under_way)
        return true;
    if (!put(hub, app->cid, &app->picture))
        return false;
    app->picture_due = false;
    if (app->picture.type == BK_DISPLAY_FRAME) {
        app->told = app->picture;
        app->under_way = true;
    }
    return true;
}

/* To an app */

static void end_cable(struct app *app, const char *why);

/* False when its cable is full, or there is none any more. */
static bool send_to_app(struct app *app, const struct bk_display_message *message)
{
    if (app->fd < 0 || app->full)
        return false;
    int r = bk_send_message(app->fd, message, sizeof *message, -1);
    if (r == -EAGAIN)
        app->full = true;
    else if (r < 0)
        end_cable(app, NULL);
    return r == 0;
}

static bool send_input(void *userdata, const struct bk_display_message *message)
{
    return send_to_app(userdata, message);
}

static void tell_app(struct app *app)
{
    if (app->configure.type != 0 && send_to_app(app, &app->configure))
        app->configure.type = 0;
    if (app->done.type != 0 && send_to_app(app, &app->done))
        app->done.type = 0;
    (void)bk_display_input_tell(&app->input, send_input, app);
}

/* One app's messages */

static void forget_surfaces(struct app *app)
{
    for (unsigned i = 0; i < BK_DISPLAY_SURFACES_MAX; i++) {
        if (app->places[i].message.type != 0)
            bk_close(app->places[i].fd);
        app->places[i].message.type = 0;
    }
    app->check = (struct bk_display_check){ 0 };
}

/* The compositor keeps what it mapped; it is told when there is room. */
static void end_cable(struct app *app, const char *why)
{
    struct bk_display_hub *hub = app->hub;

    if (app->fd < 0)
        return;
    if (why != NULL && bk_ratelimit_pass(&hub->limit))
        bk_warning("display cable of app %u: %s: unplugged", app->cid, why);
    (void)watch(hub, &app->source, app->fd, 0, NULL, NULL);
    app->fd = bk_close(app->fd);
    forget_surfaces(app);
    app->left_due = app->left_due || !app->joined_due;
    app->joined_due = app->cursor_due = app->picture_due = app->under_way = app->full = false;
    app->surfaces_due = 0;
    app->picture.type = app->cursor.type = app->told.type = app->configure.type = app->done.type = 0;
}

/* A FRAME that is due will not be told. */
static void drop_picture(struct app *app)
{
    if (app->picture_due && app->picture.type == BK_DISPLAY_FRAME)
        app->pictured->whole = true;
    app->picture.type = 0;
    app->picture_due = false;
}

static void show_whole(struct app *app)
{
    app->picture.frame.x = app->picture.frame.y = 0;
    app->picture.frame.width = app->pictured->message.surface.width;
    app->picture.frame.height = app->pictured->message.surface.height;
}

/* Joined to the one that is due when both are of one surface: the least rectangle that holds both frames' damage. */
static void take_frame(struct app *app, const struct bk_display_message *frame, struct place *place)
{
    struct bk_display_message joined = *frame;

    if (app->picture_due && app->picture.type == BK_DISPLAY_FRAME && app->pictured == place) {
        const struct bk_display_message *due = &app->picture;
        const uint32_t right = bk_max(due->frame.x + due->frame.width, frame->frame.x + frame->frame.width);
        const uint32_t bottom = bk_max(due->frame.y + due->frame.height, frame->frame.y + frame->frame.height);
        joined.frame.x = bk_min(due->frame.x, frame->frame.x);
        joined.frame.y = bk_min(due->frame.y, frame->frame.y);
        joined.frame.width = right - joined.frame.x;
        joined.frame.height = bottom - joined.frame.y;
    } else {
        drop_picture(app);
    }
    app->picture = joined;
    app->picture_due = true;
    app->pictured = place;
    if (place->whole)
        show_whole(app);
    place->whole = false;
}

static void withdraw(struct app *app, const struct bk_display_message *message, int index)
{
    struct place *place = &app->places[index];

    bk_close(place->fd);
    place->message.type = 0;
    app->surfaces_due &= ~(1U << index);
    if (app->picture.type == BK_DISPLAY_FRAME && app->pictured == place)
        drop_picture(app);
    if (app->told.type != 0 && app->told.frame.id == message->surface.id)
        app->under_way = false; /* what was not shown yet will not be, and need not be answered */
    if (app->cursor.type != 0 && app->cursor.cursor.id == message->surface.id)
        app->cursor.type = 0;
    if (app->hub->begun) {
        bool had_room = put(app->hub, app->cid, message);
        assert(had_room); /* invariant 2 */
        (void)had_room;
    }
}

static void take_message(struct app *app, const struct bk_display_message *message, int place, int *fd)
{
    switch (message->type) {
    case BK_DISPLAY_SURFACE:
        app->places[place] = (struct place){ .fd = TAKE_FD(*fd), .message = *message };
        app->surfaces_due |= 1U << place;
        break;
    case BK_DISPLAY_WITHDRAW:
        withdraw(app, message, place);
        break;
    case BK_DISPLAY_FRAME:
        take_frame(app, message, &app->places[place]);
        break;
    case BK_DISPLAY_BLANK:
        drop_picture(app);
        app->picture = *message;
        app->picture_due = true;
        app->under_way = false;
        break;
    case BK_DISPLAY_CURSOR:
        app->cursor = *message;
        app->cursor_due = true;
        break;
    default: /* where an app has its cursor concerns nobody: the pointer is the system's */
        break;
    }
}

static void receive(struct app *app)
{
    struct bk_display_message message;
    uint8_t datagram[sizeof message + 1];

    for (unsigned i = 0; i < MESSAGES_AT_ONCE && app->fd >= 0 && !is_due(app) && has_room(app->hub); i++) {
        _cleanup_close_ int fd = -1;
        int place;
        ssize_t n = bk_recv_message(app->fd, datagram, sizeof datagram, &fd);
        if (n == -EAGAIN)
            return;
        if (n == 0 || (n < 0 && n != -EMSGSIZE)) {
            end_cable(app, NULL);
            return;
        }
        const char *refusal =
            bk_display_check_datagram(&app->check, datagram, n > 0 ? (size_t)n : 0, fd, &message, &place);
        if (refusal != NULL) {
            end_cable(app, refusal);
            return;
        }
        take_message(app, &message, place, &fd);
        (void)tell_compositor(app);
    }
}

/* The turns */

static void on_port(void *userdata, uint32_t events);
static void on_cable(void *userdata, uint32_t events);

static void flush(struct bk_display_hub *hub)
{
    size_t done = 0;

    while (done < hub->out_size) {
        ssize_t n = write(hub->port, hub->out + done, hub->out_size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* full; or over, as reading will tell */
        done += (size_t)n;
    }
    hub->out_size -= done;
    memmove(hub->out, hub->out + done, hub->out_size);
}

static void free_app(struct bk_display_hub *hub, unsigned index)
{
    struct app *app = hub->apps[index];

    end_cable(app, NULL);
    hub->apps[index] = hub->apps[--hub->count];
    free(app);
}

/* After anything happened: tells what is due, and waits for what there is to wait for. */
static void go_on(struct bk_display_hub *hub)
{
    bool told_all = true;

    for (unsigned i = 0; i < hub->count; i++) {
        tell_app(hub->apps[i]);
        told_all = tell_compositor(hub->apps[i]) && told_all;
    }
    flush(hub);
    for (unsigned i = hub->count; i-- > 0;) {
        struct app *app = hub->apps[i];
        if (app->fd < 0) {
            if (!app->left_due || !hub->begun)
                free_app(hub, i);
            continue;
        }
        uint32_t events = !is_due(app) && has_room(hub) ? EPOLLIN : 0U;
        events |= app->full ? (uint32_t)EPOLLOUT : 0U;
        if (watch(hub, &app->source, app->fd, events, on_cable, app) < 0) {
            end_cable(app, "it cannot be waited for");
            told_all = false;
        }
    }
    if (hub->port >= 0)
        (void)watch(hub, &hub->source, hub->port, hub->out_size > 0 || !told_all ? EPOLLIN | EPOLLOUT : EPOLLIN,
                    on_port, hub);
}

static void on_cable(void *userdata, uint32_t events)
{
    struct app *app = userdata;
    struct bk_display_hub *hub = app->hub;

    if ((events & EPOLLOUT) != 0)
        app->full = false;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(app);
    go_on(hub);
}

/* From the compositor */

static struct app *find(const struct bk_display_hub *hub, uint32_t cid)
{
    for (unsigned i = 0; i < hub->count; i++) {
        if (hub->apps[i]->cid == cid)
            return hub->apps[i];
    }
    return NULL;
}

/* A new compositor knows nothing. */
static void greet(struct bk_display_hub *hub)
{
    static const struct bk_display_message hello = { .type = BK_DISPLAY_PORT_HELLO };

    hub->out_size %= RECORD_SIZE; /* what was sent in part is sent to its end; the rest was for the one before */
    (void)put(hub, 0, &hello);
    hub->begun = true;
    for (unsigned i = 0; i < hub->count; i++) {
        struct app *app = hub->apps[i];
        app->left_due = app->under_way = false;
        app->told.type = 0;
        bk_display_input_release(&app->input); /* what it holds down it will say */
        app->joined_due = app->fd >= 0;
        app->cursor_due = app->cursor.type != 0;
        app->picture_due = app->picture.type != 0;
        app->surfaces_due = 0;
        for (unsigned place = 0; place < BK_DISPLAY_SURFACES_MAX; place++) {
            app->surfaces_due |= app->places[place].message.type != 0 ? 1U << place : 0U;
            app->places[place].whole = true;
        }
        if (app->picture.type == BK_DISPLAY_FRAME)
            show_whole(app);
    }
}

static void answer(struct app *app, const struct bk_display_message *message)
{
    switch (message->type) {
    case BK_DISPLAY_CONFIGURE:
        app->configure = *message;
        break;
    case BK_DISPLAY_FRAME_DONE:
        /* One that was never told, to this compositor and of this cable, is of those before. */
        if (app->told.type == 0 || (int32_t)(app->told.frame.serial - message->frame.serial) < 0)
            break;
        app->done = *message;
        app->under_way = app->under_way && message->frame.serial != app->told.frame.serial;
        break;
    default:
        if (bk_display_input_take(&app->input, message))
            tell_app(app); /* a group at a time, as long as the cable is not full */
        break;
    }
}

/* False when it is no record. */
static bool take_record(struct bk_display_hub *hub, const struct bk_display_port_record *record)
{
    const struct bk_display_message *message = &record->message;

    if (record->reserved != 0 || message->reserved != 0 || message->type < BK_DISPLAY_CONFIGURE ||
        message->type > BK_DISPLAY_INPUT)
        return false;
    if (message->type == BK_DISPLAY_CONFIGURE &&
        (message->configure.width - 1 >= BK_DISPLAY_SIDE_MAX || message->configure.height - 1 >= BK_DISPLAY_SIDE_MAX))
        return false;
    struct app *app = find(hub, record->cid);
    if (app != NULL) /* else it left meanwhile */
        answer(app, message);
    return true;
}

/* What came ended with `matched` bytes of a HELLO, which is zeroes but for one byte: with how many it ends now. */
static size_t match_hello(size_t matched, uint8_t byte)
{
    if (byte == 0)
        return matched == HELLO_ZEROES ? matched : matched + 1;
    return byte == BK_DISPLAY_PORT_HELLO && (matched == HELLO_ZEROES || matched > 2 * HELLO_ZEROES) ? HELLO_ZEROES + 1
                                                                                                    : 0;
}

/* A compositor may die, and its kernel be reset, in the middle of a record: HELLO is seen wherever it begins. No other
 * record can be mistaken for it, since a CID of 0 and a type are followed by nothing but zeroes. */
static void take_bytes(struct bk_display_hub *hub, const uint8_t *bytes, size_t size)
{
    struct bk_display_port_record record;

    for (size_t i = 0; i < size; i++) {
        hub->matched = match_hello(hub->matched, bytes[i]);
        hub->in[hub->in_size++] = bytes[i];
        if (hub->matched == RECORD_SIZE) {
            hub->matched = HELLO_ZEROES; /* its last ones may be the first ones of another, which it is but a part of */
            hub->in_size = 0;
            greet(hub);
        } else if (hub->in_size == RECORD_SIZE) {
            hub->in_size = 0;
            memcpy(&record, hub->in, RECORD_SIZE);
            if (!hub->begun || take_record(hub, &record))
                continue;
            hub->begun = false;
            if (bk_ratelimit_pass(&hub->limit))
                bk_warning("display port: what the compositor sends is no record");
        }
    }
}

static void on_port(void *userdata, uint32_t events)
{
    struct bk_display_hub *hub = userdata;
    uint8_t bytes[READ_MAX];

    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        ssize_t n = read(hub->port, bytes, sizeof bytes);
        if (n > 0) {
            take_bytes(hub, bytes, (size_t)n);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) { /* the console device is gone: we end */
            (void)watch(hub, &hub->source, hub->port, 0, NULL, NULL);
            hub->port = bk_close(hub->port);
            hub->begun = false;
        }
    }
    go_on(hub);
}

/* Beginning, plugging, end */

int bk_display_hub_create(struct bk_loop *loop, int port, struct bk_display_hub **ret_hub)
{
    _cleanup_close_ int owned = port;
    struct bk_display_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL)
        return -ENOMEM;
    hub->loop = loop;
    int r = watch(hub, &hub->source, owned, EPOLLIN, on_port, hub);
    if (r < 0) {
        free(hub);
        return r;
    }
    hub->port = TAKE_FD(owned);
    *ret_hub = hub;
    return 0;
}

void bk_display_hub_destroy(struct bk_display_hub *hub)
{
    if (hub == NULL)
        return;
    while (hub->count > 0)
        free_app(hub, 0);
    (void)watch(hub, &hub->source, hub->port, 0, NULL, NULL);
    bk_close(hub->port);
    free(hub);
}

int bk_display_hub_plug(struct bk_display_hub *hub, uint32_t cid, int fd)
{
    _cleanup_close_ int owned = fd;
    struct app *app = find(hub, cid);

    if (cid < BK_VSOCK_CID_APP_FIRST || cid == UINT32_MAX)
        return -EINVAL;
    int r = bk_set_nonblock(owned);
    if (r < 0)
        return r;
    if (app == NULL) {
        if (hub->count == BK_DISPLAY_PORT_APPS_MAX)
            return -ENOSPC;
        app = calloc(1, sizeof *app);
        if (app == NULL)
            return -ENOMEM;
        *app = (struct app){ .hub = hub, .cid = cid, .fd = -1 };
        hub->apps[hub->count++] = app;
    }
    end_cable(app, NULL);
    bk_display_input_init(&app->input);
    app->fd = TAKE_FD(owned);
    app->joined_due = true;
    go_on(hub);
    return 0;
}

int bk_display_hub_open(const struct bk_display_hub *hub, uint64_t blob_id, uint64_t *ret_size)
{
    const struct app *app = find(hub, (uint32_t)(blob_id >> 32));

    for (unsigned i = 0; app != NULL && i < BK_DISPLAY_SURFACES_MAX; i++) {
        const struct place *place = &app->places[i];
        if (place->message.type == 0 || place->message.surface.id != (uint32_t)blob_id)
            continue;
        int fd = fcntl(place->fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return -errno;
        *ret_size = place->message.surface.size;
        return fd;
    }
    return -ENOENT;
}
