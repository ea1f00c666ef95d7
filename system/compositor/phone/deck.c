/* SPDX-License-Identifier: Apache-2.0 */
#include "deck.h"

#include <math.h>

#define CARD_WIDTH_PART  0.70 /* of the screen, at most */
#define CARD_HEIGHT_PART 0.72 /* of the room, header and border too, at most */
#define CARD_GAP         18
#define LIFT_PART        0.22 /* of the screen's height: lifted as far it is most of the way to a card */
#define LIFT_BEYOND      0.35 /* from there on it goes up with the finger */
#define LIFT_FOLLOW      0.5  /* by as much of the finger's way */
#define RUBBER           0.3  /* at an end a finger moves things by as much of its way */
#define THROW_MS         160  /* of a scroll's speed that go on after the finger is up */

size_t bk_deck_index(const struct bk_windows *windows, const struct bk_window *window)
{
    size_t index = 0;

    for (size_t i = 0; i < windows->count; i++)
        index += windows->order[i]->cid < window->cid ? 1 : 0;
    return index;
}

/* What a window fills, but in full screen. */
static struct bk_area room(const struct bk_windows *windows)
{
    return (struct bk_area){ 0, windows->bar, windows->width, windows->height - windows->bar - windows->strip };
}

struct bk_area bk_deck_card(const struct bk_windows *windows)
{
    const struct bk_area all = room(windows);
    double by_width = CARD_WIDTH_PART;
    double by_height = CARD_HEIGHT_PART - (BK_DECK_HEADER + BK_DECK_BORDER) / all.height;
    double scale = by_width < by_height ? by_width : by_height;
    struct bk_area card = bk_area_scaled(&all, scale > 0.2 ? scale : 0.2);

    card.y += (BK_DECK_HEADER - BK_DECK_BORDER) / 2.0;
    /* Even, so that what is drawn around it has whole device pixels whatever the scale is. */
    return (struct bk_area){ 2 * round(card.x / 2), 2 * round(card.y / 2), 2 * round(card.width / 2),
                             2 * round(card.height / 2) };
}

double bk_deck_part(const struct bk_windows *windows, const struct bk_pose *pose)
{
    double part = (windows->width - pose->seen.width) / (windows->width - bk_deck_card(windows).width);

    return part < 0 ? 0 : part > 1 ? 1 : part;
}

double bk_deck_pitch(const struct bk_windows *windows)
{
    return bk_deck_card(windows).width + 2 * BK_DECK_BORDER + CARD_GAP;
}

/* At an end of the row things follow a finger less and less willingly. */
static double rubber(double by, bool more)
{
    return more ? by : by * RUBBER;
}

/* --- poses --- */

/* A window in full screen has another shape than a card: as wide as it is then. */
static struct bk_area card_in_the_middle(const struct bk_windows *windows, const struct bk_area *frame)
{
    struct bk_area card = bk_deck_card(windows);
    double width = card.height * frame->width / frame->height;

    if (frame->height == room(windows).height)
        return card;
    card.x += (card.width - width) / 2;
    card.width = width;
    return card;
}

static struct bk_area card_of(const struct bk_deck *deck, const struct bk_windows *windows,
                              const struct bk_window *window)
{
    const struct bk_rect outline = bk_window_outline(windows, window);
    const struct bk_area frame = bk_area_of(&outline);
    struct bk_area card = card_in_the_middle(windows, &frame);

    card.x += ((double)bk_deck_index(windows, window) - deck->middle) * bk_deck_pitch(windows);
    if (window->cid == deck->pushed)
        card.y -= deck->pushed_up > 0 ? deck->pushed_up : deck->pushed_up * RUBBER;
    return card;
}

static double between(double from, double to, double part)
{
    return from + (to - from) * part;
}

/* The higher the finger, the nearer to a card in the middle of the overview; the others beside it. */
static struct bk_area lifted(const struct bk_deck *deck, const struct bk_windows *windows, const struct bk_area *frame,
                             double beside)
{
    const struct bk_area card = card_in_the_middle(windows, frame);
    double up = deck->up > 0 ? deck->up : 0, beyond = up - LIFT_BEYOND * windows->height;
    double part = 1 - exp(-up / (LIFT_PART * windows->height));
    struct bk_area seen = { between(frame->x, card.x, part), between(frame->y, card.y, part),
                            between(frame->width, card.width, part), between(frame->height, card.height, part) };

    seen.x += deck->along + beside * between(windows->width + BK_DECK_GAP, bk_deck_pitch(windows), part);
    seen.y -= beyond > 0 ? beyond * LIFT_FOLLOW : 0;
    return seen;
}

