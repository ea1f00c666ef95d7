/* SPDX-License-Identifier: Apache-2.0 */
#include "notifications.h"

#include "picture.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const bk_notification_urgency_names[] = {
    [BK_NOTIFICATION_NORMAL] = "normal",
    [BK_NOTIFICATION_LOW] = "low",
    [BK_NOTIFICATION_URGENT] = "urgent",
};
static_assert(sizeof bk_notification_urgency_names / sizeof bk_notification_urgency_names[0] ==
                  BK_NOTIFICATION_URGENCIES,
              "one name for each");

struct bk_notifications {
    struct bk_notification *items[BK_NOTIFICATIONS_MAX];
    size_t count;
    struct bk_notification *history[BK_NOTIFICATION_HISTORY_MAX]; /* newest first */
    size_t history_count;
    uint64_t toast_ms;
    uint64_t revision;
    pid_t listening; /* 0: nobody */
    bool quiet;
    bool undisturbed;
    bool held;
    uint64_t held_since_ms;
    struct bk_notifications_listener listener;
};

/* Lets go of what can be pressed and of what is large. */
static void strip(struct bk_notification *notification)
{
    for (size_t i = 0; i < notification->button_count; i++) {
        free(notification->buttons[i].id);
        free(notification->buttons[i].label);
    }
    notification->button_count = 0;
    free(notification->image);
    free(notification->reply);
    notification->image = NULL;
    notification->reply = NULL;
    notification->has_progress = false;
}

static void notification_free(struct bk_notification *notification)
{
    if (notification == NULL)
        return;
    strip(notification);
    free(notification->app);
    free(notification->app_name);
    free(notification->title);
    free(notification->body);
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
    for (size_t i = 0; i < model->history_count; i++)
        notification_free(model->history[i]);
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
    made->urgency = content->urgency;
    made->has_progress = content->has_progress;
    made->progress = content->progress;
    if (content->reply != NULL) {
        made->reply = clean_line(content->reply, BK_NOTIFICATION_HINT_BYTES);
        if (made->reply == NULL)
            return -ENOMEM;
    }
    if (content->image == NULL || content->image_size > BK_NOTIFICATION_IMAGE_BYTES ||
        !bk_picture_fits(content->image, content->image_size, BK_NOTIFICATION_IMAGE_SIDE_MIN,
                         BK_NOTIFICATION_IMAGE_SIDE_MAX))
        return 0; /* one that cannot be drawn is left out */
    made->image = malloc(content->image_size);
    if (made->image == NULL)
        return -ENOMEM;
    memcpy(made->image, content->image, content->image_size);
    made->image_size = content->image_size;
    return 0;
}

/* Puts a notification at the head of its app's, and these before all others. */
static void put_first(struct bk_notifications *model, struct bk_notification *made)
{
    struct bk_notification *before[BK_NOTIFICATIONS_MAX];
    const size_t count = model->count;
    size_t to = 0;

    memcpy(before, model->items, count * sizeof before[0]);
    model->items[to++] = made;
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < count; i++) {
            if ((strcmp(before[i]->app, made->app) == 0) == (own == 1))
                model->items[to++] = before[i];
        }
    }
    model->count = to;
}

