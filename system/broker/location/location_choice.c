/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "location_choice.h"

#include "desktop_place.h"
#include "json.h"
#include "location_api.h"

#include "log.h"

#include <string.h>

/* The source says what the choice is; there is one when there is a place. */
static void make_source(struct bk_broker *broker)
{
    struct bk_location_choice *choice = &broker->place;

    if (choice->source != NULL) {
        bk_location_api_remove(broker, choice->source);
        choice->source->destroy(choice->source);
        choice->source = NULL;
    }
    if (!choice->set)
        return;
    int r = bk_location_place_create(&choice->place, &choice->source);
    if (r < 0)
        bk_error("the place that was set cannot be used: %s", strerror(-r));
    else
        bk_location_api_add(broker, choice->source);
}

static void tell(const struct bk_broker *broker)
{
    bk_desktop_set_place(broker->desktop, broker->place.set ? &broker->place.place : NULL);
}

/* ---- kept ---- */

static void keep(struct bk_location_choice *choice)
{
    _cleanup_json_ sd_json_variant *place = NULL;
    _cleanup_json_ sd_json_variant *object = NULL;
    int r = 0;

    if (choice->set)
        r = bk_desktop_build_place(&choice->place, &place);
    if (r >= 0)
        r = sd_json_buildo(&object, SD_JSON_BUILD_PAIR_CONDITION(choice->set, "place", SD_JSON_BUILD_VARIANT(place)),
                           SD_JSON_BUILD_PAIR_CONDITION(!choice->set, "place", SD_JSON_BUILD_NULL));
    if (r >= 0)
        bk_preferences_keep(&choice->file, object);
    else
        bk_error("the place that was set is not kept: %s", strerror(-r));
}

/* False when the person has done nothing yet. */
static bool load(struct bk_location_choice *choice)
{
    sd_json_variant *place = sd_json_variant_by_key(choice->file.kept, "place");

    if (choice->file.kept == NULL)
        return false;
    if (place != NULL && sd_json_variant_is_null(place))
        return true;
    choice->set = bk_desktop_read_place(place, &choice->place);
    if (!choice->set)
        bk_error("%s is left out: it holds no place", choice->file.path);
    return choice->set;
}

/* ---- life ---- */

void bk_location_choice_start(struct bk_broker *broker, const char *path, const char *initial)
{
    struct bk_location_choice *choice = &broker->place;

    *choice = (struct bk_location_choice){ .set = false };
    bk_preferences_open(&choice->file, path);
    if (!load(choice) && initial != NULL) {
        choice->set = bk_place_read(initial, strlen(initial), &choice->place) == BK_PLACE_GOOD;
        if (!choice->set)
            bk_error("the place %s cannot be used", initial);
    }
    if (choice->set)
        bk_info("where the machine is says a place that was set");
    make_source(broker);
}

void bk_location_choice_stop(struct bk_broker *broker)
{
    bk_preferences_close(&broker->place.file);
}

void bk_location_choice_change(struct bk_broker *broker, const struct bk_place *place)
{
    struct bk_location_choice *choice = &broker->place;

    choice->set = place != NULL;
    if (place != NULL)
        choice->place = *place;
    bk_info("the person %s where the machine is", choice->set ? "set" : "says no more");
    keep(choice);
    make_source(broker);
    tell(broker);
}

void bk_location_choice_desktop_arrived(struct bk_broker *broker)
{
    tell(broker);
}
