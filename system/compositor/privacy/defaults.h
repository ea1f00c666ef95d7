/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With which app the person always opens links of a scheme, or data of a media type, as the broker told it last.
 *
 * Input from: the broker; names are an app developer's, and cleaned
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_DEFAULTS_H
#define BK_COMPOSITOR_DEFAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define BK_DEFAULTS_MAX        32U
#define BK_DEFAULTS_KIND_BYTES 127U
#define BK_DEFAULTS_NAME_BYTES 255U

/* Borrowed where it is told. */
struct bk_default {
    const char *kind, *app, *app_name;
    bool fresh; /* each time in a fresh copy of the app */
    bool once;  /* the person is asked the next time */
};

/* What the person can want of one. */
enum bk_default_wish {
    BK_DEFAULT_APP,
    BK_DEFAULT_FRESH,
    BK_DEFAULT_ONCE,
    BK_DEFAULT_FORGET,
    BK_DEFAULT_WISHES,
};

static inline enum bk_default_wish bk_default_state(const struct bk_default *item)
{
    return item->once ? BK_DEFAULT_ONCE : item->fresh ? BK_DEFAULT_FRESH : BK_DEFAULT_APP;
}

/* Zero-initialised: none. */
struct bk_defaults {
    struct bk_default items[BK_DEFAULTS_MAX];
    size_t count;
};

void bk_defaults_finish(struct bk_defaults *defaults);

/* Replaces all. -ENOBUFS: too many. -EINVAL: one without a kind or an app, or of a kind that is too long. -ENOMEM.
 * Nothing has changed then. */
int bk_defaults_set(struct bk_defaults *defaults, const struct bk_default *told, size_t count);

#endif
