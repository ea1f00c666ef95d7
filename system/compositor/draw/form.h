/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of machine the person holds, and what of the desktop's layout depends on it.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_FORM_H
#define BK_COMPOSITOR_FORM_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum bk_form {
    BK_FORM_DESKTOP,
    BK_FORM_PHONE, /* touch first, one app at a time */
    BK_FORMS,
};

static const char *const bk_form_names[] = { "desktop", "phone" };
static_assert(sizeof bk_form_names / sizeof bk_form_names[0] == BK_FORMS, "one name for each form");

struct bk_form_layout {
    int bar;     /* height of the panel along the top */
    int strip;   /* height of what is the system's at the bottom */
    bool single; /* one app at a time, which fills the room between them */
    bool home;   /* the launcher is what is there when no app is */
};

static inline struct bk_form_layout bk_form_layout_of(enum bk_form form)
{
    static const struct bk_form_layout layouts[] = {
        [BK_FORM_DESKTOP] = { .bar = 40 },
        [BK_FORM_PHONE] = { .bar = 44, .strip = 28, .single = true, .home = true },
    };
    static_assert(sizeof layouts / sizeof layouts[0] == BK_FORMS, "one layout for each form");

    return layouts[form];
}

/* False when no form has the name. */
static inline bool bk_form_parse(const char *name, enum bk_form *ret_form)
{
    for (int form = 0; form < BK_FORMS; form++) {
        if (strcmp(name, bk_form_names[form]) == 0) {
            *ret_form = (enum bk_form)form;
            return true;
        }
    }
    return false;
}

#endif
