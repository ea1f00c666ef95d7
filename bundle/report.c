/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "report.h"

#include "key.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-json.h>

static const char *const update_reasons[BK_UPDATES] = {
    [BK_UPDATE_OTHER_APP] = "it is another app than the one that is installed",
    [BK_UPDATE_OTHER_KEY] = "it is signed by another key than the app that is installed",
    [BK_UPDATE_OLDER] = "it is older than what is installed",
};

static int print(sd_json_variant *json)
{
    int r = sd_json_variant_dump(json, SD_JSON_FORMAT_NEWLINE, stdout, NULL);

    return r < 0 ? r : fflush(stdout) != 0 ? -errno : 0;
}

static int add_header(sd_json_variant **json, const struct bk_bundle_header *header)
{
    static const uint8_t nobody[BK_BUNDLE_KEY_SIZE];
    char key[BK_KEY_TEXT_SIZE];

    int r = sd_json_variant_set_field_unsigned(json, "size", header->file_size);
    if (r < 0 || memcmp(header->key, nobody, sizeof nobody) == 0)
        return r;
    bk_key_text(header->key, key);
    return sd_json_variant_set_field_string(json, "key", key);
}

static int add_manifest(sd_json_variant **json, const struct bk_manifest *manifest)
{
    return sd_json_variant_merge_objectbo(json, SD_JSON_BUILD_PAIR_STRING("id", manifest->id),
                                          SD_JSON_BUILD_PAIR_STRING("version", manifest->version),
                                          SD_JSON_BUILD_PAIR_STRING("name", manifest->name));
}

static int add_sections(sd_json_variant **json, const struct bk_bundle_header *header)
{
    char digest[2 * BK_BUNDLE_DIGEST_SIZE + 1];
    sd_json_variant *list = NULL;
    int r = 0;

    for (unsigned i = 0; r >= 0 && i < BK_BUNDLE_SECTIONS; i++) {
        const struct bk_bundle_section *section = &header->sections[i];
        if (section->size == 0)
            continue;
        sodium_bin2hex(digest, sizeof digest, section->digest, sizeof section->digest);
        r = sd_json_variant_append_arraybo(
            &list, SD_JSON_BUILD_PAIR_STRING("name", bk_bundle_section_names[i]),
            SD_JSON_BUILD_PAIR_UNSIGNED("offset", section->offset), SD_JSON_BUILD_PAIR_UNSIGNED("size", section->size),
            SD_JSON_BUILD_PAIR_CONDITION(i != BK_BUNDLE_TREE, i == BK_BUNDLE_ROOT ? "rootHash" : "sha256",
                                         SD_JSON_BUILD_STRING(digest)));
    }
    if (r >= 0)
        r = sd_json_variant_set_field(json, "sections", list);
    sd_json_variant_unref(list);
    return r;
}

static int add_manifest_text(sd_json_variant **json, const char *text)
{
    sd_json_variant *manifest = NULL;

    int r = sd_json_parse(text, 0, &manifest, NULL, NULL);
    if (r >= 0)
        r = sd_json_variant_set_field(json, "manifest", manifest);
    sd_json_variant_unref(manifest);
    return r;
}

static int add_finding(sd_json_variant **json, const struct bk_bundle_finding *finding)
{
    int r = sd_json_variant_set_field_string(json, "verdict", bk_bundle_verdict_names[finding->verdict]);

    if (r < 0 || finding->verdict == BK_BUNDLE_GOOD)
        return r;
    return sd_json_variant_merge_objectbo(json, SD_JSON_BUILD_PAIR_UNSIGNED("offset", finding->offset),
                                          SD_JSON_BUILD_PAIR_STRING("reason", finding->reason));
}

static int add_update(sd_json_variant **json, enum bk_update update)
{
    int r = sd_json_variant_set_field_string(json, "update", bk_update_names[update]);

    if (r >= 0 && update_reasons[update] != NULL)
        r = sd_json_variant_set_field_string(json, "reason", update_reasons[update]);
    return r;
}

static enum bk_bundle_status status_of(const struct bk_report *report)
{
    if (report->finding != NULL && report->finding->verdict != BK_BUNDLE_GOOD)
        return report->finding->verdict == BK_BUNDLE_UNSIGNED ? BK_STATUS_UNSIGNED : BK_STATUS_BROKEN;
    if (!report->is_update || bk_update_is_allowed(report->update))
        return BK_STATUS_DONE;
    return report->update == BK_UPDATE_OLDER ? BK_STATUS_OLDER : BK_STATUS_STRANGER;
}

int bk_report_print(const struct bk_report *report)
{
    sd_json_variant *json = NULL;

    int r = sd_json_build(&json, SD_JSON_BUILD_EMPTY_OBJECT);
    if (r >= 0 && report->finding != NULL)
        r = add_finding(&json, report->finding);
    if (r >= 0 && report->manifest != NULL)
        r = add_manifest(&json, report->manifest);
    if (r >= 0 && report->header != NULL)
        r = add_header(&json, report->header);
    if (r >= 0 && report->is_update)
        r = add_update(&json, report->update);
    if (r >= 0 && report->sections && report->header != NULL)
        r = add_sections(&json, report->header);
    if (r >= 0 && report->manifest_text != NULL)
        r = add_manifest_text(&json, report->manifest_text);
    if (r >= 0)
        r = print(json);
    sd_json_variant_unref(json);
    return r < 0 ? r : (int)status_of(report);
}

int bk_report_print_key(const char *key)
{
    sd_json_variant *json = NULL;

    int r = sd_json_buildo(&json, SD_JSON_BUILD_PAIR_STRING("key", key));
    if (r >= 0)
        r = print(json);
    sd_json_variant_unref(json);
    return r;
}
