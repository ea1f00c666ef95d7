/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apps installed: the manifests under /machine/apps, read once at the start.
 *
 * Input from: trusted (the machine image, made at build)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_APPS_H
#define BK_SUPERVISOR_APPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_APPS_MAX           256
#define BK_APP_ID_MAX         64 /* bytes */
#define BK_APP_NAME_MAX       64 /* bytes */
#define BK_APP_MANIFEST_MAX   (64U * 1024U)
#define BK_APP_ICON           "icon.png" /* beside the manifest */
#define BK_APP_ICON_MAX       (64U * 1024U)
#define BK_APP_ARGUMENTS_MAX  512
#define BK_APP_MEMORY_MIN_MIB 16U
#define BK_APP_MEMORY_MAX_MIB (64U * 1024U)
#define BK_APP_CPUS_MAX       16U

#define BK_APP_PERMISSIONS_MAX     16U
#define BK_APP_PERMISSION_NAME_MAX 32U  /* bytes: a lower-case letter, then letters */
#define BK_APP_REASON_MAX          200U /* bytes */

#define BK_APP_SCHEMES_MAX   8U
#define BK_APP_SCHEME_MAX    BK_APP_ID_MAX /* bytes: one with a dot is the app's own id */
#define BK_APP_TYPES_MAX     16U
#define BK_APP_TYPE_MAX      127U /* bytes: RFC 6838's two names and a slash */
#define BK_APP_TYPE_NAME_MAX 63U

/* What the app may ever ask the person for. Which names there are is not known here. */
struct bk_manifest_permission {
    char *name;
    char *reason; /* UTF-8 on one line, for people */
};

struct bk_manifest {
    char *id;        /* reverse DNS, the name of the app's folder */
    char *name;      /* UTF-8, for people */
    char *arguments; /* appended to the guest kernel's command line, or NULL */
    uint32_t memory_mib;
    uint32_t cpus;
    bool autostart;
    bool sound;   /* it has a sound card */
    bool display; /* it has a screen, a keyboard, a pointer and a touchscreen: a window on the desktop */
    struct bk_manifest_permission permissions[BK_APP_PERMISSIONS_MAX]; /* sorted by name */
    size_t permission_count;
    /* What it opens for other apps: links by their schemes, data by its media types, where "*" is any. */
    char *schemes[BK_APP_SCHEMES_MAX], *types[BK_APP_TYPES_MAX];
    size_t scheme_count, type_count;
};

/* Parses a manifest's text; unknown keys are others' business. On failure says why in `ret_problem` (a constant
 * string, or sd-json's word for it) and yields -EBADMSG, else -ENOMEM. */
int bk_manifest_parse(const char *text, struct bk_manifest *ret, const char **ret_problem);
void bk_manifest_finish(struct bk_manifest *manifest);

/* Lower-case letters, digits, '-' and at least one '.', each part starting with a letter. */
bool bk_app_id_is_valid(const char *id);

/* Reads `directory`/ID/manifest.json of every app, sorted by id. An app whose manifest is wrong is logged and left
 * out; no folder means no apps. The caller finishes each manifest and frees the array. */
int bk_manifests_load(const char *directory, struct bk_manifest **ret_manifests, size_t *ret_count);

/* Reads an app's icon; the caller frees it. -ENOENT when it has none; -EFBIG; -EBADMSG when it does not begin as a PNG
 * does. Nothing else of it is looked at here: who shows it decodes it. */
int bk_icon_load(const char *path, char **ret_icon, size_t *ret_size);

#endif
