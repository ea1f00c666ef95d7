/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker: which app may speak on which connection, and what belongs to it.
 *
 * Input from: app, through bk_client; trusted (desktop, hypervisor)
 * Runs in: bk-broker, its one thread
 *
 *                     ┌ app ┐  ┌ app ┐                 who it is: the CID of its connection, nothing else
 *     hypervisor ──▶  connection  connection           each a bk_client: bounded bytes to and from sd-varlink
 *     (apps, CIDs)       └── notification_api ──┐      the methods of io.bulkhead.Notification
 *                         app's notifications   ├──▶ desktop (shows, and says what the person answered)
 *                            window_api ────────┤      the methods of io.bulkhead.Window
 *                            location_api ──────┤      the methods of io.bulkhead.Location
 *                            folders_api ───────┤      the methods of io.bulkhead.Folders
 *                            camera_api ────────┤      the methods of io.bulkhead.Camera
 *                            power_api ─────────┤      the methods of io.bulkhead.Power
 *                            clipboard_api ─────┤      the methods of io.bulkhead.Clipboard
 *                            open_api ──────────┤      the methods of io.bulkhead.Open, from one app to another: open.h
 *     bk-encoder ◀────────── encoder_api ───────┤      the methods of io.bulkhead.VideoEncoder
 *                     bk-codec ◀── encoder_machine    the machine's video encoders
 *     bk-picker ◀─────────── file_api ──────────┤      the methods of io.bulkhead.File: file.h
 *     hypervisor ◀── software ──────────────────┤             (… and what is installed; to it, the bundle's bytes)
 *     hypervisor ◀── launcher ──────────────────┤             (… and asked of an app)
 *                            permission_gate ◀──┤      what apps may use, as the person chose: permission_gate.h
 *                            microphone_api ────┤      the method of io.bulkhead.Microphone
 *     hypervisor ◀─▶ microphone ────────────────┤      … and hear, as it says or without a call
 *     bk-network ◀─▶ network ───────────────────┘      … and reach, without a method
 *                     stream                                  raw bytes beside the calls
 *                     watch                                   how something is, told whenever that has changed
 *
 * A connection whose CID the hypervisor has not announced yet waits unread for a moment: the app may be quicker
 * than the announcement.
 */
#ifndef BK_BROKER_BROKER_H
#define BK_BROKER_BROKER_H

#include "app.h"
#include "client.h"
#include "desktop.h"
#include "file.h"
#include "hypervisor.h"
#include "open.h"
#include "permission_gate.h"
#include "place.h"
#include "preferences.h"
#include "recorder.h"
#include "software.h"
#include "storage.h"
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

/* Connections of all apps; each takes three descriptors, and a process has 4096 (bk-broker's main() asks for them). */
#define BK_BROKER_CONNECTIONS_MAX 1000U

#define BK_BROKER_STRANGERS_MAX 16U   /* connections whose CID is not announced yet … */
#define BK_BROKER_STRANGER_MS   5000U /* … and how long they wait for it */

/* Windows that the desktop told of before the hypervisor told whose they are: any app's may be. */
#define BK_BROKER_EARLY_WINDOWS_MAX BK_APP_MAX

/* What is served on a listening socket. */
enum bk_broker_service {
    BK_BROKER_CALLS,      /* the System API, as JSON */
    BK_BROKER_CALLS_CBOR, /* … and as CBOR */
    BK_BROKER_STREAMS,    /* stream.h */
};

/* Accepts one connection of a listening socket: bk_vsock_accept(), or what a test puts in its place. */
typedef int (*bk_broker_accept_t)(int listener, int *ret_fd, uint32_t *ret_cid);

enum bk_watch {
    BK_WATCH_NONE,
    BK_WATCH_ONCE,      /* for the answer to a notification, which ends the call */
    BK_WATCH_MORE,      /* for all answers */
    BK_WATCH_OPEN_ONCE, /* for what is opened with the app */
    BK_WATCH_OPEN,
};

/* Builds what a call that watches is answered with: watch.h. */
typedef int (*bk_watch_build_t)(const struct bk_connection *connection, sd_json_variant **ret);

/* One of an app's connections. */
struct bk_connection {
    struct bk_connection *next;
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_client *client;
    enum bk_watch watch;
    uint64_t recorded;                  /* what the recorder knows it by */
    bk_watch_build_t watched;           /* watch.h: what a call that goes on is told, or NULL */
    bool watched_due;                   /* … and that it does not know how things are now */
    struct bk_paste *paste;             /* a Paste() of io.bulkhead.Clipboard that is not answered, or NULL */
    struct bk_location_watch *location; /* a call of io.bulkhead.Location that goes on, or NULL */
    struct bk_location_provider *location_provider; /* it says where the machine is, or NULL */
    struct bk_folder_offer *folder_offer;
    struct bk_folder_listener *folder_listener;
    struct bk_folder_session *folder_session; /* calls of io.bulkhead.Folders, likewise */
    struct bk_camera_offer *camera_offer;
    struct bk_camera_session *camera_session; /* … and of io.bulkhead.Camera */
    struct bk_inhibitor *inhibitor;           /* power_api.c's: what keeps the machine awake, or NULL */
    bool asks_microphone;                     /* a call of io.bulkhead.Microphone waits for the person */
    struct bk_open_ask *open_ask;             /* a call of io.bulkhead.Open that waits for the person, or NULL */
    struct bk_file_session *file;             /* … and of io.bulkhead.File that is not answered to its end */
};

/* What io.bulkhead.Folders goes by; zero-initialised. */
struct bk_folders {
    struct bk_folder_offer *offers;       /* those of an app beside each other */
    struct bk_folder_listener *listeners; /* folder_changes_api.c's */
    struct bk_folder_session *sessions;
    sd_event_source *due; /* some are to be told; not from within a client */
};

struct bk_copy_start;

/* How a window is seen whose CID is not announced yet; cid 0: a free place. */
struct bk_early_window {
    uint32_t cid;
    bool focused;
    enum bk_window_visibility visibility;
};

/* What io.bulkhead.Camera goes by; zero-initialised. */
struct bk_cameras {
    struct bk_camera *list;
    unsigned n_list;
    struct bk_camera_session *sessions;
    sd_event_source *due; /* some are to be told; not from within a client */
};

/* The place that the person set; zero-initialised: none. */
struct bk_location_choice {
    struct bk_preferences file;
    bool set;
    struct bk_place place;
    struct bk_location_source *source; /* of it, among location_api.c's */
};

/* What io.bulkhead.VideoEncoder goes by; zero-initialised. */
struct bk_encoders {
    const char *program;
    struct bk_encoder_machine *machine; /* or NULL */
    struct bk_encoder_session *sessions;
};

/* A connection from a CID that is not announced yet; fd -1: a free place. */
struct bk_stranger {
    int fd;
    uint32_t cid;
    enum bk_broker_service service;
    uint64_t until_ms;
};

struct bk_broker {
    sd_event *event;
    sd_varlink_server *server;
    struct bk_desktop *desktop;
    struct bk_hypervisor *hypervisor;
    struct bk_recorder *recorder; /* or NULL */
    struct bk_permission_gate *gate;
    struct bk_location *location;     /* location_api.c's */
    struct bk_location_choice place;  /* location_choice.c's */
    struct bk_clipboards *clipboards; /* clipboard_api.c's */
    struct bk_open open;
    struct bk_files files;
    struct bk_software software;
    struct bk_storage storage;
    struct bk_preferences preferences;
    struct bk_folders folders;                 /* folders_api.c's */
    struct bk_cameras cameras;                 /* camera_api.c's */
    struct bk_camera_machine *machine_cameras; /* or NULL */
    struct bk_encoders encoders;               /* encoder_api.c's */
    struct bk_power_api *power;                /* power_api.c's */
    struct bk_network *network;                /* network.c's */
    struct bk_app_table apps;
    bool apps_listed; /* `apps` are all there are */
    struct bk_surroundings surroundings;
    struct bk_early_window early_windows[BK_BROKER_EARLY_WINDOWS_MAX];
    unsigned orientation;            /* degrees, as the hypervisor told */
    sd_event_source *watch_due;      /* watch.h: some that watch are to be told */
    sd_event_source *microphone_due; /* the hypervisor is to be told who hears */
    struct bk_app system;            /* whose notifications are the system's own; no app, and in no table */
    struct bk_connection *connections;
    unsigned n_connections;
    struct bk_quota_callers callers;
    struct bk_copy_start *copy_starts; /* copies.c's: those that are not answered */
    struct bk_streams streams;
    struct bk_stranger strangers[BK_BROKER_STRANGERS_MAX];
    sd_event_source *stranger_timer;
    int64_t last_handle; /* of the notifications shown */
    struct bk_ratelimit log_limit;
};

/* Where the broker finds what it works with. */
struct bk_broker_setup {
    const char *desktop_path;     /* the desktop's socket; must outlive the broker */
    const char *permissions_path; /* bk_permission_store_open()'s */
    const char *preferences_path; /* bk_preferences_open()'s */
    const char *defaults_path;    /* bk_open_defaults_load()'s */
    const char *place_path;       /* bk_location_choice_start()'s */
    uint64_t open_waiting_ms;     /* 0: BK_OPEN_WAITING_MS */
    const char *encoder_path;     /* bk-encoder; must outlive the broker */
    const char *picker_path;      /* bk-picker; must outlive the broker */
    const char *network_path;     /* bk_network_start()'s */
    int hypervisor_fd;            /* the line to the supervisor (bk_hypervisor_create()) */
    const char *gps;              /* a GPS receiver's device, or NULL: bk_location_gps_create() */
    int bundle_fd;                /* the way for bundles, or -1: bk_software_start() */
    int codec_fd;                 /* the line to bk-codec, or -1: bk_encoder_machine_create() */
    const char *camera;           /* the way to bk-camera, a device, or NULL: bk_camera_machine_create() */
    const char *place;            /* where the machine is to begin with, or NULL: bk_location_choice_start() */
};

/* Ready for connections and for the desktop. Owns the descriptor of `setup` when it succeeds. */
int bk_broker_create(sd_event *event, const struct bk_broker_setup *setup, struct bk_broker **ret);
void bk_broker_destroy(struct bk_broker *broker);

/* Serves what `accept_one` accepts of the non-blocking `listener`, which stays the caller's and open. */
int bk_broker_listen(struct bk_broker *broker, int listener, enum bk_broker_service service,
                     bk_broker_accept_t accept_one);

/* From here on an app may be recorded: the one that the file `path` names (recorder.h). */
int bk_broker_allow_recording(struct bk_broker *broker, const char *path);

/* Logs that an app was refused something; an app cannot fill the log with it. */
void bk_broker_log_refusal(struct bk_app *app, const char *what);

/* CLOCK_MONOTONIC. */
uint64_t bk_broker_now_ms(void);

#endif
