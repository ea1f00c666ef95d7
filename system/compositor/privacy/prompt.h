/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question to the person, of one of four kinds: one at a time, and what they do about it. Knows nothing of drawing
 * and of the wire; time is an argument.
 *
 * Input from: app, through the broker (what it says, which is cleaned on the way in); the person
 * Runs in: bk-compositor, main thread
 *
 * An app may try to get an answer that the person never meant to give: by making them press where the dialog is about
 * to appear, or keep a key down. So
 * 1. it takes no answer before it has been whole on the screen, at the same place, for BK_PROMPT_GUARD_MS;
 * 2. what was pressed before that counts for nothing, whenever it is let go of;
 * 3. nothing has the keyboard's focus until the person moved it: Return alone answers nothing;
 * 4. it takes none while nobody listens: an answer that nobody would hear must not look as if it had been given;
 * 5. another page of it is as a new question: 1 and 2 hold anew, and nothing has the focus.
 */
#ifndef BK_COMPOSITOR_PROMPT_H
#define BK_COMPOSITOR_PROMPT_H

#include "opening.h"
#include "paste_words.h"
#include "permission.h"
#include "picking.h"
#include "reach.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BK_PROMPT_GUARD_MS 500U

/* What is kept of each text, in bytes; the rest is cut. */
#define BK_PROMPT_APP_BYTES    255U /* an app's id: longer is refused */
#define BK_PROMPT_NAME_BYTES   128U
#define BK_PROMPT_REASON_BYTES 512U

/* A question about pasting has two ways to answer: BK_CHOICE_ONCE, and the one after it, which is a no. */
#define BK_PROMPT_PASTE_CHOICES 2U

/* What can be pressed: a choice by its number, then these. */
#define BK_PROMPT_CLOSE   ((unsigned)BK_CHOICES)
#define BK_PROMPT_ALWAYS  (BK_PROMPT_CLOSE + 1)                         /* of an opening: the mark for a default, … */
#define BK_PROMPT_FRESH   (BK_PROMPT_ALWAYS + 1)                        /* … and for a fresh copy, … */
#define BK_PROMPT_MORE    (BK_PROMPT_FRESH + 1)                         /* … other apps, … */
#define BK_PROMPT_OPENER  (BK_PROMPT_MORE + 1)                          /* … and the first of the apps that are shown */
#define BK_PROMPT_BACK    (BK_PROMPT_OPENER + BK_OPENING_OPENERS_SHOWN) /* of files: to where they come from, … */
#define BK_PROMPT_SAVE    (BK_PROMPT_BACK + 1)                          /* … a yes, … */
#define BK_PROMPT_NAME    (BK_PROMPT_SAVE + 1)                          /* … the field for the name, … */
#define BK_PROMPT_LIST    (BK_PROMPT_NAME + 1) /* … the list for the keyboard (of hosts, too), … */
#define BK_PROMPT_ROW     (BK_PROMPT_LIST + 1) /* … and the first of the rows that are shown */
#define BK_PROMPT_PARTS   (BK_PROMPT_ROW + BK_PICKING_ROWS_MAX)
#define BK_PROMPT_NOTHING BK_PROMPT_PARTS

enum bk_prompt_kind {
    BK_PROMPT_PERMISSION, /* whether an app may use something, */
    BK_PROMPT_PASTE,      /* … may paste what another one copied; */
    BK_PROMPT_OPENING,    /* with which app to open something; */
    BK_PROMPT_FILE,       /* which file to open, or where to save one */
    BK_PROMPT_KINDS
};

extern const char *const bk_prompt_kind_names[BK_PROMPT_KINDS];

enum bk_prompt_key {
    BK_PROMPT_KEY_NEXT,
    BK_PROMPT_KEY_BACK,
    BK_PROMPT_KEY_LEFT, /* the choices stand two by two */
    BK_PROMPT_KEY_RIGHT,
    BK_PROMPT_KEY_UP,
    BK_PROMPT_KEY_DOWN,
    BK_PROMPT_KEY_PRESS,
    BK_PROMPT_KEY_ESCAPE,
    BK_PROMPT_KEY_ERASE, /* this is for files alone, … */
    BK_PROMPT_KEY_HOME,  /* … and these for a list */
    BK_PROMPT_KEY_END,
    BK_PROMPT_KEY_PAGE_UP,
    BK_PROMPT_KEY_PAGE_DOWN,
};

/* Borrowed. `app` asks; the rest is what its kind has. */
struct bk_prompt_content {
    enum bk_prompt_kind kind;
    const char *app, *app_name;
    const char *permission, *reason;
    struct bk_reach_told reach;          /* of the permission `network` */
    const char *paste_from, *paste_type; /* the name of the app that copied it, and what it is */
    struct bk_opening_content opening;
    struct bk_picking_content picking;
};

