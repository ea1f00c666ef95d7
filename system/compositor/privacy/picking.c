/* SPDX-License-Identifier: Apache-2.0 */
#include "picking.h"

#include "text.h"
#include "writing.h"

#include "checked.h"
#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const bk_picking_kind_names[BK_PICKING_KINDS] = {
    [BK_PICKING_PLACE] = "place",
    [BK_PICKING_FOLDER] = "folder",
    [BK_PICKING_FILE] = "file",
};
static_assert(BK_PICKING_KINDS == 3, "a name for each");

const char *const bk_picking_note_names[BK_PICKING_NOTES] = {
    [BK_PICKING_SILENT] = "silent",  [BK_PICKING_GONE] = "gone", [BK_PICKING_REFUSED] = "refused",
    [BK_PICKING_NO_FILE] = "noFile", [BK_PICKING_DEEP] = "deep", [BK_PICKING_BAD_NAME] = "badName",
    [BK_PICKING_EXISTS] = "exists",
};
static_assert(BK_PICKING_NOTES == 7, "a name for each");

/* NULL stays NULL. False when memory ends. */
static bool copy(char **to, const char *text, size_t max)
{
    *to = text != NULL ? bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE) : NULL;
    return text == NULL || *to != NULL;
}

/* ---- pages ---- */

static void free_entries(struct bk_picking_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(entries[i].name);
        free(entries[i].app);
        free(entries[i].app_name);
    }
    free(entries);
}

static bool copy_entry(struct bk_picking_entry *entry, const struct bk_picking_entry_content *content)
{
    entry->kind = content->kind;
    entry->size = content->size;
    if (!copy(&entry->name, content->name, BK_PICKING_NAME_BYTES) ||
        !copy(&entry->app, content->app, BK_PICKING_APP_BYTES) ||
        !copy(&entry->app_name, content->app_name, BK_PICKING_NAME_BYTES))
        return false;
    entry->plain = strcmp(entry->name, content->name) == 0;
    return true;
}

static bool is_fine(const struct bk_picking_page *page)
{
    bool fine = page->count <= BK_PICKING_ENTRIES_MAX && (page->note == BK_PICKING_NOTES || page->note_name != NULL);

    for (size_t i = 0; fine && i < page->count; i++)
        fine = page->entries[i].name != NULL && (page->entries[i].kind != BK_PICKING_PLACE ||
                                                 page->entries[i].app_name != NULL || page->entries[i].app == NULL);
    return fine;
}

int bk_picking_turn(struct bk_picking *picking, const struct bk_picking_page *page)
{
    _cleanup_free_ char *place = NULL;
    _cleanup_free_ char *note_name = NULL;

    if (!is_fine(page))
        return -EINVAL;
    struct bk_picking_entry *entries = calloc(page->count + 1, sizeof *entries);
    bool whole = entries != NULL && copy(&place, page->place, BK_PICKING_NAME_BYTES) &&
                 copy(&note_name, page->note_name, BK_PICKING_NAME_BYTES);
    for (size_t i = 0; whole && i < page->count; i++)
        whole = copy_entry(&entries[i], &page->entries[i]);
    if (!whole) {
        if (entries != NULL)
            free_entries(entries, page->count);
        return -ENOMEM;
    }
    free_entries(picking->entries, picking->count);
    free(picking->place);
    free(picking->note_name);
    picking->entries = entries;
    picking->count = page->count;
    picking->place = TAKE_PTR(place);
    picking->note_name = TAKE_PTR(note_name);
    picking->number = page->number;
    picking->back = page->back;
    picking->more = page->more;
    picking->note = page->note;
    picking->waiting = false;
    picking->scroll = 0;
    picking->first = 0;
    picking->cursor = page->count;
    picking->typed[0] = '\0';
    picking->revision++;
    return 0;
}

/* "Shows .txt and .md": which files there are to see. */
static void make_hint(struct bk_picking *picking, const struct bk_picking_content *content)
{
    size_t used = 0;

    for (size_t i = 0; i < content->n_endings; i++) {
        const char *between = i == 0 ? "Only " : i + 1 == content->n_endings ? " and " : ", ";
        _cleanup_free_ char *ending = NULL;
        if (!copy(&ending, content->endings[i], BK_PICKING_TYPED_BYTES) || ending == NULL ||
            used + strlen(between) + strlen(ending) >= sizeof picking->hint)
            return;
        used = (size_t)(stpcpy(stpcpy(picking->hint + used, between), ending) - picking->hint);
    }
}

int bk_picking_init(struct bk_picking *picking, const struct bk_picking_content *content)
{
    _cleanup_free_ char *name = NULL;

    *picking = (struct bk_picking){ .saving = content->save_as != NULL, .size = content->size, .fresh = true };
    if (content->n_endings > BK_PICKING_ENDINGS_MAX || (picking->saving && content->save_as[0] == '\0'))
        return -EINVAL;
    if (!copy(&name, content->save_as, BK_PICKING_NAME_BYTES))
        return -ENOMEM;
    if (name != NULL)
        memcpy(picking->name, name, strlen(name) + 1);
    picking->caret = strlen(picking->name);
    make_hint(picking, content);
    return bk_picking_turn(picking, &content->page);
}

