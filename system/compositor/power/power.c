/* SPDX-License-Identifier: Apache-2.0 */
#include "power.h"

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR   (60 * MINUTE)

static void finish_list(struct bk_inhibitor *inhibitors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(inhibitors[i].app);
        free(inhibitors[i].app_name);
        free(inhibitors[i].reason);
    }
    free(inhibitors);
}

void bk_power_finish(struct bk_power *power)
{
    finish_list(power->inhibitors, power->count);
    power->inhibitors = NULL;
    power->count = 0;
    free(power->problem);
    power->problem = NULL;
}

static char *clean(const char *text, size_t max)
{
    return bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE);
}

/* `*ret_list` is to be finished when it succeeds. */
static int copy(const struct bk_inhibitor_told *told, size_t count, struct bk_inhibitor **ret_list)
{
    struct bk_inhibitor *list = calloc(count + 1, sizeof *list);
    int r = 0;

    if (list == NULL)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        if (told[i].app[0] == '\0' || strlen(told[i].app) > BK_POWER_APP_BYTES) {
            r = -EINVAL;
            break;
        }
        list[i] = (struct bk_inhibitor){ strdup(told[i].app), clean(told[i].app_name, BK_POWER_NAME_BYTES),
                                         clean(told[i].reason, BK_POWER_REASON_BYTES) };
        if (list[i].app == NULL || list[i].app_name == NULL || list[i].reason == NULL)
            r = -ENOMEM;
    }
    if (r < 0) {
        finish_list(list, count);
        return r;
    }
    *ret_list = list;
    return 0;
}

int bk_power_set(struct bk_power *power, const struct bk_power_state *state, const char *problem,
                 const struct bk_inhibitor_told *inhibitors, size_t count)
{
    struct bk_inhibitor *list;
    char *text = NULL;

    if (count > BK_INHIBITORS_MAX)
        return -ENOBUFS;
    if (state->percent < -1 || state->percent > 100 || state->seconds < -1)
        return -EINVAL;
    if (problem != NULL) {
        text = clean(problem, BK_POWER_PROBLEM_BYTES);
        if (text == NULL)
            return -ENOMEM;
    }
    int r = copy(inhibitors, count, &list);
    if (r < 0) {
        free(text);
        return r;
    }
    bk_power_finish(power);
    power->state = *state;
    power->problem = text;
    power->inhibitors = list;
    power->count = count;
    power->off = false; /* nothing is told by a machine that goes off: it was not told to */
    power->asking = power->asking && count > 0 && state->suspends && !state->suspending;
    power->revision++;
    return 0;
}

void bk_power_clear(struct bk_power *power)
{
    const uint64_t revision = power->revision;

    bk_power_finish(power);
    *power = BK_POWER_DEFAULT;
    power->revision = revision + 1;
}

bool bk_power_want_sleep(struct bk_power *power)
{
    if (!power->state.suspends || power->state.suspending || power->asking)
        return false;
    power->asking = power->count > 0;
    power->revision++;
    return !power->asking;
}

bool bk_power_answer(struct bk_power *power)
{
    const bool asked = power->asking;

    power->asking = false;
    power->revision += asked;
    return asked;
}

void bk_power_want_off(struct bk_power *power)
{
    if (power->off || power->off_asking)
        return;
    power->off_asking = true;
    power->revision++;
}

bool bk_power_answer_off(struct bk_power *power, bool really)
{
    if (!power->off_asking)
        return false;
    power->off_asking = false;
    power->off = really;
    power->revision++;
    return really;
}

bool bk_power_is_scarce(const struct bk_power *power)
{
    return power->state.percent >= 0 && power->state.percent < BK_POWER_LOW_PERCENT && !power->state.plugged;
}

static void write_duration(int64_t seconds, char text[static BK_POWER_TEXT_MAX])
{
    const int64_t hours = seconds / HOUR, minutes = seconds % HOUR / MINUTE;

    if (hours == 0)
        snprintf(text, BK_POWER_TEXT_MAX, "%" PRId64 " min", minutes);
    else if (minutes == 0)
        snprintf(text, BK_POWER_TEXT_MAX, "%" PRId64 " h", hours);
    else
        snprintf(text, BK_POWER_TEXT_MAX, "%" PRId64 " h %" PRId64 " min", hours, minutes);
}

void bk_power_write_state(const struct bk_power *power, char text[static BK_POWER_TEXT_MAX])
{
    const struct bk_power_state *state = &power->state;
    char duration[BK_POWER_TEXT_MAX];

    if (state->percent < 0) {
        snprintf(text, BK_POWER_TEXT_MAX, "This machine has no battery");
        return;
    }
    write_duration(state->seconds, duration);
    if (state->charging && state->seconds >= 0)
        snprintf(text, BK_POWER_TEXT_MAX, "Charging · full in about %.32s", duration);
    else if (state->charging)
        snprintf(text, BK_POWER_TEXT_MAX, "Charging");
    else if (state->plugged)
        snprintf(text, BK_POWER_TEXT_MAX, "%s", state->percent >= 95 ? "Charged" : "Plugged in, not charging");
    else if (state->seconds >= 0)
        snprintf(text, BK_POWER_TEXT_MAX, "On battery · about %.32s left", duration);
    else
        snprintf(text, BK_POWER_TEXT_MAX, "On battery");
}
