/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt.h"

#include "checked.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const bk_prompt_kind_names[BK_PROMPT_KINDS] = {
    [BK_PROMPT_PERMISSION] = "permission",
    [BK_PROMPT_PASTE] = "paste",
    [BK_PROMPT_OPENING] = "opening",
    [BK_PROMPT_FILE] = "file",
};

const char *const bk_prompt_act_names[BK_PROMPT_ACTS] = {
    [BK_PROMPT_DID_CHOOSE] = "choose",   [BK_PROMPT_DID_BACK] = "back",   [BK_PROMPT_DID_SAVE] = "save",
    [BK_PROMPT_DID_REPLACE] = "replace", [BK_PROMPT_DID_CLOSE] = "close",
};
static_assert(BK_PROMPT_ACTS == 5, "a name for each");

static void forget(struct bk_prompt *prompt)
{
    free(prompt->app);
    free(prompt->app_name);
    free(prompt->permission);
    free(prompt->reason);
    bk_reach_finish(&prompt->reach);
    free(prompt->paste_from);
    prompt->app = prompt->app_name = prompt->permission = prompt->reason = prompt->paste_from = NULL;
    prompt->hosts_scroll = prompt->hosts_view = prompt->hosts_line = prompt->hosts_height = 0;
    bk_opening_finish(&prompt->opening);
    bk_picking_finish(&prompt->picking);
    prompt->open = false;
    prompt->seen = false;
    prompt->owner = 0;
    prompt->hover = prompt->pressed = prompt->focus = BK_PROMPT_NOTHING;
}

unsigned bk_prompt_choices(const struct bk_prompt *prompt)
{
    static const unsigned choices[BK_PROMPT_KINDS] = {
        [BK_PROMPT_PERMISSION] = BK_CHOICES, [BK_PROMPT_PASTE] = BK_PROMPT_PASTE_CHOICES
    };

    return choices[prompt->kind];
}

void bk_prompt_finish(struct bk_prompt *prompt)
{
    forget(prompt);
}

static void say_changed(struct bk_prompt *prompt)
{
    if (prompt->listener.changed != NULL)
        prompt->listener.changed(prompt->listener.userdata);
}

static void say_asking(struct bk_prompt *prompt)
{
    if (prompt->listener.asking != NULL)
        prompt->listener.asking(prompt->open, prompt->listener.userdata);
    say_changed(prompt);
}

static void end(struct bk_prompt *prompt)
{
    forget(prompt);
    say_asking(prompt);
}

static char *clean(const char *text, size_t max)
{
    return bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE);
}

static int take_permission(struct bk_prompt *prompt, const struct bk_prompt_content *content)
{
    if (!bk_permission_name_is_fine(content->permission))
        return -EINVAL;
    prompt->permission = strdup(content->permission);
    prompt->reason = clean(content->reason, BK_PROMPT_REASON_BYTES);
    if (prompt->permission == NULL || prompt->reason == NULL)
        return -ENOMEM;
    return bk_reach_init(&prompt->reach, &content->reach);
}

static int take_paste(struct bk_prompt *prompt, const struct bk_prompt_content *content)
{
    prompt->paste_from = clean(content->paste_from, BK_PROMPT_NAME_BYTES);
    prompt->paste_words = bk_paste_words_of(content->paste_type);
    return prompt->paste_from != NULL ? 0 : -ENOMEM;
}

static int take_content(struct bk_prompt *prompt, const struct bk_prompt_content *content)
{
    if (content->app[0] == '\0' || strlen(content->app) > BK_PROMPT_APP_BYTES)
        return -EINVAL;
    prompt->kind = content->kind;
    prompt->app = strdup(content->app);
    prompt->app_name = clean(content->app_name, BK_PROMPT_NAME_BYTES);
    if (prompt->app == NULL || prompt->app_name == NULL)
        return -ENOMEM;
    switch (content->kind) {
    case BK_PROMPT_PERMISSION:
        return take_permission(prompt, content);
    case BK_PROMPT_PASTE:
        return take_paste(prompt, content);
    case BK_PROMPT_OPENING:
        return bk_opening_init(&prompt->opening, &content->opening);
    case BK_PROMPT_FILE:
        return bk_picking_init(&prompt->picking, &content->picking);
    case BK_PROMPT_KINDS:
        break;
    }
    return -EINVAL;
}

