/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker is told of windows and of what is around them, so that it can tell the apps (io.bulkhead.Window).
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 *
 * Nothing is told when it happens. Before a frame is made, what is true then is compared with what was told last: at
 * most one reply a window and frame, and none where something went back and forth.
 */
#ifndef BK_COMPOSITOR_WINDOW_NEWS_H
#define BK_COMPOSITOR_WINDOW_NEWS_H

#include "desktop.h"
#include "visibility.h"

struct bk_window_told {
    uint32_t cid;
    bool focused;
    enum bk_visibility visibility;
};

struct bk_surroundings {
    double scale;
    bool light, reduced_motion;
    const char *layout, *variant; /* of the table of layouts: they stay where they are */
};

/* Zero-initialised: nothing was told. */
struct bk_window_news {
    struct bk_window_told windows[BK_WINDOWS_MAX];
    size_t window_count;
    struct bk_surroundings surroundings;
    bool surroundings_told;
    bool keyboard_taken; /* by one of the desktop's own parts, when this was looked at last */
    bool due;
};

/* Something of windows or surroundings may be different. */
void bk_window_news_changed(struct bk_window_news *news);
/* Tells what is different: before each frame. */
void bk_window_news_tell(struct bk_window_news *news, struct bk_desktop *desktop);
/* Tells all there is: a broker has just begun to watch. */
void bk_window_news_tell_all(struct bk_window_news *news, struct bk_desktop *desktop);

#endif
