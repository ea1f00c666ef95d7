/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app that leaves: its bundle, and its data disk as a stream (docs/protocols/export.md).
 *
 * Input from: trusted (the files); nothing in them is looked at
 * Runs in: a child of bk-supervisor
 */
#ifndef BK_STORE_SEND_H
#define BK_STORE_SEND_H

#define BK_SEND_SILENCE_MS 10000 /* after which a stream that takes nothing is given up */

/* `data` is negative when there is none. -ETIMEDOUT: the non-blocking stream takes nothing. */
int bk_send_app(int bundle, int data, int stream);

#endif
