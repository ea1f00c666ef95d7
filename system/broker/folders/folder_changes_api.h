/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two methods of io.bulkhead.Folders by which apps hear of changes in each other's folders.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * Who listens has the folder open: folder_session.h. folders_api.c calls all of this.
 */
#ifndef BK_BROKER_FOLDER_CHANGES_API_H
#define BK_BROKER_FOLDER_CHANGES_API_H

#include "broker.h"

int bk_folder_changes_start(struct bk_broker *broker);

/* Tells those who read of changes that they do not know of, and those whose folder is not open any more that it is
 * over. Not from within a client. */
void bk_folder_changes_tell(struct bk_broker *broker);

/* The connection that it is of is ending. */
void bk_folder_changes_closed(struct bk_folder_listener *listener);

#endif
