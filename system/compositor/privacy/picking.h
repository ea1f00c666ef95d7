/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that the person chooses for an app: the page of folders that they see, where they are on it, and the name
 * that they give. What the question which file is about; when it takes an answer is prompt.h's.
 *
 * Input from: app, through the broker (names of folders and files, which are cleaned on the way in); the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PICKING_H
#define BK_COMPOSITOR_PICKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_PICKING_ENTRIES_MAX 1000U
#define BK_PICKING_ENDINGS_MAX 16U
#define BK_PICKING_ROWS_MAX    16U   /* that are on the screen at a time, in part too */
#define BK_PICKING_WAIT_MS     250U  /* until it is said that the next page is awaited */
#define BK_PICKING_TYPED_MS    1000U /* after which typing a name begins anew */

/* What is kept of each text, in bytes; the rest is cut. */
#define BK_PICKING_NAME_BYTES  255U /* a file's, a folder's */
#define BK_PICKING_APP_BYTES   255U
#define BK_PICKING_HINT_BYTES  300U
#define BK_PICKING_TYPED_BYTES 64U

enum bk_picking_kind {
    BK_PICKING_PLACE, /* a folder that an app offers */
    BK_PICKING_FOLDER,
    BK_PICKING_FILE,
    BK_PICKING_KINDS,
};
extern const char *const bk_picking_kind_names[BK_PICKING_KINDS];

/* What stands in place of the entries. */
enum bk_picking_note {
    BK_PICKING_SILENT,
    BK_PICKING_GONE,
    BK_PICKING_REFUSED,
    BK_PICKING_NO_FILE,
    BK_PICKING_DEEP,
    BK_PICKING_BAD_NAME,
    BK_PICKING_EXISTS, /* a question: is it to be replaced? */
    BK_PICKING_NOTES,  /* nothing */
};
extern const char *const bk_picking_note_names[BK_PICKING_NOTES];

/* Borrowed. `size` is -1 when it is not known; `app` and `app_name` are a place's. */
struct bk_picking_entry_content {
    enum bk_picking_kind kind;
    const char *name, *app, *app_name;
    int64_t size;
};
struct bk_picking_page {
    int64_t number;
    const char *place; /* NULL: the places are listed */
    bool back, more;
    enum bk_picking_note note;
    const char *note_name;
    const struct bk_picking_entry_content *entries;
    size_t count;
};
struct bk_picking_content {
    const char *save_as; /* NULL: it is to be opened */
    int64_t size;
    const char *endings[BK_PICKING_ENDINGS_MAX];
    size_t n_endings;
    struct bk_picking_page page;
};

struct bk_picking_entry {
    enum bk_picking_kind kind;
    char *name, *app, *app_name;
    bool plain; /* its name is shown as it is, and can be given again */
    int64_t size;
};

/* Zero-initialised: nothing. */
struct bk_picking {
    uint64_t revision; /* another number with all that is to be seen */
    bool saving;
    int64_t size;
    char hint[BK_PICKING_HINT_BYTES]; /* what is shown, when that is not everything */
    /* the page */
    int64_t number;
    char *place; /* NULL: the places */
    bool back, more;
    enum bk_picking_note note;
    char *note_name;
    struct bk_picking_entry *entries;
    size_t count;
    bool waiting; /* the person did something, and the next page is not here */
    uint64_t waiting_ms;
    /* where the person is on it */
    int scroll, view, row; /* logical pixels: from the top; the list's height, and a row's, as they are drawn */
    size_t first;          /* entry that is drawn first */
    size_t cursor;         /* of the keyboard; `count`: nowhere yet */
    char typed[BK_PICKING_TYPED_BYTES + 1];
    uint64_t typed_ms;
    /* the name that it gets */
    char name[BK_PICKING_NAME_BYTES + 1];
    size_t caret; /* in bytes */
    bool fresh;   /* nothing was written into it yet: what is written replaces what stands before the ending */
};

/* -EINVAL: too much of something, or no name to begin with. -ENOMEM. */
int bk_picking_init(struct bk_picking *picking, const struct bk_picking_content *content);
void bk_picking_finish(struct bk_picking *picking);
/* The next page; on failure it stays as it is. */
int bk_picking_turn(struct bk_picking *picking, const struct bk_picking_page *page);

/* The list is drawn so high, its rows so high; scrolls no further than there is something. */
void bk_picking_set_view(struct bk_picking *picking, int view, int row);
void bk_picking_scroll(struct bk_picking *picking, int pixels);
/* The keyboard's place moves by so many entries, and comes into view; false when there are none. */
bool bk_picking_step(struct bk_picking *picking, int by);
/* To the first entry whose name begins as what is being typed; false when that is no text for it. */
bool bk_picking_seek(struct bk_picking *picking, const char *text, uint64_t now_ms);

/* A file can be saved here, under a name. */
bool bk_picking_can_save(const struct bk_picking *picking);
/* There is a field for the name, and what is written goes there. */
bool bk_picking_has_field(const struct bk_picking *picking);
/* Where what is written would replace what stands there; 0: nowhere. */
size_t bk_picking_fresh_bytes(const struct bk_picking *picking);
void bk_picking_write(struct bk_picking *picking, const char *text);
void bk_picking_erase(struct bk_picking *picking);
/* The caret goes by one character, or to the beginning or the end. */
void bk_picking_caret(struct bk_picking *picking, int by);
/* The name becomes that of an entry. */
void bk_picking_take_name(struct bk_picking *picking, size_t entry);

#endif