int bk_prompt_ask(struct bk_prompt *prompt, pid_t owner, int64_t id, const struct bk_prompt_content *content)
{
    if (prompt->open)
        return -EBUSY;
    forget(prompt);
    int r = take_content(prompt, content);
    if (r < 0) {
        forget(prompt);
        return r;
    }
    prompt->open = true;
    prompt->owner = owner;
    prompt->id = id;
    prompt->revision++;
    say_asking(prompt);
    return 0;
}

int bk_prompt_turn(struct bk_prompt *prompt, int64_t id, const struct bk_picking_page *page)
{
    if (!prompt->open || prompt->id != id || prompt->kind != BK_PROMPT_FILE)
        return -ENOENT;
    int r = bk_picking_turn(&prompt->picking, page);
    if (r < 0)
        return r;
    prompt->revision++;
    prompt->seen = false;
    prompt->pressed = prompt->focus = BK_PROMPT_NOTHING; /* the hover is where the pointer is */
    say_changed(prompt);
    return 0;
}

int bk_prompt_withdraw(struct bk_prompt *prompt, int64_t id)
{
    if (!prompt->open || prompt->id != id)
        return -ENOENT;
    end(prompt);
    return 0;
}

void bk_prompt_owner_came(struct bk_prompt *prompt, pid_t owner)
{
    prompt->listening = owner;
    if (prompt->open && prompt->owner != owner)
        end(prompt);
    else
        say_changed(prompt);
}

void bk_prompt_owner_left(struct bk_prompt *prompt, pid_t owner)
{
    if (prompt->listening == owner)
        prompt->listening = 0;
    if (prompt->open && prompt->owner == owner)
        end(prompt);
}

void bk_prompt_presented(struct bk_prompt *prompt, uint64_t now_ms)
{
    if (!prompt->open || prompt->seen)
        return;
    prompt->seen = true;
    prompt->seen_ms = now_ms;
}

void bk_prompt_moved(struct bk_prompt *prompt)
{
    if (!prompt->open)
        return;
    prompt->seen = false;
    prompt->hover = prompt->pressed = BK_PROMPT_NOTHING;
    say_changed(prompt);
}

uint64_t bk_prompt_ready_ms(const struct bk_prompt *prompt)
{
    return prompt->open && prompt->seen ? prompt->seen_ms + BK_PROMPT_GUARD_MS : UINT64_MAX;
}

bool bk_prompt_is_ready(const struct bk_prompt *prompt, uint64_t now_ms)
{
    return now_ms >= bk_prompt_ready_ms(prompt) && prompt->listening != 0 && prompt->owner == prompt->listening;
}

static void answer(struct bk_prompt *prompt, unsigned part)
{
    int64_t id = prompt->id;
    /* Whether to paste is asked once and for this time: no is no choice that is kept. */
    const unsigned choices = prompt->kind == BK_PROMPT_PASTE ? BK_CHOICE_ONCE + 1 : BK_CHOICES;

    end(prompt);
    if (prompt->listener.answered != NULL)
        prompt->listener.answered(id, part < choices ? (enum bk_choice)part : BK_CHOICES, prompt->listener.userdata);
}

/* The app at this place, or none. */
static void open_with(struct bk_prompt *prompt, unsigned part)
{
    const bool opener = part >= BK_PROMPT_OPENER, always = opener && prompt->opening.always;
    const bool fresh = opener && prompt->opening.fresh;
    const int64_t id = prompt->id;
    /* It outlives the question. */
    char *app = opener ? bk_opening_take_app(&prompt->opening, part - BK_PROMPT_OPENER) : NULL;

    end(prompt);
    if (prompt->listener.opened != NULL)
        prompt->listener.opened(id, app, always, fresh, prompt->listener.userdata);
    free(app);
}

