/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app as a camera: its frames come on a stream of its own, as long as somebody wants them.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * When the camera is wanted, its app is told a token, once it reads. The stream ends when nobody wants it any more.
 * What the app sends is read as it comes, be it that all who see it are too slow: bk_camera_viewer leaves out.
 */
#ifndef BK_BROKER_CAMERA_OFFER_H
#define BK_BROKER_CAMERA_OFFER_H

#include "camera_session.h"

#define BK_CAMERA_OFFER_CHUNK (256UL * 1024UL) /* bytes that are read at a turn of the event loop */

/* A call of Offer() goes on on `connection`, for a camera like this. It is the connection's until that ends. */
int bk_camera_offer_begin(struct bk_connection *connection, const struct bk_camera *said);
/* The call is over. */
void bk_camera_offer_end(struct bk_camera_offer *offer);

/* The connection can be told something: a token, if there is one that it does not know. */
void bk_camera_offer_tell(struct bk_camera_offer *offer);

#endif
