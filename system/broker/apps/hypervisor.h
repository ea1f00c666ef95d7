/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's line to the supervisor (api/internal/io.bulkhead.Hypervisor.varlink): learns which apps there are, how
 * they look and which run as which CID, how the machine is held, and how its power is; starts those that shall run from
 * the start; starts and stops others, and suspends the machine, when asked.
 *
 * Input from: trusted (bk-supervisor, through the System VM's virtio-console port)
 * Runs in: bk-broker
 *
 * The line is a byte stream that was there before this process and may hold the rest of a predecessor's session.
 * A session here goes: the opening (two NUL bytes and a call that only this session makes); in this process's first
 * one, and whenever other apps are installed than were listed, List() and an Icon() for each app; then what was asked
 * for, as Start(), Stop() and SetMicrophone() that wait for no answer, and Suspend(), whose answer comes when the
 * machine is awake, and other calls, one after another; then Watch() for ever. A request that comes later ends the
 * session, and the next one begins with it. When anything fails, the next session begins a little later.
 */
#ifndef BK_BROKER_HYPERVISOR_H
#define BK_BROKER_HYPERVISOR_H

#include "app.h"
#include "power.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <systemd/sd-json.h>

#define BK_HYPERVISOR_REQUESTS_MAX 256U       /* that wait for a session, or starts whose outcome is not known … */
#define BK_HYPERVISOR_CALLS_MAX    16U        /* … as calls do */
#define BK_HYPERVISOR_HEARING_MAX  BK_APP_MAX /* … and beside these, for each app the last of who hears */

struct bk_hypervisor;

/* An app as the supervisor knows it. */
struct bk_hypervisor_app {
    const char *id, *name;
    const char *copy_of; /* the id of the app that this is a fresh copy of, or NULL */
    const char *key;     /* of who signed it, in hexadecimal; NULL: it came with the machine, without … */
    const char *version;
    uint64_t size;
    bool shell; /* a developer may have one in it */
    enum bk_app_state state;
    uint32_t cid;          /* 0: it has no VM */
    bool recording, hears; /* its sound card; the microphone */
    const char *ended;     /* why it runs no more, or could not be started; NULL: neither was */
    bool crashed;          /* it ran, and nobody had asked it to end */
    /* What its manifest says that it may ask for, with its reasons, and a name there that is not known; or NULL. */
    const char *reasons[BK_PERMISSIONS], *unknown_permission;
    struct bk_opens opens;
    sd_json_variant *network; /* as bk_app_network has it; borrowed */
    unsigned port;            /* 0: it has none */
    bool listed;              /* it is told as one of all that are installed */
};

/* The strings are borrowed. */
struct bk_hypervisor_events {
    /* For each app at the start of each session, and whenever something of it changed. */
    void (*app)(const struct bk_hypervisor_app *app, void *userdata);
    /* How the person holds the machine: turned so far clockwise, 0, 90, 180 or 270 degrees. At the start of each
     * session, and whenever it changed. */
    void (*turned)(unsigned degrees, void *userdata);
    /* How the machine's power is. Likewise. */
    void (*power)(const struct bk_power_supply *supply, void *userdata);
    /* The MAC address that the way out leads through, or NULL. Likewise. */
    void (*uplink)(const char *mac, void *userdata);
    /* The machine, which was asked to sleep, is awake; or did not sleep, for this reason. */
    void (*awake)(const char *problem, void *userdata);
    /* Every app there is was told, as `listed`: others are not installed. */
    void (*listed)(void *userdata);
    /* A PNG in base64, or NULL. */
    void (*icon)(const char *id, const char *icon, void *userdata);
    /* What was asked to start runs not. */
    void (*start_failed)(const char *id, const char *why, void *userdata);
    /* What became of the bundle that was last asked to be judged, as Watch() has it. Likewise. */
    void (*bundle)(sd_json_variant *bundle, void *userdata);
    /* The newest work that a call has begun, as Watch() has it. Likewise. */
    void (*work)(sd_json_variant *work, void *userdata);
};

/* The answer to a call, or its error, which is another one when the line failed. */
typedef void (*bk_hypervisor_answered_t)(sd_json_variant *parameters, const char *error, void *userdata);

enum bk_hypervisor_request {
    BK_HYPERVISOR_START,
    BK_HYPERVISOR_ASK,    /* the app is asked to end, and takes its time, or goes on */
    BK_HYPERVISOR_STOP,   /* … with a deadline */
    BK_HYPERVISOR_END,    /* at once */
    BK_HYPERVISOR_HEAR,   /* the app, the microphone, as long as it records … */
    BK_HYPERVISOR_DEAFEN, /* … or no longer */
};

/* Owns `fd`, a non-blocking stream or character device, when it succeeds. `events` and `userdata` must outlive it. */
int bk_hypervisor_create(sd_event *event, int fd, const struct bk_hypervisor_events *events, void *userdata,
                         struct bk_hypervisor **ret);
void bk_hypervisor_destroy(struct bk_hypervisor *hypervisor);

/* -ENOBUFS when too many wait already, -EINVAL for an id that is too long. HEAR and DEAFEN find room for each app. */
int bk_hypervisor_request(struct bk_hypervisor *hypervisor, enum bk_hypervisor_request kind, const char *id);

/* What was asked of an app is forgotten: it is not installed any more. */
void bk_hypervisor_forget(struct bk_hypervisor *hypervisor, const char *id);

/* Calls a method that answers soon; `method` must outlive the call, `parameters` may be NULL. -ENOBUFS when too many
 * wait already. */
int bk_hypervisor_call(struct bk_hypervisor *hypervisor, const char *method, sd_json_variant *parameters,
                       bk_hypervisor_answered_t answered, void *userdata);

/* Takes an app that a call was answered with, as Watch() tells it, and tells of it; yields its id, borrowed, or NULL
 * when that is no app. */
const char *bk_hypervisor_take_app(struct bk_hypervisor *hypervisor, sd_json_variant *app);

/* Suspends the machine; `awake` is called when it is over. */
void bk_hypervisor_suspend(struct bk_hypervisor *hypervisor);
/* Switches it off, whatever call is under way, which is told that it failed; after Suspend() once that is over. */
void bk_hypervisor_power_off(struct bk_hypervisor *hypervisor);

#endif
