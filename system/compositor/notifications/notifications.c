/* SPDX-License-Identifier: Apache-2.0 */
#include "notifications.h"

#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bk_notifications {
    struct bk_notification *items[BK_NOTIFICATIONS_MAX]; /* newest first */
    size_t count;
    uint64_t toast_ms;
    uint64_t revision;
    pid_t listening; /* 0: nobody */
    bool quiet;
    bool held;
    uint64_t held_since_ms;
    struct bk_notifications_listener listener;
};

static void notification_free(struct bk_notification *notification)
{
    if (notification == NULL)
        return;
    free(notification->app);
    free(notification->app_name);
    free(notification->title);
    free(notification->body);
    for (size_t i = 0; i < notification->button_count; i++) {
        free(notification->buttons[i].id);
        free(notification->buttons[i].label);
    }
    free(notification);
}

int bk_notifications_create(uint64_t toast_ms, struct bk_notifications **ret_model)
{
    struct bk_notifications *model = calloc(1, sizeof *model);

    if (model == NULL)
        return -ENOMEM;
    model->toast_ms = toast_ms;
    *ret_model = model;
    return 0;
}

void bk_notifications_destroy(struct bk_notifications *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < model->count; i++)
        notification_free(model->items[i]);
    free(model);
}

void bk_notifications_listen(struct bk_notifications *model, const struct bk_notifications_listener *listener)
{
    model->listener = *listener;
}

static void say_changed(struct bk_notifications *model)
{
    if (model->listener.changed != NULL)
        model->listener.changed(model->listener.userdata);
}

static size_t index_of(const struct bk_notifications *model, int64_t id)
{
    size_t i = 0;

    while (i < model->count && model->items[i]->id != id)
        i++;
    return i;
}

/* Takes an item out of the list; the caller owns it then. */
static struct bk_notification *take(struct bk_notifications *model, size_t index)
{
    assert(index < model->count);
    struct bk_notification *notification = model->items[index];

    model->count--;
    memmove(&model->items[index], &model->items[index + 1], (model->count - index) * sizeof model->items[0]);
    return notification;
}

static bool button_id_is_fine(const struct bk_notification_content *content, size_t index)
{
    const char *id = content->buttons[index].id;

    if (id[0] == '\0' || strlen(id) > BK_NOTIFICATION_BUTTON_ID_BYTES)
        return false;
    for (size_t i = 0; i < index; i++) {
        if (strcmp(content->buttons[i].id, id) == 0)
            return false;
    }
    return true;
}

static char *clean_line(const char *text, size_t max)
{
    return bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE);
}

/* Copies what is shown into a notification without content; what was copied stays in it on failure. */
static int fill(struct bk_notification *made, const struct bk_notification_content *content)
{
    assert(content->button_count <= BK_NOTIFICATION_BUTTONS_MAX);
    made->app = clean_line(content->app, BK_NOTIFICATION_NAME_BYTES);
    made->app_name = clean_line(content->app_name, BK_NOTIFICATION_NAME_BYTES);
    made->title = clean_line(content->title, BK_NOTIFICATION_TITLE_BYTES);
    made->body = bk_text_clean(content->body, strlen(content->body), BK_NOTIFICATION_BODY_BYTES, BK_TEXT_MANY_LINES);
    if (made->app == NULL || made->app_name == NULL || made->title == NULL || made->body == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < content->button_count; i++) {
        if (!button_id_is_fine(content, i))
            return -EINVAL;
        struct bk_notification_button *button = &made->buttons[made->button_count++];
        button->id = strdup(content->buttons[i].id);
        button->label = clean_line(content->buttons[i].label, BK_NOTIFICATION_LABEL_BYTES);
        if (button->id == NULL || button->label == NULL)
            return -ENOMEM;
    }
    return 0;
}

int bk_notifications_show(struct bk_notifications *model, pid_t owner, int64_t id,
                          const struct bk_notification_content *content, uint64_t now_ms, int64_t now_epoch)
{
    size_t old = index_of(model, id);

    if (old == model->count && model->count == BK_NOTIFICATIONS_MAX)
        return -ENOBUFS;
    struct bk_notification *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    int r = fill(made, content);
    if (r < 0) {
        notification_free(made);
        return r;
    }
    made->id = id;
    made->owner = owner;
    made->revision = ++model->revision;
    made->shown_at = now_epoch;
    made->toast = !model->quiet;
    made->toast_until_ms = now_ms + model->toast_ms;

    if (old < model->count)
        notification_free(take(model, old));
    memmove(&model->items[1], &model->items[0], model->count * sizeof model->items[0]);
    model->items[0] = made;
    model->count++;
    say_changed(model);
    return 0;
}

int bk_notifications_withdraw(struct bk_notifications *model, int64_t id)
{
    size_t index = index_of(model, id);

    if (index == model->count)
        return -ENOENT;
    notification_free(take(model, index));
    say_changed(model);
    return 0;
}

