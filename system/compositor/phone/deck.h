/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a phone's windows are to be seen: the apps lie side by side in the order in which they came, as a deck of cards
 * of which one fills the screen. A finger moves the deck along, lifts it, or, in the overview, throws a card out of it.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 *
 * Knows nothing of drawing. The model of the windows says which one has the focus; this says what a finger makes of
 * that until it is up.
 */
#ifndef BK_COMPOSITOR_DECK_H
#define BK_COMPOSITOR_DECK_H

#include "motion.h"
#include "windows.h"

#define BK_DECK_GAP        20   /* between two apps that are side by side */
#define BK_DECK_HEADER     44   /* of a card in the overview: the app's name */
#define BK_DECK_BORDER     6    /* of a card, in the app's colour */
#define BK_DECK_THROW_PART 0.22 /* of its height: a card that is pushed up as far is closed */

enum bk_deck_state {
    BK_DECK_REST,
    BK_DECK_SWITCHED, /* a finger moves it along */
    BK_DECK_LIFTED,   /* a finger lifts the app that has the focus */
    BK_DECK_OVERVIEW,
};

/* Zero-initialised: at rest. */
struct bk_deck {
    enum bk_deck_state state;
    bool held;        /* by a finger: what it moves is there at once */
    double along, up; /* SWITCHED and LIFTED: pixels, right and up */
    double middle;    /* OVERVIEW: which card is in the middle, as a number of cards from the first */
    uint32_t pushed;  /* OVERVIEW: the CID of the card that a finger pushes up; 0: none */
    double pushed_up; /* pixels */
};

/* How many windows came before this one. */
size_t bk_deck_index(const struct bk_windows *windows, const struct bk_window *window);

/* Where the window is to be seen, when it was sent to `before`; `icon` is its app's place on the home screen. */
struct bk_pose bk_deck_pose(const struct bk_deck *deck, const struct bk_windows *windows,
                            const struct bk_window *window, const struct bk_pose *before, const struct bk_rect *icon);

/* A card of the overview: where the app's picture is, when the card is in the middle. */
struct bk_area bk_deck_card(const struct bk_windows *windows);
/* From one card to the next. */
double bk_deck_pitch(const struct bk_windows *windows);
/* The card at a point of the overview, its header too; NULL: none. `*ret_cross` is true where the header closes it. */
struct bk_window *bk_deck_at(const struct bk_deck *deck, const struct bk_windows *windows, double x, double y,
                             bool *ret_cross);
/* Opens the overview, with this window's card in the middle; NULL: the topmost one. */
void bk_deck_open(struct bk_deck *deck, const struct bk_windows *windows, const struct bk_window *window);
/* A finger moves the cards by so many pixels; let go of with this speed (pixels a millisecond) they come to rest. */
void bk_deck_scroll(struct bk_deck *deck, const struct bk_windows *windows, double by);
void bk_deck_settle(struct bk_deck *deck, const struct bk_windows *windows, double pace);
/* Windows came or went: the middle is a card that is there. The overview of nothing is closed. */
void bk_deck_follow(struct bk_deck *deck, const struct bk_windows *windows);

/* How much of the way into a card the picture has gone, from 0 (it fills the screen) to 1. */
double bk_deck_part(const struct bk_windows *windows, const struct bk_pose *pose);

#endif
