/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kiosk's line to the system (docs/api, io.bulkhead.Window): hears which keyboard layout the person chose, and says
 * what the window is called and how small it may be.
 *
 * Input from: trusted (the system)
 * Runs in: bk-kiosk, its one thread
 *
 * Nothing here is needed to show an app: where there is no system to speak to, nothing is heard and nothing is said.
 * One that went is looked for again, at first soon, then less and less often, and told everything anew.
 */
#ifndef BK_KIOSK_SYSTEM_H
#define BK_KIOSK_SYSTEM_H

#include <wayland-server-core.h>

#define BK_SYSTEM_TITLE_MAX 200U /* bytes that the system takes; the rest of a title is left away */
#define BK_SYSTEM_PAUSE_MS  100  /* before it is looked for again, the first time … */
#define BK_SYSTEM_REST_MS   5000 /* … and at the most */

struct bk_system_events {
    /* Begins a connection: a non-blocking stream socket, connected or connecting; -errno. -EAFNOSUPPORT: there never
     * will be one. */
    int (*connect)(void);
    /* XKB's names, borrowed: whenever they are others than before. */
    void (*layout)(const char *layout, const char *variant, void *userdata);
};

struct bk_system;

/* -ENOMEM. `events` and `userdata` outlive it. */
int bk_system_create(struct wl_event_loop *loop, const struct bk_system_events *events, void *userdata,
                     struct bk_system **ret);
void bk_system_destroy(struct bk_system *system);

/* What the system is to know of the window: at once, or when it can be told. A size of 0 is none. */
void bk_system_say(struct bk_system *system, const char *title, int least_width, int least_height);

/* For bk_system_events: to CID 2, port 1. */
int bk_system_connect_vsock(void);

#endif