/* Ends a notification with an answer to the one who listens, if anybody does. `button` belongs to it, or is NULL. */
static void answer(struct bk_notifications *model, size_t index, const char *button)
{
    struct bk_notification *notification = take(model, index);

    if (model->listener.answered != NULL && notification->owner == model->listening)
        model->listener.answered(notification->id, button, model->listener.userdata);
    notification_free(notification);
}

int bk_notifications_press(struct bk_notifications *model, int64_t id, size_t button)
{
    size_t index = index_of(model, id);

    if (index == model->count || button >= model->items[index]->button_count)
        return -ENOENT;
    if (!bk_notifications_answerable(model, model->items[index]))
        return -ENOTCONN;
    answer(model, index, model->items[index]->buttons[button].id);
    say_changed(model);
    return 0;
}

int bk_notifications_dismiss(struct bk_notifications *model, int64_t id)
{
    size_t index = index_of(model, id);

    if (index == model->count)
        return -ENOENT;
    answer(model, index, NULL);
    say_changed(model);
    return 0;
}

void bk_notifications_dismiss_all(struct bk_notifications *model)
{
    while (model->count > 0)
        answer(model, model->count - 1, NULL);
    say_changed(model);
}

/* Takes away what `owner` showed, or what everybody else did. */
static void drop_owned(struct bk_notifications *model, pid_t owner, bool others)
{
    for (size_t i = model->count; i > 0; i--) {
        if ((model->items[i - 1]->owner == owner) != others)
            notification_free(take(model, i - 1));
    }
}

void bk_notifications_owner_came(struct bk_notifications *model, pid_t owner)
{
    model->listening = owner;
    drop_owned(model, owner, true);
    say_changed(model);
}

void bk_notifications_owner_left(struct bk_notifications *model, pid_t owner)
{
    if (model->listening == owner)
        model->listening = 0;
    drop_owned(model, owner, false);
    say_changed(model);
}

bool bk_notifications_answerable(const struct bk_notifications *model, const struct bk_notification *notification)
{
    return model->listening != 0 && notification->owner == model->listening;
}

void bk_notifications_set_quiet(struct bk_notifications *model, bool quiet)
{
    model->quiet = quiet;
    if (!quiet)
        return;
    for (size_t i = 0; i < model->count; i++)
        model->items[i]->toast = false;
    say_changed(model);
}

void bk_notifications_set_held(struct bk_notifications *model, bool held, uint64_t now_ms)
{
    if (held == model->held)
        return;
    model->held = held;
    if (held) {
        model->held_since_ms = now_ms;
        return;
    }
    for (size_t i = 0; i < model->count; i++) {
        struct bk_notification *item = model->items[i];
        uint64_t earliest = now_ms + BK_TOAST_AFTER_HOLD_MS;
        /* One that came during the hold stood still for less than the whole of it. */
        uint64_t shown_ms = item->toast_until_ms - model->toast_ms;
        uint64_t since = shown_ms > model->held_since_ms ? shown_ms : model->held_since_ms;
        item->toast_until_ms += now_ms > since ? now_ms - since : 0;
        if (item->toast_until_ms < earliest)
            item->toast_until_ms = earliest;
    }
}

uint64_t bk_notifications_advance(struct bk_notifications *model, uint64_t now_ms)
{
    uint64_t next = UINT64_MAX;
    bool changed = false;

    if (model->held)
        return next;
    for (size_t i = 0; i < model->count; i++) {
        struct bk_notification *item = model->items[i];
        if (!item->toast)
            continue;
        if (item->toast_until_ms <= now_ms) {
            item->toast = false;
            changed = true;
        } else if (item->toast_until_ms < next) {
            next = item->toast_until_ms;
        }
    }
    if (changed)
        say_changed(model);
    return next;
}

size_t bk_notifications_count(const struct bk_notifications *model)
{
    return model->count;
}

struct bk_notification *bk_notifications_at(struct bk_notifications *model, size_t index)
{
    assert(index < model->count);
    return model->items[index];
}

struct bk_notification *bk_notifications_find(struct bk_notifications *model, int64_t id)
{
    size_t index = index_of(model, id);

    return index < model->count ? model->items[index] : NULL;
}

size_t bk_notifications_toasts(struct bk_notifications *model, struct bk_notification *toasts[static BK_TOASTS_VISIBLE],
                               size_t *ret_more)
{
    size_t seen = 0;
    size_t more = 0;

    for (size_t i = 0; i < model->count; i++) {
        if (!model->items[i]->toast)
            continue;
        if (seen < BK_TOASTS_VISIBLE)
            toasts[seen++] = model->items[i];
        else
            more++;
    }
    *ret_more = more;
    return seen;
}
