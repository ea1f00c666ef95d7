/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of io.bulkhead.File, between the two files that lead it: file_session.c has its question, its streams and
 * its end, file_pages.c what the person sees and does meanwhile.
 *
 * Input from: app (the call); trusted (what the person did); bk-picker
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_FILE_SESSION_H
#define BK_BROKER_FILE_SESSION_H

#include "broker.h"
#include "file_list.h"
#include "folder_session.h"

enum bk_file_state {
    BK_FILE_STATE_QUEUED,  /* its question is not up */
    BK_FILE_STATE_PLACES,  /* the person sees the places, … */
    BK_FILE_STATE_CALLING, /* … waits for the one who offers, … */
    BK_FILE_STATE_READING, /* … for bk-picker, … */
    BK_FILE_STATE_FOLDER,  /* … sees a folder, … */
    BK_FILE_STATE_NOTED,   /* … or what did not go */
    BK_FILE_STATE_AWAITED, /* a file is chosen, and the app's stream is awaited */
    BK_FILE_STATE_CARRIED, /* … its bytes are on their way */
};

struct bk_file_session {
    struct bk_file_session *next;
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_connection *connection; /* its call waits, or NULL */
    bk_file_taken_t taken;            /* of a wish of the system's own that has no file yet, or NULL */
    void *taken_userdata;
    struct bk_file_wish wish;
    enum bk_file_state state;
    int64_t page;
    struct bk_file_list list; /* what the page has, … */
    bool more;
    struct bk_file_list coming; /* … and what is being read for the next one */
    bool coming_more;
    unsigned told;                    /* entries of it so far, shown or not */
    enum bk_picker_type asked;        /* while BK_FILE_STATE_READING */
    struct bk_app *server;            /* whose folder is looked into; apps live as long as the broker */
    struct bk_folder_session *called; /* while BK_FILE_STATE_CALLING */
    struct bk_file_picker *picker;    /* from BK_FILE_STATE_READING on */
    char aname[BK_FOLDER_ANAME_MAX + 1];
    bool listed; /* what is in `list` is the folder that one is in */
    unsigned depth;
    char names[BK_PICKER_DEPTH_MAX + 1][BK_PICKER_NAME_MAX + 1]; /* the place's title, and those on the way from it */
    char wanted[BK_PICKER_NAME_MAX + 1];                         /* what is being entered or chosen */
    struct bk_stream_token token;                                /* that is out, if has_token */
    bool has_token;
};

/* ---- file_pages.c ---- */

/* The places: the first page. */
struct bk_file_page bk_file_pages_begin(struct bk_file_session *session);
/* Of the folder that the person is in, nothing is left. */
void bk_file_pages_leave(struct bk_file_session *session);
/* While BK_FILE_STATE_READING: what bk-picker answered; NULL: it has ended. */
void bk_file_pages_take(struct bk_file_session *session, const struct bk_picker_message *answer);

/* ---- file_session.c ---- */

/* bk-picker's answers, for its start; `userdata` is the session. */
void bk_file_session_answered(const struct bk_picker_message *answer, void *userdata);
void bk_file_session_tell_picker(struct bk_file_session *session, enum bk_picker_type type, uint32_t value,
                                 uint64_t size, const char *name, int stream);
/* The file is open: the question is over, and the app is told. */
void bk_file_session_conclude(struct bk_file_session *session, uint64_t size);
/* The person did not choose, or cannot: the session is gone. */
void bk_file_session_end_unchosen(struct bk_file_session *session);

#endif
