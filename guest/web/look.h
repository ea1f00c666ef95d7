/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What io.bulkhead.Window tells of how all is shown: how the person wants it to look, for prefers-color-scheme and
 * prefers-reduced-motion, and how the machine is held (orientation.h).
 *
 * Input from: trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_LOOK_H
#define BK_WEB_LOOK_H

/* Follows it from now on. `known` is called once, when it is known, or after a second without a system: the engine
 * reads it at its start. */
void bk_web_look_init(void (*known)(void));

#endif
