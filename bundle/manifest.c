/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "manifest.h"

#include "version.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
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
    free(manifest->version);
    free(manifest->arguments);
    for (size_t i = 0; i < manifest->permission_count; i++) {
        free(manifest->permissions[i].name);
        free(manifest->permissions[i].reason);
    }
    for (size_t i = 0; i < manifest->scheme_count; i++)
        free(manifest->schemes[i]);
    for (size_t i = 0; i < manifest->type_count; i++)
        free(manifest->types[i]);
    for (size_t i = 0; i < manifest->host_count; i++)
        free(manifest->hosts[i]);
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

/* A part of a language tag: `min` to `max` letters, the first as high as `first` says and the rest low; yields their
 * number. */
static size_t letters_of(const char *text, const char *first, const char *rest, size_t min, size_t max)
{
    size_t length = strspn(text, first) > 0 ? 1 + strspn(text + 1, rest) : 0;

    return length >= min && length <= max ? length : 0;
}

/* Of RFC 5646's tags those of a language, if need be with its script and its country: "de", "zh-Hant", "pt-BR". */
static bool is_language(const char *tag)
{
    static const char low[] = "abcdefghijklmnopqrstuvwxyz", high[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = letters_of(tag, low, low, 2, 3), part;

    if (length == 0)
        return false;
    if (tag[length] == '-' && (part = letters_of(tag + length + 1, high, low, 4, 4)) > 0)
        length += 1 + part;
    if (tag[length] == '-' && (part = letters_of(tag + length + 1, high, high, 2, 2)) > 0)
        length += 1 + part;
    return tag[length] == '\0';
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
            return "\"opens\" has a scheme that is none, such as \"https\", or that is another app's: one with a dot "
                   "is the app's own id";
    }
    for (size_t i = 0; i < manifest->type_count; i++) {
        if (!is_media_type(manifest->types[i]))
            return "\"opens\" has a media type that is none, such as \"text/plain\" or \"image/*\", in lower case";
    }
    if (has_twice(manifest->schemes, manifest->scheme_count) || has_twice(manifest->types, manifest->type_count))
        return "\"opens\" has something twice";
    return NULL;
}

/* A label of a host's name (RFC 1123 §2.1), in lower case, or a last one, which no address has; yields its length, 0
 * when it is none. */
static size_t label_length(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (length == 0 || length > BK_APP_LABEL_MAX || text[0] == '-' || text[length - 1] == '-')
        return 0;
    return text[length] == '.' || (text[length] == '\0' && text[0] >= 'a') ? length : 0;
}

/* At least two labels, so that nobody asks for all hosts of a country at once. */
static bool is_host(const char *host)
{
    unsigned labels = 1;
    size_t length;

    if (strlen(host) > BK_APP_HOST_MAX)
        return false;
    if (strncmp(host, "*.", 2) == 0)
        host += 2;
    for (; (length = label_length(host)) > 0 && host[length] == '.'; host += length + 1)
        labels++;
    return length > 0 && labels > 1;
}

static bool has_permission(const struct bk_manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->permission_count; i++) {
        if (strcmp(manifest->permissions[i].name, name) == 0)
            return true;
    }
    return false;
}

static const char *find_network_problem(const struct bk_manifest *manifest)
{
    bool internet = manifest->host_count == 1 && strcmp(manifest->hosts[0], BK_APP_INTERNET) == 0;

    for (size_t i = 0; i < manifest->host_count; i++) {
        if (!internet && !is_host(manifest->hosts[i]))
            return "\"network\" has something that is no host's name in lower case, such as \"example.org\" or "
                   "\"*.example.org\"";
    }
    if (has_twice(manifest->hosts, manifest->host_count))
        return "\"network\" has a host twice";
    if (manifest->host_count > 0 && !has_permission(manifest, BK_APP_NETWORK_RIGHT))
        return "\"network\" needs a reason for the person: \"network\" in \"permissions\"";
    return NULL;
}

