/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installing and removing apps: the store (hypervisor/store/), and bk-installer, which takes each bundle and judges it.
 *
 * Input from: trusted (who calls); app (a bundle that bk-installer found good; whoever signed it may lie); host (what
 * bk-installer says)
 * Runs in: bk-supervisor
 *
 * One bundle at a time. bk-installer writes it where it waits to be installed; what it is, and whether it may take the
 * place of what is there, is read again here, from the same file, to which nobody writes any more.
 */
#ifndef BK_SUPERVISOR_SOFTWARE_H
#define BK_SUPERVISOR_SOFTWARE_H

#include "chore.h"
#include "format.h"
#include "manifest.h"
#include "points.h"
#include "program.h"
#include "store.h"
#include "update.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

#define BK_SOFTWARE_SECONDS      900U          /* for one bundle to come and be judged, and as long for an answer */
#define BK_SOFTWARE_DATA_SECONDS (24U * 3600U) /* for a data disk to come behind it */
#define BK_SOFTWARE_REASON_MAX   400U          /* bytes with the NUL */

struct bk_app;
struct bk_supervisor;

enum bk_software_end {
    BK_SOFTWARE_INSTALLED,
    BK_SOFTWARE_JUDGED, /* it could be, and waits until bk_software_confirm() or bk_software_drop() */
    BK_SOFTWARE_BROKEN, /* refused, as the others are up to OLDER */
    BK_SOFTWARE_UNSIGNED,
    BK_SOFTWARE_STRANGER,
    BK_SOFTWARE_THEIRS,
    BK_SOFTWARE_OLDER,
    BK_SOFTWARE_RUNS, /* the app that it would update */
    BK_SOFTWARE_FAILED,
    BK_SOFTWARE_ENDS,
};
extern const char *const bk_software_end_names[BK_SOFTWARE_ENDS];

/* What came of one bundle. */
struct bk_software_outcome {
    enum bk_software_end end;
    char reason[BK_SOFTWARE_REASON_MAX]; /* in words, when it is not installed */
    const struct bk_app *app;            /* what is installed now, or what runs, or NULL */
    enum bk_update update;               /* when it is installed, or was judged */
    const struct bk_bundle_header *header;
    const struct bk_manifest *manifest; /* of what was judged */
};

typedef void (*bk_software_told_t)(const struct bk_software_outcome *outcome, void *userdata);

/* Zero-initialised: there is no disk for apps. */
struct bk_software {
    struct bk_supervisor *supervisor;
    struct bk_store store;
    struct bk_program installer;
    sd_event_source *deadline;
    int incoming;      /* the file of the bundle that is being installed, or -1: there is none */
    bool imports;      /* … and a data disk comes behind it, … */
    uint64_t data_max; /* … of at most so many bytes */
    enum bk_software_stage {
        BK_SOFTWARE_BUNDLE, /* it comes */
        BK_SOFTWARE_DATA,   /* the data disk comes */
        BK_SOFTWARE_KEPT,   /* what was installed is kept, or is being kept */
    } stage;
    bool asks;  /* it is to wait when it was judged, … */
    bool waits; /* … and does */
    bk_software_told_t told;
    void *userdata;

    /* Work on what an app has: software_data.h. */
    struct bk_chore chore;
    struct bk_data_work {
        struct bk_store *store;
        int (*work)(const struct bk_data_work *work);
        const char *id;
        bool installed;
        uint32_t number; /* of a point */
        enum bk_point_cause cause;
        uint64_t seconds; /* since 1970 */
        int stream;
    } data_work;
    struct bk_app *data_app; /* NULL: there is none under way */
    void (*data_told)(void *userdata, int result);
    void *data_userdata;
};

/* `directory`: where apps are kept; `program`: bk-installer. Adds what is installed to the supervisor's apps. */
int bk_software_open(struct bk_software *software, struct bk_supervisor *supervisor, const char *directory,
                     const char *program);
void bk_software_close(struct bk_software *software);

/* Whether something can be done with the store: -ENODEV without a disk, -EBUSY while something else is done. */
int bk_software_idle(const struct bk_software *software);
/* Whether one can be installed now: the same. */
int bk_software_ready(const struct bk_software *software);
/* What becomes of a bundle that is good. */
enum bk_software_way {
    BK_SOFTWARE_AT_ONCE,          /* it is installed */
    BK_SOFTWARE_AFTER_A_QUESTION, /* it waits until it is confirmed or dropped */
    BK_SOFTWARE_WITH_DATA,        /* a data disk follows it (docs/protocols/export.md), and both are installed */
};

/* Takes a bundle from `source`, a non-blocking stream, which stays the caller's, who may close it. `told` is called
 * once, unless this fails; BK_SOFTWARE_AFTER_A_QUESTION, a second time after BK_SOFTWARE_JUDGED. */
int bk_software_install(struct bk_software *software, int source, enum bk_software_way way, bk_software_told_t told,
                        void *userdata);
/* Only of what waits: it is installed, if that is still as it was judged; or not. */
void bk_software_confirm(struct bk_software *software);
void bk_software_drop(struct bk_software *software, const char *why);
/* Whether the app must not be started now. */
bool bk_software_works_on(const struct bk_software *software, const struct bk_app *app);
/* Reads what is installed of an app; -EBADMSG: it cannot be used. */
int bk_software_read(const struct bk_software *software, const struct bk_app *app, struct bk_bundle_header *ret_header,
                     struct bk_manifest *ret_manifest);
/* Reads what is installed of an app, which is stopped, anew. */
int bk_software_reload(struct bk_software *software, struct bk_app *app);

/* Only an app that was installed, and is stopped. It is gone from the supervisor's apps, too. */
int bk_software_remove(struct bk_software *software, struct bk_app *app);

#endif
