/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kiosk's part in the system's clipboard (docs/api, io.bulkhead.Clipboard): says what the program copied, hears
 * what could be pasted, and pastes.
 *
 * Input from: trusted (the system, the program)
 * Runs in: bk-kiosk, its one thread
 *
 * Where there is no system, or it does not allow it, the program's clipboard is its own. It is the system that knows
 * whether the person wants to paste: a program that reads without a gesture of theirs makes it ask them.
 */
#ifndef BK_KIOSK_CLIP_H
#define BK_KIOSK_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

/* What the system takes. */
#define BK_CLIP_TYPES_MAX 32U
#define BK_CLIP_TYPE_MAX  127U /* bytes */

#define BK_CLIP_PASTES_MAX 16U  /* that wait for the system; another one brings nothing */
#define BK_CLIP_PAUSE_MS   100  /* before the system is looked for again, the first time … */
#define BK_CLIP_REST_MS    5000 /* … and at the most */

struct bk_clip_events {
    /* Begins a connection to a port: bk_line_connect_vsock(). -EAFNOSUPPORT: there never will be one. */
    int (*connect)(unsigned port);
    /* What could be pasted, borrowed; `own`: it is what the program copied. Not told while the app has no focus. */
    void (*there)(const char *const *types, size_t count, bool own, void *userdata);
    /* The data of this type that the program copied: a descriptor to be read to its end. -errno. */
    int (*read)(const char *type, void *userdata);
};

struct bk_clip;

/* -ENOMEM. `userdata` outlives it. */
int bk_clip_create(struct wl_event_loop *loop, const struct bk_clip_events *events, void *userdata,
                   struct bk_clip **ret);
void bk_clip_destroy(struct bk_clip *clip);

/* The program copied something. Names that are no MIME types are left out; text that every program understands goes
 * first, since the system keeps the first. */
void bk_clip_copy(struct bk_clip *clip, const char *const *types, size_t count);
/* What it copied is not to be had from it any more. */
void bk_clip_end_copy(struct bk_clip *clip);

/* The program pastes: data of the type are written into `fd`, which is closed then. Owns it. */
void bk_clip_paste(struct bk_clip *clip, const char *type, int fd);

#endif
