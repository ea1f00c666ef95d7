/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "apps.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <systemd/sd-json.h>

bool bk_app_id_is_valid(const char *id)
{
    size_t length = strlen(id);
    unsigned dots = 0;

    if (length == 0 || length > BK_APP_ID_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = id[i];
        bool first = i == 0 || id[i - 1] == '.';
        bool letter = c >= 'a' && c <= 'z';

        if (first && !letter)
            return false;
        if (c == '.')
            dots++;
        else if (!letter && c != '-' && (c < '0' || c > '9'))
            return false;
    }
    return dots > 0 && id[length - 1] != '.';
}

void bk_manifest_finish(struct bk_manifest *manifest)
{
    free(manifest->id);
    free(manifest->name);
    free(manifest->arguments);
    for (size_t i = 0; i < manifest->permission_count; i++) {
        free(manifest->permissions[i].name);
        free(manifest->permissions[i].reason);
    }
    for (size_t i = 0; i < manifest->scheme_count; i++)
        free(manifest->schemes[i]);
    for (size_t i = 0; i < manifest->type_count; i++)
        free(manifest->types[i]);
    *manifest = (struct bk_manifest){ 0 };
}

static bool is_plain_text(const char *text, size_t max, bool allow_utf8)
{
    size_t length = strlen(text);

    if (length == 0 || length > max)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !allow_utf8))
            return false;
    }
    return true;
}

static bool is_permission_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return length > 0 && length <= BK_APP_PERMISSION_NAME_MAX && name[length] == '\0' && name[0] >= 'a';
}

/* RFC 3986 §3.1, in lower case. One with a dot is the app's own: no app takes another's. */
static bool is_scheme(const char *scheme, const char *id)
{
    size_t length = strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

    return length > 0 && length <= BK_APP_SCHEME_MAX && scheme[length] == '\0' && scheme[0] >= 'a' &&
           (strchr(scheme, '.') == NULL || strcmp(scheme, id) == 0);
}

/* One of the two names of a media type (RFC 6838 §4.2), in lower case; yields its length, 0 when it is none. */
static size_t media_name_length(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+");

    if (text[0] == '*')
        return 1;
    return length <= BK_APP_TYPE_NAME_MAX && strchr("!#$&-^_.+", text[0]) == NULL ? length : 0;
}

static bool is_media_type(const char *type)
{
    size_t first = media_name_length(type);

    if (first == 0 || type[first] != '/')
        return false;
    size_t second = media_name_length(type + first + 1);
    return second > 0 && type[first + 1 + second] == '\0' && (type[0] != '*' || type[first + 1] == '*');
}

static bool has_twice(char *const *names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) == 0)
                return true;
        }
    }
    return false;
}

static const char *find_opens_problem(const struct bk_manifest *manifest)
{
    for (size_t i = 0; i < manifest->scheme_count; i++) {
        if (!is_scheme(manifest->schemes[i], manifest->id))
            return "\"opens\" has a scheme that is none, or that is another app's";
    }
    for (size_t i = 0; i < manifest->type_count; i++) {
        if (!is_media_type(manifest->types[i]))
            return "\"opens\" has a media type that is none";
    }
    if (has_twice(manifest->schemes, manifest->scheme_count) || has_twice(manifest->types, manifest->type_count))
        return "\"opens\" has something twice";
    return NULL;
}

