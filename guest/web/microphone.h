/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a page may hear the microphone, which is the VM's sound card: the person is asked before the engine records,
 * by io.bulkhead.Microphone, and the page learns what they said.
 *
 * Input from: the app's own pages (that they ask, and go); trusted (the system's answer)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_MICROPHONE_H
#define BK_WEB_MICROPHONE_H

#include <webkit2/webkit2.h>

/* Where the script of cameras.c asks, with a number of the page's, and whether that waits for an answer, true or false,
 * or is gone. */
#define BK_WEB_MICROPHONE "microphone"

/* Once a process, before there is a page. */
void bk_web_microphone_init(WebKitWebView *view);

#endif