void bk_picking_finish(struct bk_picking *picking)
{
    free_entries(picking->entries, picking->count);
    free(picking->place);
    free(picking->note_name);
    *picking = (struct bk_picking){ .saving = false };
}

/* ---- where the person is ---- */

static void clamp(struct bk_picking *picking)
{
    const int most = bk_max((int)picking->count * picking->row - picking->view, 0);

    picking->scroll = bk_max(bk_min(picking->scroll, most), 0);
}

void bk_picking_set_view(struct bk_picking *picking, int view, int row)
{
    assert(row > 0);
    picking->view = view;
    picking->row = row;
    clamp(picking);
    picking->first = (size_t)(picking->scroll / row);
}

void bk_picking_scroll(struct bk_picking *picking, int pixels)
{
    const int before = picking->scroll;

    /* What is scrolled at once is a hand's doing, or nonsense. */
    picking->scroll += bk_max(bk_min(pixels, INT_MAX / 4), INT_MIN / 4);
    clamp(picking);
    picking->revision += picking->scroll != before;
}

static void show_cursor(struct bk_picking *picking)
{
    const int top = (int)picking->cursor * picking->row;

    if (top < picking->scroll)
        picking->scroll = top;
    else if (top + picking->row > picking->scroll + picking->view)
        picking->scroll = top + picking->row - picking->view;
    clamp(picking);
    picking->revision++;
}

bool bk_picking_step(struct bk_picking *picking, int by)
{
    const int last = (int)picking->count - 1;

    if (picking->count == 0)
        return false;
    /* From nowhere it comes in from the end that it goes away from. */
    const int from = picking->cursor < picking->count ? (int)picking->cursor : by > 0 ? -1 : (int)picking->count;
    picking->cursor = (size_t)bk_max(bk_min(from + by, last), 0);
    show_cursor(picking);
    return true;
}

bool bk_picking_seek(struct bk_picking *picking, const char *text, uint64_t now_ms)
{
    const bool anew = now_ms >= picking->typed_ms + BK_PICKING_TYPED_MS;
    size_t used = anew ? 0 : strlen(picking->typed);

    if (!bk_writing_is_text(text) || (used == 0 && text[0] == ' ') || used + strlen(text) > BK_PICKING_TYPED_BYTES)
        return false;
    memcpy(picking->typed + used, text, strlen(text) + 1);
    used += strlen(text);
    picking->typed_ms = now_ms;
    for (size_t i = 0; i < picking->count; i++) {
        if (strncasecmp(picking->entries[i].name, picking->typed, used) != 0)
            continue;
        picking->cursor = i;
        show_cursor(picking);
        break;
    }
    return true;
}

/* ---- the name ---- */

bool bk_picking_has_field(const struct bk_picking *picking)
{
    return picking->saving && picking->note == BK_PICKING_NOTES;
}

bool bk_picking_can_save(const struct bk_picking *picking)
{
    if (!picking->saving || picking->place == NULL)
        return false;
    return picking->note == BK_PICKING_EXISTS || (picking->note == BK_PICKING_NOTES && picking->name[0] != '\0');
}

size_t bk_picking_fresh_bytes(const struct bk_picking *picking)
{
    const char *dot = strrchr(picking->name, '.');

    if (!picking->fresh)
        return 0;
    return dot != NULL && dot != picking->name ? (size_t)(dot - picking->name) : strlen(picking->name);
}

/* Takes out what would be replaced. */
static void clear_fresh(struct bk_picking *picking)
{
    const size_t bytes = bk_picking_fresh_bytes(picking);

    memmove(picking->name, picking->name + bytes, strlen(picking->name) - bytes + 1);
    if (picking->fresh)
        picking->caret = 0;
    picking->fresh = false;
}

void bk_picking_write(struct bk_picking *picking, const char *text)
{
    if (!bk_writing_is_text(text) || strchr(text, '/') != NULL)
        return;
    clear_fresh(picking);
    if (bk_writing_put(picking->name, BK_PICKING_NAME_BYTES, &picking->caret, text))
        picking->revision++;
}

void bk_picking_erase(struct bk_picking *picking)
{
    if (picking->fresh)
        clear_fresh(picking);
    else
        bk_writing_erase(picking->name, &picking->caret);
    picking->revision++;
}

void bk_picking_caret(struct bk_picking *picking, int by)
{
    picking->fresh = false;
    bk_writing_move(picking->name, &picking->caret, by);
    picking->revision++;
}

void bk_picking_take_name(struct bk_picking *picking, size_t entry)
{
    const struct bk_picking_entry *taken = &picking->entries[entry];

    if (!taken->plain)
        return;
    memcpy(picking->name, taken->name, strlen(taken->name) + 1);
    picking->caret = strlen(picking->name);
    picking->fresh = false;
    picking->revision++;
}
