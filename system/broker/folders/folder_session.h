/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app opens what another one offers: from the call to the end of the stream.
 *
 * Input from: app (that it comes, and when it goes)
 * Runs in: bk-broker
 *
 *     Open() ──▶ asking ── the person allows it ──▶ calling ── the server's stream is there ──▶ ready
 *                                                    (told to the one who offers, when it reads)   │ Open() is answered
 *                                                                                 the client's stream is there
 *                                                                                                  ▼
 *                                                                        flowing: stream_pump.h, until either side ends
 *
 * The system itself opens a folder for one question of a person's (file_session.h): it begins at `calling`, no
 * permission is asked, and what arrives is handed over instead of joined.
 *
 * From `calling` on it is a use of the permission. Whatever ends a session frees all that it holds: the question, the
 * use, tokens and sockets; a call that waits for it is answered with an error.
 */
#ifndef BK_BROKER_FOLDER_SESSION_H
#define BK_BROKER_FOLDER_SESSION_H

#include "broker.h"
#include "folder.h"

/* A call of Offer() that goes on; the connection's. */
struct bk_folder_offer {
    struct bk_folder_offer *next;
    struct bk_connection *connection;
    char name[BK_FOLDER_NAME_MAX + 1];
    char title[BK_FOLDER_TITLE_MAX + 1];
    char aname[BK_FOLDER_ANAME_MAX + 1];
    enum bk_folder_access access;
};

#define BK_FOLDER_ID_SIZE (BK_APP_ID_MAX + BK_FOLDER_NAME_MAX + 2)

/* What others know the folder by. */
void bk_folder_id(const struct bk_folder_offer *offer, char ret[BK_FOLDER_ID_SIZE]);

/* What is offered under this id, or NULL. */
struct bk_folder_offer *bk_folder_offer_by_id(struct bk_broker *broker, const char *id);

/* What `app` offers by this name, or NULL. */
struct bk_folder_offer *bk_folder_find_offer(const struct bk_broker *broker, const struct bk_app *app,
                                             const char *name);

/* A call of Open() waits on `connection`, and nothing has answered it. It has the right to ask; the limits are not
 * reached. The session is the connection's until the call is answered, which may be from here. */
int bk_folder_session_begin(struct bk_connection *connection, struct bk_folder_offer *offer,
                            enum bk_folder_access access);

/* The server's stream, which is the callback's from then on; or -1: it did not come to serve, or offers it no more.
 * Called once, when the session is over. */
typedef void (*bk_folder_served_t)(int fd, void *userdata);

/* Opens it for the system, which looks into it for `client`. -EBUSY when the server leaves too many tokens lying;
 * -ENOMEM. */
int bk_folder_session_begin_served(struct bk_broker *broker, struct bk_app *client, struct bk_folder_offer *offer,
                                   enum bk_folder_access access, bk_folder_served_t served, void *userdata,
                                   struct bk_folder_session **ret);

/* How many sessions an app has as the one who opens, or as the one who serves; NULL: how many there are. */
unsigned bk_folder_sessions_opened(const struct bk_broker *broker, const struct bk_app *app);
unsigned bk_folder_sessions_served(const struct bk_broker *broker, const struct bk_app *app);

/* True when `app` has a stream of the folder of this id, or has been given one that it has not come for yet. */
bool bk_folder_is_open(const struct bk_broker *broker, const struct bk_app *app, const char *id);

/* Tells those who offer, and read, of streams that they do not know of. */
void bk_folder_sessions_tell(struct bk_broker *broker);

/* The folder is offered no more: who waits for it hears so. */
void bk_folder_sessions_withdraw(struct bk_broker *broker, const struct bk_folder_offer *offer);

/* The connection that the call of Open() waits on is ending; or the system does not want it any more. */
void bk_folder_session_cancel(struct bk_folder_session *session);

void bk_folder_sessions_end_all(struct bk_broker *broker);

#endif
