/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_clipboard.h"

#include "json.h"

#define INTERFACE "io.bulkhead.Desktop."

/* Who gives what to whom; with the number of a question, where it is one. */
static int build(int64_t id, const struct bk_app *from, const struct bk_app *to, const char *type,
                 sd_json_variant **ret)
{
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_CONDITION(id != 0, "id", SD_JSON_BUILD_INTEGER(id)),
                          SD_JSON_BUILD_PAIR_STRING("from", from->id),
                          SD_JSON_BUILD_PAIR_STRING("fromName", from->name), SD_JSON_BUILD_PAIR_STRING("to", to->id),
                          SD_JSON_BUILD_PAIR_STRING("toName", to->name), SD_JSON_BUILD_PAIR_STRING("type", type));
}

void bk_desktop_show_paste(struct bk_desktop *desktop, const struct bk_app *from, const struct bk_app *to,
                           const char *type)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = build(0, from, to, type, &parameters);

    bk_desktop_call(desktop, INTERFACE "ShowPaste", r, parameters);
}

bool bk_desktop_ask_paste(struct bk_desktop *desktop, int64_t id, const struct bk_app *from, const struct bk_app *to,
                          const char *type)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = build(id, from, to, type, &parameters);

    return bk_desktop_ask_call(desktop, INTERFACE "AskPaste", id, r, parameters);
}
