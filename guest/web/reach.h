/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to the system.
 *
 * Input from: trusted (the system)
 * Runs in: bk-web, and the engine's processes that have its camera; any thread
 */
#ifndef BK_WEB_REACH_H
#define BK_WEB_REACH_H

/* One for calls; `flags` are socket()'s, with SOCK_NONBLOCK it may be on its way yet. -errno. */
int bk_web_connect(int flags);

/* A stream of the system's, at whose beginning the token is said; waits: for a thread of its own. -errno. */
int bk_web_stream(const char *token);

#endif