/* Takes the place and the toast of the one before. */
static void put_in_place(struct bk_notifications *model, size_t index, struct bk_notification *made)
{
    const struct bk_notification *before = model->items[index];

    made->toast = before->toast;
    made->toast_until_ms = before->toast_until_ms;
    made->shown_at = before->shown_at;
    made->announced = before->announced;
    made->order = before->order;
    notification_free(model->items[index]);
    model->items[index] = made;
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
    made->order = made->revision;
    made->shown_at = now_epoch;
    made->toast = !model->quiet && !model->undisturbed && made->urgency != BK_NOTIFICATION_LOW;
    made->toast_until_ms = made->urgency == BK_NOTIFICATION_URGENT ? UINT64_MAX : now_ms + model->toast_ms;

    if (old < model->count && made->reply != NULL)
        memcpy(made->draft, model->items[old]->draft, sizeof made->draft);
    if (old < model->count && made->has_progress && model->items[old]->has_progress &&
        strcmp(made->app, model->items[old]->app) == 0) {
        put_in_place(model, old, made);
    } else {
        if (old < model->count)
            notification_free(take(model, old));
        put_first(model, made);
    }
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

/* Takes it over. */
static void keep(struct bk_notifications *model, struct bk_notification *notification)
{
    strip(notification);
    notification->past = true;
    notification->toast = false;
    notification->revision = ++model->revision;
    if (model->history_count == BK_NOTIFICATION_HISTORY_MAX)
        notification_free(model->history[--model->history_count]);
    memmove(&model->history[1], &model->history[0], model->history_count * sizeof model->history[0]);
    model->history[0] = notification;
    model->history_count++;
}

/* Ends a notification with an answer to the one who listens, if anybody does: `button`, which belongs to it, or the
 * reply `text`, or neither. */
static void answer(struct bk_notifications *model, size_t index, const char *button, const char *text)
{
    const struct bk_notifications_listener *listener = &model->listener;
    struct bk_notification *notification = take(model, index);

    if (notification->owner == model->listening) {
        if (text != NULL && listener->replied != NULL)
            listener->replied(notification->id, text, listener->userdata);
        else if (text == NULL && listener->answered != NULL)
            listener->answered(notification->id, button, listener->userdata);
    }
    keep(model, notification);
}

int bk_notifications_press(struct bk_notifications *model, int64_t id, size_t button)
{
    size_t index = index_of(model, id);

    if (index == model->count || button >= model->items[index]->button_count)
        return -ENOENT;
    if (!bk_notifications_answerable(model, model->items[index]))
        return -ENOTCONN;
    answer(model, index, model->items[index]->buttons[button].id, NULL);
    say_changed(model);
    return 0;
}

static struct bk_notification *written(struct bk_notifications *model, int64_t id)
{
    struct bk_notification *notification = bk_notifications_find(model, id);

    return notification != NULL && notification->reply != NULL ? notification : NULL;
}

static void say_written(struct bk_notifications *model, struct bk_notification *notification)
{
    notification->revision = ++model->revision;
    say_changed(model);
}

void bk_notifications_type(struct bk_notifications *model, int64_t id, const char *text)
{
    struct bk_notification *notification = written(model, id);
    const size_t more = strlen(text);

    if (notification == NULL || strlen(notification->draft) + more > BK_NOTIFICATION_REPLY_BYTES)
        return;
    memcpy(notification->draft + strlen(notification->draft), text, more + 1);
    say_written(model, notification);
}

void bk_notifications_erase(struct bk_notifications *model, int64_t id)
{
    struct bk_notification *notification = written(model, id);
    size_t used = notification != NULL ? strlen(notification->draft) : 0;

    if (used == 0)
        return;
    while (used > 0 && ((unsigned char)notification->draft[used - 1] & 0xc0) == 0x80)
        used--; /* all bytes of a character */
    notification->draft[used > 0 ? used - 1 : 0] = '\0';
    say_written(model, notification);
}

int bk_notifications_reply(struct bk_notifications *model, int64_t id)
{
    size_t index = index_of(model, id);

    if (index == model->count || model->items[index]->reply == NULL)
        return -ENOENT;
    if (!bk_notifications_answerable(model, model->items[index]))
        return -ENOTCONN;
    char *clean = clean_line(model->items[index]->draft, BK_NOTIFICATION_REPLY_BYTES);
    if (clean == NULL)
        return -ENOMEM;
    bool empty = clean[0] == '\0';
    if (!empty) {
        answer(model, index, NULL, clean);
        say_changed(model);
    }
    free(clean);
    return empty ? -EINVAL : 0;
}

int bk_notifications_dismiss(struct bk_notifications *model, int64_t id)
{
    size_t index = index_of(model, id);

    if (index == model->count)
        return -ENOENT;
    answer(model, index, NULL, NULL);
    say_changed(model);
    return 0;
}

void bk_notifications_dismiss_all(struct bk_notifications *model)
{
    while (model->count > 0)
        answer(model, model->count - 1, NULL, NULL);
    bk_notifications_clear_history(model);
}

void bk_notifications_clear_history(struct bk_notifications *model)
{
    while (model->history_count > 0)
        notification_free(model->history[--model->history_count]);
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

static void end_toasts(struct bk_notifications *model)
{
    for (size_t i = 0; i < model->count; i++)
        model->items[i]->toast = false;
    say_changed(model);
}

void bk_notifications_set_quiet(struct bk_notifications *model, bool quiet)
{
    model->quiet = quiet;
    if (quiet)
        end_toasts(model);
}

void bk_notifications_set_undisturbed(struct bk_notifications *model, bool undisturbed)
{
    model->undisturbed = undisturbed;
    if (undisturbed)
        end_toasts(model);
    else
        say_changed(model);
}

bool bk_notifications_is_undisturbed(const struct bk_notifications *model)
{
    return model->undisturbed;
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
        if (item->toast_until_ms == UINT64_MAX)
            continue; /* its time does not run */
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

size_t bk_notifications_history_count(const struct bk_notifications *model)
{
    return model->history_count;
}

struct bk_notification *bk_notifications_history_at(struct bk_notifications *model, size_t index)
{
    assert(index < model->history_count);
    return model->history[index];
}

/* By when they were shown, which the list is not. */
static int newest_first(const void *a, const void *b)
{
    const struct bk_notification *first = *(struct bk_notification *const *)a;
    const struct bk_notification *second = *(struct bk_notification *const *)b;

    return first->order < second->order ? 1 : first->order > second->order ? -1 : 0;
}

size_t bk_notifications_toasts(struct bk_notifications *model, struct bk_notification *toasts[static BK_TOASTS_VISIBLE],
                               size_t *ret_more)
{
    struct bk_notification *all[BK_NOTIFICATIONS_MAX] = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < model->count; i++) {
        if (model->items[i]->toast)
            all[count++] = model->items[i];
    }
    qsort(all, count, sizeof all[0], newest_first);
    size_t seen = count < BK_TOASTS_VISIBLE ? count : BK_TOASTS_VISIBLE;
    for (size_t i = 0; i < seen; i++)
        toasts[i] = all[i];
    *ret_more = count - seen;
    return seen;
}
