/* SPDX-License-Identifier: Apache-2.0 */
#include "visibility.h"

static int more(int a, int b)
{
    return a > b ? a : b;
}

static int less(int a, int b)
{
    return a < b ? a : b;
}

static struct bk_rect common(const struct bk_rect *a, const struct bk_rect *b)
{
    int left = more(a->x, b->x), top = more(a->y, b->y);
    int right = less(a->x + a->width, b->x + b->width), bottom = less(a->y + a->height, b->y + b->height);

    return (struct bk_rect){ left, top, more(right - left, 0), more(bottom - top, 0) };
}

/* True when the windows from the place `above` on hide all of the rectangle. What the first of them that is over it
 * leaves is up to four rectangles, of which those above must hide each. */
static bool is_hidden(const struct bk_windows *windows, size_t above, const struct bk_rect *rect)
{
    struct bk_rect cut = { 0 };

    if (rect->width == 0 || rect->height == 0)
        return true;
    for (; above < windows->count && (cut.width == 0 || cut.height == 0); above++) {
        if (windows->order[above]->minimised)
            continue;
        const struct bk_rect frame = bk_window_frame(windows, windows->order[above]);
        cut = common(rect, &frame);
    }
    if (cut.width == 0 || cut.height == 0)
        return false;
    const int right = rect->x + rect->width, bottom = rect->y + rect->height;
    const struct bk_rect left_over[] = {
        { rect->x, rect->y, rect->width, cut.y - rect->y },
        { rect->x, cut.y + cut.height, rect->width, bottom - cut.y - cut.height },
        { rect->x, cut.y, cut.x - rect->x, cut.height },
        { cut.x + cut.width, cut.y, right - cut.x - cut.width, cut.height },
    };
    for (size_t i = 0; i < sizeof left_over / sizeof left_over[0]; i++) {
        if (!is_hidden(windows, above, &left_over[i]))
            return false;
    }
    return true;
}

enum bk_visibility bk_window_visibility(const struct bk_windows *windows, const struct bk_window *window)
{
    const struct bk_rect screen = { 0, 0, windows->width, windows->height };
    const struct bk_rect frame = bk_window_frame(windows, window);
    const struct bk_rect seen = common(&frame, &screen);
    size_t above = 0;

    if (window->minimised || (windows->single && window != windows->focus))
        return BK_VISIBILITY_MINIMISED;
    if (windows->single)
        return BK_VISIBILITY_SHOWN;
    while (above < windows->count && windows->order[above] != window)
        above++;
    return is_hidden(windows, above + 1, &seen) ? BK_VISIBILITY_COVERED : BK_VISIBILITY_SHOWN;
}