/* What the person did about files. */
enum bk_prompt_act {
    BK_PROMPT_DID_CHOOSE, /* an entry */
    BK_PROMPT_DID_BACK,
    BK_PROMPT_DID_SAVE, /* under `name` */
    BK_PROMPT_DID_REPLACE,
    BK_PROMPT_DID_CLOSE, /* the question is gone */
    BK_PROMPT_ACTS,
};
extern const char *const bk_prompt_act_names[BK_PROMPT_ACTS];

/* Borrowed. */
struct bk_prompt_deed {
    int64_t page;
    enum bk_prompt_act act;
    size_t entry;
    const char *name; /* NULL but with a save */
};

struct bk_prompt_listener {
    /* There is a question now, or there is none any more. */
    void (*asking)(bool asking, void *userdata);
    /* It looks different. */
    void (*changed)(void *userdata);
    /* `choice` is BK_CHOICES when the person closed it; it is gone by then. */
    void (*answered)(int64_t id, enum bk_choice choice, void *userdata);
    /* The same for an opening; `app` is NULL when the person closed it. `fresh`: in a fresh copy of it. */
    void (*opened)(int64_t id, const char *app, bool always, bool fresh, void *userdata);
    /* The person did something about files, on the page of that number. */
    void (*did)(int64_t id, const struct bk_prompt_deed *deed, void *userdata);
    void *userdata;
};

/* Zero-initialised: there is no question, and nobody listens. */
struct bk_prompt {
    bool open;
    int64_t id;
    pid_t owner;
    uint64_t revision; /* another number with each question */
    enum bk_prompt_kind kind;
    char *app, *app_name;
    char *permission, *reason;
    struct bk_reach reach;
    int hosts_scroll, hosts_view, hosts_line, hosts_height; /* of their list, as it is drawn: logical pixels */
    char *paste_from;
    const struct bk_paste_words *paste_words;
    struct bk_opening opening;
    struct bk_picking picking;
    bool seen;
    uint64_t seen_ms; /* whole on the screen since then */
    unsigned hover, pressed, focus;
    pid_t listening; /* 0: nobody */
    struct bk_prompt_listener listener;
};

void bk_prompt_finish(struct bk_prompt *prompt);

/* -EBUSY: there is one. -EINVAL: no name of a permission, no id of an app, or nothing to open. -ENOMEM. */
int bk_prompt_ask(struct bk_prompt *prompt, pid_t owner, int64_t id, const struct bk_prompt_content *content);
/* The next page of a question which file; -ENOENT when it is not this one, or bk_picking_turn()'s. */
int bk_prompt_turn(struct bk_prompt *prompt, int64_t id, const struct bk_picking_page *page);
/* How many choices can be pressed, from the first. */
unsigned bk_prompt_choices(const struct bk_prompt *prompt);
/* -ENOENT when it is not this one. */
int bk_prompt_withdraw(struct bk_prompt *prompt, int64_t id);
/* `owner` listens for the answer from now on, and nobody else; what another one asked goes. */
void bk_prompt_owner_came(struct bk_prompt *prompt, pid_t owner);
void bk_prompt_owner_left(struct bk_prompt *prompt, pid_t owner);

/* A frame with the whole of it has come to the screen; again is nothing new. */
void bk_prompt_presented(struct bk_prompt *prompt, uint64_t now_ms);
/* It is drawn anew, at another place: as if it had just come. */
void bk_prompt_moved(struct bk_prompt *prompt);
/* It takes an answer now; and from when on, UINT64_MAX when that is not known yet. */
bool bk_prompt_is_ready(const struct bk_prompt *prompt, uint64_t now_ms);
uint64_t bk_prompt_ready_ms(const struct bk_prompt *prompt);

/* The pointer or the finger is on this part. */
void bk_prompt_point(struct bk_prompt *prompt, unsigned part);
void bk_prompt_press(struct bk_prompt *prompt, uint64_t now_ms);
void bk_prompt_release(struct bk_prompt *prompt, uint64_t now_ms);
/* What is pressed is let go of, and means nothing. */
void bk_prompt_cancel(struct bk_prompt *prompt);
void bk_prompt_key(struct bk_prompt *prompt, enum bk_prompt_key key, uint64_t now_ms);
/* What was typed; false when it is no text for this question. */
bool bk_prompt_type(struct bk_prompt *prompt, const char *text, uint64_t now_ms);
/* So many logical pixels on in a list; what is pressed is let go of. */
void bk_prompt_scroll(struct bk_prompt *prompt, int pixels);
/* There is a list that can be scrolled. */
bool bk_prompt_has_list(const struct bk_prompt *prompt);
/* The list of hosts is drawn so high, `height` being all of it and `line` one line. */
void bk_prompt_set_hosts_view(struct bk_prompt *prompt, int view, int line, int height);

#endif