static const char *find_problem(const struct bk_manifest *manifest)
{
    if (!bk_app_id_is_valid(manifest->id))
        return "\"id\" is not a reverse DNS name in lower case";
    if (!is_plain_text(manifest->name, BK_APP_NAME_MAX, true))
        return "\"name\" is empty, too long, or has control characters";
    if (manifest->arguments != NULL && !is_plain_text(manifest->arguments, BK_APP_ARGUMENTS_MAX, false))
        return "\"arguments\" is empty, too long, or not printable ASCII";
    if (manifest->memory_mib < BK_APP_MEMORY_MIN_MIB || manifest->memory_mib > BK_APP_MEMORY_MAX_MIB ||
        manifest->memory_mib % 2 != 0)
        return "\"memory\" is not an even number of MiB between 16 and 65536";
    if (manifest->cpus < 1 || manifest->cpus > BK_APP_CPUS_MAX)
        return "\"cpus\" is not between 1 and 16";
    for (size_t i = 0; i < manifest->permission_count; i++) {
        const struct bk_manifest_permission *permission = &manifest->permissions[i];
        if (!is_permission_name(permission->name))
            return "\"permissions\" has a name that is none";
        if (i > 0 && strcmp(permission->name, manifest->permissions[i - 1].name) == 0)
            return "\"permissions\" has a name twice";
        if (!is_plain_text(permission->reason, BK_APP_REASON_MAX, true))
            return "\"permissions\" has a reason that is empty, too long, or has control characters";
    }
    return find_opens_problem(manifest);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bk_manifest_permission *)a)->name, ((const struct bk_manifest_permission *)b)->name);
}

/* For sd_json_dispatch(). An object is an array of its keys and values to sd-json. */
static int take_permissions(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;
    size_t count = sd_json_variant_elements(json) / 2;

    (void)name;
    (void)flags;
    if (count > BK_APP_PERMISSIONS_MAX)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) {
        sd_json_variant *reason = sd_json_variant_by_index(json, 2 * i + 1);
        if (!sd_json_variant_is_string(reason))
            return -EINVAL;
        struct bk_manifest_permission *permission = &manifest->permissions[manifest->permission_count++];
        permission->name = strdup(sd_json_variant_string(sd_json_variant_by_index(json, 2 * i)));
        permission->reason = strdup(sd_json_variant_string(reason));
        if (permission->name == NULL || permission->reason == NULL)
            return -ENOMEM;
    }
    qsort(manifest->permissions, count, sizeof manifest->permissions[0], by_name);
    return 0;
}

static int take_names(sd_json_variant *json, size_t max, char **names, size_t *count)
{
    if (sd_json_variant_elements(json) > max)
        return -E2BIG;
    for (size_t i = 0; i < sd_json_variant_elements(json); i++) {
        sd_json_variant *name = sd_json_variant_by_index(json, i);
        if (!sd_json_variant_is_string(name))
            return -EINVAL;
        names[*count] = strdup(sd_json_variant_string(name));
        if (names[*count] == NULL)
            return -ENOMEM;
        (*count)++;
    }
    return 0;
}

static int take_schemes(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;

    (void)name;
    (void)flags;
    return take_names(json, BK_APP_SCHEMES_MAX, manifest->schemes, &manifest->scheme_count);
}

static int take_types(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;

    (void)name;
    (void)flags;
    return take_names(json, BK_APP_TYPES_MAX, manifest->types, &manifest->type_count);
}

static int take_opens(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field fields[] = {
        { "schemes", SD_JSON_VARIANT_ARRAY, take_schemes, 0, 0 },
        { "types", SD_JSON_VARIANT_ARRAY, take_types, 0, 0 },
        { 0 },
    };

    (void)name;
    (void)flags;
    return sd_json_dispatch(json, fields, 0, userdata);
}

int bk_manifest_parse(const char *text, struct bk_manifest *ret, const char **ret_problem)
{
    static const sd_json_dispatch_field fields[] = {
        { "id", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, id), SD_JSON_MANDATORY },
        { "name", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, name),
          SD_JSON_MANDATORY },
        { "memory", SD_JSON_VARIANT_UNSIGNED, sd_json_dispatch_uint32, offsetof(struct bk_manifest, memory_mib),
          SD_JSON_MANDATORY },
        { "cpus", SD_JSON_VARIANT_UNSIGNED, sd_json_dispatch_uint32, offsetof(struct bk_manifest, cpus), 0 },
        { "autostart", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, autostart), 0 },
        { "display", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, display), 0 },
        { "sound", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, sound), 0 },
        { "arguments", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, arguments), 0 },
        { "permissions", SD_JSON_VARIANT_OBJECT, take_permissions, 0, 0 },
        { "opens", SD_JSON_VARIANT_OBJECT, take_opens, 0, 0 },
        { 0 },
    };
    struct bk_manifest manifest = { .cpus = 1 };
    sd_json_variant *variant = NULL;
    const char *problem = NULL;
    const char *bad_field = NULL;
    int r;

    r = sd_json_parse(text, 0, &variant, NULL, NULL);
    if (r >= 0)
        r = sd_json_dispatch_full(variant, fields, NULL, SD_JSON_ALLOW_EXTENSIONS, &manifest, &bad_field);
    if (r == -ENOMEM)
        goto failed;
    if (r < 0) {
        problem = "it is not a JSON object, or a key is missing or of the wrong type";
        for (const sd_json_dispatch_field *field = fields; bad_field != NULL && field->name != NULL; field++) {
            if (strcmp(field->name, bad_field) == 0)
                problem = field->name;
        }
    } else {
        problem = find_problem(&manifest);
    }
    if (problem != NULL) {
        *ret_problem = problem;
        r = -EBADMSG;
        goto failed;
    }
    sd_json_variant_unref(variant);
    *ret = manifest;
    return 0;

