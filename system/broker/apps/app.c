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

struct bk_app *bk_app_by_cid(struct bk_app_table *table, uint32_t cid)
{
    for (size_t i = 0; cid != 0 && i < table->n_apps; i++) {
        if (table->apps[i]->cid == cid)
            return table->apps[i];
    }
    return NULL;
}

int bk_app_add(struct bk_app_table *table, const char *id, const char *name, struct bk_app **ret)
{
    size_t id_length = strlen(id);
    size_t name_length = strlen(name);

    if (id_length == 0 || id_length > BK_APP_NAME_MAX)
        return -EINVAL;
    if (table->n_apps == BK_APP_MAX)
        return -E2BIG;
    if (name_length > BK_APP_NAME_MAX) {
        name_length = BK_APP_NAME_MAX;
        while (name_length > 0 && ((unsigned char)name[name_length] & 0xc0) == 0x80)
            name_length--;
    }
    struct bk_app *app = calloc(1, sizeof *app);
    if (app == NULL)
        return -ENOMEM;
    snprintf(app->id, sizeof app->id, "%s", id);
    snprintf(app->name, sizeof app->name, "%.*s", (int)name_length, name);
    table->apps[table->n_apps++] = app;
    *ret = app;
    return 0;
}

void bk_app_set_icon(struct bk_app *app, const char *icon)
{
    free(app->icon);
    app->icon = icon != NULL && strlen(icon) <= BK_APP_ICON_MAX ? strdup(icon) : NULL;
    app->icon_shown = 0;
}

void bk_app_reset(struct bk_app *app)
{
    assert(app->n_connections == 0 && app->recording == NULL);
    app->cid = 0;
    app->quota = (struct bk_client_quota){ 0 };
    app->log_limit = (struct bk_ratelimit){ 0 };
    app->window = (struct bk_window){ 0 };
    app->clipboard = (struct bk_clipboard_manners){ 0 };
    app->location_pace = (struct bk_location_pace){ 0 };
    app->open_asks = 0;
    app->open_calls = app->open_closed = (struct bk_pace){ 0 };
    app->encoder_pace = (struct bk_pace){ 0 };
    bk_notifications_clear(&app->notifications);
}

void bk_app_table_finish(struct bk_app_table *table)
{
    for (size_t i = 0; i < table->n_apps; i++) {
        bk_app_reset(table->apps[i]);
        free(table->apps[i]->icon);
        bk_permissions_finish(&table->apps[i]->permissions);
        free(table->apps[i]);
    }
    table->n_apps = 0;
}
