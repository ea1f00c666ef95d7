/* SPDX-License-Identifier: Apache-2.0 */
#include "display_session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_SIZE sizeof(struct bk_display_port_record)

static const struct bk_display_port_record hello = { .message.type = BK_DISPLAY_PORT_HELLO };

/* --- out --- */

static bool put(struct bk_display_session *session, uint32_t cid, const struct bk_display_message *message)
{
    const struct bk_display_port_record record = { .cid = cid, .message = *message };

    if (session->out_start > 0 && session->out_start + session->out_size + RECORD_SIZE > sizeof session->out) {
        memmove(session->out, session->out + session->out_start, session->out_size);
        session->out_start = 0;
    }
    if (session->out_start + session->out_size + RECORD_SIZE > sizeof session->out)
        return false;
    memcpy(session->out + session->out_start + session->out_size, &record, RECORD_SIZE);
    session->out_size += RECORD_SIZE;
    return true;
}

const void *bk_display_session_output(struct bk_display_session *session, size_t *ret_size)
{
    *ret_size = session->out_size;
    return session->out + session->out_start;
}

void bk_display_session_written(struct bk_display_session *session, size_t size)
{
    assert(size <= session->out_size);
    session->out_start += size;
    session->out_size -= size;
    if (session->out_size == 0)
        session->out_start = 0;
}

struct telling {
    struct bk_display_session *session;
    struct bk_display_app *app;
};

static bool put_for_app(void *userdata, const struct bk_display_message *message)
{
    const struct telling *telling = userdata;

    return put(telling->session, telling->app->cid, message);
}

static bool tell_app(struct bk_display_session *session, struct bk_display_app *app)
{
    struct telling telling = { .session = session, .app = app };

    if (app->configure.type != 0) {
        if (!put(session, app->cid, &app->configure))
            return false;
        app->configure.type = 0;
    }
    if (app->done_due) {
        const struct bk_display_message done = { .type = BK_DISPLAY_FRAME_DONE, .frame.serial = app->serial };
        if (!put(session, app->cid, &done))
            return false;
        app->done_due = false;
        app->serial_told = app->serial;
    }
    return bk_display_input_tell(&app->input.devices, put_for_app, &telling);
}

void bk_display_session_tell(struct bk_display_session *session)
{
    for (size_t i = 0; session->begun && i < session->count; i++) {
        if (!session->apps[i]->refused && !tell_app(session, session->apps[i]))
            return; /* the rest goes when the port has taken what waits */
    }
}

/* --- in: one app's messages --- */

static void take_surface(struct bk_display_session *session, struct bk_display_app *app,
                         struct bk_display_surface *surface, const struct bk_display_message *message)
{
    *surface = (struct bk_display_surface){ .id = message->surface.id,
                                            .width = message->surface.width,
                                            .height = message->surface.height,
                                            .stride = message->surface.stride,
                                            .size = message->surface.size,
                                            .has_alpha = message->surface.has_alpha != 0 };
    session->events->announced(app, surface, session->userdata);
}

static void drop_surface(struct bk_display_session *session, struct bk_display_app *app,
                         struct bk_display_surface *surface)
{
    if (app->shown == surface) {
        app->shown = NULL;
        app->changed = false; /* what the screen shows stays */
    }
    if (app->cursor == surface)
        app->cursor = NULL;
    session->events->withdrawn(app, surface, session->userdata);
    surface->id = 0;
}

/* The least rectangle that covers both. */
static void join(struct bk_display_damage *damage, const struct bk_display_damage *more)
{
    if (more->x2 == more->x1 || more->y2 == more->y1)
        return;
    if (damage->x2 == damage->x1 || damage->y2 == damage->y1) {
        *damage = *more;
        return;
    }
    damage->x1 = more->x1 < damage->x1 ? more->x1 : damage->x1;
    damage->y1 = more->y1 < damage->y1 ? more->y1 : damage->y1;
    damage->x2 = more->x2 > damage->x2 ? more->x2 : damage->x2;
    damage->y2 = more->y2 > damage->y2 ? more->y2 : damage->y2;
}

static void take_frame(struct bk_display_session *session, struct bk_display_app *app,
                       struct bk_display_surface *surface, const struct bk_display_message *message)
{
    const struct bk_display_damage more = { message->frame.x, message->frame.y, message->frame.x + message->frame.width,
                                            message->frame.y + message->frame.height };

    if (!app->changed)
        app->damage = (struct bk_display_damage){ 0 };
    if (surface == app->shown)
        join(&app->damage, &more);
    else /* what another surface had shown is no measure for this one */
        app->damage = (struct bk_display_damage){ 0, 0, surface->width, surface->height };
    app->shown = surface;
    app->serial = message->frame.serial;
    app->blank = false;
    app->changed = true;
    session->events->shown(app, session->userdata);
}

static void take_blank(struct bk_display_session *session, struct bk_display_app *app)
{
    app->shown = NULL;
    app->blank = app->serial != 0; /* else it has not begun */
    app->changed = true;
    session->events->shown(app, session->userdata);
}

