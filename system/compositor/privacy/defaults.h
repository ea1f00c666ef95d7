/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With which app the person always opens links of a scheme, or data of a media type, as the broker told it last.
 *
 * Input from: the broker; names are an app developer's, and cleaned
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_DEFAULTS_H
#define BK_COMPOSITOR_DEFAULTS_H

#include <stddef.h>

#define BK_DEFAULTS_MAX        32U
#define BK_DEFAULTS_KIND_BYTES 127U
#define BK_DEFAULTS_NAME_BYTES 255U

/* Borrowed where it is told. */
struct bk_default {
    const char *kind, *app, *app_name;
};

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
