/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bk_app_state_names[BK_APP_STATES] = {
    [BK_APP_STOPPED] = "stopped",
    [BK_APP_STARTING] = "starting",
    [BK_APP_RUNNING] = "running",
    [BK_APP_STOPPING] = "stopping",
};
static_assert(BK_APP_STATES == 4, "one name for each state");

struct bk_app *bk_app_by_id(struct bk_app_table *table, const char *id)
{
    for (size_t i = 0; i < table->n_apps; i++) {
        if (strcmp(table->apps[i]->id, id) == 0)
            return table->apps[i];
    }
    return NULL;
}

struct bk_app *bk_app_by_owner(struct bk_app_table *table, const char *owner)
{
    for (size_t i = 0; i < table->n_apps; i++) {
        if (strcmp(table->apps[i]->owner, owner) == 0)
            return table->apps[i];
    }
    return NULL;
}

struct bk_app *bk_app_by_cid(struct bk_app_table *table, uint32_t cid)
{
    for (size_t i = 0; cid != 0 && i < table->n_apps; i++) {
        if (table->apps[i]->cid == cid)
            return table->apps[i];
    }
    return NULL;
}

/* Cuts between characters. */
static void cut_name(const char *name, char to[static BK_APP_NAME_MAX + 1])
{
    size_t length = strlen(name);

    if (length > BK_APP_NAME_MAX) {
        length = BK_APP_NAME_MAX;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
            length--;
    }
    snprintf(to, BK_APP_NAME_MAX + 1, "%.*s", (int)length, name);
}

/* Of a copy of an app of this name: what it is comes first, so that it is not cut. */
static void name_copy(const char *name, char to[static BK_APP_NAME_MAX + 1])
{
    char whole[4 * BK_APP_NAME_MAX];

    snprintf(whole, sizeof whole, "Fresh copy of %s", name);
    cut_name(whole, to);
}

void bk_app_set_name(struct bk_app *app, const char *name)
{
    if (bk_app_is_copy(app))
        name_copy(name, app->name);
    else
        cut_name(name, app->name);
}

bool bk_app_is_copy(const struct bk_app *app)
{
    return app->copy_of[0] != '\0';
}

void bk_app_words_of(struct bk_app_table *table, const char *id, char words[static BK_APP_NAME_MAX + 1])
{
    const size_t length = strcspn(id, BK_APP_COPY_MARK);
    char of[BK_APP_ID_MAX + 1];

    snprintf(of, sizeof of, "%.*s", (int)length, id);
    const struct bk_app *app = bk_app_by_id(table, of);
    if (app == NULL)
        cut_name(id, words);
    else if (id[length] == '\0')
        cut_name(app->name, words);
    else
        name_copy(app->name, words);
}

/* One of this id that was removed comes back, so that there is one only. */
static struct bk_app *take_removed(struct bk_app_table *table, const char *id)
{
    for (struct bk_app **at = &table->removed; *at != NULL; at = &(*at)->next) {
        struct bk_app *app = *at;
        if (strcmp(app->id, id) == 0) {
            *at = app->next;
            return app;
        }
    }
    return NULL;
}

bool bk_app_is_of(const struct bk_app *app, const char *key)
{
    const char *kept = app->owner + strlen(app->id);

    return key == NULL ? kept[0] == '\0' : kept[0] == ' ' && strcmp(kept + 1, key) == 0;
}

int bk_app_add(struct bk_app_table *table, const char *id, const char *key, const char *name, struct bk_app **ret)
{
    size_t id_length = strlen(id);

    if (id_length == 0 || id_length > BK_APP_ID_MAX ||
        (key != NULL && (key[0] == '\0' || strlen(key) > BK_APP_KEY_MAX)))
        return -EINVAL;
    if (table->n_apps == BK_APP_MAX)
        return -E2BIG;
    struct bk_app *app = take_removed(table, id) ?: calloc(1, sizeof *app);
    if (app == NULL)
        return -ENOMEM;
    snprintf(app->id, sizeof app->id, "%s", id);
    app->copy_of[0] = '\0';
    snprintf(app->owner, sizeof app->owner, "%s%s%s", id, key != NULL ? " " : "", key != NULL ? key : "");
    bk_app_set_name(app, name);
    table->apps[table->n_apps++] = app;
    *ret = app;
    return 0;
}

void bk_app_remove(struct bk_app_table *table, struct bk_app *app)
{
    size_t at = 0;

    assert(app->cid == 0);
    while (table->apps[at] != app)
        at++;
    table->n_apps--;
    memmove(table->apps + at, table->apps + at + 1, (table->n_apps - at) * sizeof table->apps[0]);
    bk_app_set_icon(app, NULL);
    app->state = BK_APP_STOPPED;
    app->removing = false;
    bk_permissions_finish(&app->permissions);
    app->opens = (struct bk_opens){ 0 };
    app->network.hosts = sd_json_variant_unref(app->network.hosts);
    app->next = table->removed;
    table->removed = app;
}

void bk_app_set_icon(struct bk_app *app, const char *icon)
{
    free(app->icon);
    app->icon = icon != NULL && strlen(icon) <= BK_APP_ICON_MAX ? strdup(icon) : NULL;
    app->icon_shown = 0;
}

void bk_app_reset(struct bk_app *app)
{
    assert(app->n_connections == 0 && app->microphone == NULL && app->network.port == 0);
    app->cid = 0;
    app->quota = (struct bk_quota){ 0 };
    app->connection_limit = app->log_limit = (struct bk_ratelimit){ 0 };
    app->window = (struct bk_window){ 0 };
    app->clipboard = (struct bk_clipboard_manners){ 0 };
    app->location_pace = (struct bk_location_pace){ 0 };
    app->open_asks = 0;
    app->open_calls = app->open_closed = (struct bk_pace){ 0 };
    app->encoder_pace = (struct bk_pace){ 0 };
    bk_notifications_clear(&app->notifications);
}

static void free_app(struct bk_app *app)
{
    bk_app_reset(app);
    free(app->icon);
    sd_json_variant_unref(app->network.hosts);
    bk_permissions_finish(&app->permissions);
    free(app);
}

void bk_app_table_finish(struct bk_app_table *table)
{
    for (size_t i = 0; i < table->n_apps; i++)
        free_app(table->apps[i]);
    table->n_apps = 0;
    while (table->removed != NULL) {
        struct bk_app *app = table->removed;

        table->removed = app->next;
        free_app(app);
    }
}
