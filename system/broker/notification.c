/* SPDX-License-Identifier: Apache-2.0 */
#include "notification.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* The place of the notification `id`, or of a free one when `id` is 0; -1 when there is none. */
static int find_place(const struct bk_notifications *all, int64_t id)
{
    for (unsigned i = 0; i < BK_NOTIFICATION_SHOWN_MAX; i++) {
        const struct bk_notification *shown = all->shown[i];
        if (id == 0 ? shown == NULL : shown != NULL && shown->id == id)
            return (int)i;
    }
    return -1;
}

enum bk_notification_verdict bk_notifications_post(struct bk_notifications *all, const struct bk_notification *content,
                                                   int64_t replaces, int64_t handle, uint64_t now_ms,
                                                   const struct bk_notification **ret, uint64_t *ret_wait_ms)
{
    int place = replaces >= 0 ? find_place(all, replaces) : -1;

    if (place < 0)
        return replaces == 0 ? BK_NOTIFICATION_TOO_MANY : BK_NOTIFICATION_NONE_SUCH;
    uint64_t wait_ms = bk_pace_wait(&all->posts, BK_NOTIFICATION_BURST, BK_NOTIFICATION_INTERVAL_MS, now_ms);
    if (wait_ms > 0) {
        *ret_wait_ms = wait_ms;
        return BK_NOTIFICATION_TOO_SOON;
    }
    if (replaces == 0) {
        all->shown[place] = malloc(sizeof *all->shown[place]);
        if (all->shown[place] == NULL)
            return BK_NOTIFICATION_NO_MEMORY;
        replaces = ++all->last_id;
    } else
        handle = all->shown[place]->handle;

    *all->shown[place] = *content;
    all->shown[place]->id = replaces;
    all->shown[place]->handle = handle;
    bk_pace_count(&all->posts, BK_NOTIFICATION_INTERVAL_MS, now_ms);
    *ret = all->shown[place];
    return BK_NOTIFICATION_POSTED;
}

const struct bk_notification *bk_notifications_find(const struct bk_notifications *all, int64_t id)
{
    int place = id > 0 ? find_place(all, id) : -1;

    return place >= 0 ? all->shown[place] : NULL;
}

const struct bk_notification *bk_notifications_find_handle(const struct bk_notifications *all, int64_t handle)
{
    for (unsigned i = 0; i < BK_NOTIFICATION_SHOWN_MAX; i++) {
        if (all->shown[i] != NULL && all->shown[i]->handle == handle)
            return all->shown[i];
    }
    return NULL;
}

bool bk_notifications_withdraw(struct bk_notifications *all, int64_t id)
{
    int place = id > 0 ? find_place(all, id) : -1;

    if (place < 0)
        return false;
    free(all->shown[place]);
    all->shown[place] = NULL;
    return true;
}

bool bk_notifications_answer(struct bk_notifications *all, int64_t id, const char *button)
{
    struct bk_notification_answer *answer;

    if (!bk_notifications_withdraw(all, id))
        return false;
    if (all->n_answers == BK_NOTIFICATION_ANSWERS_MAX) {
        all->first_answer = (all->first_answer + 1) % BK_NOTIFICATION_ANSWERS_MAX;
        all->n_answers--;
    }
    answer = &all->answers[(all->first_answer + all->n_answers++) % BK_NOTIFICATION_ANSWERS_MAX];
    *answer = (struct bk_notification_answer){ .id = id, .dismissed = button == NULL };
    if (button != NULL)
        snprintf(answer->button, sizeof answer->button, "%s", button);
    return true;
}

bool bk_notifications_take_answer(struct bk_notifications *all, struct bk_notification_answer *ret)
{
    if (all->n_answers == 0)
        return false;
    *ret = all->answers[all->first_answer];
    all->first_answer = (all->first_answer + 1) % BK_NOTIFICATION_ANSWERS_MAX;
    all->n_answers--;
    return true;
}

void bk_notifications_clear(struct bk_notifications *all)
{
    for (unsigned i = 0; i < BK_NOTIFICATION_SHOWN_MAX; i++)
        free(all->shown[i]);
    *all = (struct bk_notifications){ 0 };
}