/* As tall as the app's picture on the home screen, about its middle. */
static struct bk_area as_icon(const struct bk_area *frame, const struct bk_rect *icon)
{
    double width = frame->height > 0 ? icon->height * frame->width / frame->height : icon->width;

    return (struct bk_area){ icon->x + (icon->width - width) / 2, icon->y, width, icon->height };
}

struct bk_pose bk_deck_pose(const struct bk_deck *deck, const struct bk_windows *windows,
                            const struct bk_window *window, const struct bk_pose *before, const struct bk_rect *icon)
{
    const struct bk_rect outline = bk_window_outline(windows, window);
    const struct bk_window *focus = windows->focus;
    struct bk_pose pose = { .frame = bk_area_of(&outline), .seen = bk_area_of(&outline), .opacity = 1 };

    if (deck->state == BK_DECK_OVERVIEW) {
        pose.seen = card_of(deck, windows, window);
        return pose;
    }
    if (focus == NULL) {
        pose.seen = as_icon(&pose.frame, icon);
        pose.opacity = 0;
        return pose;
    }
    double beside = (double)bk_deck_index(windows, window) - (double)bk_deck_index(windows, focus);
    if (deck->state == BK_DECK_LIFTED) {
        pose.seen = lifted(deck, windows, &pose.frame, beside);
        return pose;
    }
    pose.seen.x += beside * (windows->width + BK_DECK_GAP);
    if (deck->state == BK_DECK_SWITCHED)
        pose.seen.x += rubber(deck->along, bk_windows_neighbour(windows, focus, deck->along > 0) != NULL);
    else if (window != focus)
        pose.opacity = before->opacity; /* what was faded out does not fade in on its way out of sight */
    return pose;
}

/* --- the overview --- */

struct bk_window *bk_deck_at(const struct bk_deck *deck, const struct bk_windows *windows, double x, double y,
                             bool *ret_cross)
{
    for (size_t i = 0; i < windows->count; i++) {
        const struct bk_area card = card_of(deck, windows, windows->order[i]);
        if (x < card.x - BK_DECK_BORDER || x >= card.x + card.width + BK_DECK_BORDER || y < card.y - BK_DECK_HEADER ||
            y >= card.y + card.height + BK_DECK_BORDER)
            continue;
        *ret_cross = y < card.y && x >= card.x + card.width + BK_DECK_BORDER - BK_DECK_HEADER;
        return windows->order[i];
    }
    return NULL;
}

void bk_deck_open(struct bk_deck *deck, const struct bk_windows *windows, const struct bk_window *window)
{
    if (windows->count == 0)
        return;
    if (window == NULL)
        window = windows->order[windows->count - 1];
    *deck = (struct bk_deck){ .state = BK_DECK_OVERVIEW, .middle = (double)bk_deck_index(windows, window) };
}

void bk_deck_scroll(struct bk_deck *deck, const struct bk_windows *windows, double by)
{
    double most = (double)windows->count - 1;
    bool more = by > 0 ? deck->middle > 0 : deck->middle < most;

    deck->middle -= rubber(by, more) / bk_deck_pitch(windows);
}

void bk_deck_settle(struct bk_deck *deck, const struct bk_windows *windows, double pace)
{
    deck->middle = round(deck->middle - pace * THROW_MS / bk_deck_pitch(windows));
    bk_deck_follow(deck, windows);
}

void bk_deck_follow(struct bk_deck *deck, const struct bk_windows *windows)
{
    double most = windows->count > 0 ? (double)windows->count - 1 : 0;

    if (windows->count == 0 && deck->state == BK_DECK_OVERVIEW)
        *deck = (struct bk_deck){ 0 };
    if (deck->pushed != 0 && bk_windows_find(windows, deck->pushed) == NULL)
        deck->pushed = 0;
    if (deck->held)
        return; /* it may be beyond an end, as far as a finger pulls it there */
    deck->middle = deck->middle < 0 ? 0 : deck->middle > most ? most : deck->middle;
}
