/* SPDX-License-Identifier: Apache-2.0 */
#include "file_list.h"

#include "text.h"

#include "checked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOM_FIRST 32U

int bk_file_list_add(struct bk_file_list *list, enum bk_file_kind kind, const char *name, uint64_t size)
{
    if (list->count == BK_PICKER_ENTRIES_MAX)
        return -E2BIG;
    if (list->count == list->room) {
        const size_t room = bk_min((size_t)BK_PICKER_ENTRIES_MAX, list->room == 0 ? ROOM_FIRST : 2 * list->room);
        struct bk_file_entry *more = reallocarray(list->entries, room, sizeof *more);
        if (more == NULL)
            return -ENOMEM;
        list->entries = more;
        list->room = room;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return -ENOMEM;
    list->entries[list->count++] = (struct bk_file_entry){ .kind = kind, .name = copy, .size = size };
    return 0;
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct bk_file_entry *one = a, *other = b;

    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    int order = strcasecmp(one->name, other->name);
    return order != 0 ? order : strcmp(one->name, other->name);
}

void bk_file_list_sort(struct bk_file_list *list)
{
    if (list->count > 0)
        qsort(list->entries, list->count, sizeof list->entries[0], by_kind_and_name);
}

void bk_file_list_finish(struct bk_file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (struct bk_file_list){ .entries = NULL };
}

bool bk_file_name_is_fine(const char *name)
{
    const size_t length = strlen(name);

    return bk_picker_is_name(name, length) && name[0] != '.' &&
           bk_text_check(name, length, BK_PICKER_NAME_MAX, BK_TEXT_LINE) == BK_TEXT_GOOD;
}

bool bk_file_wish_fits(const struct bk_file_wish *wish, const char *name)
{
    const size_t length = strlen(name);

    for (unsigned i = 0; i < wish->n_endings; i++) {
        const size_t ending = strlen(wish->endings[i]);
        if (length > ending && strcasecmp(name + length - ending, wish->endings[i]) == 0)
            return true;
    }
    return wish->n_endings == 0;
}
