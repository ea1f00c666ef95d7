/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mark on the corner of something: that there is news, or how many.
 *
 * Input from: app (a bounded number)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_MARK_H
#define BK_COMPOSITOR_MARK_H

enum bk_mark_kind {
    BK_MARK_NONE,
    BK_MARK_DOT,
    BK_MARK_COUNT, /* more than 99 are "99+"; 0 is none */
    BK_MARKS,
};

struct bk_mark {
    enum bk_mark_kind kind;
    unsigned count;
};

#endif
