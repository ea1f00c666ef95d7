/* SPDX-License-Identifier: Apache-2.0 */
#include "place_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <systemd/sd-json.h>

static int on_set_place(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field outer[] = {
        { "place", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, 0, SD_JSON_NULLABLE },
        {},
    };
    static const sd_json_dispatch_field inner[] = {
#define FIELD(name, member) \
    { name, SD_JSON_VARIANT_NUMBER, sd_json_dispatch_double, offsetof(struct bk_place, member), SD_JSON_MANDATORY }
        FIELD("latitude", latitude),
        FIELD("longitude", longitude),
#undef FIELD
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    sd_json_variant *given = NULL;
    struct bk_place place = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, outer, &given);
    const bool set = given != NULL && !sd_json_variant_is_null(given);
    if (r == 0 && set)
        r = sd_varlink_dispatch(link, given, inner, &place);
    if (r != 0)
        return r; /* it has been answered */
    if (bk_place_choice_tell(&desktop->place, set ? &place : NULL) < 0)
        return sd_varlink_error_invalid_parameter_name(link, "place");
    bk_desktop_place_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

int bk_place_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method(server, "io.bulkhead.Desktop.SetPlace", on_set_place);
}

void bk_place_service_change(struct bk_desktop_service *service, const struct bk_place *place)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *json = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    int r = 0;

    if (place != NULL)
        r = sd_json_buildo(&json, SD_JSON_BUILD_PAIR_REAL("latitude", place->latitude),
                           SD_JSON_BUILD_PAIR_REAL("longitude", place->longitude));
    if (r >= 0)
        r = sd_json_buildo(
            &news, SD_JSON_BUILD_PAIR_OBJECT(
                       "place", SD_JSON_BUILD_PAIR_CONDITION(place != NULL, "place", SD_JSON_BUILD_VARIANT(json))));
    if (r < 0) {
        errno = -r;
        bk_error("what the person said of where the machine is is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}
