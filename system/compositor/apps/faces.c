/* SPDX-License-Identifier: Apache-2.0 */
#include "faces.h"

#include "decode.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct bk_face_picture *item)
{
    free(item->id);
    if (item->picture != NULL)
        cairo_surface_destroy(item->picture);
    *item = (struct bk_face_picture){ 0 };
}

void bk_faces_finish(struct bk_faces *faces)
{
    for (size_t i = 0; i < BK_APPS_MAX; i++)
        forget(&faces->items[i]);
}

void bk_faces_changed(struct bk_faces *faces, const struct bk_apps *apps)
{
    for (size_t i = 0; i < BK_APPS_MAX; i++) {
        struct bk_face_picture *item = &faces->items[i];
        const struct bk_app *app = item->revision != 0 ? bk_apps_by_id(apps, item->id) : NULL;
        if (app == NULL || app->icon == NULL || app->icon_revision != item->revision)
            forget(item);
    }
}

struct bk_app_face bk_faces_of(struct bk_faces *faces, const struct bk_app *app)
{
    struct bk_face_picture *item = NULL;

    if (app == NULL)
        return (struct bk_app_face){ .id = "", .name = BK_APP_NAME_UNKNOWN };
    struct bk_app_face face = { .id = app->id, .name = app->name };
    if (app->icon == NULL)
        return face;
    face.revision = app->icon_revision;
    for (size_t i = 0; i < BK_APPS_MAX; i++) {
        struct bk_face_picture *one = &faces->items[i];
        if (one->revision != 0 && strcmp(one->id, app->id) == 0) {
            face.picture = one->picture;
            return face;
        }
        if (one->revision == 0 && item == NULL)
            item = one;
    }
    char *id = item != NULL ? strdup(app->id) : NULL;
    if (id == NULL)
        return face;
    *item = (struct bk_face_picture){ .revision = app->icon_revision,
                                      .id = id,
                                      .picture = bk_decode_png(app->icon, app->icon_size) };
    face.picture = item->picture;
    return face;
}

struct bk_app_face bk_faces_named(struct bk_faces *faces, const struct bk_apps *apps, const char *id, const char *name)
{
    struct bk_app_face face = bk_faces_of(faces, bk_apps_by_id(apps, id));

    face.id = id;
    face.name = name;
    return face;
}
