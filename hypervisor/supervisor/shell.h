/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A developer's shell in an app that allows it (manifest: "shell"), where the machine has a way in for debugging: joins
 * the way "shell" (debug_port.h) and the app's console port of that name, for one developer and one app at a time.
 *
 * Input from: host (the developer's bytes); the app's guest (the shell's)
 * Runs in: bk-supervisor
 *
 * What goes to the guest goes in whole frames (docs/protocols/shell-port.md), of which nothing is read here: who is cut
 * off in the middle of one leaves none half sent, and END follows, as soon as the guest takes it. What comes from the
 * guest is bytes. When its VM ends, the developer gets END.
 */
#ifndef BK_SUPERVISOR_SHELL_H
#define BK_SUPERVISOR_SHELL_H

#include "debug_port.h"
#include "shell_frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_SHELL_COME_SECONDS 10U /* for the developer to be there */

struct bk_app;

/* What an app's guest has not taken when the developer left: a frame, or the rest of one, and END. Zero-initialised:
 * nothing. */
struct bk_shell_owed {
    uint8_t bytes[2 * BK_SHELL_FRAME_SIZE];
    size_t size, sent;
    sd_event_source *room; /* while nobody has its shell: it takes something */
};

/* Zero-initialised: nobody has one. */
struct bk_shell_bridge {
    struct bk_debug_way way;
    struct bk_app *app; /* whose shell; NULL: nobody has one */
    int developer;
    bool came;      /* the developer has said something; … */
    unsigned looks; /* … until then, how often more it is looked for */
    sd_event_source *from_developer, *from_guest, *late;
    uint8_t to_guest[BK_SHELL_FRAME_SIZE];
    size_t filled, sent; /* of it: all of it has come, and has gone */
    uint8_t to_developer[4 * BK_SHELL_FRAME_SIZE];
    size_t size, taken; /* of it */
};

/* What an app's VM gets as its console port, and our end of it. */
int bk_shell_make_port(int *ret_ours, int *ret_theirs);
/* Joins the developer, from the way, and the app, which runs. -EOPNOTSUPP: it has no such port; -EBUSY: somebody has a
 * shell. */
int bk_shell_join(struct bk_shell_bridge *bridge, struct bk_app *app, int *developer);
/* The app's VM has ended, or everything does; another app's shell stays, unless `app` is NULL. */
void bk_shell_app_ended(struct bk_shell_bridge *bridge, const struct bk_app *app);
/* Closes our end of the app's port; nobody has its shell. */
void bk_shell_close_port(struct bk_app *app);

#endif
