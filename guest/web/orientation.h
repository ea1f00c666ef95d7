/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web's screen.orientation, which the engine has none of (W3C, Screen Orientation): how the machine is held is told
 * by io.bulkhead.Window, and whether that is upright by the window, which fills the VM's display and turns with it.
 *
 * Input from: trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_ORIENTATION_H
#define BK_WEB_ORIENTATION_H

#include <webkit2/webkit2.h>

/* The machine is held so: degrees clockwise, 0, 90, 180 or 270. */
void bk_web_orientation_held(unsigned degrees);

/* Pages know it from now on. */
void bk_web_orientation_init(WebKitWebView *view);

#endif
