/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one stands in the folder that another app serves, and what is there.
 *
 * Input from: app, through client.h; trusted (bk-broker, which names where to go)
 * Runs in: bk-picker
 *
 * Each folder on the way down has a fid, whose number is how deep it is; so that going back needs no name. What a
 * server says of a folder is bounded: so many entries are told, and so many looked at, whatever their names are.
 */
#ifndef BK_PICKER_BROWSE_H
#define BK_PICKER_BROWSE_H

#include "client.h"

/* Entries that are looked at, of which those are told whose names can be. */
#define BK_BROWSE_SEEN_MAX 4000U
/* So long the sizes of files are asked for, each by itself; those of the rest stay untold. */
#define BK_BROWSE_SIZES_MS 1500U

/* Fids beyond the folders'. */
#define BK_BROWSE_FID_LIST (BK_PICKER_DEPTH_MAX + 1)
#define BK_BROWSE_FID_FILE (BK_PICKER_DEPTH_MAX + 2)

struct bk_browse_entry {
    enum bk_picker_kind kind;
    uint64_t size; /* or BK_PICKER_NO_SIZE */
    char name[BK_PICKER_NAME_MAX + 1];
};

struct bk_browse {
    struct bk_ninep_client *client;
    uint32_t depth; /* the fid of the folder that one is in */
    size_t count;
    bool more; /* than are told */
    struct bk_browse_entry entries[BK_PICKER_ENTRIES_MAX];
};

/* What is in the folder; on any verdict but good there are no entries. */
enum bk_verdict bk_browse_list(struct bk_browse *browse);
/* Into a folder of this one, and lists it: one stays where one is when that does not go. The depth is not reached. */
enum bk_verdict bk_browse_enter(struct bk_browse *browse, const char *name);
/* Back to the folder above, which there is, and lists it. */
enum bk_verdict bk_browse_up(struct bk_browse *browse);

#endif
