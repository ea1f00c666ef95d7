/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installing and removing apps, as the person asks for it on the settings' page "Software", or by opening a bundle of
 * another app's (open.h).
 *
 * Input from: trusted (what the person did; what bk-supervisor tells); app (a bundle's bytes, which are passed on)
 * Runs in: bk-broker
 *
 *     nothing ── "Install from a file" ──▶ choosing ── a file (file.h) ──▶ coming ── all has gone ──▶ judging
 *        ▲                                    │                               │ bk-supervisor says ◀─────┘
 *        │◀────────── none ───────────────────┘                               ▼
 *        │                                                  ended: why not ◀──┴──▶ judged: the person is asked
 *        └──── the person has read it ─────── ended ◀── bk-supervisor says ── installing ◀── yes ──┘
 *
 * A bundle that is opened is coming at once, with its sender's stream still to come.
 *
 * What is in a bundle is read by bk-supervisor alone: here it is bytes, and then what is told of it. One at a time,
 * known by its mark (docs/protocols/bundle-port.md).
 */
#ifndef BK_BROKER_SOFTWARE_H
#define BK_BROKER_SOFTWARE_H

#include "bundle_port.h"
#include "bundle_pump.h"
#include "file.h"
#include "software_wish.h"
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-json.h>

#define BK_SOFTWARE_TELL_MS 150U /* between two words of how much has come */

/* The media type of a bundle (docs/protocols/bundle.md). */
#define BK_SOFTWARE_TYPE "application/vnd.bulkhead.bundle"

struct bk_broker;
struct bk_open_thing;
struct bk_software_question;

enum bk_software_state {
    BK_SOFTWARE_NOTHING,
    BK_SOFTWARE_CHOOSING,
    BK_SOFTWARE_COMING,
    BK_SOFTWARE_JUDGING,
    BK_SOFTWARE_JUDGED,
    BK_SOFTWARE_INSTALLING,
    BK_SOFTWARE_ENDED,
    BK_SOFTWARE_STATES,
};

/* The broker's; zero-initialised but for the port. */
struct bk_software {
    int port;                /* the way for bundles; -1: there is none */
    bool room_known;         /* there is a disk for apps, … */
    uint64_t room_free, all; /* … and its bytes */
    enum bk_software_state state;
    char mark[BK_BUNDLE_MARK_SIZE + 1];
    char file[BK_FILE_NAME_MAX + 1]; /* its name, … */
    uint64_t size;                   /* … and its bytes */
    bool opened;                     /* an app sends it: it is not chosen from a folder */
    struct bk_stream_token awaited;  /* … by this stream, while that is to come */
    struct bk_bundle_pump pump;
    sd_event_source *tick;                  /* while it comes: how much has is to be told */
    sd_json_variant *candidate;             /* what is in it, as bk-supervisor told; or NULL */
    char *verdict, *reason;                 /* when it ended */
    char dropped[BK_BUNDLE_MARK_SIZE + 1];  /* the mark of what is not wanted any more: that is said once */
    struct bk_software_question *questions; /* those that are not answered */
};

/* `port` stays the caller's. */
int bk_software_start(struct bk_broker *broker, int port);
void bk_software_stop(struct bk_broker *broker);

/* Something can be installed here. */
bool bk_software_installs(const struct bk_software *software);
/* The person opens a bundle that `sender` has: the page comes up with it, and `*ret_token` is the sender's stream. It
 * takes the place of one that waits for the person. -EALREADY: another one comes or is being installed, as the person
 * is told. -EBUSY, -ENOMEM. */
int bk_software_open(struct bk_broker *broker, struct bk_app *sender, const struct bk_open_thing *thing,
                     struct bk_stream_token *ret_token);

/* `what` is a mark or an id, or NULL; `point` is BK_SOFTWARE_RESTORE's. */
void bk_software_wish(struct bk_broker *broker, enum bk_software_wish wish, const char *what, uint64_t point);
/* What bk-supervisor tells of the bundle (io.bulkhead.Hypervisor.Watch()). */
void bk_software_told(struct bk_broker *broker, sd_json_variant *bundle);
void bk_software_desktop_arrived(struct bk_broker *broker);
/* All apps were listed; one of them has changed its state. */
void bk_software_apps_listed(struct bk_broker *broker);
void bk_software_app_changed(struct bk_broker *broker, struct bk_app *app);

#endif
