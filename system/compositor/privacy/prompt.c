/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct bk_prompt *prompt)
{
    free(prompt->app);
    free(prompt->app_name);
    free(prompt->permission);
    free(prompt->reason);
    free(prompt->paste_from);
    prompt->app = prompt->app_name = prompt->permission = prompt->reason = prompt->paste_from = NULL;
    prompt->open = false;
    prompt->seen = false;
    prompt->owner = 0;
    prompt->hover = prompt->pressed = prompt->focus = BK_PROMPT_NOTHING;
}

unsigned bk_prompt_choices(const struct bk_prompt *prompt)
{
    return prompt->paste_from != NULL ? BK_PROMPT_PASTE_CHOICES : BK_CHOICES;
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

/* False when there is no memory. */
static bool take_content(struct bk_prompt *prompt, const struct bk_prompt_content *content)
{
    prompt->app = strdup(content->app);
    prompt->app_name = clean(content->app_name, BK_PROMPT_NAME_BYTES);
    if (prompt->app == NULL || prompt->app_name == NULL)
        return false;
    if (content->permission == NULL) {
        prompt->paste_from = clean(content->paste_from, BK_PROMPT_NAME_BYTES);
        prompt->paste_words = bk_paste_words_of(content->paste_type);
        return prompt->paste_from != NULL;
    }
    prompt->permission = strdup(content->permission);
    prompt->reason = clean(content->reason, BK_PROMPT_REASON_BYTES);
    return prompt->permission != NULL && prompt->reason != NULL;
}

int bk_prompt_ask(struct bk_prompt *prompt, pid_t owner, int64_t id, const struct bk_prompt_content *content)
{
    if (prompt->open)
        return -EBUSY;
    if ((content->permission != NULL && !bk_permission_name_is_fine(content->permission)) || content->app[0] == '\0' ||
        strlen(content->app) > BK_PROMPT_APP_BYTES)
        return -EINVAL;
    forget(prompt);
    if (!take_content(prompt, content)) {
        forget(prompt);
        return -ENOMEM;
    }
    prompt->open = true;
    prompt->owner = owner;
    prompt->id = id;
    prompt->revision++;
    say_asking(prompt);
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
    const unsigned choices = prompt->paste_from != NULL ? BK_CHOICE_ONCE + 1 : BK_CHOICES;

    end(prompt);
    if (prompt->listener.answered != NULL)
        prompt->listener.answered(id, part < choices ? (enum bk_choice)part : BK_CHOICES, prompt->listener.userdata);
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
        answer(prompt, pressed);
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

static unsigned step(unsigned focus, unsigned choices, enum bk_prompt_key key)
{
    const bool choice = focus < choices;

    if (focus == BK_PROMPT_NOTHING)
        return key == BK_PROMPT_KEY_BACK ? BK_PROMPT_CLOSE : 0;
    switch (key) {
    case BK_PROMPT_KEY_NEXT:
        return !choice ? 0 : focus + 1 < choices ? focus + 1 : BK_PROMPT_CLOSE;
    case BK_PROMPT_KEY_BACK:
        return !choice ? choices - 1 : focus > 0 ? focus - 1 : BK_PROMPT_CLOSE;
    case BK_PROMPT_KEY_LEFT:
        return choice ? focus & ~1U : focus;
    case BK_PROMPT_KEY_RIGHT:
        return choice ? focus | 1U : focus;
    case BK_PROMPT_KEY_UP:
        return focus >= 2 && choice ? focus - 2 : BK_PROMPT_CLOSE;
    case BK_PROMPT_KEY_DOWN:
        return !choice ? 1 : focus + 2 < choices ? focus + 2 : focus;
    case BK_PROMPT_KEY_PRESS:
    case BK_PROMPT_KEY_ESCAPE:
        break;
    }
    return focus;
}

void bk_prompt_key(struct bk_prompt *prompt, enum bk_prompt_key key, uint64_t now_ms)
{
    if (!bk_prompt_is_ready(prompt, now_ms))
        return;
    if (key == BK_PROMPT_KEY_ESCAPE) {
        answer(prompt, BK_PROMPT_CLOSE);
    } else if (key == BK_PROMPT_KEY_PRESS) {
        if (prompt->focus != BK_PROMPT_NOTHING)
            answer(prompt, prompt->focus);
    } else {
        prompt->focus = step(prompt->focus, bk_prompt_choices(prompt), key);
        say_changed(prompt);
    }
}
