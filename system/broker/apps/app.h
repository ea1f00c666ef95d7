/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apps that the hypervisor says are installed, and what the broker keeps for each while its VM lives.
 *
 * Input from: trusted (io.bulkhead.Hypervisor)
 * Runs in: bk-broker
 *
 * A CID is what an app is known by: the hypervisor assigned it and stamps it on every packet, and never gives it
 * to another VM while the machine is up. When an app's CID changes or goes, all that was kept for it goes too.
 *
 * A fresh copy of an app (copies.h) is one more app here, as long as its VM is there: with connections, notifications
 * and a window of its own, and with nothing that outlives it.
 */
#ifndef BK_BROKER_APP_H
#define BK_BROKER_APP_H

#include "client.h"
#include "clipboard_rules.h"
#include "link.h"
#include "location.h"
#include "notification.h"
#include "pace.h"
#include "permission.h"
#include "window.h"

#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_APP_MAX             256U /* apps installed */
#define BK_APP_NAME_MAX        64U  /* bytes of a name */
#define BK_APP_ID_MAX          66U  /* … of an id: an installed app's has 64 at most, and a copy's two more */
#define BK_APP_KEY_MAX         64U  /* bytes of a key in hexadecimal */
#define BK_APP_VERSION_MAX     39U  /* bytes: four numbers of nine digits */
#define BK_APP_COPY_MARK       "+"  /* in an id: what is behind it is a copy's number */
#define BK_APP_OWNER_MAX       (BK_APP_ID_MAX + 1 + BK_APP_KEY_MAX)
#define BK_APP_ICON_MAX        (88UL * 1024) /* bytes of base64: a PNG of 64 KiB */
#define BK_APP_CONNECTIONS_MAX 8U

/* As io.bulkhead.Hypervisor has it. */
enum bk_app_state {
    BK_APP_STOPPED,
    BK_APP_STARTING,
    BK_APP_RUNNING,
    BK_APP_STOPPING,
    BK_APP_STATES,
};
extern const char *const bk_app_state_names[BK_APP_STATES];

#define BK_APP_HOSTS_MAX 64U
#define BK_APP_PORT_MIN  2U
#define BK_APP_PORT_MAX  4094U

struct bk_ask;
struct bk_broker;
struct bk_microphone;
struct bk_use;

/* What it has of the network. */
struct bk_app_network {
    /* An array of strings, as io.bulkhead.Hypervisor has them, by its manifest; or NULL: it has no network card. */
    sd_json_variant *hosts;
    /* of the VM that it has, network.c's: */
    struct bk_broker *broker;
    unsigned port;      /* 0: none */
    struct bk_ask *ask; /* it waits for the person, … */
    struct bk_use *use; /* … or reaches what it may; or neither */
    bool declined;      /* the person said no, for this time */
    const char *told;   /* what bk-network was told last that it may; NULL: it does not know the port */
    uint64_t quiet_ms;  /* when it is taken to send nothing any more */
};

/* What an app was installed from. */
struct bk_app_bundle {
    char version[BK_APP_VERSION_MAX + 1]; /* empty: it came with the machine */
    char key[BK_APP_KEY_MAX + 1];         /* of who signed it */
    uint64_t size;                        /* bytes */
};

struct bk_app {
    struct bk_app *next; /* of those that were removed */
    char id[BK_APP_ID_MAX + 1];
    char copy_of[BK_APP_ID_MAX + 1]; /* the id of the app that this is a fresh copy of; empty: it is none */
    /* Whom the person chose for, when they chose for it: the id, and of an app that was installed a space and the key
     * of who signed it. Another developer's app may come by the same id. */
    char owner[BK_APP_OWNER_MAX + 1];
    char name[BK_APP_NAME_MAX + 1];
    struct bk_app_bundle bundle;
    enum bk_app_state state;
    bool listed;         /* the list of apps that is being told has it */
    bool removing;       /* software.c's: it ends, and is removed then */
    uint32_t cid;        /* 0 while it has no VM */
    char *icon;          /* a PNG in base64, or NULL */
    unsigned icon_shown; /* desktop.c's: the number of the desktop that knows the icon */
    struct bk_permissions permissions;
    struct bk_opens opens; /* for other apps, by its manifest */
    struct bk_app_network network;
    bool shell; /* a developer may have one in it, by its manifest */

    /* of the VM that it has */
    unsigned n_connections;
    struct bk_quota quota;
    struct bk_notifications notifications;
    struct bk_window window;
    struct bk_microphone *microphone; /* microphone.c's: it records from its sound card or asks to, or NULL; … */
    bool hears; /* … what it hears there, as the hypervisor said or was asked, whichever is later */
    struct bk_clipboard_manners clipboard;
    struct bk_location_pace location_pace;
    unsigned open_asks;                     /* calls of io.bulkhead.Open and File that wait for the person, … */
    struct bk_pace open_calls, open_closed; /* … all of them, and those that the person closed */
    struct bk_pace encoder_pace;            /* how often it may open a video encoding */
    struct bk_ratelimit connection_limit;   /* of log lines about its connections, … */
    struct bk_ratelimit log_limit;          /* … and about what it is refused */
};

/* An app lives as long as the table, since what it did may point to it; one that was removed is found no more. */
struct bk_app_table {
    struct bk_app *apps[BK_APP_MAX];
    size_t n_apps;
    struct bk_app *removed;
};

/* NULL when there is none; for a CID, also when `cid` is 0. */
struct bk_app *bk_app_by_id(struct bk_app_table *table, const char *id);
struct bk_app *bk_app_by_owner(struct bk_app_table *table, const char *owner);
struct bk_app *bk_app_by_cid(struct bk_app_table *table, uint32_t cid);

/* Adds an app with no VM; `key` is that of who signed it, or NULL. -E2BIG when there are too many, -EINVAL for an id or
 * a key that is empty or too long. A name that is too long is cut between characters. */
int bk_app_add(struct bk_app_table *table, const char *id, const char *key, const char *name, struct bk_app **ret);
/* True for the app that bk_app_add() made of these. */
bool bk_app_is_of(const struct bk_app *app, const char *key);
void bk_app_set_name(struct bk_app *app, const char *name);
bool bk_app_is_copy(const struct bk_app *app);
/* What a person reads of an id that may be no app's any more: its app's name, or the id. */
void bk_app_words_of(struct bk_app_table *table, const char *id, char words[static BK_APP_NAME_MAX + 1]);

/* It is installed no more; it has no VM, and keeps nothing but its names. */
void bk_app_remove(struct bk_app_table *table, struct bk_app *app);

/* Takes a copy of the icon; one that is too large is none. */
void bk_app_set_icon(struct bk_app *app, const char *icon);

/* Forgets what belonged to the VM that the app had; it has none now. Its connections must be closed. */
void bk_app_reset(struct bk_app *app);

void bk_app_table_finish(struct bk_app_table *table);

#endif
