/* SPDX-License-Identifier: Apache-2.0 */
#include "privacy.h"

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void finish(struct bk_privacy_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].app);
        free(list->items[i].app_name);
        free(list->items[i].permission);
    }
    free(list->items);
    *list = (struct bk_privacy_list){ 0 };
}

void bk_privacy_finish(struct bk_privacy *privacy)
{
    finish(&privacy->uses);
    finish(&privacy->grants);
    finish(&privacy->past);
}

static bool is_fine(const struct bk_privacy_told *told)
{
    return told->app[0] != '\0' && strlen(told->app) <= BK_PRIVACY_APP_BYTES &&
           bk_permission_name_is_fine(told->permission) && told->start >= 0 && told->seconds >= -1;
}

static int fill(struct bk_privacy_list *list, const struct bk_privacy_told *told)
{
    struct bk_privacy_entry *entry = &list->items[list->count++];

    *entry = (struct bk_privacy_entry){
        .app = strdup(told->app),
        .app_name = bk_text_clean(told->app_name, strlen(told->app_name), BK_PRIVACY_NAME_BYTES, BK_TEXT_ONE_LINE),
        .permission = strdup(told->permission),
        .start = told->start,
        .seconds = told->seconds,
        .choice = told->choice,
    };
    return entry->app != NULL && entry->app_name != NULL && entry->permission != NULL ? 0 : -ENOMEM;
}

/* `*ret_list` is to be finished when it succeeds. */
static int copy(const struct bk_privacy_told *told, size_t count, size_t max, bool grants,
                struct bk_privacy_list *ret_list)
{
    struct bk_privacy_list list = { 0 };
    int r = 0;

    if (count > max)
        return -ENOBUFS;
    list.items = calloc(count + 1, sizeof *list.items);
    if (list.items == NULL)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        if (!is_fine(&told[i]) || (grants && told[i].choice >= BK_CHOICES))
            r = -EINVAL;
        else if (!grants || told[i].choice != BK_CHOICE_ONCE)
            r = fill(&list, &told[i]);
    }
    if (r < 0) {
        finish(&list);
        return r;
    }
    *ret_list = list;
    return 0;
}

static int by_app(const void *a, const void *b)
{
    const struct bk_privacy_entry *first = a, *second = b;
    int order = strcmp(first->app_name, second->app_name);

    if (order == 0)
        order = strcmp(first->app, second->app);
    return order != 0 ? order : strcmp(first->permission, second->permission);
}

int bk_privacy_set_uses(struct bk_privacy *privacy, const struct bk_privacy_told *told, size_t count)
{
    struct bk_privacy_list list;
    int r = copy(told, count, BK_USES_MAX, false, &list);

    if (r < 0)
        return r;
    finish(&privacy->uses);
    privacy->uses = list;
    privacy->revision++;
    return 0;
}

int bk_privacy_set(struct bk_privacy *privacy, const struct bk_privacy_told *grants, size_t grant_count,
                   const struct bk_privacy_told *past, size_t past_count)
{
    struct bk_privacy_list chosen, lately;
    int r = copy(grants, grant_count, BK_GRANTS_MAX, true, &chosen);

    if (r < 0)
        return r;
    r = copy(past, past_count, BK_PAST_USES_MAX, false, &lately);
    if (r < 0) {
        finish(&chosen);
        return r;
    }
    qsort(chosen.items, chosen.count, sizeof chosen.items[0], by_app);
    finish(&privacy->grants);
    finish(&privacy->past);
    privacy->grants = chosen;
    privacy->past = lately;
    privacy->revision++;
    return 0;
}

void bk_privacy_clear(struct bk_privacy *privacy)
{
    bk_privacy_finish(privacy);
    privacy->revision++;
}

unsigned bk_privacy_sensors(const struct bk_privacy *privacy)
{
    unsigned sensors = 0;

    for (size_t i = 0; i < privacy->uses.count; i++)
        sensors |= 1U << bk_permission_words_of(privacy->uses.items[i].permission)->sensor;
    return sensors;
}

#define MINUTE 60
#define HOUR   (60 * MINUTE)

void bk_privacy_write_duration(int64_t seconds, char text[static BK_PRIVACY_TIME_MAX])
{
    const int64_t hours = seconds / HOUR, minutes = seconds % HOUR / MINUTE;

    if (seconds < 0)
        snprintf(text, BK_PRIVACY_TIME_MAX, "now");
    else if (seconds < MINUTE)
        snprintf(text, BK_PRIVACY_TIME_MAX, "%" PRId64 " s", seconds);
    else if (hours == 0)
        snprintf(text, BK_PRIVACY_TIME_MAX, "%" PRId64 " min", minutes);
    else
        snprintf(text, BK_PRIVACY_TIME_MAX, "%" PRId64 " h %" PRId64 " min", hours, minutes);
}

void bk_privacy_write_time(int64_t time, int64_t now, char text[static BK_PRIVACY_TIME_MAX])
{
    const time_t then_time = (time_t)time, now_time = (time_t)now;
    struct tm then = { 0 }, today = { 0 };

    if (localtime_r(&then_time, &then) == NULL || localtime_r(&now_time, &today) == NULL) {
        snprintf(text, BK_PRIVACY_TIME_MAX, "—"); /* a year beyond those that can be written */
        return;
    }
    bool same_year = then.tm_year == today.tm_year;
    bool same_day = same_year && then.tm_yday == today.tm_yday;
    strftime(text, BK_PRIVACY_TIME_MAX, same_day ? "%H:%M" : same_year ? "%-d %b, %H:%M" : "%-d %b %Y", &then);
}