static void take_cursor(struct bk_display_session *session, struct bk_display_app *app,
                        struct bk_display_surface *surface, const struct bk_display_message *message)
{
    app->cursor = surface;
    app->hot_x = message->cursor.hot_x;
    app->hot_y = message->cursor.hot_y;
    app->cursor_known = true;
    app->cursor_changed = true;
    session->events->shown(app, session->userdata);
}

/* Why it is refused, or NULL. */
static const char *take_message(struct bk_display_session *session, struct bk_display_app *app,
                                const struct bk_display_message *message)
{
    int place = -1;

    const char *refusal = bk_display_check_message(&app->check, message, &place);
    if (refusal != NULL)
        return refusal;
    switch (message->type) {
    case BK_DISPLAY_SURFACE:
        take_surface(session, app, &app->surfaces[place], message);
        break;
    case BK_DISPLAY_WITHDRAW:
        drop_surface(session, app, &app->surfaces[place]);
        break;
    case BK_DISPLAY_FRAME:
        take_frame(session, app, &app->surfaces[place], message);
        break;
    case BK_DISPLAY_BLANK:
        take_blank(session, app);
        break;
    case BK_DISPLAY_CURSOR:
        take_cursor(session, app, place >= 0 ? &app->surfaces[place] : NULL, message);
        break;
    default: /* CURSOR_MOVE: where the pointer is, is the system's */
        break;
    }
    return NULL;
}

/* --- in: the port's records --- */

struct bk_display_app *bk_display_session_find(const struct bk_display_session *session, uint32_t cid)
{
    for (size_t i = 0; i < session->count; i++) {
        if (session->apps[i]->cid == cid)
            return session->apps[i];
    }
    return NULL;
}

static void leave(struct bk_display_session *session, struct bk_display_app *app)
{
    size_t at = 0;

    while (session->apps[at] != app)
        at++;
    session->events->left(app, session->userdata);
    for (size_t i = 0; i < BK_DISPLAY_SURFACES_MAX; i++) {
        if (app->surfaces[i].id != 0)
            drop_surface(session, app, &app->surfaces[i]);
    }
    session->apps[at] = session->apps[--session->count];
    free(app);
}

static void join_app(struct bk_display_session *session, uint32_t cid)
{
    struct bk_display_app *app = bk_display_session_find(session, cid);

    if (app != NULL)
        leave(session, app); /* its cable was plugged anew */
    if (session->count == BK_DISPLAY_PORT_APPS_MAX)
        return;
    app = calloc(1, sizeof *app);
    if (app == NULL)
        return; /* an app without a window, which can be started again */
    app->cid = cid;
    bk_app_input_init(&app->input);
    session->apps[session->count++] = app;
    session->events->joined(app, session->userdata);
}

static void take_record(struct bk_display_session *session, const struct bk_display_port_record *record)
{
    struct bk_display_app *app = bk_display_session_find(session, record->cid);

    switch (record->message.type) {
    case BK_DISPLAY_PORT_HELLO:
        return; /* the answer to a HELLO that a compositor before this one had sent */
    case BK_DISPLAY_PORT_JOINED:
        join_app(session, record->cid);
        return;
    case BK_DISPLAY_PORT_LEFT:
        if (app != NULL)
            leave(session, app);
        return;
    default:
        break;
    }
    if (app == NULL || app->refused)
        return;
    const char *why = take_message(session, app, &record->message);
    if (why != NULL) {
        app->refused = true;
        session->events->refused(app, why, session->userdata);
    }
}

/* Before the answer to HELLO nothing is known of where a record begins: the answer is looked for byte by byte. No other
 * record can be mistaken for it, since a CID of 0 and a type are followed by nothing but zeros. */
static void seek_hello(struct bk_display_session *session)
{
    const uint8_t *wanted = (const uint8_t *)&hello; /* it has no padding */

    if (memcmp(session->in, wanted, RECORD_SIZE) == 0) {
        session->begun = true;
        session->in_size = 0;
        return;
    }
    memmove(session->in, session->in + 1, RECORD_SIZE - 1);
    session->in_size = RECORD_SIZE - 1;
}

void bk_display_session_take(struct bk_display_session *session, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    while (size > 0) {
        size_t room = RECORD_SIZE - session->in_size;
        size_t part = size < room ? size : room;
        memcpy(session->in + session->in_size, bytes, part);
        session->in_size += part;
        bytes += part;
        size -= part;
        if (session->in_size < RECORD_SIZE)
            return;
        if (!session->begun) {
            seek_hello(session);
            continue;
        }
        struct bk_display_port_record record;
        memcpy(&record, session->in, RECORD_SIZE);
        session->in_size = 0;
        take_record(session, &record);
    }
}

void bk_display_session_init(struct bk_display_session *session, const struct bk_display_events *events, void *userdata)
{
    *session = (struct bk_display_session){ .events = events, .userdata = userdata };
    bool fits = put(session, 0, &hello.message);
    assert(fits);
}

void bk_display_session_finish(struct bk_display_session *session)
{
    while (session->count > 0)
        leave(session, session->apps[session->count - 1]);
}
