/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cameras that there are, whoever's they are, and who sees what they give: from the call to the end of the stream.
 *
 * Input from: app (that it comes, and when it goes)
 * Runs in: bk-broker
 *
 *     Open() ──▶ asking ── the person allows it ──▶ starting ── the camera gives frames ──▶ ready
 *                                                                                            │ Open() is answered
 *                                                                           the app's stream is there
 *                                                                                            ▼
 *                                                               flowing: camera_viewer.h, until either end is gone
 *
 * From `starting` on it is a use of the permission. A camera is wanted, in one mode, as long as a session is that far:
 * it is started for the first of them and stopped behind the last. Whatever ends a session frees all that it holds; a
 * call that waits for it is answered with an error.
 */
#ifndef BK_BROKER_CAMERA_SESSION_H
#define BK_BROKER_CAMERA_SESSION_H

#include "broker.h"
#include "camera.h"
#include "camera_frame.h"

#define BK_CAMERA_ID_SIZE (BK_APP_ID_MAX + BK_CAMERA_NAME_MAX + 2)

/* Embedded in what knows how its frames come. */
struct bk_camera {
    struct bk_camera *next;
    struct bk_broker *broker;
    struct bk_app *app; /* whose it is; NULL: the machine's */
    char id[BK_CAMERA_ID_SIZE];
    char title[BK_CAMERA_TITLE_MAX + 1];
    struct bk_camera_mode modes[BK_CAMERA_MODES_MAX];
    unsigned n_modes;
    const struct bk_camera_mode *mode; /* of them, the one that is wanted; NULL: it is not */
    bool flows;                        /* it gives frames */

    /* It is wanted, in `mode`: bk_camera_begun() or bk_camera_ended() comes of it, later. A negative errno: it cannot.
     */
    int (*start)(struct bk_camera *camera);
    /* It is not wanted any more. Calls nothing back. */
    void (*stop)(struct bk_camera *camera);
};

/* ---- for who owns a camera ---- */

/* There is one more. It stays the caller's, until it is removed. */
void bk_camera_add(struct bk_broker *broker, struct bk_camera *camera);
/* It is no more: whoever sees it sees it no longer. */
void bk_camera_remove(struct bk_camera *camera);
/* NULL when there is none. */
struct bk_camera *bk_camera_by_id(const struct bk_broker *broker, const char *id);

/* It was wanted, and gives frames from now on. */
void bk_camera_begun(struct bk_camera *camera);
/* It was wanted, and gives none, or no more; it is stopped. */
void bk_camera_ended(struct bk_camera *camera);
/* A frame of one that flows; stays the caller's. */
void bk_camera_show(struct bk_camera *camera, struct bk_camera_frame *frame);

/* ---- for who opens one ---- */

/* A call of Open() waits on `connection`, and nothing has answered it. It has the right to ask; the limits are not
 * reached. The session is the connection's until the call is answered, which may be from here. */
int bk_camera_session_begin(struct bk_connection *connection, struct bk_camera *camera,
                            const struct bk_camera_mode *wish);
/* The connection that the call of Open() waits on is ending. */
void bk_camera_session_cancel(struct bk_camera_session *session);
void bk_camera_sessions_end_all(struct bk_broker *broker);

/* How many an app has; NULL: how many there are. */
unsigned bk_camera_sessions_opened(const struct bk_broker *broker, const struct bk_app *app);

#endif
