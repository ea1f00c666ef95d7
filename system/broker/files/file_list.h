/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a page, and which of them a person is shown.
 *
 * Input from: app (names of files, through bk-picker)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_FILE_LIST_H
#define BK_BROKER_FILE_LIST_H

#include "file.h"

/* Zero-initialised: nothing. */
struct bk_file_list {
    struct bk_file_entry *entries;
    size_t count, room;
};

/* -E2BIG above BK_PICKER_ENTRIES_MAX, -ENOMEM. */
int bk_file_list_add(struct bk_file_list *list, enum bk_file_kind kind, const char *name, uint64_t size);
/* Folders first, each kind by its name. */
void bk_file_list_sort(struct bk_file_list *list);
void bk_file_list_finish(struct bk_file_list *list);

/* Whether a person may be shown the name, and may give it: what text.h forbids has none. */
bool bk_file_name_is_fine(const char *name);
/* Whether the app asked for files of such a name. */
bool bk_file_wish_fits(const struct bk_file_wish *wish, const char *name);

#endif
