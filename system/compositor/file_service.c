/* SPDX-License-Identifier: Apache-2.0 */
#include "file_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

#define FIELD(type, name, json, dispatch, member, flags) \
    { name, SD_JSON_VARIANT_##json, sd_json_dispatch_##dispatch, offsetof(type, member), flags }

/* --- pages --- */

struct page_parameters {
    struct bk_picking_page page;
    sd_json_variant *entries;
    const char *note;
};

static int dispatch_kind(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    enum bk_picking_kind *kind = userdata;
    int found = 0;

    (void)name;
    (void)flags;
    while (found < BK_PICKING_KINDS && strcmp(sd_json_variant_string(json), bk_picking_kind_names[found]) != 0)
        found++;
    if (found == BK_PICKING_KINDS)
        return -EINVAL;
    *kind = (enum bk_picking_kind)found;
    return 0;
}

/* Fills in what borrows from `list`; what is wrong has been answered: not 0. */
static int take_entries(sd_varlink *link, sd_json_variant *list, struct bk_picking_entry_content *entries)
{
    static const sd_json_dispatch_field table[] = {
        { "kind", SD_JSON_VARIANT_STRING, dispatch_kind, offsetof(struct bk_picking_entry_content, kind),
          SD_JSON_MANDATORY },
        FIELD(struct bk_picking_entry_content, "name", STRING, const_string, name, SD_JSON_MANDATORY),
        FIELD(struct bk_picking_entry_content, "app", STRING, const_string, app, SD_JSON_NULLABLE),
        FIELD(struct bk_picking_entry_content, "appName", STRING, const_string, app_name, SD_JSON_NULLABLE),
        FIELD(struct bk_picking_entry_content, "size", INTEGER, int64, size, SD_JSON_NULLABLE),
        {},
    };

    for (size_t i = 0; i < sd_json_variant_elements(list); i++) {
        entries[i].size = -1;
        int r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), table, &entries[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

/* Takes a page; `*ret_entries`, to which it leads, is the caller's to free, whatever it yields. */
static int take_page(sd_varlink *link, sd_json_variant *json, struct bk_picking_page *ret,
                     struct bk_picking_entry_content **ret_entries)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct page_parameters, "number", INTEGER, int64, page.number, SD_JSON_MANDATORY),
        FIELD(struct page_parameters, "place", STRING, const_string, page.place, SD_JSON_NULLABLE),
        FIELD(struct page_parameters, "back", BOOLEAN, stdbool, page.back, SD_JSON_MANDATORY),
        FIELD(struct page_parameters, "entries", ARRAY, variant_noref, entries, SD_JSON_MANDATORY),
        FIELD(struct page_parameters, "more", BOOLEAN, stdbool, page.more, SD_JSON_MANDATORY),
        FIELD(struct page_parameters, "note", STRING, const_string, note, SD_JSON_NULLABLE),
        FIELD(struct page_parameters, "noteName", STRING, const_string, page.note_name, SD_JSON_NULLABLE),
        {},
    };
    struct page_parameters parameters = { .note = NULL };
    int note = 0;

    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    const size_t count = sd_json_variant_elements(parameters.entries);
    if (count > BK_PICKING_ENTRIES_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_INTEGER("max", BK_PICKING_ENTRIES_MAX));
    while (note < BK_PICKING_NOTES &&
           (parameters.note == NULL || strcmp(parameters.note, bk_picking_note_names[note]) != 0))
        note++;
    if (note == BK_PICKING_NOTES && parameters.note != NULL)
        return sd_varlink_error_invalid_parameter_name(link, "note");
    struct bk_picking_entry_content *entries = calloc(count + 1, sizeof *entries);
    if (entries == NULL)
        return sd_varlink_error_errno(link, -ENOMEM);
    *ret_entries = entries;
    r = take_entries(link, parameters.entries, entries);
    if (r != 0)
        return r;
    parameters.page.note = (enum bk_picking_note)note;
    parameters.page.entries = entries;
    parameters.page.count = count;
    *ret = parameters.page;
    return 0;
}

