/* SPDX-License-Identifier: Apache-2.0 */
#include "storage.h"

#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const bk_point_cause_names[BK_POINT_CAUSES] = {
    [BK_POINT_KEPT] = "kept",
    [BK_POINT_UPDATE] = "update",
    [BK_POINT_UNDO] = "undo",
};
static_assert(BK_POINT_CAUSES == 3, "one name for each");

const char *const bk_deed_state_names[BK_DEED_STATES] = {
    [BK_DEED_NONE] = NULL,   [BK_DEED_ENDING] = "ending", [BK_DEED_WORKING] = "working",
    [BK_DEED_DONE] = "done", [BK_DEED_FAILED] = "failed",
};
static_assert(BK_DEED_STATES == 5, "one name for each");

/* ---- what is told ---- */

static bool is_id(const char *app)
{
    return app[0] != '\0' && strlen(app) <= BK_STORAGE_APP_BYTES;
}

/* NULL stays NULL; false when memory ends. */
static bool clean(const char *text, size_t max, char **ret)
{
    *ret = text != NULL ? bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE) : NULL;
    return text == NULL || *ret != NULL;
}

static int copy_point(struct bk_storage *storage, const struct bk_restore_point_told *told)
{
    if (told->number < 0 || told->number > UINT32_MAX || told->time < 0 || told->size < 0 ||
        bk_storage_point(storage, (uint32_t)told->number) != NULL)
        return -EINVAL;
    struct bk_restore_point *point = &storage->points[storage->point_count++];
    *point = (struct bk_restore_point){
        .number = (uint32_t)told->number, .time = told->time, .cause = told->cause, .size = told->size
    };
    return clean(told->version, BK_STORAGE_VERSION_BYTES, &point->version) ? 0 : -ENOMEM;
}

static int copy_deed(const struct bk_storage_told *told, struct bk_deed *ret)
{
    if (told->deed_app == NULL)
        return 0;
    if (!is_id(told->deed_app) || told->deed_state == BK_DEED_NONE)
        return -EINVAL;
    ret->state = told->deed_state;
    ret->restores = told->restores;
    ret->app = strdup(told->deed_app);
    return ret->app != NULL && clean(told->verdict, BK_STORAGE_VERDICT_BYTES, &ret->verdict) &&
                   clean(told->reason, BK_STORAGE_REASON_BYTES, &ret->reason)
               ? 0
               : -ENOMEM;
}

/* What is in `ret` is to be cleared whatever comes of it. */
static int copy(const struct bk_storage_told *told, struct bk_storage *ret)
{
    int r = 0;

    if (!is_id(told->app) || told->point_count > BK_STORAGE_POINTS_MAX || told->quota < 0 || told->data < 0 ||
        told->taken < 0)
        return -EINVAL;
    ret->known = told->known;
    ret->quota = told->quota;
    ret->data = told->data;
    ret->taken = told->taken;
    ret->app = strdup(told->app);
    if (ret->app == NULL)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < told->point_count; i++)
        r = copy_point(ret, &told->points[i]);
    return r < 0 ? r : copy_deed(told, &ret->deed);
}

int bk_storage_set(struct bk_storage *storage, const struct bk_storage_told *told)
{
    struct bk_storage next = { 0 };
    int r = told != NULL ? copy(told, &next) : 0;

    if (r < 0) {
        bk_storage_clear(&next);
        return r;
    }
    bk_storage_clear(storage);
    *storage = next;
    return 0;
}

void bk_storage_clear(struct bk_storage *storage)
{
    for (size_t i = 0; i < storage->point_count; i++)
        free(storage->points[i].version);
    free(storage->deed.app);
    free(storage->deed.verdict);
    free(storage->deed.reason);
    free(storage->app);
    *storage = (struct bk_storage){ 0 };
}

const struct bk_restore_point *bk_storage_point(const struct bk_storage *storage, uint32_t number)
{
    for (size_t i = 0; i < storage->point_count; i++) {
        if (storage->points[i].number == number)
            return &storage->points[i];
    }
    return NULL;
}

bool bk_storage_is_busy(const struct bk_storage *storage)
{
    return storage->deed.state == BK_DEED_ENDING || storage->deed.state == BK_DEED_WORKING;
}

/* ---- words ---- */

const char *bk_point_cause_words(enum bk_point_cause cause)
{
    static const char *const words[] = {
        [BK_POINT_KEPT] = "kept by you",
        [BK_POINT_UPDATE] = "before an update",
        [BK_POINT_UNDO] = "before an undo",
    };
    static_assert(sizeof words / sizeof words[0] == BK_POINT_CAUSES, "words for each");

    return words[cause];
}

const char *bk_deed_verdict_words(const struct bk_deed *deed)
{
    static const struct {
        const char *verdict, *words;
    } table[] = {
        { "busy", "Something else is being done with the apps. Try again when that is done." },
        { "noDisk", "This machine has no disk for apps." },
        { "noSuchApp", "The app is not there any more." },
        { "noSuchPoint", "That restore point is not there any more." },
        { "nothingToKeep", "The app has kept nothing yet." },
        { "running", "The app was started again. Close it, and try again." },
        { "tooManyPoints",
          "You have kept as many restore points as there may be. The command “bulkhead points” lets one go." },
        { "failed", "It could not be done." },
    };

    for (size_t i = 0; deed->verdict != NULL && i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].verdict, deed->verdict) == 0)
            return table[i].words;
    }
    return "What came of it is not known. The list has what there is.";
}

void bk_storage_write_time(int64_t time, int64_t now, char text[static BK_STORAGE_TIME_MAX])
{
    const time_t then_time = (time_t)time, now_time = (time_t)now;
    struct tm then = { 0 }, today = { 0 };

    if (localtime_r(&then_time, &then) == NULL || localtime_r(&now_time, &today) == NULL ||
        strftime(text, BK_STORAGE_TIME_MAX, then.tm_year == today.tm_year ? "%a %-d %b, %H:%M" : "%-d %b %Y, %H:%M",
                 &then) == 0)
        snprintf(text, BK_STORAGE_TIME_MAX, "—"); /* a year beyond those that can be written */
}