/* ---- hosts ---- */

/* So much of their list is not to be seen at a time. */
static int hosts_hidden(const struct bk_prompt *prompt)
{
    return bk_max(prompt->hosts_height - prompt->hosts_view, 0);
}

static void scroll_hosts(struct bk_prompt *prompt, int pixels)
{
    const int hidden = hosts_hidden(prompt);

    /* What is scrolled at once is a hand's doing, or nonsense. */
    prompt->hosts_scroll += bk_max(bk_min(pixels, prompt->hosts_height), -prompt->hosts_height);
    prompt->hosts_scroll = bk_max(bk_min(prompt->hosts_scroll, hidden), 0);
}

void bk_prompt_set_hosts_view(struct bk_prompt *prompt, int view, int line, int height)
{
    prompt->hosts_view = view;
    prompt->hosts_line = line;
    prompt->hosts_height = height;
    scroll_hosts(prompt, 0);
}

/* True when the key was one for the list. */
static bool press_hosts_key(struct bk_prompt *prompt, enum bk_prompt_key key)
{
    const bool listed = prompt->focus == BK_PROMPT_LIST || prompt->focus == BK_PROMPT_NOTHING;
    const int line = prompt->hosts_line, page = bk_max(prompt->hosts_view - line, line);

    if (key == BK_PROMPT_KEY_HOME || key == BK_PROMPT_KEY_END)
        scroll_hosts(prompt, key == BK_PROMPT_KEY_END ? prompt->hosts_height : -prompt->hosts_height);
    else if (key == BK_PROMPT_KEY_PAGE_UP || key == BK_PROMPT_KEY_PAGE_DOWN)
        scroll_hosts(prompt, key == BK_PROMPT_KEY_PAGE_DOWN ? page : -page);
    else if (listed && (key == BK_PROMPT_KEY_UP || key == BK_PROMPT_KEY_DOWN))
        scroll_hosts(prompt, key == BK_PROMPT_KEY_DOWN ? line : -line);
    else
        return false;
    say_changed(prompt);
    return true;
}

/* ---- files ---- */

static void tell_deed(struct bk_prompt *prompt, int64_t id, const struct bk_prompt_deed *deed)
{
    if (prompt->listener.did != NULL)
        prompt->listener.did(id, deed, prompt->listener.userdata);
}

/* The person did it, and waits for the next page. */
static void do_and_wait(struct bk_prompt *prompt, enum bk_prompt_act act, size_t entry, uint64_t now_ms)
{
    struct bk_picking *picking = &prompt->picking;
    const struct bk_prompt_deed deed = {
        .page = picking->number, .act = act, .entry = entry, .name = act == BK_PROMPT_DID_SAVE ? picking->name : NULL
    };

    picking->waiting = true;
    picking->waiting_ms = now_ms;
    picking->revision++;
    tell_deed(prompt, prompt->id, &deed);
    say_changed(prompt);
}

static void choose_entry(struct bk_prompt *prompt, size_t entry, uint64_t now_ms)
{
    struct bk_picking *picking = &prompt->picking;

    if (picking->waiting || entry >= picking->count)
        return;
    if (picking->saving && picking->entries[entry].kind == BK_PICKING_FILE) {
        bk_picking_take_name(picking, entry);
        say_changed(prompt);
    } else {
        do_and_wait(prompt, BK_PROMPT_DID_CHOOSE, entry, now_ms);
    }
}

