/* SPDX-License-Identifier: Apache-2.0 */
#include "apps.h"

#include "checked.h"
#include "picture.h"
#include "text.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const bk_app_state_names[BK_APP_STATES] = { "stopped", "starting", "running", "stopping" };
static_assert(BK_ARRAY_SIZE(bk_app_state_names) == BK_APP_STATES, "one name for each state");

static void finish_app(struct bk_app *app)
{
    free(app->id);
    free(app->name);
    free(app->icon);
    *app = (struct bk_app){ 0 };
}

static void finish_all(struct bk_app *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        finish_app(&items[i]);
}

void bk_apps_finish(struct bk_apps *apps)
{
    finish_all(apps->items, apps->count);
    bk_traits_finish(&apps->traits);
    *apps = (struct bk_apps){ 0 };
}

bool bk_app_icon_fits(const void *png, size_t size)
{
    uint32_t width, height;

    return size <= BK_APP_ICON_BYTES && bk_picture_size(png, size, &width, &height) && width == height &&
           bk_picture_fits(png, size, BK_APP_ICON_SIDE_MIN, BK_APP_ICON_SIDE_MAX);
}

static int take_icon(struct bk_app *app, const struct bk_app_told *told, const struct bk_app *before, uint64_t revision)
{
    const void *icon = told->icon;
    size_t size = told->icon_size;

    app->icon_revision = revision;
    if (icon == NULL && before != NULL) {
        icon = before->icon;
        size = before->icon_size;
        app->icon_revision = before->icon_revision;
    }
    if (icon == NULL || !bk_app_icon_fits(icon, size))
        return 0;
    app->icon = malloc(size);
    if (app->icon == NULL)
        return -ENOMEM;
    memcpy(app->icon, icon, size);
    app->icon_size = size;
    return 0;
}

static int take_app(struct bk_app *app, const struct bk_app_told *told, const struct bk_app *before, uint64_t revision)
{
    app->id = strdup(told->id);
    app->name = bk_text_clean(told->name, strlen(told->name), BK_APP_NAME_BYTES, BK_TEXT_ONE_LINE);
    if (app->id == NULL || app->name == NULL)
        return -ENOMEM;
    if (app->name[0] == '\0') {
        free(app->name);
        app->name = strdup(BK_APP_NAME_UNKNOWN);
        if (app->name == NULL)
            return -ENOMEM;
    }
    app->state = told->state;
    app->cid = told->cid;
    app->copy = told->copy;
    return take_icon(app, told, before, revision);
}

static int by_name(const void *a, const void *b)
{
    const struct bk_app *first = a, *second = b;
    int order = strcasecmp(first->name, second->name);

    return order != 0 ? order : strcmp(first->id, second->id);
}

static bool ids_are_fine(const struct bk_app_told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strnlen(told[i].id, BK_APP_ID_BYTES + 1);
        if (length == 0 || length > BK_APP_ID_BYTES)
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(told[i].id, told[k].id) == 0)
                return false;
        }
    }
    return true;
}

static bool is_running(uint32_t cid, const void *apps)
{
    return bk_apps_by_cid(apps, cid) != NULL;
}

int bk_apps_set(struct bk_apps *apps, const struct bk_app_told *told, size_t count)
{
    if (count > BK_APPS_MAX)
        return -ENOBUFS;
    if (!ids_are_fine(told, count))
        return -EINVAL;
    struct bk_app *items = calloc(BK_APPS_MAX, sizeof *items);
    if (items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int r = take_app(&items[i], &told[i], bk_apps_by_id(apps, told[i].id), apps->revision + 1);
        if (r < 0) {
            finish_all(items, i + 1);
            free(items);
            return r;
        }
    }
    qsort(items, count, sizeof *items, by_name);
    finish_all(apps->items, apps->count);
    memcpy(apps->items, items, sizeof apps->items);
    free(items);
    apps->count = count;
    apps->revision++;
    bk_traits_prune(&apps->traits, is_running, apps);
    return 0;
}

uint64_t bk_apps_look_of(const struct bk_apps *apps, uint32_t cid)
{
    /* Neither number goes back while the other stays, but for a trait that is gone, which is a change of the apps. */
    return (apps->revision + 1) << 32 | (bk_traits_of(&apps->traits, cid)->revision & UINT32_MAX);
}

const struct bk_app *bk_apps_by_cid(const struct bk_apps *apps, uint32_t cid)
{
    for (size_t i = 0; cid != 0 && i < apps->count; i++) {
        if (apps->items[i].cid == cid)
            return &apps->items[i];
    }
    return NULL;
}

const struct bk_app *bk_apps_by_id(const struct bk_apps *apps, const char *id)
{
    for (size_t i = 0; i < apps->count; i++) {
        if (strcmp(apps->items[i].id, id) == 0)
            return &apps->items[i];
    }
    return NULL;
}

int bk_apps_match(const char *name, const char *typed)
{
    size_t length = strlen(typed);

    if (length == 0)
        return 1;
    if (strncasecmp(name, typed, length) == 0)
        return 3;
    for (const char *at = name; *at != '\0'; at++) {
        if (strncasecmp(at, typed, length) == 0)
            return at[-1] == ' ' ? 2 : 1;
    }
    return 0;
}
