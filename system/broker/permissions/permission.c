/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "permission.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const bk_permission_names[BK_PERMISSIONS] = {
    [BK_PERMISSION_MICROPHONE] = "microphone",
    [BK_PERMISSION_CAMERA] = "camera",
    [BK_PERMISSION_LOCATION] = "location",
    [BK_PERMISSION_FOLDERS] = "folders",
    [BK_PERMISSION_LOCATION_SOURCE] = "locationSource",
    [BK_PERMISSION_NETWORK] = "network",
};
static_assert(BK_PERMISSIONS == 6, "one name for each");

const char *const bk_choice_names[BK_CHOICES] = {
    [BK_CHOICE_ONCE] = "once",
    [BK_CHOICE_WHILE_IN_USE] = "whileInUse",
    [BK_CHOICE_ALWAYS] = "always",
    [BK_CHOICE_NEVER] = "never",
};
static_assert(BK_CHOICES == 5, "one name for each but none");

enum bk_permission bk_permission_by_name(const char *name)
{
    int permission = 0;

    while (permission < BK_PERMISSIONS && strcmp(name, bk_permission_names[permission]) != 0)
        permission++;
    return (enum bk_permission)permission;
}

enum bk_choice bk_choice_by_name(const char *name)
{
    int choice = BK_CHOICE_NONE + 1;

    while (choice < BK_CHOICES && strcmp(name, bk_choice_names[choice]) != 0)
        choice++;
    return (enum bk_choice)choice;
}

/* ---- activities ---- */

bool bk_activity_begin(struct bk_activity *activity, uint64_t now_ms, int64_t time)
{
    uint64_t until_ms;

    if (!bk_activity_is_lit(activity, now_ms, &until_ms))
        activity->lit_time = time;
    activity->lit_until_ms = now_ms + BK_ACTIVITY_LIT_MS;
    bool goes_on = activity->logged && (activity->uses > 0 || now_ms - activity->ended_ms <= BK_ACTIVITY_APART_MS);
    activity->uses++;
    activity->dirty = true;
    if (goes_on)
        return false;
    activity->logged = true;
    activity->begun_ms = now_ms;
    return true;
}

void bk_activity_end(struct bk_activity *activity, uint64_t now_ms)
{
    assert(activity->uses > 0);
    activity->uses--;
    activity->dirty = true;
    activity->ended_ms = now_ms;
}

uint64_t bk_activity_seconds(const struct bk_activity *activity, uint64_t now_ms)
{
    return ((activity->uses > 0 ? now_ms : activity->ended_ms) - activity->begun_ms) / 1000;
}

bool bk_activity_is_lit(const struct bk_activity *activity, uint64_t now_ms, uint64_t *ret_until_ms)
{
    *ret_until_ms = activity->uses > 0 ? UINT64_MAX : activity->lit_until_ms;
    return now_ms < *ret_until_ms;
}

/* ---- what may be used ---- */

void bk_permissions_declare(struct bk_permissions *permissions, enum bk_permission permission, const char *reason)
{
    free(permissions->reasons[permission]);
    permissions->reasons[permission] =
        reason != NULL && strlen(reason) <= BK_PERMISSION_REASON_MAX ? strdup(reason) : NULL;
}

void bk_permissions_finish(struct bk_permissions *permissions)
{
    for (int i = 0; i < BK_PERMISSIONS; i++)
        free(permissions->reasons[i]);
    *permissions = (struct bk_permissions){ 0 };
}

bool bk_choice_stands(enum bk_choice choice, bool shown)
{
    return choice == BK_CHOICE_ONCE || choice == BK_CHOICE_ALWAYS || (choice == BK_CHOICE_WHILE_IN_USE && shown);
}

enum bk_verdict bk_permissions_judge(const struct bk_permissions *permissions, enum bk_permission permission,
                                     bool shown, uint64_t now_ms)
{
    if (permissions->reasons[permission] == NULL)
        return BK_VERDICT_REFUSED;
    if (permissions->choices[permission] != BK_CHOICE_NONE)
        return bk_choice_stands(permissions->choices[permission], shown) ? BK_VERDICT_GRANTED : BK_VERDICT_REFUSED;
    return now_ms < permissions->quiet_until_ms ? BK_VERDICT_REFUSED : BK_VERDICT_ASK;
}

void bk_permissions_refused(struct bk_permissions *permissions, uint64_t now_ms)
{
    memmove(&permissions->refused_ms[1], &permissions->refused_ms[0],
            sizeof permissions->refused_ms - sizeof permissions->refused_ms[0]);
    permissions->refused_ms[0] = now_ms;
    if (permissions->refusals < BK_PERMISSION_REFUSALS_MAX)
        permissions->refusals++;
    if (permissions->refusals < BK_PERMISSION_REFUSALS_MAX ||
        now_ms - permissions->refused_ms[BK_PERMISSION_REFUSALS_MAX - 1] >= BK_PERMISSION_REFUSALS_MS)
        return;
    permissions->quiet_until_ms = now_ms + BK_PERMISSION_QUIET_MS;
    permissions->refusals = 0;
}

/* ---- who waits for an answer ---- */

void bk_asks_add(struct bk_ask **asks, struct bk_ask *ask)
{
    while (*asks != NULL)
        asks = &(*asks)->next;
    *asks = ask;
    ask->next = NULL;
    ask->permissions->asks++;
}

void bk_asks_remove(struct bk_ask **asks, struct bk_ask *ask)
{
    while (*asks != ask)
        asks = &(*asks)->next;
    *asks = ask->next;
    ask->permissions->asks--;
}

struct bk_ask *bk_asks_next(struct bk_ask *asks)
{
    struct bk_ask *next = asks;

    for (struct bk_ask *ask = asks; ask != NULL; ask = ask->next) {
        if (ask->permissions->served < next->permissions->served)
            next = ask;
    }
    return next;
}