static void activate_file(struct bk_prompt *prompt, unsigned part, uint64_t now_ms)
{
    struct bk_picking *picking = &prompt->picking;

    if (part == BK_PROMPT_CLOSE) {
        const struct bk_prompt_deed deed = { .page = picking->number, .act = BK_PROMPT_DID_CLOSE };
        const int64_t id = prompt->id;
        end(prompt);
        tell_deed(prompt, id, &deed);
    } else if (part == BK_PROMPT_BACK && picking->back) {
        do_and_wait(prompt, BK_PROMPT_DID_BACK, 0, now_ms);
    } else if (part == BK_PROMPT_SAVE && bk_picking_can_save(picking) && !picking->waiting) {
        do_and_wait(prompt, picking->note == BK_PICKING_EXISTS ? BK_PROMPT_DID_REPLACE : BK_PROMPT_DID_SAVE, 0, now_ms);
    } else if (part == BK_PROMPT_NAME) {
        prompt->focus = BK_PROMPT_NAME;
        say_changed(prompt);
    } else if (part == BK_PROMPT_LIST) {
        choose_entry(prompt, picking->cursor, now_ms);
    } else if (part >= BK_PROMPT_ROW && part < BK_PROMPT_PARTS) {
        choose_entry(prompt, picking->first + (part - BK_PROMPT_ROW), now_ms);
    }
}

static void activate(struct bk_prompt *prompt, unsigned part, uint64_t now_ms)
{
    if (prompt->kind == BK_PROMPT_FILE) {
        activate_file(prompt, part, now_ms);
        return;
    }
    if (part == BK_PROMPT_LIST)
        return; /* hosts are there to be read */
    if (part == BK_PROMPT_ALWAYS) {
        bk_opening_mark_always(&prompt->opening);
        say_changed(prompt);
    } else if (part == BK_PROMPT_FRESH) {
        bk_opening_mark_fresh(&prompt->opening);
        say_changed(prompt);
    } else if (part == BK_PROMPT_MORE) {
        bk_opening_turn(&prompt->opening);
        say_changed(prompt);
    } else if (prompt->kind == BK_PROMPT_OPENING) {
        open_with(prompt, part);
    } else {
        answer(prompt, part);
    }
}

void bk_prompt_point(struct bk_prompt *prompt, unsigned part)
{
    if (part == prompt->hover)
        return;
    prompt->hover = part;
    say_changed(prompt);
}

void bk_prompt_press(struct bk_prompt *prompt, uint64_t now_ms)
{
    if (!bk_prompt_is_ready(prompt, now_ms))
        return;
    prompt->pressed = prompt->hover;
    prompt->focus = BK_PROMPT_NOTHING;
    say_changed(prompt);
}

void bk_prompt_release(struct bk_prompt *prompt, uint64_t now_ms)
{
    unsigned pressed = prompt->pressed;

    prompt->pressed = BK_PROMPT_NOTHING;
    if (pressed == BK_PROMPT_NOTHING || !bk_prompt_is_ready(prompt, now_ms))
        return;
    if (pressed == prompt->hover)
        activate(prompt, pressed, now_ms);
    else
        say_changed(prompt);
}

void bk_prompt_cancel(struct bk_prompt *prompt)
{
    if (prompt->pressed == BK_PROMPT_NOTHING)
        return;
    prompt->pressed = BK_PROMPT_NOTHING;
    say_changed(prompt);
}

/* All parts that can be pressed, in the order in which the keyboard comes to them; returns how many. */
static unsigned list_parts(const struct bk_prompt *prompt, unsigned parts[static BK_PROMPT_PARTS])
{
    unsigned count = 0;

    if (hosts_hidden(prompt) > 0)
        parts[count++] = BK_PROMPT_LIST;
    for (unsigned i = 0; i < bk_prompt_choices(prompt); i++)
        parts[count++] = i;
    for (unsigned i = 0; i < bk_opening_shown(&prompt->opening); i++)
        parts[count++] = BK_PROMPT_OPENER + i;
    if (bk_opening_has_more(&prompt->opening))
        parts[count++] = BK_PROMPT_MORE;
    if (bk_opening_can_copy(&prompt->opening))
        parts[count++] = BK_PROMPT_FRESH;
    if (bk_opening_can_keep(&prompt->opening))
        parts[count++] = BK_PROMPT_ALWAYS;
    if (prompt->picking.count > 0)
        parts[count++] = BK_PROMPT_LIST;
    if (bk_picking_has_field(&prompt->picking))
        parts[count++] = BK_PROMPT_NAME;
    if (bk_picking_can_save(&prompt->picking))
        parts[count++] = BK_PROMPT_SAVE;
    if (prompt->picking.back)
        parts[count++] = BK_PROMPT_BACK;
    parts[count++] = BK_PROMPT_CLOSE;
    return count;
}