static const char *find_problem(const struct bk_manifest *manifest)
{
    struct bk_version version;

    if (!bk_app_id_is_valid(manifest->id))
        return "\"id\" is not a reverse DNS name in lower case of at most 64 letters, digits and hyphens, such as "
               "\"org.example.hello\"";
    if (!is_plain_text(manifest->name, BK_APP_NAME_MAX, true))
        return "\"name\" is empty, longer than 64 bytes, or has control characters";
    if (manifest->version != NULL && !bk_version_parse(manifest->version, &version))
        return "\"version\" is not one to four numbers with dots between them, such as \"1.12.3\"";
    if (manifest->arguments != NULL && !is_plain_text(manifest->arguments, BK_APP_ARGUMENTS_MAX, false))
        return "\"arguments\" is empty, longer than 512 bytes, or not printable ASCII";
    if (manifest->memory_mib < BK_APP_MEMORY_MIN_MIB || manifest->memory_mib > BK_APP_MEMORY_MAX_MIB ||
        manifest->memory_mib % 2 != 0)
        return "\"memory\" is not an even number of MiB between 32 and 65536";
    if (manifest->cpus < 1 || manifest->cpus > BK_APP_CPUS_MAX)
        return "\"cpus\" is not between 1 and 16";
    if (manifest->storage_mib != 0 &&
        (manifest->storage_mib < BK_APP_STORAGE_MIN_MIB || manifest->storage_mib > BK_APP_STORAGE_MAX_MIB))
        return "\"storage\" is neither 0 nor a number of MiB between 16 and 1048576";
    for (size_t i = 0; i < manifest->permission_count; i++) {
        const struct bk_manifest_permission *permission = &manifest->permissions[i];
        if (!is_permission_name(permission->name))
            return "\"permissions\" has a name that is none: they are letters, such as \"camera\" and "
                   "\"locationSource\"";
        if (i > 0 && strcmp(permission->name, manifest->permissions[i - 1].name) == 0)
            return "\"permissions\" has a name twice";
        if (!is_plain_text(permission->reason, BK_APP_REASON_MAX, true))
            return "\"permissions\" has a reason that is empty, longer than 200 bytes, or has control characters";
    }
    const char *problem = find_opens_problem(manifest);
    return problem != NULL ? problem : find_network_problem(manifest);
}

/* A text for people: a string, or an object with one for each language, "en" among them. Takes the English one; -EINVAL
 * when one of the others is none. */
static int take_text(sd_json_variant *json, size_t max, char **ret)
{
    sd_json_variant *text = json;

    if (sd_json_variant_is_object(json)) {
        size_t count = sd_json_variant_elements(json) / 2;
        if (count > BK_APP_LANGUAGES_MAX)
            return -E2BIG;
        for (size_t i = 0; i < count; i++) {
            const char *language = sd_json_variant_string(sd_json_variant_by_index(json, 2 * i));
            sd_json_variant *translation = sd_json_variant_by_index(json, 2 * i + 1);
            if (!is_language(language) || !sd_json_variant_is_string(translation) ||
                !is_plain_text(sd_json_variant_string(translation), max, true))
                return -EINVAL;
            for (size_t j = 0; j < i; j++) {
                if (strcmp(language, sd_json_variant_string(sd_json_variant_by_index(json, 2 * j))) == 0)
                    return -EINVAL;
            }
        }
        text = sd_json_variant_by_key(json, "en");
    }
    if (text == NULL || !sd_json_variant_is_string(text))
        return -EINVAL;
    *ret = strdup(sd_json_variant_string(text));
    return *ret != NULL ? 0 : -ENOMEM;
}

/* For sd_json_dispatch(). */
static int take_name(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;

    (void)name;
    (void)flags;
    return take_text(json, BK_APP_NAME_MAX, &manifest->name);
}

static int take_guest(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;
    const char *guest = sd_json_variant_string(json);

    (void)name;
    (void)flags;
    manifest->own_kernel = strcmp(guest, "kernel") == 0;
    return manifest->own_kernel || strcmp(guest, "linux") == 0 ? 0 : -EINVAL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bk_manifest_permission *)a)->name, ((const struct bk_manifest_permission *)b)->name);
}

/* An object is an array of its keys and values to sd-json. */
static int take_permissions(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;
    size_t count = sd_json_variant_elements(json) / 2;

    (void)name;
    (void)flags;
    if (count > BK_APP_PERMISSIONS_MAX)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) {
        struct bk_manifest_permission *permission = &manifest->permissions[manifest->permission_count++];
        permission->name = strdup(sd_json_variant_string(sd_json_variant_by_index(json, 2 * i)));
        if (permission->name == NULL)
            return -ENOMEM;
        int r = take_text(sd_json_variant_by_index(json, 2 * i + 1), BK_APP_REASON_MAX, &permission->reason);
        if (r < 0)
            return r;
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
    return sd_json_dispatch(json, fields, SD_JSON_ALLOW_EXTENSIONS, userdata);
}

