/* SPDX-License-Identifier: Apache-2.0 */
#include "browse.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#define FLAGS_FOLDER 0x00010000U /* O_RDONLY | O_DIRECTORY */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Keeps what can be told: folders and what may be a file, of a name that leads nowhere else. What begins with a dot is
 * not for a person's eyes, by the convention of the systems that have such names. */
static void keep(struct bk_browse *browse, const struct bk_ninep_entry *entry)
{
    const bool folder = (entry->qid_type & BK_NINEP_QID_FOLDER) != 0;

    if (!bk_picker_is_name(entry->name, entry->length) || entry->name[0] == '.' ||
        (!folder && entry->qid_type != BK_NINEP_QID_FILE))
        return;
    if (browse->count == BK_PICKER_ENTRIES_MAX) {
        browse->more = true;
        return;
    }
    struct bk_browse_entry *kept = &browse->entries[browse->count++];
    *kept = (struct bk_browse_entry){ .kind = folder ? BK_PICKER_FOLDER : BK_PICKER_FILE, .size = BK_PICKER_NO_SIZE };
    memcpy(kept->name, entry->name, entry->length);
}

/* Reads the open folder BK_BROWSE_FID_LIST to its end, or to the bound. */
static enum bk_verdict read_entries(struct bk_browse *browse)
{
    uint64_t offset = 0;
    unsigned seen = 0;

    while (!browse->more) {
        struct bk_ninep_entry entry;
        enum bk_verdict verdict = bk_ninep_readdir(browse->client, BK_BROWSE_FID_LIST, offset);
        const unsigned before = seen;

        if (verdict != BK_VERDICT_GOOD)
            return verdict;
        while (!browse->more && bk_ninep_take_entry(&browse->client->says, &entry)) {
            offset = entry.next;
            keep(browse, &entry);
            if (++seen == BK_BROWSE_SEEN_MAX)
                browse->more = true;
        }
        if (browse->client->says.bad)
            return BK_VERDICT_BROKEN;
        if (seen == before)
            break; /* the end */
    }
    return BK_VERDICT_GOOD;
}

/* Asks for one size. That there is none is no failure of the list: the file may be gone by now. */
static enum bk_verdict ask_size(struct bk_browse *browse, struct bk_browse_entry *entry)
{
    struct bk_ninep_about about;
    enum bk_verdict verdict = bk_ninep_walk(browse->client, browse->depth, BK_BROWSE_FID_LIST, entry->name, NULL);

    if (verdict == BK_VERDICT_REFUSED)
        return BK_VERDICT_GOOD;
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    verdict = bk_ninep_about(browse->client, BK_BROWSE_FID_LIST, &about);
    if (verdict == BK_VERDICT_GOOD)
        entry->size = about.size;
    else if (verdict != BK_VERDICT_REFUSED)
        return verdict;
    return bk_ninep_clunk(browse->client, BK_BROWSE_FID_LIST);
}

static enum bk_verdict ask_sizes(struct bk_browse *browse)
{
    const uint64_t until_ms = now_ms() + BK_BROWSE_SIZES_MS;
    enum bk_verdict verdict = BK_VERDICT_GOOD;

    for (size_t i = 0; verdict == BK_VERDICT_GOOD && i < browse->count && now_ms() < until_ms; i++) {
        if (browse->entries[i].kind == BK_PICKER_FILE)
            verdict = ask_size(browse, &browse->entries[i]);
    }
    return verdict;
}

enum bk_verdict bk_browse_list(struct bk_browse *browse)
{
    struct bk_ninep_client *client = browse->client;

    browse->count = 0;
    browse->more = false;
    enum bk_verdict verdict = bk_ninep_walk(client, browse->depth, BK_BROWSE_FID_LIST, NULL, NULL);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    verdict = bk_ninep_open_fid(client, BK_BROWSE_FID_LIST, FLAGS_FOLDER);
    if (verdict == BK_VERDICT_GOOD)
        verdict = read_entries(browse);
    if (verdict == BK_VERDICT_GOOD || verdict == BK_VERDICT_REFUSED) {
        enum bk_verdict last = bk_ninep_clunk(client, BK_BROWSE_FID_LIST);
        verdict = last == BK_VERDICT_GOOD ? verdict : last;
    }
    if (verdict == BK_VERDICT_GOOD)
        verdict = ask_sizes(browse);
    if (verdict != BK_VERDICT_GOOD)
        browse->count = 0;
    return verdict;
}

/* The fid of the folder is given up; it was good, so that who refuses that breaks the rules. */
static enum bk_verdict leave(struct bk_browse *browse)
{
    enum bk_verdict verdict = bk_ninep_clunk(browse->client, browse->depth);

    browse->depth--;
    return verdict == BK_VERDICT_REFUSED ? BK_VERDICT_BROKEN : verdict;
}

enum bk_verdict bk_browse_enter(struct bk_browse *browse, const char *name)
{
    uint8_t type = 0;

    assert(browse->depth < BK_PICKER_DEPTH_MAX);
    enum bk_verdict verdict = bk_ninep_walk(browse->client, browse->depth, browse->depth + 1, name, &type);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    browse->depth++;
    /* What is no folder, or may not be read, is refused by who is asked to open it. */
    verdict = (type & BK_NINEP_QID_FOLDER) != 0 ? bk_browse_list(browse) : BK_VERDICT_REFUSED;
    if (verdict != BK_VERDICT_REFUSED)
        return verdict;
    verdict = leave(browse);
    return verdict == BK_VERDICT_GOOD ? BK_VERDICT_REFUSED : verdict;
}

enum bk_verdict bk_browse_up(struct bk_browse *browse)
{
    assert(browse->depth > 0);
    enum bk_verdict verdict = leave(browse);

    return verdict == BK_VERDICT_GOOD ? bk_browse_list(browse) : verdict;
}
