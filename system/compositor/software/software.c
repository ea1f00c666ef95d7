/* SPDX-License-Identifier: Apache-2.0 */
#include "software.h"

#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const bk_bundle_state_names[BK_BUNDLE_STATES] = {
    [BK_BUNDLE_NONE] = NULL,       [BK_BUNDLE_COMING] = "coming",         [BK_BUNDLE_JUDGING] = "judging",
    [BK_BUNDLE_JUDGED] = "judged", [BK_BUNDLE_INSTALLING] = "installing", [BK_BUNDLE_ENDED] = "ended",
};
static_assert(BK_BUNDLE_STATES == 6, "one name for each");

const char *const bk_bundle_update_names[BK_BUNDLE_UPDATES] = {
    [BK_BUNDLE_FIRST] = "first",
    [BK_BUNDLE_NEWER] = "newer",
    [BK_BUNDLE_SAME] = "same",
};
static_assert(BK_BUNDLE_UPDATES == 3, "one name for each");

/* ---- copies ---- */

static void finish_app(struct bk_software_app *app)
{
    for (size_t i = 0; i < app->permission_count; i++) {
        free(app->permissions[i].name);
        free(app->permissions[i].reason);
    }
    free(app->app);
    free(app->name);
    free(app->version);
    free(app->key);
    bk_reach_finish(&app->reach);
    *app = (struct bk_software_app){ 0 };
}

static void finish_list(struct bk_software_app *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        finish_app(&list[i]);
    free(list);
}

static void finish_bundle(struct bk_bundle *bundle)
{
    finish_app(&bundle->candidate);
    free(bundle->mark);
    free(bundle->file);
    free(bundle->verdict);
    free(bundle->reason);
    *bundle = (struct bk_bundle){ 0 };
}

/* NULL stays NULL; false when memory ends. */
static bool clean(const char *text, size_t max, char **ret)
{
    *ret = text != NULL ? bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE) : NULL;
    return text == NULL || *ret != NULL;
}

static bool is_key(const char *key)
{
    return strlen(key) == BK_SOFTWARE_KEY_SIZE && strspn(key, "0123456789abcdef") == BK_SOFTWARE_KEY_SIZE;
}

/* What is in `ret` is to be finished whatever comes of it. */
static int copy_app(const struct bk_software_app_told *told, struct bk_software_app *ret)
{
    if (told->app[0] == '\0' || strlen(told->app) > BK_SOFTWARE_APP_BYTES || told->size < 0 ||
        (told->version != NULL && (told->key == NULL || !is_key(told->key))))
        return -EINVAL;
    ret->size = told->size;
    ret->shell = told->shell;
    ret->app = strdup(told->app);
    if (ret->app == NULL || !clean(told->name, BK_SOFTWARE_NAME_BYTES, &ret->name) ||
        !clean(told->version, BK_SOFTWARE_VERSION_BYTES, &ret->version) ||
        !clean(told->version != NULL ? told->key : NULL, BK_SOFTWARE_KEY_SIZE, &ret->key))
        return -ENOMEM;
    if (bk_reach_init(&ret->reach, &told->reach) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < told->permission_count; i++) {
        struct bk_software_permission *permission = &ret->permissions[ret->permission_count++];
        if (!clean(told->permissions[i].name, BK_SOFTWARE_NAME_BYTES, &permission->name) ||
            !clean(told->permissions[i].reason, BK_SOFTWARE_REASON_BYTES, &permission->reason))
            return -ENOMEM;
    }
    return 0;
}

/* ---- what is told ---- */

int bk_software_set(struct bk_software *software, const struct bk_software_app_told *told, size_t count, bool installs,
                    int64_t room_free, int64_t all)
{
    struct bk_software_app *list = calloc(count + 1, sizeof *list);
    int r = room_free >= 0 && all >= 0 ? 0 : -EINVAL;

    if (list == NULL)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = copy_app(&told[i], &list[i]);
    if (r < 0) {
        finish_list(list, count);
        return r;
    }
    finish_list(software->items, software->count);
    software->items = list;
    software->count = count;
    software->told = true;
    software->installs = installs;
    software->room_free = room_free < all ? room_free : all;
    software->all = all;
    if (software->shown != NULL && bk_software_of(software, software->shown) == NULL)
        (void)bk_software_show(software, NULL); /* which cannot fail */
    return 0;
}

static int copy_bundle(const struct bk_bundle_told *told, struct bk_bundle *ret)
{
    const bool ended = told->state == BK_BUNDLE_ENDED;

    if (told->mark[0] == '\0' || strlen(told->mark) > BK_SOFTWARE_MARK_BYTES || !(told->part >= 0 && told->part <= 1) ||
        (ended && told->verdict == NULL) ||
        ((told->state == BK_BUNDLE_JUDGED || told->state == BK_BUNDLE_INSTALLING) && told->candidate == NULL) ||
        (told->candidate != NULL && (told->candidate->name == NULL || told->candidate->version == NULL)))
        return -EINVAL;
    ret->state = told->state;
    ret->part = told->part;
    ret->update = told->update;
    ret->installed = ended && strcmp(told->verdict, "installed") == 0;
    ret->known = told->candidate != NULL;
    ret->mark = strdup(told->mark);
    if (ret->mark == NULL || !clean(told->file, BK_SOFTWARE_FILE_BYTES, &ret->file) ||
        !clean(told->verdict, BK_SOFTWARE_NAME_BYTES, &ret->verdict) ||
        !clean(told->reason, BK_SOFTWARE_REASON_BYTES, &ret->reason))
        return -ENOMEM;
    return ret->known ? copy_app(told->candidate, &ret->candidate) : 0;
}