static unsigned step_along(const struct bk_prompt *prompt, bool back)
{
    unsigned parts[BK_PROMPT_PARTS], at = 0;
    const unsigned count = list_parts(prompt, parts);

    while (at < count && parts[at] != prompt->focus)
        at++;
    if (at == count)
        return parts[back ? count - 1 : 0];
    return parts[(at + (back ? count - 1 : 1)) % count];
}

/* From one of the choices to another: they stand two by two. */
static unsigned step_across(unsigned focus, unsigned choices, enum bk_prompt_key key)
{
    const bool choice = focus < choices;

    if (focus == BK_PROMPT_NOTHING)
        return 0;
    switch (key) {
    case BK_PROMPT_KEY_LEFT:
        return choice ? focus & ~1U : focus;
    case BK_PROMPT_KEY_RIGHT:
        return choice ? focus | 1U : focus;
    case BK_PROMPT_KEY_UP:
        return focus >= 2 && choice ? focus - 2 : BK_PROMPT_CLOSE;
    case BK_PROMPT_KEY_DOWN:
        return !choice ? 1 : focus + 2 < choices ? focus + 2 : focus;
    case BK_PROMPT_KEY_NEXT:
    case BK_PROMPT_KEY_BACK:
    case BK_PROMPT_KEY_PRESS:
    case BK_PROMPT_KEY_ESCAPE:
    case BK_PROMPT_KEY_ERASE:
    case BK_PROMPT_KEY_HOME:
    case BK_PROMPT_KEY_END:
    case BK_PROMPT_KEY_PAGE_UP:
    case BK_PROMPT_KEY_PAGE_DOWN:
        break;
    }
    return focus;
}

static unsigned step(const struct bk_prompt *prompt, enum bk_prompt_key key)
{
    if (key == BK_PROMPT_KEY_NEXT || key == BK_PROMPT_KEY_BACK)
        return step_along(prompt, key == BK_PROMPT_KEY_BACK);
    if (prompt->kind == BK_PROMPT_OPENING) /* its parts stand one below the other */
        return step_along(prompt, key == BK_PROMPT_KEY_LEFT || key == BK_PROMPT_KEY_UP);
    return step_across(prompt->focus, bk_prompt_choices(prompt), key);
}

/* What a key does in a list of files. */
static void walk_list(struct bk_prompt *prompt, enum bk_prompt_key key)
{
    struct bk_picking *picking = &prompt->picking;
    const int rows = picking->row > 0 ? picking->view / picking->row : 1;
    const int by = key == BK_PROMPT_KEY_DOWN        ? 1
                   : key == BK_PROMPT_KEY_UP        ? -1
                   : key == BK_PROMPT_KEY_PAGE_DOWN ? rows
                   : key == BK_PROMPT_KEY_PAGE_UP   ? -rows
                   : key == BK_PROMPT_KEY_HOME      ? -(int)BK_PICKING_ENTRIES_MAX
                                                    : (int)BK_PICKING_ENTRIES_MAX;

    if (bk_picking_step(picking, by))
        prompt->focus = BK_PROMPT_LIST;
}

