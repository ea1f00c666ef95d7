/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apps installed: the manifests under /machine/apps, read once at the start.
 *
 * Input from: trusted (the machine image, made at build)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_APPS_H
#define BK_SUPERVISOR_APPS_H

#include "manifest.h"

#include <stddef.h>

#define BK_APPS_MAX 256
#define BK_APP_ICON "icon.png" /* beside the manifest */

/* Reads `directory`/ID/manifest.json of every app, sorted by id. An app whose manifest is wrong is logged and left
 * out; no folder means no apps. The caller finishes each manifest and frees the array. */
int bk_manifests_load(const char *directory, struct bk_manifest **ret_manifests, size_t *ret_count);

/* Reads that of one app, for which the same holds: `*ret_used` says whether it was not left out. */
int bk_manifest_load(const char *directory, const char *id, struct bk_manifest *ret, bool *ret_used);

/* Reads an app's icon; the caller frees it. -ENOENT when it has none; -EFBIG; -EBADMSG when it does not begin as a PNG
 * does. Nothing else of it is looked at here: who shows it decodes it. */
int bk_icon_load(const char *path, char **ret_icon, size_t *ret_size);

#endif
