/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be opened, and the apps that are offered for it: what the question with which one is about.
 *
 * Input from: app, through the broker (names, links and types, which are cleaned on the way in)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_OPENING_H
#define BK_COMPOSITOR_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_OPENING_OPENERS_MAX   32U /* apps that are offered, … */
#define BK_OPENING_OPENERS_SHOWN 6U  /* … so many of them at a time */

/* What is kept of each text, in bytes; the rest is cut. */
#define BK_OPENING_APP_BYTES  255U
#define BK_OPENING_NAME_BYTES 128U /* an app's, a scheme, a type */
#define BK_OPENING_TEXT_BYTES 512U /* a host, a file's name */
#define BK_OPENING_LINK_BYTES 4096U

/* Borrowed. Of a link: `scheme`, `host` (or NULL) and `link`; of data, `link` is NULL: `name`, `type` and `size`. */
struct bk_opener_content {
    const char *app, *name;
    bool system; /* no app, but the system itself, of which there are no fresh copies */
};
struct bk_opening_content {
    const char *scheme, *host, *link;
    const char *name, *type;
    int64_t size;
    const struct bk_opener_content *openers;
    size_t count;
    bool keep; /* what is chosen can be the default */
};

/* Zero-initialised: of nothing. */
struct bk_opening {
    char *scheme, *host, *link, *name, *type;
    int64_t size;
    struct {
        char *app, *name;
        bool system;
    } openers[BK_OPENING_OPENERS_MAX];
    size_t count, first; /* the first that is shown */
    bool keep, always;   /* … is to be */
    bool fresh;          /* it is to be opened in a fresh copy of that app, this time or always */
};

/* -EINVAL: too many openers, or neither link nor data. -ENOMEM. */
int bk_opening_init(struct bk_opening *opening, const struct bk_opening_content *content);
void bk_opening_finish(struct bk_opening *opening);

/* What the app wants with it, as it stands behind its name. */
const char *bk_opening_wish(const struct bk_opening *opening);
/* How many openers are shown, from the first that is. */
unsigned bk_opening_shown(const struct bk_opening *opening);
bool bk_opening_has_more(const struct bk_opening *opening);
/* Shows others, and the first ones again after the last. */
void bk_opening_turn(struct bk_opening *opening);
/* There is a mark to make what is chosen the default. */
bool bk_opening_can_keep(const struct bk_opening *opening);
/* There is one to open it in a fresh copy. */
bool bk_opening_can_copy(const struct bk_opening *opening);
/* The person changes the one mark or the other. */
void bk_opening_mark_always(struct bk_opening *opening);
void bk_opening_mark_fresh(struct bk_opening *opening);
/* The id of the opener that is shown at this place: the caller's from now on. */
char *bk_opening_take_app(struct bk_opening *opening, unsigned place);

#endif
