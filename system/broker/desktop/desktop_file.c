/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_file.h"

#include "broker.h"
#include "folder_session.h"
#include "json.h"

#include <assert.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Desktop."

static const char *const kind_names[BK_FILE_KINDS] = {
    [BK_FILE_PLACE] = "place",
    [BK_FILE_FOLDER] = "folder",
    [BK_FILE_FILE] = "file",
};
static_assert(BK_FILE_KINDS == 3, "one name for each");

static const char *const note_names[BK_FILE_NOTES] = {
    [BK_FILE_NOTE_NONE] = NULL,          [BK_FILE_NOTE_SILENT] = "silent",  [BK_FILE_NOTE_GONE] = "gone",
    [BK_FILE_NOTE_REFUSED] = "refused",  [BK_FILE_NOTE_NO_FILE] = "noFile", [BK_FILE_NOTE_DEEP] = "deep",
    [BK_FILE_NOTE_BAD_NAME] = "badName", [BK_FILE_NOTE_EXISTS] = "exists",
};
static_assert(BK_FILE_NOTES == 8, "one name for each");

static const char *const act_names[BK_FILE_ACTS] = {
    [BK_FILE_CHOOSE] = "choose",   [BK_FILE_BACK] = "back",   [BK_FILE_SAVE] = "save",
    [BK_FILE_REPLACE] = "replace", [BK_FILE_CLOSE] = "close",
};
static_assert(BK_FILE_ACTS == 5, "one name for each");

/* A place is known by the app that offers it; one that is offered no more is told as what it was called. */
static int append_place(sd_json_variant **list, struct bk_broker *broker, const char *id)
{
    const struct bk_folder_offer *offer = bk_folder_offer_by_id(broker, id);

    if (offer == NULL)
        return sd_json_variant_append_arraybo(list, SD_JSON_BUILD_PAIR_STRING("kind", kind_names[BK_FILE_PLACE]),
                                              SD_JSON_BUILD_PAIR_STRING("name", id));
    const struct bk_app *app = offer->connection->app;
    return sd_json_variant_append_arraybo(list, SD_JSON_BUILD_PAIR_STRING("kind", kind_names[BK_FILE_PLACE]),
                                          SD_JSON_BUILD_PAIR_STRING("name", offer->title),
                                          SD_JSON_BUILD_PAIR_STRING("app", app->id),
                                          SD_JSON_BUILD_PAIR_STRING("appName", app->name));
}

static int append_entry(sd_json_variant **list, struct bk_broker *broker, const struct bk_file_entry *entry)
{
    if (entry->kind == BK_FILE_PLACE)
        return append_place(list, broker, entry->name);
    return sd_json_variant_append_arraybo(
        list, SD_JSON_BUILD_PAIR_STRING("kind", kind_names[entry->kind]),
        SD_JSON_BUILD_PAIR_STRING("name", entry->name),
        SD_JSON_BUILD_PAIR_CONDITION(entry->size != BK_PICKER_NO_SIZE, "size", SD_JSON_BUILD_UNSIGNED(entry->size)));
}

static int build_page(struct bk_broker *broker, const struct bk_file_page *page, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    const char *note = note_names[page->note];
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (size_t i = 0; r >= 0 && i < page->count; i++)
        r = append_entry(&list, broker, &page->entries[i]);
    if (r < 0)
        return r;
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_INTEGER("number", page->number),
                          SD_JSON_BUILD_PAIR_CONDITION(page->place != NULL, "place", SD_JSON_BUILD_STRING(page->place)),
                          SD_JSON_BUILD_PAIR_BOOLEAN("back", page->back), SD_JSON_BUILD_PAIR_VARIANT("entries", list),
                          SD_JSON_BUILD_PAIR_BOOLEAN("more", page->more),
                          SD_JSON_BUILD_PAIR_CONDITION(note != NULL, "note", SD_JSON_BUILD_STRING(note)),
                          SD_JSON_BUILD_PAIR_CONDITION(note != NULL, "noteName", SD_JSON_BUILD_STRING(page->name)));
}

static int build_endings(const struct bk_file_wish *wish, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (unsigned i = 0; r >= 0 && i < wish->n_endings; i++)
        r = sd_json_variant_append_arrayb(&list, SD_JSON_BUILD_STRING(wish->endings[i]));
    if (r >= 0)
        *ret = sd_json_variant_ref(list);
    return r;
}

bool bk_desktop_ask_file(struct bk_broker *broker, int64_t id, const struct bk_app *app,
                         const struct bk_file_wish *wish, const struct bk_file_page *page)
{
    _cleanup_json_ sd_json_variant *first = NULL;
    _cleanup_json_ sd_json_variant *endings = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = build_page(broker, page, &first);

    if (r >= 0)
        r = build_endings(wish, &endings);
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", id), SD_JSON_BUILD_PAIR_STRING("app", app->id),
                           SD_JSON_BUILD_PAIR_STRING("appName", app->name),
                           SD_JSON_BUILD_PAIR_CONDITION(wish->save, "saveAs", SD_JSON_BUILD_STRING(wish->name)),
                           SD_JSON_BUILD_PAIR_CONDITION(wish->save, "size", SD_JSON_BUILD_UNSIGNED(wish->size)),
                           SD_JSON_BUILD_PAIR_VARIANT("endings", endings), SD_JSON_BUILD_PAIR_VARIANT("page", first));
    return bk_desktop_ask_call(broker->desktop, INTERFACE "AskFile", id, r, parameters);
}

void bk_desktop_show_files(struct bk_broker *broker, int64_t id, const struct bk_file_page *page)
{
    _cleanup_json_ sd_json_variant *next = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = build_page(broker, page, &next);

    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", id), SD_JSON_BUILD_PAIR_VARIANT("page", next));
    bk_desktop_call(broker->desktop, INTERFACE "ShowFiles", r, parameters);
}

bool bk_desktop_file_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                          const char **ret_fault)
{
    sd_json_variant *file = sd_json_variant_by_key(parameters, "file");
    sd_json_variant *id = sd_json_variant_by_key(file, "id");
    sd_json_variant *page = sd_json_variant_by_key(file, "page");
    sd_json_variant *act = sd_json_variant_by_key(file, "act");
    sd_json_variant *entry = sd_json_variant_by_key(file, "entry");
    sd_json_variant *name = sd_json_variant_by_key(file, "name");
    struct bk_file_deed deed = { .act = 0 };

    *ret_fault = NULL;
    if (!bk_json_is_given(file))
        return false;
    if (!sd_json_variant_is_integer(id) || !sd_json_variant_is_integer(page) || !sd_json_variant_is_string(act) ||
        (bk_json_is_given(entry) && !sd_json_variant_is_unsigned(entry)) ||
        (bk_json_is_given(name) && !sd_json_variant_is_string(name))) {
        *ret_fault = "what was done with files of a wrong form";
        return true;
    }
    while (deed.act < BK_FILE_ACTS && strcmp(sd_json_variant_string(act), act_names[deed.act]) != 0)
        deed.act++;
    deed.page = sd_json_variant_integer(page);
    deed.entry = bk_json_is_given(entry) ? sd_json_variant_unsigned(entry) : UINT64_MAX;
    deed.name = bk_json_is_given(name) ? sd_json_variant_string(name) : NULL;
    events->file(sd_json_variant_integer(id), &deed, userdata);
    return true;
}