static int end(sd_varlink *link, int r, int64_t id)
{
    if (r == -EBUSY)
        return sd_varlink_error(link, INTERFACE "Busy", NULL);
    if (r == -ENOENT)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchQuestion", SD_JSON_BUILD_PAIR_INTEGER("id", id));
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "page");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    return sd_varlink_reply(link, NULL);
}

/* --- AskFile --- */

struct ask_parameters {
    int64_t id;
    struct bk_prompt_content content;
    sd_json_variant *endings, *page;
};

static bool take_endings(sd_json_variant *list, struct bk_picking_content *picking)
{
    picking->n_endings = sd_json_variant_elements(list);
    bool good = picking->n_endings <= BK_PICKING_ENDINGS_MAX;
    for (size_t i = 0; good && i < picking->n_endings; i++) {
        picking->endings[i] = sd_json_variant_string(sd_json_variant_by_index(list, i));
        good = picking->endings[i] != NULL;
    }
    return good;
}

static int on_ask_file(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct ask_parameters, "id", INTEGER, int64, id, SD_JSON_MANDATORY),
        FIELD(struct ask_parameters, "app", STRING, const_string, content.app, SD_JSON_MANDATORY),
        FIELD(struct ask_parameters, "appName", STRING, const_string, content.app_name, SD_JSON_MANDATORY),
        FIELD(struct ask_parameters, "saveAs", STRING, const_string, content.picking.save_as, SD_JSON_NULLABLE),
        FIELD(struct ask_parameters, "size", INTEGER, int64, content.picking.size, SD_JSON_NULLABLE),
        FIELD(struct ask_parameters, "endings", ARRAY, variant_noref, endings, SD_JSON_MANDATORY),
        FIELD(struct ask_parameters, "page", OBJECT, variant_noref, page, SD_JSON_MANDATORY),
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct ask_parameters parameters = { .content.kind = BK_PROMPT_FILE };
    struct bk_picking_entry_content *entries = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r == 0 && !take_endings(parameters.endings, &parameters.content.picking))
        return sd_varlink_error_invalid_parameter_name(link, "endings");
    if (r == 0)
        r = take_page(link, parameters.page, &parameters.content.picking.page, &entries);
    if (r == 0)
        r = end(link,
                bk_prompt_ask(&desktop->prompt, bk_desktop_service_peer(link), parameters.id, &parameters.content),
                parameters.id);
    free(entries);
    return r;
}

/* --- ShowFiles --- */

struct show_parameters {
    int64_t id;
    sd_json_variant *page;
};

static int on_show_files(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct show_parameters, "id", INTEGER, int64, id, SD_JSON_MANDATORY),
        FIELD(struct show_parameters, "page", OBJECT, variant_noref, page, SD_JSON_MANDATORY),
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct show_parameters parameters = { .id = 0 };
    struct bk_picking_page page = { .number = 0 };
    struct bk_picking_entry_content *entries = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r == 0)
        r = take_page(link, parameters.page, &page, &entries);
    if (r == 0)
        r = end(link, bk_prompt_turn(&desktop->prompt, parameters.id, &page), parameters.id);
    free(entries);
    return r;
}

int bk_file_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "AskFile", on_ask_file, INTERFACE "ShowFiles",
                                              on_show_files);
}

/* --- what the person did --- */

void bk_file_service_did(struct bk_desktop_service *service, int64_t id, const struct bk_prompt_deed *deed)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *file = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    const bool entry = deed->act == BK_PROMPT_DID_CHOOSE;
    int r = sd_json_buildo(&file, SD_JSON_BUILD_PAIR_INTEGER("id", id), SD_JSON_BUILD_PAIR_INTEGER("page", deed->page),
                           SD_JSON_BUILD_PAIR_STRING("act", bk_prompt_act_names[deed->act]),
                           SD_JSON_BUILD_PAIR_CONDITION(entry, "entry", SD_JSON_BUILD_UNSIGNED(deed->entry)),
                           SD_JSON_BUILD_PAIR_CONDITION(deed->name != NULL, "name", SD_JSON_BUILD_STRING(deed->name)));

    if (r >= 0)
        r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_VARIANT("file", file));
    if (r >= 0) {
        bk_desktop_service_tell(service, news);
    } else {
        errno = -r;
        bk_error("what the person did is lost: %m");
    }
}
