/* SPDX-License-Identifier: Apache-2.0 */
#include "clipboard_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

struct paste_parameters {
    int64_t id;
    struct bk_paste_content content;
};

#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct paste_parameters, member), SD_JSON_MANDATORY }
#define FIELDS                                                                                       \
    FIELD("from", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.from),              \
        FIELD("fromName", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.from_name), \
        FIELD("to", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.to),              \
        FIELD("toName", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.to_name),     \
        FIELD("type", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.type)

static int on_show_paste(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = { FIELDS, {} };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct paste_parameters parameters = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    r = bk_desktop_show_paste(desktop, &parameters.content);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "to");
    return r < 0 ? sd_varlink_error_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int on_ask_paste(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        FIELD("id", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, id),
        FIELDS,
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct paste_parameters parameters = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    const struct bk_paste_content *content = &parameters.content;
    const struct bk_prompt_content question = {
        .kind = BK_PROMPT_PASTE,
        .app = content->to,
        .app_name = content->to_name,
        .paste_from = content->from_name,
        .paste_type = content->type,
    };
    r = bk_prompt_ask(&desktop->prompt, bk_desktop_service_peer(link), parameters.id, &question);
    if (r == -EBUSY)
        return sd_varlink_error(link, INTERFACE "Busy", NULL);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "to");
    return r < 0 ? sd_varlink_error_errno(link, r) : sd_varlink_reply(link, NULL);
}

int bk_clipboard_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "ShowPaste", on_show_paste, INTERFACE "AskPaste",
                                              on_ask_paste);
}

void bk_clipboard_service_gesture(struct bk_desktop_service *service, uint32_t cid)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    int r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_OBJECT("pasteGesture", SD_JSON_BUILD_PAIR_UNSIGNED("cid", cid)));

    if (r < 0) {
        errno = -r;
        bk_error("what the person pressed to paste is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}
