/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this app says to the system and hears of it: who it is, and a notification with a button, over two connections,
 * for one is occupied as long as it waits for the person's answers.
 *
 * Input from: app (what the system sends)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_SYSTEM_H
#define BK_BARE_SYSTEM_H

#include <stdbool.h>

struct system_news {
    char product[64]; /* "Bulkhead 0.2.0"; empty: there is no connection */
    char said[96];    /* what happened last, for the person */
    unsigned presses; /* of the notification's button */
};

void bk_system_begin(void);

/* Sends and receives what is due. True when there is something new in `news`. */
bool bk_system_look(struct system_news *news);

/* The connection was not to be had: a timer rang, it is time to try once more. */
void bk_system_retry(void);

void bk_system_notify(struct system_news *news);

#endif
