/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "offer.h"

#include "supervisor.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* ---- what is told ---- */

static int build_candidate(const struct bk_software_outcome *outcome, sd_json_variant **ret)
{
    sd_json_variant *permissions = NULL;
    sd_json_variant *hosts = NULL;
    int r = bk_service_list_permissions(outcome->manifest, &permissions);

    if (r >= 0)
        r = bk_service_list_hosts(outcome->manifest, &hosts);
    if (r >= 0)
        r = sd_json_buildo(
            ret, SD_JSON_BUILD_PAIR_STRING("id", outcome->manifest->id),
            SD_JSON_BUILD_PAIR_STRING("name", outcome->manifest->name),
            SD_JSON_BUILD_PAIR_STRING("version", outcome->manifest->version),
            SD_JSON_BUILD_PAIR("key", SD_JSON_BUILD_HEX(outcome->header->key, sizeof outcome->header->key)),
            SD_JSON_BUILD_PAIR_UNSIGNED("size", outcome->header->file_size),
            SD_JSON_BUILD_PAIR_VARIANT("permissions", permissions),
            SD_JSON_BUILD_PAIR_CONDITION(outcome->manifest->host_count > 0, "network", SD_JSON_BUILD_VARIANT(hosts)),
            SD_JSON_BUILD_PAIR_CONDITION(outcome->manifest->shell, "shell", SD_JSON_BUILD_BOOLEAN(true)),
            SD_JSON_BUILD_PAIR_STRING("update", bk_update_names[outcome->update]));
    sd_json_variant_unref(hosts);
    sd_json_variant_unref(permissions);
    return r;
}

static int build_told(const char *mark, const struct bk_software_outcome *outcome, sd_json_variant **ret)
{
    sd_json_variant *candidate = NULL;
    const bool judged = outcome != NULL && outcome->end == BK_SOFTWARE_JUDGED;
    const bool ended = outcome != NULL && !judged;
    int r = judged ? build_candidate(outcome, &candidate) : 0;

    if (r >= 0)
        r = sd_json_buildo(
            ret, SD_JSON_BUILD_PAIR_STRING("mark", mark),
            SD_JSON_BUILD_PAIR_STRING("state", judged  ? "judged"
                                               : ended ? "ended"
                                                       : "coming"),
            SD_JSON_BUILD_PAIR_CONDITION(judged, "candidate", SD_JSON_BUILD_VARIANT(candidate)),
            SD_JSON_BUILD_PAIR_CONDITION(ended, "verdict",
                                         SD_JSON_BUILD_STRING(ended ? bk_software_end_names[outcome->end] : NULL)),
            SD_JSON_BUILD_PAIR_CONDITION(ended && outcome->reason[0] != '\0', "reason",
                                         SD_JSON_BUILD_STRING(ended ? outcome->reason : NULL)));
    sd_json_variant_unref(candidate);
    return r;
}

/* NULL: it comes. */
static void tell(struct bk_supervisor *supervisor, const struct bk_software_outcome *outcome)
{
    struct bk_offer *offer = &supervisor->offer;
    sd_json_variant *told = NULL;

    int r = build_told(offer->mark, outcome, &told);
    if (r < 0) {
        bk_error("what became of a bundle cannot be told: %s", strerror(-r));
        return;
    }
    sd_json_variant_unref(offer->told);
    offer->told = told;
    bk_service_bundle_changed(supervisor->service);
}

static void drop(struct bk_supervisor *supervisor)
{
    supervisor->offer.dropped = true;
    if (supervisor->software.waits)
        bk_software_drop(&supervisor->software, "it was not wanted");
    else
        bk_bundle_stream_end(&supervisor->offer.stream); /* bk-installer sees its end, and says so */
}

static void on_told(const struct bk_software_outcome *outcome, void *userdata)
{
    struct bk_supervisor *supervisor = userdata;
    struct bk_offer *offer = &supervisor->offer;

    bk_bundle_stream_end(&offer->stream);
    if (outcome->end == BK_SOFTWARE_JUDGED && offer->dropped) {
        drop(supervisor); /* all of it had come by then; this is called again */
        return;
    }
    offer->pending = outcome->end == BK_SOFTWARE_JUDGED;
    tell(supervisor, outcome);
}

/* ---- the methods ---- */

static bool is_mark(const char *text)
{
    return strlen(text) == BK_BUNDLE_MARK_SIZE && strspn(text, "0123456789abcdef") == BK_BUNDLE_MARK_SIZE;
}

int bk_offer_judge(struct bk_supervisor *supervisor, const char *mark, uint64_t size)
{
    struct bk_offer *offer = &supervisor->offer;

    if (!is_mark(mark) || size == 0)
        return -EINVAL;
    int r = bk_software_ready(&supervisor->software);
    if (r < 0)
        return r;
    _cleanup_close_ int source = bk_bundle_stream_begin(&offer->stream, mark, size);
    if (source < 0)
        return source;
    r = bk_software_install(&supervisor->software, source, BK_SOFTWARE_AFTER_A_QUESTION, on_told, supervisor);
    if (r < 0) {
        bk_bundle_stream_end(&offer->stream);
        return r;
    }
    memcpy(offer->mark, mark, sizeof offer->mark);
    offer->pending = true;
    offer->dropped = false;
    offer->confirmed = false;
    tell(supervisor, NULL);
    return 0;
}

static bool is_pending(const struct bk_offer *offer, const char *mark)
{
    return offer->pending && strcmp(offer->mark, mark) == 0;
}

int bk_offer_confirm(struct bk_supervisor *supervisor, const char *mark)
{
    if (!is_pending(&supervisor->offer, mark) || !supervisor->software.waits)
        return -ENOENT;
    supervisor->offer.confirmed = true;
    bk_software_confirm(&supervisor->software);
    return 0;
}

int bk_offer_drop(struct bk_supervisor *supervisor, const char *mark)
{
    if (!is_pending(&supervisor->offer, mark) || supervisor->offer.confirmed)
        return -ENOENT;
    drop(supervisor);
    return 0;
}

/* ---- life ---- */

int bk_offer_open(struct bk_supervisor *supervisor, int fd)
{
    return bk_bundle_stream_open(&supervisor->offer.stream, supervisor->event, fd);
}

void bk_offer_close(struct bk_supervisor *supervisor)
{
    struct bk_offer *offer = &supervisor->offer;

    if (offer->pending)
        drop(supervisor); /* nobody is there who would answer */
    bk_bundle_stream_close(&offer->stream);
    offer->told = sd_json_variant_unref(offer->told);
}