/* "internet", or a list of hosts, in which "*" is none. */
static int take_network(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    struct bk_manifest *manifest = userdata;

    (void)name;
    (void)flags;
    if (sd_json_variant_is_string(json)) {
        if (strcmp(sd_json_variant_string(json), "internet") != 0)
            return -EINVAL;
        manifest->hosts[0] = strdup(BK_APP_INTERNET);
        manifest->host_count = manifest->hosts[0] != NULL;
        return manifest->hosts[0] != NULL ? 0 : -ENOMEM;
    }
    if (!sd_json_variant_is_array(json) || sd_json_variant_elements(json) == 0)
        return -EINVAL;
    int r = take_names(json, BK_APP_HOSTS_MAX, manifest->hosts, &manifest->host_count);
    return r >= 0 && strcmp(manifest->hosts[0], BK_APP_INTERNET) == 0 ? -EINVAL : r;
}

int bk_manifest_parse(const char *text, struct bk_manifest *ret, const char **ret_problem)
{
    static const sd_json_dispatch_field fields[] = {
        { "id", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, id), SD_JSON_MANDATORY },
        { "name", _SD_JSON_VARIANT_TYPE_INVALID, take_name, 0, SD_JSON_MANDATORY },
        { "version", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, version), 0 },
        { "guest", SD_JSON_VARIANT_STRING, take_guest, 0, 0 },
        { "memory", SD_JSON_VARIANT_UNSIGNED, sd_json_dispatch_uint32, offsetof(struct bk_manifest, memory_mib),
          SD_JSON_MANDATORY },
        { "cpus", SD_JSON_VARIANT_UNSIGNED, sd_json_dispatch_uint32, offsetof(struct bk_manifest, cpus), 0 },
        { "storage", SD_JSON_VARIANT_UNSIGNED, sd_json_dispatch_uint32, offsetof(struct bk_manifest, storage_mib), 0 },
        { "autostart", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, autostart), 0 },
        { "display", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, display), 0 },
        { "sound", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, sound), 0 },
        { "shell", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, offsetof(struct bk_manifest, shell), 0 },
        { "arguments", SD_JSON_VARIANT_STRING, sd_json_dispatch_string, offsetof(struct bk_manifest, arguments), 0 },
        { "permissions", SD_JSON_VARIANT_OBJECT, take_permissions, 0, 0 },
        { "opens", SD_JSON_VARIANT_OBJECT, take_opens, 0, 0 },
        { "network", _SD_JSON_VARIANT_TYPE_INVALID, take_network, 0, 0 },
        { 0 },
    };
    static const char *const problems[] = {
        "\"id\" is missing, or not a string",
        "\"name\" is missing, or neither a string nor an object that has one for \"en\" and for each other language",
        "\"version\" is not a string",
        "\"guest\" is neither \"linux\" nor \"kernel\"",
        "\"memory\" is missing, or not a number of MiB",
        "\"cpus\" is not a number",
        "\"storage\" is not a number of MiB",
        "\"autostart\" is neither true nor false",
        "\"display\" is neither true nor false",
        "\"sound\" is neither true nor false",
        "\"shell\" is neither true nor false",
        "\"arguments\" is not a string",
        "\"permissions\" is not an object that has a reason, in one or several languages, for each of at most 16",
        "\"opens\" is not an object with the lists \"schemes\", of at most 8, and \"types\", of at most 16",
        "\"network\" is neither \"internet\" nor a list of 1 to 64 hosts",
    };
    static_assert(BK_ARRAY_SIZE(problems) + 1 == BK_ARRAY_SIZE(fields), "one for each field");
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
    if (r == -ENOTUNIQ) {
        problem = "it has a key twice";
    } else if (r < 0) {
        problem = "it is not a JSON object, or \"id\", \"name\" or \"memory\" is missing";
        for (size_t i = 0; bad_field != NULL && i < BK_ARRAY_SIZE(problems); i++) {
            if (strcmp(fields[i].name, bad_field) == 0)
                problem = problems[i];
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

bool bk_icon_begins_well(const void *icon, size_t size)
{
    static const char signature[8] = { '\x89', 'P', 'N', 'G', '\r', '\n', '\x1a', '\n' };

    return size >= sizeof signature && memcmp(icon, signature, sizeof signature) == 0;
}
