/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs on this machine: the System VM, always; the apps, as they are started and stopped; the screen; the sound;
 * the cameras and the video encoders; the network.
 *
 * Input from: trusted; the System VM, through service.c
 * Runs in: bk-supervisor
 *
 * Invariants:
 *  1. An app that is not stopped has a CID, and no other VM has had it since the machine started.
 *  2. Each app that is not stopped has one vsock cable to the System VM, if that is not stopped, and one display cable
 *     if it has a display, and one ethernet cable if it has a network card; none to another app. Each VM with sound has
 * one sound cable to bk-sound, if that runs.
 *  3. What ends one VM changes no other, save that the System VM's end takes the cables with it. It is started again,
 *     and the apps that went on running get new cables.
 */
#ifndef BK_SUPERVISOR_SUPERVISOR_H
#define BK_SUPERVISOR_SUPERVISOR_H

#include "apps.h"
#include "backoff.h"
#include "cids.h"
#include "debug_port.h"
#include "format.h"
#include "offer.h"
#include "options.h"
#include "orientation.h"
#include "port.h"
#include "ports.h"
#include "power.h"
#include "screen_process.h"
#include "service.h"
#include "shell.h"
#include "software.h"
#include "sound_process.h"
#include "uplink_process.h"
#include "video_process.h"
#include "vm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_SYSTEM_NAME "system"

struct bk_app {
    struct bk_manifest manifest;
    char *copy_of;                  /* the id of the app that this is a fresh copy of (copies.h), or NULL */
    bool installed;                 /* from a bundle that the store has; else it came with the machine */
    struct bk_bundle_header bundle; /* of that */
    struct bk_vm vm;
    int shell; /* our end of its console port for that (shell.h), or -1; … */
    struct bk_shell_owed shell_owed;
    uint32_t cid;    /* 0: it is stopped */
    uint32_t port;   /* of its network card, 0: it has none, or is stopped */
    bool recording;  /* its guest has a capture stream running, be it of silence */
    bool microphone; /* … and may hear the microphone; never when it does not record */
    struct bk_supervisor *supervisor;
};

/* The newest work that was begun for who watches: data_service.c. */
struct bk_work {
    uint64_t number;
    sd_json_variant *told; /* as Watch() tells it, or NULL: there was none */
};

struct bk_supervisor {
    const struct bk_options *options;
    sd_event *event;
    struct bk_app *apps[BK_APPS_MAX];
    size_t app_count;
    uint64_t generation; /* another one whenever other apps, or other versions, are installed, or a copy has gone */
    struct bk_software software;
    struct bk_offer offer; /* … that the System VM has of it */
    struct bk_work work;
    struct bk_cids cids;
    struct bk_ports ports;

    struct bk_vm system;
    struct bk_port system_port;
    char *system_arguments; /* /machine/system/cmdline, or NULL */
    sd_event_source *system_restart;
    struct bk_backoff system_backoff;

    struct bk_screen_process screen;
    struct bk_sound_process sound;
    struct bk_video_process camera, codec;
    struct bk_uplink_process uplink;
    struct bk_orientation orientation;
    struct bk_power power;
    struct bk_service *service;
    struct bk_debug_way bundles;
    struct bk_shell_bridge shell;
    bool stopping; /* the machine goes down: nothing is started any more */
};

/* Reads the manifests and starts the System VM. The event loop, signals and the machine are the caller's. */
int bk_supervisor_create(sd_event *event, const struct bk_options *options, struct bk_supervisor **ret);
void bk_supervisor_destroy(struct bk_supervisor *supervisor);

/* NULL when there is none of this id. */
struct bk_app *bk_supervisor_find_app(struct bk_supervisor *supervisor, const char *id);
/* The same without the copies: what the store may have something of. */
struct bk_app *bk_supervisor_find_installed(struct bk_supervisor *supervisor, const char *id);
/* The id under which an app's files lie, a copy's too. */
const char *bk_supervisor_home_of(const struct bk_app *app);
/* The same for VMs, "system" among them. */
struct bk_vm *bk_supervisor_find_vm(struct bk_supervisor *supervisor, const char *name);

/* True for the processes that the supervisor reaps by itself. */
bool bk_supervisor_has_child(const struct bk_supervisor *supervisor, pid_t pid);

/* Only when the app is stopped. On failure app->vm.ended says in words what failed, and who watches is told. */
int bk_supervisor_start_app(struct bk_app *app);

/* Until the app's recording ends. Allowed only while it records. */
void bk_supervisor_allow_microphone(struct bk_app *app, bool allowed);

/* Adds an app, which is stopped. Takes what `manifest` holds in any case. -E2BIG: there are too many. `ret_app` may be
 * NULL. */
int bk_supervisor_add_app(struct bk_supervisor *supervisor, struct bk_manifest *manifest, struct bk_app **ret_app);
/* Adds an app that was installed, or puts a new version in the place of one, which is stopped. Takes what `manifest`
 * holds in any case. -E2BIG: there are too many. `ret_app` may be NULL. */
int bk_supervisor_put_app(struct bk_supervisor *supervisor, struct bk_manifest *manifest,
                          const struct bk_bundle_header *bundle, struct bk_app **ret_app);
/* Forgets an app that is stopped; frees it. */
void bk_supervisor_drop_app(struct bk_app *app);

/* The caller frees it. -ENOENT when it has none; -EFBIG or -EBADMSG when it cannot be one. */
int bk_supervisor_load_icon(const struct bk_app *app, char **ret_icon, size_t *ret_size);

/* Stops the apps, then the System VM, then the event loop. Calling it again changes nothing. */
void bk_supervisor_shut_down(struct bk_supervisor *supervisor);

#endif