failed:
    sd_json_variant_unref(variant); /* `bad_field` may point into it */
    bk_manifest_finish(&manifest);
    return r;
}

/* Yields 0 also when the app is left out: `*ret_used` says. */
static int load_one(const char *directory, const char *id, struct bk_manifest *ret, bool *ret_used)
{
    char path[PATH_MAX];
    _cleanup_free_ char *text = NULL;
    const char *problem = NULL;
    size_t size;
    int r;

    *ret_used = false;
    if (snprintf(path, sizeof path, "%s/%s/manifest.json", directory, id) >= (int)sizeof path)
        return -ENAMETOOLONG;
    r = bk_read_file(path, BK_APP_MANIFEST_MAX, &text, &size);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        bk_error("app %s is left out: its manifest cannot be read: %s", id, strerror(-r));
        return 0;
    }
    r = strlen(text) == size ? bk_manifest_parse(text, ret, &problem) : -EBADMSG;
    if (r == -EBADMSG) {
        bk_error("app %s is left out: its manifest is wrong: %s", id,
                 problem != NULL ? problem : "it holds a NUL byte");
        return 0;
    }
    if (r < 0)
        return r;
    if (strcmp(ret->id, id) != 0) {
        bk_error("app %s is left out: its manifest names another id", id);
        bk_manifest_finish(ret);
        return 0;
    }
    *ret_used = true;
    return 0;
}

int bk_icon_load(const char *path, char **ret_icon, size_t *ret_size)
{
    static const char signature[8] = { '\x89', 'P', 'N', 'G', '\r', '\n', '\x1a', '\n' };
    _cleanup_free_ char *icon = NULL;
    size_t size = 0;

    int r = bk_read_file(path, BK_APP_ICON_MAX, &icon, &size);
    if (r < 0)
        return r;
    if (size < sizeof signature || memcmp(icon, signature, sizeof signature) != 0)
        return -EBADMSG;
    *ret_icon = TAKE_PTR(icon);
    *ret_size = size;
    return 0;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int bk_manifests_load(const char *directory, struct bk_manifest **ret_manifests, size_t *ret_count)
{
    struct bk_manifest *manifests = NULL;
    struct dirent **entries = NULL;
    size_t count = 0;
    int r = 0;

    int found = scandir(directory, &entries, not_hidden, alphasort);
    if (found < 0 && errno != ENOENT)
        return -errno;
    if (found > 0) {
        manifests = calloc((size_t)found, sizeof *manifests);
        r = manifests != NULL ? 0 : -ENOMEM;
    }
    for (int i = 0; i < found; i++) {
        bool used = false;

        if (r >= 0 && count >= BK_APPS_MAX)
            bk_error("app %s is left out: there are more than %u", entries[i]->d_name, BK_APPS_MAX);
        else if (r >= 0)
            r = load_one(directory, entries[i]->d_name, &manifests[count], &used);
        if (used)
            count++;
        free(entries[i]);
    }
    free(entries);
    if (r < 0) {
        for (size_t i = 0; i < count; i++)
            bk_manifest_finish(&manifests[i]);
        free(manifests);
        return r;
    }
    *ret_manifests = manifests;
    *ret_count = count;
    return 0;
}
