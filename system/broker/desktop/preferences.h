/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the person chose, kept over restarts: for the desktop itself, which nobody here looks into, and open_defaults.h.
 *
 * Input from: trusted (bk-compositor); the file, which a power cut or a bad disk may have damaged
 * Runs in: bk-broker
 *
 * One file with one JSON object, replaced as a whole: after a power cut there is what was kept before or what was kept
 * last. Without a file that can be used they last as long as the process, which is logged.
 */
#ifndef BK_BROKER_PREFERENCES_H
#define BK_BROKER_PREFERENCES_H

#include <stddef.h>
#include <systemd/sd-json.h>

#define BK_PREFERENCES_MAX 16384U /* bytes of the file */

struct bk_preferences {
    const char *path;
    sd_json_variant *kept; /* an object; NULL: none yet */
};

/* One JSON object of `text`, which has a NUL behind its `size` bytes; -EBADMSG when it is none. */
int bk_preferences_parse(const char *text, size_t size, sd_json_variant **ret);

/* Reads the file; what is none of ours counts as none. `path`, which must outlive it, may be NULL: in memory. */
void bk_preferences_open(struct bk_preferences *preferences, const char *path);
void bk_preferences_close(struct bk_preferences *preferences);

/* Keeps `object` in place of what there was. */
void bk_preferences_keep(struct bk_preferences *preferences, sd_json_variant *object);

#endif
