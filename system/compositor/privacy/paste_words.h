/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the person reads about data that are pasted: what kind of thing they are, by their MIME type.
 *
 * Input from: app (the type, which the broker has bounded)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PASTE_WORDS_H
#define BK_COMPOSITOR_PASTE_WORDS_H

struct bk_paste_words {
    const char *done; /* "Pasted text" */
    const char *wish; /* "It gets the text that you copied there." */
};

/* Never NULL: of a type that is not known these are words that fit all. */
const struct bk_paste_words *bk_paste_words_of(const char *type);

#endif
