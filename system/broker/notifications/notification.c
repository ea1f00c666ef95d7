/* SPDX-License-Identifier: Apache-2.0 */
#include "notification.h"

#include <assert.h>
#include <stdio.h>
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

#define PNG_START  24U /* bytes up to the end of its sides */
#define PNG_WIDTH  16U
#define PNG_HEIGHT 20U

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool bk_notification_image_fits(const void *png, size_t size)
{
    static const unsigned char start[] = {
        0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'
    };
    const unsigned char *bytes = png;

    if (size < PNG_START || memcmp(bytes, start, sizeof start) != 0)
        return false;
    const uint32_t width = big_endian(bytes + PNG_WIDTH), height = big_endian(bytes + PNG_HEIGHT);
    return width >= BK_NOTIFICATION_SIDE_MIN && width <= BK_NOTIFICATION_SIDE_MAX &&
           height >= BK_NOTIFICATION_SIDE_MIN && height <= BK_NOTIFICATION_SIDE_MAX;
}

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

/* How many have an image, but for the one at this place. */
static unsigned count_images(const struct bk_notifications *all, int but)
{
    unsigned count = 0;

    for (int i = 0; i < (int)BK_NOTIFICATION_SHOWN_MAX; i++)
        count += i != but && all->shown[i] != NULL && all->shown[i]->image != NULL;
    return count;
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
    if (content->image != NULL && count_images(all, place) >= BK_NOTIFICATION_IMAGES_MAX)
        return BK_NOTIFICATION_TOO_MANY_IMAGES;
    char *image = content->image != NULL ? strdup(content->image) : NULL;
    if (content->image != NULL && image == NULL)
        return BK_NOTIFICATION_NO_MEMORY;
    if (replaces == 0) {
        all->shown[place] = calloc(1, sizeof *all->shown[place]);
        if (all->shown[place] == NULL) {
            free(image);
            return BK_NOTIFICATION_NO_MEMORY;
        }
        replaces = ++all->last_id;
    } else
        handle = all->shown[place]->handle;

    free(all->shown[place]->image);
    *all->shown[place] = *content;
    all->shown[place]->image = image;
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

static void forget(struct bk_notifications *all, unsigned place)
{
    if (all->shown[place] != NULL)
        free(all->shown[place]->image);
    free(all->shown[place]);
    all->shown[place] = NULL;
}

bool bk_notifications_withdraw(struct bk_notifications *all, int64_t id)
{
    int place = id > 0 ? find_place(all, id) : -1;

    if (place < 0)
        return false;
    forget(all, (unsigned)place);
    return true;
}

bool bk_notifications_answer(struct bk_notifications *all, int64_t id, const char *button, const char *text)
{
    struct bk_notification_answer *answer;

    if (!bk_notifications_withdraw(all, id))
        return false;
    if (all->n_answers == BK_NOTIFICATION_ANSWERS_MAX) {
        all->first_answer = (all->first_answer + 1) % BK_NOTIFICATION_ANSWERS_MAX;
        all->n_answers--;
    }
    answer = &all->answers[(all->first_answer + all->n_answers++) % BK_NOTIFICATION_ANSWERS_MAX];
    *answer = (struct bk_notification_answer){ .id = id, .dismissed = button == NULL && text == NULL };
    if (button != NULL)
        snprintf(answer->button, sizeof answer->button, "%s", button);
    if (text != NULL)
        snprintf(answer->text, sizeof answer->text, "%s", text);
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
        forget(all, i);
    *all = (struct bk_notifications){ 0 };
}
