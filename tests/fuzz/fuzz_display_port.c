/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compositor makes of the display port. Whatever comes in, no more than the named maxima is kept, what an app
 * shows is a surface it announced, with a damage within it, and every surface that was announced is given back.
 *
 * Input: the port's bytes after the answer to HELLO, in portions whose size is the first byte.
 */
#include "display_session.h"

#include <stdint.h>
#include <stdlib.h>

struct counts {
    size_t announced, withdrawn;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void on_app(struct bk_display_app *app, void *userdata)
{
    (void)userdata;
    require(app->cid != 0 || app->serial == 0);
}

static void on_announced(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    (void)app;
    ((struct counts *)userdata)->announced++;
    require(surface->picture == NULL && surface->width >= 1 && surface->height >= 1);
    require((uint64_t)surface->stride * surface->height <= surface->size && surface->stride >= surface->width * 4);
}

static void on_withdrawn(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    (void)app;
    (void)surface;
    ((struct counts *)userdata)->withdrawn++;
}

static void on_shown(struct bk_display_app *app, void *userdata)
{
    (void)userdata;
    if (app->shown != NULL) {
        require(app->shown->id != 0 && !app->blank);
        require(app->damage.x1 <= app->damage.x2 && app->damage.x2 <= app->shown->width);
        require(app->damage.y1 <= app->damage.y2 && app->damage.y2 <= app->shown->height);
    }
    require(app->cursor == NULL || (app->cursor->id != 0 && app->cursor->width == BK_DISPLAY_CURSOR_SIDE));
    require(app->hot_x < BK_DISPLAY_CURSOR_SIDE && app->hot_y < BK_DISPLAY_CURSOR_SIDE);
    app->changed = app->cursor_changed = false;
    app->done_due = true;
}

static void on_refused(struct bk_display_app *app, const char *why, void *userdata)
{
    (void)userdata;
    require(app->refused && why != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bk_display_events events = { .joined = on_app,
                                                     .left = on_app,
                                                     .announced = on_announced,
                                                     .withdrawn = on_withdrawn,
                                                     .shown = on_shown,
                                                     .refused = on_refused };
    static const struct bk_display_port_record hello = { .message.type = BK_DISPLAY_PORT_HELLO };
    struct counts counts = { 0 };
    static struct bk_display_session session;

    if (size == 0)
        return 0;
    size_t portion = data[0] + 1U;
    bk_display_session_init(&session, &events, &counts);
    bk_display_session_take(&session, &hello, sizeof hello);
    require(session.begun);
    for (size_t at = 1; at < size; at += portion) {
        bk_display_session_take(&session, data + at, size - at < portion ? size - at : portion);
        bk_display_session_tell(&session);
        require(session.count <= BK_DISPLAY_PORT_APPS_MAX);
        require(session.out_start + session.out_size <= sizeof session.out);
    }
    bk_display_session_finish(&session);
    require(session.count == 0 && counts.announced == counts.withdrawn);
    return 0;
}
