/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <assert.h>
#include <string.h>

const char *const bk_window_badge_names[BK_WINDOW_BADGES] = {
    [BK_WINDOW_BADGE_NONE] = "none",
    [BK_WINDOW_BADGE_DOT] = "dot",
    [BK_WINDOW_BADGE_COUNT] = "count",
};
static_assert(BK_WINDOW_BADGES == 3, "one name for each");

const char *const bk_window_visibility_names[BK_WINDOW_VISIBILITIES] = {
    [BK_WINDOW_NONE] = "none",
    [BK_WINDOW_SHOWN] = "shown",
    [BK_WINDOW_COVERED] = "covered",
    [BK_WINDOW_MINIMISED] = "minimised",
};
static_assert(BK_WINDOW_VISIBILITIES == 4, "one name for each");

uint64_t bk_window_say(struct bk_window *window, const struct bk_window_said *said, uint64_t now_ms)
{
    struct bk_window_said *all = &window->said;
    uint64_t wait_ms = bk_pace_wait(&window->calls, BK_WINDOW_SET_BURST, BK_WINDOW_SET_INTERVAL_MS, now_ms);

    if (wait_ms > 0)
        return wait_ms;
    bk_pace_count(&window->calls, BK_WINDOW_SET_INTERVAL_MS, now_ms);
    all->has |= said->has;
    if ((said->has & BK_WINDOW_TITLE) != 0)
        memcpy(all->title, said->title, sizeof all->title);
    if ((said->has & BK_WINDOW_BADGE) != 0) {
        all->badge = said->badge;
        all->count = said->count;
    }
    if ((said->has & BK_WINDOW_MINIMUM) != 0) {
        all->least_width = said->least_width;
        all->least_height = said->least_height;
    }
    return 0;
}

bool bk_window_see(struct bk_window *window, bool focused, enum bk_window_visibility visibility)
{
    if (window->focused == focused && window->visibility == visibility)
        return false;
    window->focused = focused;
    window->visibility = visibility;
    return true;
}

bool bk_window_close(struct bk_window *window, uint64_t now_ms)
{
    if (window->end_ms != 0)
        return false;
    window->end_ms = now_ms + BK_WINDOW_END_MS;
    return true;
}

bool bk_window_stay(struct bk_window *window)
{
    const bool asked = window->end_ms != 0;

    window->end_ms = 0;
    return asked;
}
