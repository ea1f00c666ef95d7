/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is installed, and the bundle that the person wants to install, as the broker told; and which of it they look at.
 * Knows nothing of drawing and of the wire; time is an argument.
 *
 * Input from: the broker; names, versions and reasons are an app developer's: text is cleaned
 * Runs in: bk-compositor, main thread
 *
 * When a bundle has been judged is for the app to say in whose folder it was: it sends as fast as it likes. So the
 * question whether it is to be installed takes no answer before it was on the screen for BK_SOFTWARE_GUARD_MS, as
 * privacy/prompt.h has it. And the answer is about what was on the screen, by its mark.
 */
#ifndef BK_COMPOSITOR_SOFTWARE_H
#define BK_COMPOSITOR_SOFTWARE_H

#include "reach.h"
#include "storage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SOFTWARE_MAX             256U
#define BK_SOFTWARE_PERMISSIONS_MAX 16U
#define BK_SOFTWARE_KEY_SIZE        64U /* hexadecimal digits */
#define BK_SOFTWARE_MARK_BYTES      64U
#define BK_SOFTWARE_GUARD_MS        500U

/* What is kept of each text, in bytes; the rest is cut. */
#define BK_SOFTWARE_APP_BYTES     255U /* an app's id: longer is refused */
#define BK_SOFTWARE_NAME_BYTES    128U
#define BK_SOFTWARE_VERSION_BYTES 40U
#define BK_SOFTWARE_FILE_BYTES    255U
#define BK_SOFTWARE_REASON_BYTES  400U

struct bk_software_permission {
    char *name, *reason;
};

/* An app that is installed, or is to be. */
struct bk_software_app {
    char *app;
    char *name;    /* of one that is to be; NULL: the app's, as apps.h has it */
    char *version; /* NULL: it came with the system, without … */
    char *key;
    int64_t size;
    struct bk_software_permission permissions[BK_SOFTWARE_PERMISSIONS_MAX];
    size_t permission_count;
    struct bk_reach reach; /* through the network */
    bool shell;            /* a developer may have one in it */
};

/* The same, borrowed. */
struct bk_software_app_told {
    const char *app, *name, *version, *key;
    int64_t size;
    struct {
        const char *name, *reason;
    } permissions[BK_SOFTWARE_PERMISSIONS_MAX];
    size_t permission_count;
    struct bk_reach_told reach;
    bool shell;
};

enum bk_bundle_state {
    BK_BUNDLE_NONE,
    BK_BUNDLE_COMING,
    BK_BUNDLE_JUDGING,
    BK_BUNDLE_JUDGED, /* the person is asked */
    BK_BUNDLE_INSTALLING,
    BK_BUNDLE_ENDED,
    BK_BUNDLE_STATES,
};
/* As io.bulkhead.Desktop has them; NULL for none. */
extern const char *const bk_bundle_state_names[BK_BUNDLE_STATES];

enum bk_bundle_update {
    BK_BUNDLE_FIRST,
    BK_BUNDLE_NEWER,
    BK_BUNDLE_SAME,
    BK_BUNDLE_UPDATES,
};
extern const char *const bk_bundle_update_names[BK_BUNDLE_UPDATES];

/* Borrowed. `candidate` may be NULL, as `verdict` and `reason`. */
struct bk_bundle_told {
    enum bk_bundle_state state;
    const char *mark, *file, *verdict, *reason;
    double part;
    const struct bk_software_app_told *candidate;
    enum bk_bundle_update update;
};

struct bk_bundle {
    enum bk_bundle_state state;
    char *mark, *file;
    double part; /* of it that has come, 0 to 1 */
    bool known;  /* what is in it: */
    struct bk_software_app candidate;
    enum bk_bundle_update update;
    bool installed;         /* when it has ended; else … */
    char *verdict, *reason; /* … why not */
};

/* What the person wants, of the broker. */
enum bk_software_wish {
    BK_SOFTWARE_CHOOSE,  /* to install from a file */
    BK_SOFTWARE_AGREE,   /* to the bundle of that mark */
    BK_SOFTWARE_DECLINE, /* … or not, or not any more; or they have read what came of it */
    BK_SOFTWARE_REMOVE,  /* the app of that id */
    BK_SOFTWARE_LOOK,    /* how much room there is */
    BK_SOFTWARE_LOOK_AT, /* what the app of that id keeps */
    BK_SOFTWARE_KEEP,    /* a restore point of it */
    BK_SOFTWARE_RESTORE, /* the restore point of that number of it */
};

/* What the person is asked about the app that they look at, in place. */
enum bk_software_question {
    BK_SOFTWARE_ASKS_NOTHING,
    BK_SOFTWARE_ASKS_REMOVE,
    BK_SOFTWARE_ASKS_KEEP, /* as it runs, and is ended first */
    BK_SOFTWARE_ASKS_RESTORE,
};

/* Zero-initialised: nothing was told. */
struct bk_software {
    bool told;
    struct bk_software_app *items;
    size_t count;
    bool installs;          /* something can be */
    int64_t room_free, all; /* bytes; `all` is 0 when there is no disk for apps */
    struct bk_bundle bundle;
    char *shown;               /* the id of the app that the person looks at, or NULL: all of them */
    struct bk_storage storage; /* what that app keeps, or one before it */
    enum bk_software_question question;
    uint32_t asked_point; /* BK_SOFTWARE_ASKS_RESTORE's */
    uint64_t seen_ms;     /* the question is on the screen since then; 0: it is not */
    bool ready;           /* … long enough */
};

/* -EINVAL: an app without a proper id, a key that is none, numbers out of range. -ENOMEM. Nothing has changed then. */
int bk_software_set(struct bk_software *software, const struct bk_software_app_told *told, size_t count, bool installs,
                    int64_t room_free, int64_t all);
/* NULL: there is none. */
int bk_software_set_bundle(struct bk_software *software, const struct bk_bundle_told *told);
/* NULL: of none. As bk_storage_set(). */
int bk_software_set_storage(struct bk_software *software, const struct bk_storage_told *told);
/* Nobody is there who would know. */
void bk_software_clear(struct bk_software *software);

const struct bk_software_app *bk_software_of(const struct bk_software *software, const char *app);
/* The app that the person looks at, or NULL. */
const struct bk_software_app *bk_software_shown(const struct bk_software *software);
/* What it keeps, or NULL: that was not told yet. */
const struct bk_storage *bk_software_shown_storage(const struct bk_software *software);
/* The person looks at this app, or at all, and is asked nothing. -ENOMEM. */
int bk_software_show(struct bk_software *software, const char *app);

/* The person is asked whether the bundle is to be installed. */
bool bk_software_asks(const struct bk_software *software);
/* A frame with the question has come to the screen, or one without it. Yields when it takes an answer; UINT64_MAX: it
 * is not seen, or does already. */
uint64_t bk_software_presented(struct bk_software *software, bool seen, uint64_t now_ms);
/* Time has passed; true when it takes an answer now, and did not before. */
bool bk_software_advance(struct bk_software *software, uint64_t now_ms);

/* The permission is new with the bundle: the app that is installed does not declare it. */
bool bk_software_is_new(const struct bk_software *software, size_t permission);

/* Why it was not installed, as a person says it: a title. What the reason adds is the bundle's. */
const char *bk_software_verdict_words(const char *verdict);

/* The key, or its first `digits`, in groups of four; the whole one on two lines. */
#define BK_SOFTWARE_KEY_TEXT_MAX 96
void bk_software_write_key(const char *key, size_t digits, char text[static BK_SOFTWARE_KEY_TEXT_MAX]);

#endif