static void forget_seen(struct bk_software *software)
{
    software->seen_ms = 0;
    software->ready = false;
}

int bk_software_set_bundle(struct bk_software *software, const struct bk_bundle_told *told)
{
    struct bk_bundle bundle = { 0 };
    int r = told != NULL ? copy_bundle(told, &bundle) : 0;

    if (r < 0) {
        finish_bundle(&bundle);
        return r;
    }
    const struct bk_bundle *before = &software->bundle;
    const bool same = bundle.state == before->state && bundle.mark != NULL && strcmp(bundle.mark, before->mark) == 0;
    if (!same)
        forget_seen(software); /* it is another question, or none */
    finish_bundle(&software->bundle);
    software->bundle = bundle;
    return 0;
}

/* A question about what is not there any more, or while something is done, is none. */
static void drop_question(struct bk_software *software)
{
    const bool restores = software->question == BK_SOFTWARE_ASKS_RESTORE;
    const struct bk_storage *storage = bk_software_shown_storage(software);

    if ((restores || software->question == BK_SOFTWARE_ASKS_KEEP) &&
        (storage == NULL || bk_storage_is_busy(storage) ||
         (restores && bk_storage_point(storage, software->asked_point) == NULL)))
        software->question = BK_SOFTWARE_ASKS_NOTHING;
}

int bk_software_set_storage(struct bk_software *software, const struct bk_storage_told *told)
{
    int r = bk_storage_set(&software->storage, told);

    if (r >= 0)
        drop_question(software);
    return r;
}

void bk_software_clear(struct bk_software *software)
{
    bk_storage_clear(&software->storage);
    finish_list(software->items, software->count);
    finish_bundle(&software->bundle);
    free(software->shown);
    *software = (struct bk_software){ 0 };
}

/* ---- what the person looks at ---- */

const struct bk_software_app *bk_software_of(const struct bk_software *software, const char *app)
{
    for (size_t i = 0; i < software->count; i++) {
        if (strcmp(software->items[i].app, app) == 0)
            return &software->items[i];
    }
    return NULL;
}

const struct bk_software_app *bk_software_shown(const struct bk_software *software)
{
    return software->shown != NULL ? bk_software_of(software, software->shown) : NULL;
}

const struct bk_storage *bk_software_shown_storage(const struct bk_software *software)
{
    const struct bk_storage *storage = &software->storage;

    return software->shown != NULL && storage->app != NULL && strcmp(software->shown, storage->app) == 0 ? storage
                                                                                                         : NULL;
}

int bk_software_show(struct bk_software *software, const char *app)
{
    char *copy = app != NULL ? strdup(app) : NULL;

    if (app != NULL && copy == NULL)
        return -ENOMEM;
    free(software->shown);
    software->shown = copy;
    software->question = BK_SOFTWARE_ASKS_NOTHING;
    return 0;
}

bool bk_software_asks(const struct bk_software *software)
{
    return software->bundle.state == BK_BUNDLE_JUDGED;
}

uint64_t bk_software_presented(struct bk_software *software, bool seen, uint64_t now_ms)
{
    if (!seen || !bk_software_asks(software)) {
        forget_seen(software);
        return UINT64_MAX;
    }
    if (software->seen_ms == 0)
        software->seen_ms = now_ms > 0 ? now_ms : 1;
    return software->ready ? UINT64_MAX : software->seen_ms + BK_SOFTWARE_GUARD_MS;
}

bool bk_software_advance(struct bk_software *software, uint64_t now_ms)
{
    if (software->ready || software->seen_ms == 0 || now_ms < software->seen_ms + BK_SOFTWARE_GUARD_MS)
        return false;
    software->ready = true;
    return true;
}

bool bk_software_is_new(const struct bk_software *software, size_t permission)
{
    const struct bk_software_app *candidate = &software->bundle.candidate;
    const struct bk_software_app *installed = bk_software_of(software, candidate->app);

    for (size_t i = 0; installed != NULL && i < installed->permission_count; i++) {
        if (strcmp(installed->permissions[i].name, candidate->permissions[permission].name) == 0)
            return strcmp(installed->permissions[i].name, "network") == 0 &&
                   bk_reach_grows(&installed->reach, &candidate->reach);
    }
    return installed != NULL;
}

/* ---- words ---- */

const char *bk_software_verdict_words(const char *verdict)
{
    static const struct {
        const char *verdict, *words;
    } table[] = {
        { "unsigned", "Nobody has signed it, so nobody can say who it is from." },
        { "older", "A newer version is installed." },
        { "stranger", "It is not by the developer of the app that is installed." },
        { "theirs", "An app of this kind came with the system, and stays." },
        { "broken", "The file is damaged, or is no app." },
        { "running", "The app that it would update runs. Close it, and try again." },
        { "busy", "Another app is being installed. Try again when that is done." },
        { "noDisk", "This machine has no disk for apps." },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].verdict, verdict) == 0)
            return table[i].words;
    }
    return "It could not be installed.";
}

void bk_software_write_key(const char *key, size_t digits, char text[static BK_SOFTWARE_KEY_TEXT_MAX])
{
    size_t at = 0;

    static_assert(BK_SOFTWARE_KEY_SIZE / 4 * 5 < BK_SOFTWARE_KEY_TEXT_MAX, "a whole key with its blanks fits");
    for (size_t i = 0; i < digits && i < BK_SOFTWARE_KEY_SIZE && key[i] != '\0'; i++) {
        const char *between = i == 0 || i % 4 != 0 ? "" : i % (BK_SOFTWARE_KEY_SIZE / 2) != 0 ? " " : BK_TEXT_BREAK;
        memcpy(text + at, between, strlen(between));
        at += strlen(between);
        text[at++] = key[i];
    }
    text[at] = '\0';
}
