/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clipboard.h"

#include "broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bk_clipboard_init(struct bk_clipboard *clipboard, struct bk_broker *broker,
                       const struct bk_clipboard_events *events, void *userdata)
{
    clipboard->broker = broker;
    clipboard->events = events;
    clipboard->userdata = userdata;
}

static void remove_entry(struct bk_clipboard *clipboard, unsigned index)
{
    struct bk_clipboard_entry *entry = clipboard->entries[index];

    clipboard->n_entries--;
    memmove(&clipboard->entries[index], &clipboard->entries[index + 1],
            (clipboard->n_entries - index) * sizeof(struct bk_clipboard_entry *));
    bk_clip_fetch_cancel(entry->fetch);
    bk_clip_unref(entry->clip);
    free(entry);
}

void bk_clipboard_clear(struct bk_clipboard *clipboard)
{
    while (clipboard->n_entries > 0)
        remove_entry(clipboard, clipboard->n_entries - 1);
    clipboard->from = NULL;
    clipboard->source = NULL;
}

int bk_clipboard_replace(struct bk_clipboard *clipboard, struct bk_app *from, struct bk_connection *source,
                         const char *const *types, unsigned n_types)
{
    bk_clipboard_clear(clipboard);
    clipboard->generation++;
    for (unsigned i = 0; i < n_types; i++) {
        struct bk_clipboard_entry *entry = calloc(1, sizeof *entry);
        if (entry == NULL) {
            bk_clipboard_clear(clipboard);
            return -ENOMEM;
        }
        entry->clipboard = clipboard;
        snprintf(entry->type, sizeof entry->type, "%s", types[i]);
        clipboard->entries[clipboard->n_entries++] = entry;
    }
    clipboard->from = from;
    clipboard->source = source;
    return 0;
}

/* What cannot be had any more is not there any more. */
static void sweep(struct bk_clipboard *clipboard)
{
    const unsigned before = clipboard->n_entries;

    for (unsigned i = before; clipboard->source == NULL && i > 0; i--) {
        if (clipboard->entries[i - 1]->clip == NULL && clipboard->entries[i - 1]->fetch == NULL)
            remove_entry(clipboard, i - 1);
    }
    if (clipboard->n_entries == 0)
        clipboard->from = NULL;
    if (clipboard->n_entries != before)
        clipboard->events->changed(clipboard->userdata);
}

void bk_clipboard_source_left(struct bk_clipboard *clipboard)
{
    clipboard->source = NULL;
    sweep(clipboard);
}

struct bk_clipboard_entry *bk_clipboard_find(const struct bk_clipboard *clipboard, const char *type)
{
    for (unsigned i = 0; i < clipboard->n_entries; i++) {
        if (strcmp(clipboard->entries[i]->type, type) == 0)
            return clipboard->entries[i];
    }
    return NULL;
}

/* ---- data ---- */

/* Of all data that are here or on their way. */
static size_t total_size(const struct bk_clipboard *clipboard)
{
    size_t total = 0;

    for (unsigned i = 0; i < clipboard->n_entries; i++) {
        const struct bk_clipboard_entry *entry = clipboard->entries[i];
        total += entry->clip != NULL ? entry->clip->size : 0;
        total += entry->fetch != NULL ? bk_clip_fetch_size(entry->fetch) : 0;
    }
    return total;
}

/* Makes room: what can be asked for again goes. */
static bool on_announced(size_t size, void *userdata)
{
    const struct bk_clipboard_entry *entry = userdata;
    const struct bk_clipboard *clipboard = entry->clipboard;

    for (unsigned i = clipboard->n_entries;
         clipboard->source != NULL && i > 0 && total_size(clipboard) + size > BK_CLIPBOARD_SIZE_MAX; i--) {
        bk_clip_unref(clipboard->entries[i - 1]->clip);
        clipboard->entries[i - 1]->clip = NULL;
    }
    return total_size(clipboard) + size <= BK_CLIPBOARD_SIZE_MAX;
}

static void on_fetched(struct bk_clip *clip, const char *fault, void *userdata)
{
    struct bk_clipboard_entry *entry = userdata;
    struct bk_clipboard *clipboard = entry->clipboard;

    if (fault != NULL)
        bk_broker_log_refusal(clipboard->from, fault);
    entry->fetch = NULL;
    entry->clip = clip;
    clipboard->events->resolved(entry->type, clip, clipboard->userdata);
    sweep(clipboard);
}

int bk_clipboard_fetch(struct bk_clipboard_entry *entry, struct bk_stream_token *ret_token)
{
    static const struct bk_clip_fetch_events events = { .announced = on_announced, .fetched = on_fetched };
    struct bk_clipboard *clipboard = entry->clipboard;

    return bk_clip_fetch(clipboard->broker, clipboard->from, &events, entry, ret_token, &entry->fetch);
}
