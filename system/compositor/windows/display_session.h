/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compositor's end of the display port (docs/protocols/display-port.md): what each app announced and shows, and
 * what is to be told to it. Bytes in, bytes out; knows nothing of descriptors and of drawing.
 *
 * Input from: app, through two bk-vmms, of which the app may have taken over its own; checked here again
 * Runs in: bk-compositor, main thread
 *
 * A message only makes a note: however many come between two frames of the screen, the app's last one counts, with the
 * rectangle that covers what changed in all of them. An app of which a record comes that the protocol does not know is
 * not listened to any more until it joins again; what it showed last stays.
 */
#ifndef BK_COMPOSITOR_DISPLAY_SESSION_H
#define BK_COMPOSITOR_DISPLAY_SESSION_H

#include "app_input.h"

#include "display_check.h"
#include "display_port.h"

#include <stddef.h>

#define BK_DISPLAY_OUT_MAX 512U /* records that wait to be written */

struct bk_display_surface {
    uint32_t id; /* 0: free */
    uint32_t width, height, stride;
    uint64_t size;
    bool has_alpha;
    bool failed;   /* it could not be opened: no second try */
    void *picture; /* the session's user's, see `withdrawn` below */
};

/* Half open, in pixels of the surface that is shown. */
struct bk_display_damage {
    uint32_t x1, y1, x2, y2;
};

struct bk_display_app {
    uint32_t cid;
    bool refused; /* broke a rule */
    struct bk_display_check check;
    struct bk_display_surface surfaces[BK_DISPLAY_SURFACES_MAX]; /* at their places in `check` */

    struct bk_display_surface *shown; /* the last FRAME's; NULL after BLANK, and when it was withdrawn since */
    struct bk_display_damage damage;
    bool changed; /* the last FRAME or BLANK has not been taken yet */
    bool blank;
    uint32_t serial, serial_told; /* of the last FRAME */

    struct bk_display_surface *cursor; /* NULL: none */
    uint32_t hot_x, hot_y;
    bool cursor_known;   /* the app said what its cursor is */
    bool cursor_changed; /* has not been taken yet */

    struct bk_app_input input;
    struct bk_display_message configure; /* type 0: nothing to tell */
    bool done_due;                       /* FRAME_DONE of `serial` is to be told */

    void *userdata;
};

struct bk_display_events {
    void (*joined)(struct bk_display_app *app, void *userdata);
    /* Just before the app and its surfaces are forgotten; `withdrawn` follows for each surface. */
    void (*left)(struct bk_display_app *app, void *userdata);
    void (*announced)(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata);
    void (*withdrawn)(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata);
    /* The app shows something else: `changed` or `cursor_changed`. */
    void (*shown)(struct bk_display_app *app, void *userdata);
    /* Why an app is not listened to any more; static. */
    void (*refused)(struct bk_display_app *app, const char *why, void *userdata);
};

struct bk_display_session {
    const struct bk_display_events *events;
    void *userdata;
    bool begun; /* HELLO was answered */
    struct bk_display_app *apps[BK_DISPLAY_PORT_APPS_MAX];
    size_t count;
    uint8_t in[sizeof(struct bk_display_port_record)];
    size_t in_size;
    uint8_t out[BK_DISPLAY_OUT_MAX * sizeof(struct bk_display_port_record)];
    size_t out_start, out_size; /* bytes */
};

/* A session that has not begun: the HELLO is in its output. `events` outlives it. */
void bk_display_session_init(struct bk_display_session *session, const struct bk_display_events *events,
                             void *userdata);
/* The port is gone: so are all apps. */
void bk_display_session_finish(struct bk_display_session *session);

void bk_display_session_take(struct bk_display_session *session, const void *data, size_t size);

/* What is to be written, and how much of it was. */
const void *bk_display_session_output(struct bk_display_session *session, size_t *ret_size);
void bk_display_session_written(struct bk_display_session *session, size_t size);

/* Puts what the apps do not know yet into the output, as far as it goes. */
void bk_display_session_tell(struct bk_display_session *session);

struct bk_display_app *bk_display_session_find(const struct bk_display_session *session, uint32_t cid);

#endif
