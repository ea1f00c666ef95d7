/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file that the person chooses for an app: from the call to its last byte.
 *
 * Input from: app (the call, checked by file_api.c); trusted (what the person did); bk-picker (what is in a folder)
 * Runs in: bk-broker
 *
 *     file_api.c      Pick(), Save() ──▶ one question at a time over all apps
 *     file_pages.c       places ── the person goes into one ──▶ calling (folder_session.h) ──▶ a picker of its own
 *                          ▲                                                                    │ page after page
 *                          └──────────────── back ── the picker is let go of ◀──────────────────┤
 *                                        the app is told its stream ◀── a file is chosen ───────┘
 *                                        bk-picker carries the bytes, and the end is told
 *
 * A page comes to the desktop only after the person did something: whoever serves a folder cannot change what is under
 * the pointer at a moment that it chooses but once for each of these. What the person did counts for the page that they
 * saw, by its number, and for nothing while the next one is awaited, but for going back and closing.
 */
#ifndef BK_BROKER_FILE_H
#define BK_BROKER_FILE_H

#include "file_picker.h"
#include "folder.h"
#include "link.h"
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* The limits that api/io.bulkhead.File.varlink promises; calls are counted with those of io.bulkhead.Open. */
#define BK_FILE_ENDINGS_MAX 16U /* that an app may ask for, … */
#define BK_FILE_ENDING_MAX  16U /* … bytes of each */
#define BK_FILE_NAME_MAX    BK_LINK_NAME_MAX
#define BK_FILE_OPEN_MAX    4U /* files of an app that are chosen, and not at their end */

#define BK_FILE_BUSY_MS 1000U /* until a desktop that had no place for the question is asked again */

struct bk_broker;
struct bk_connection;

/* What the app wants. */
struct bk_file_wish {
    bool save;
    unsigned n_endings; /* to open; 0: any */
    char endings[BK_FILE_ENDINGS_MAX][BK_FILE_ENDING_MAX + 1];
    char name[BK_PICKER_NAME_MAX + 1]; /* to save: as the app says, and then as the person does */
    uint64_t size;
};

enum bk_file_kind {
    BK_FILE_PLACE, /* a folder that an app offers */
    BK_FILE_FOLDER,
    BK_FILE_FILE,
    BK_FILE_KINDS,
};

struct bk_file_entry {
    enum bk_file_kind kind;
    uint64_t size; /* of a file, or BK_PICKER_NO_SIZE */
    char *name;    /* a place's: its folder's id */
};

/* What stands in place of the entries. */
enum bk_file_note {
    BK_FILE_NOTE_NONE,
    BK_FILE_NOTE_SILENT, /* the app whose folder it is does not answer, … */
    BK_FILE_NOTE_GONE,   /* … or is not there any more */
    BK_FILE_NOTE_REFUSED,
    BK_FILE_NOTE_NO_FILE,
    BK_FILE_NOTE_DEEP,
    BK_FILE_NOTE_BAD_NAME,
    BK_FILE_NOTE_EXISTS, /* a question: is it to be replaced? */
    BK_FILE_NOTES,
};

/* What the person sees: places, a folder, or a note. */
struct bk_file_page {
    int64_t number;    /* another with each page */
    const char *place; /* the title of the folder that they are in, or its name; NULL: the places are shown */
    const char *name;  /* of the file that a note is about */
    enum bk_file_note note;
    bool back, more;
    const struct bk_file_entry *entries;
    size_t count;
};

enum bk_file_act {
    BK_FILE_CHOOSE, /* an entry */
    BK_FILE_BACK,
    BK_FILE_SAVE, /* here, under a name */
    BK_FILE_REPLACE,
    BK_FILE_CLOSE,
    BK_FILE_ACTS,
};

/* What the person did. */
struct bk_file_deed {
    int64_t page;
    enum bk_file_act act;
    uint64_t entry;
    const char *name; /* or NULL; borrowed */
};

struct bk_file_session;

/* For a wish of the system's own, which is to open: the file's bytes come through `fd`, a non-blocking stream of the
 * taker's, and end early when they do not all come. -1: none was chosen. */
typedef void (*bk_file_taken_t)(int fd, const char *name, uint64_t size, void *userdata);

/* The broker's; zero-initialised but for the program. */
struct bk_files {
    struct bk_file_pickers pickers;
    struct bk_file_session *sessions;
    struct bk_file_session *shown; /* of them, the one whose question is up; NULL: there is none */
    int64_t question;              /* its number */
    int64_t pages;                 /* so far */
    sd_event_source *next;         /* another may be shown */
};

/* ---- file_session.c ---- */

int bk_file_sessions_start(struct bk_broker *broker);
void bk_file_sessions_stop(struct bk_broker *broker);

/* A call waits on `connection`, which may make it; the person is asked. */
int bk_file_session_begin(struct bk_connection *connection, const struct bk_file_wish *wish);
/* The same without a call: `taken` is called once, if this does not fail, unless the broker ends. */
int bk_file_session_begin_system(struct bk_broker *broker, const struct bk_file_wish *wish, bk_file_taken_t taken,
                                 void *userdata);
/* How many of the app's are not at their end. */
unsigned bk_file_sessions_count(const struct bk_broker *broker, const struct bk_app *app);
/* The connection that the call waits on is ending. */
void bk_file_session_cancel(struct bk_file_session *session);

/* ---- file_api.c: answers ---- */

void bk_file_answer_opened(struct bk_connection *connection, const char *stream, const char *name, uint64_t size);
void bk_file_answer_saving(struct bk_connection *connection, const char *stream, const char *name);
void bk_file_answer_stored(struct bk_connection *connection, const char *name);
void bk_file_answer_not_stored(struct bk_connection *connection, enum bk_picker_fault fault);
void bk_file_answer_not_chosen(struct bk_connection *connection);
/* Too much of what the app has is not at its end. */
void bk_file_answer_too_many(struct bk_connection *connection, unsigned limit);

#endif