/* What a key does in the field for the name; false when it is none of the field's. */
static bool edit_name(struct bk_prompt *prompt, enum bk_prompt_key key)
{
    struct bk_picking *picking = &prompt->picking;

    if (key == BK_PROMPT_KEY_ERASE)
        bk_picking_erase(picking);
    else if (key == BK_PROMPT_KEY_LEFT || key == BK_PROMPT_KEY_RIGHT)
        bk_picking_caret(picking, key == BK_PROMPT_KEY_LEFT ? -1 : 1);
    else if (key == BK_PROMPT_KEY_HOME || key == BK_PROMPT_KEY_END)
        bk_picking_caret(picking, key == BK_PROMPT_KEY_HOME ? -2 : 2);
    else
        return false;
    return true;
}

/* True when the key was one for files. */
static bool press_file_key(struct bk_prompt *prompt, enum bk_prompt_key key, uint64_t now_ms)
{
    const bool named = prompt->focus == BK_PROMPT_NAME && bk_picking_has_field(&prompt->picking);

    if (named && key == BK_PROMPT_KEY_PRESS)
        activate(prompt, BK_PROMPT_SAVE, now_ms);
    else if (named && edit_name(prompt, key))
        say_changed(prompt);
    else if (key == BK_PROMPT_KEY_ERASE)
        activate(prompt, BK_PROMPT_BACK, now_ms);
    else if (key == BK_PROMPT_KEY_UP || key == BK_PROMPT_KEY_DOWN || key >= BK_PROMPT_KEY_HOME) {
        walk_list(prompt, key);
        say_changed(prompt);
    } else {
        return key == BK_PROMPT_KEY_LEFT || key == BK_PROMPT_KEY_RIGHT;
    }
    return true;
}

bool bk_prompt_type(struct bk_prompt *prompt, const char *text, uint64_t now_ms)
{
    if (!prompt->open || prompt->kind != BK_PROMPT_FILE || !bk_prompt_is_ready(prompt, now_ms) ||
        (unsigned char)text[0] < 0x20 || text[0] == 0x7f)
        return false;
    if (bk_picking_has_field(&prompt->picking) && (text[0] != ' ' || prompt->focus == BK_PROMPT_NAME)) {
        bk_picking_write(&prompt->picking, text);
        prompt->focus = BK_PROMPT_NAME;
    } else if (bk_picking_seek(&prompt->picking, text, now_ms)) {
        prompt->focus = prompt->picking.count > 0 ? BK_PROMPT_LIST : BK_PROMPT_NOTHING;
    } else {
        return false;
    }
    say_changed(prompt);
    return true;
}

bool bk_prompt_has_list(const struct bk_prompt *prompt)
{
    return prompt->open && (prompt->kind == BK_PROMPT_FILE || hosts_hidden(prompt) > 0);
}

void bk_prompt_scroll(struct bk_prompt *prompt, int pixels)
{
    if (!bk_prompt_has_list(prompt))
        return;
    prompt->pressed = BK_PROMPT_NOTHING;
    if (prompt->kind == BK_PROMPT_FILE)
        bk_picking_scroll(&prompt->picking, pixels);
    else
        scroll_hosts(prompt, pixels);
    say_changed(prompt);
}

void bk_prompt_key(struct bk_prompt *prompt, enum bk_prompt_key key, uint64_t now_ms)
{
    if (!bk_prompt_is_ready(prompt, now_ms))
        return;
    if (prompt->kind == BK_PROMPT_FILE && press_file_key(prompt, key, now_ms))
        return;
    if (hosts_hidden(prompt) > 0 && press_hosts_key(prompt, key))
        return;
    if (key == BK_PROMPT_KEY_ESCAPE) {
        activate(prompt, BK_PROMPT_CLOSE, now_ms);
    } else if (key == BK_PROMPT_KEY_PRESS) {
        if (prompt->focus != BK_PROMPT_NOTHING)
            activate(prompt, prompt->focus, now_ms);
    } else if (key < BK_PROMPT_KEY_ERASE) {
        prompt->focus = step(prompt, key);
        say_changed(prompt);
    }
}
