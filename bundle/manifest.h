/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's manifest, JSON as api/manifest.schema.json has it: the one reader of it.
 *
 * Input from: app (a bundle), trusted (the machine image, made at build)
 * Runs in: bk-supervisor, bk-bundle
 */
#ifndef BK_BUNDLE_MANIFEST_H
#define BK_BUNDLE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_APP_ID_MAX          64 /* bytes */
#define BK_APP_NAME_MAX        64 /* bytes */
#define BK_APP_MANIFEST_MAX    (64U * 1024U)
#define BK_APP_LANGUAGES_MAX   64U /* of one text */
#define BK_APP_ICON_MAX        (64U * 1024U)
#define BK_APP_ARGUMENTS_MAX   512
#define BK_APP_MEMORY_MIN_MIB  32U
#define BK_APP_MEMORY_MAX_MIB  (64U * 1024U)
#define BK_APP_CPUS_MAX        16U
#define BK_APP_STORAGE_MIN_MIB 16U
#define BK_APP_STORAGE_MAX_MIB (1024U * 1024U)

#define BK_APP_PERMISSIONS_MAX     16U
#define BK_APP_PERMISSION_NAME_MAX 32U  /* bytes: a lower-case letter, then letters */
#define BK_APP_REASON_MAX          200U /* bytes */

#define BK_APP_SCHEMES_MAX   8U
#define BK_APP_SCHEME_MAX    BK_APP_ID_MAX /* bytes: one with a dot is the app's own id */
#define BK_APP_TYPES_MAX     16U
#define BK_APP_TYPE_MAX      127U /* bytes: RFC 6838's two names and a slash */
#define BK_APP_TYPE_NAME_MAX 63U

#define BK_APP_HOSTS_MAX     64U
#define BK_APP_HOST_MAX      253U /* bytes: RFC 1035's, with the "*." that may stand before it */
#define BK_APP_LABEL_MAX     63U
#define BK_APP_INTERNET      "*"       /* alone among the hosts: any */
#define BK_APP_NETWORK_RIGHT "network" /* the permission that goes with them */

/* What the app may ever ask the person for. Which names there are is not known here. */
struct bk_manifest_permission {
    char *name;
    char *reason; /* UTF-8 on one line, for people; in English where it is told in several languages */
};

struct bk_manifest {
    char *id;        /* reverse DNS, the name of the app's folder */
    char *name;      /* UTF-8, for people; in English where it has names in several languages */
    char *version;   /* as version.h reads it, or NULL */
    char *arguments; /* appended to the guest kernel's command line, or NULL */
    uint32_t memory_mib;
    uint32_t cpus;
    uint32_t storage_mib; /* of its data disk; 0: it has none */
    bool own_kernel;      /* it brings the kernel that it runs on; false: it runs on the provided Linux */
    bool autostart;
    bool shell;   /* a developer may have a shell in it, on a machine that is for debugging */
    bool sound;   /* it has a sound card */
    bool display; /* it has a screen, a keyboard, a pointer and a touchscreen: a window on the desktop */
    struct bk_manifest_permission permissions[BK_APP_PERMISSIONS_MAX]; /* sorted by name */
    size_t permission_count;
    /* What it opens for other apps: links by their schemes, data by its media types, where "*" is any. */
    char *schemes[BK_APP_SCHEMES_MAX], *types[BK_APP_TYPES_MAX];
    size_t scheme_count, type_count;
    /* The hosts that it may reach, by their names, "*.example.org" being those below it; none: it has no network card.
     */
    char *hosts[BK_APP_HOSTS_MAX];
    size_t host_count;
};

/* Parses a manifest's text; unknown keys are a later time's. On failure says why in `ret_problem` (a constant
 * string) and yields -EBADMSG, else -ENOMEM. */
int bk_manifest_parse(const char *text, struct bk_manifest *ret, const char **ret_problem);
void bk_manifest_finish(struct bk_manifest *manifest);

/* Lower-case letters, digits, '-' and at least one '.', each part starting with a letter. */
bool bk_app_id_is_valid(const char *id);

/* True when the bytes begin as a PNG does. Nothing else of an icon is looked at: who shows it decodes it. */
bool bk_icon_begins_well(const void *icon, size_t size);

#endif
