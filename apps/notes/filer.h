/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and saves the note as a file that the person chooses: io.bulkhead.File of the system's API, whose dialog the
 * system draws. The call is one line of JSON and a NUL over a vsock; the bytes go over another one
 * (docs/api/README.md).
 *
 * Input from: trusted (the system's answers); another app (a file's bytes, of which the note takes what it can hold)
 * Runs in: notes
 *
 *     Pick():  call ── stream ──▶ reads to the end: all is well when that is after as many bytes as were said
 *     Save():  call ── stream ──▶ writes all ──▶ the call's second answer says that it is stored
 */
#ifndef BK_NOTES_FILER_H
#define BK_NOTES_FILER_H

#include "note.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILER_MESSAGE_MAX 2048U /* bytes of an answer: a name of 255, each in an escape at worst */
#define FILER_NAME_MAX    60U
#define FILER_CALL_MAX    (FILER_NAME_MAX + 128U)
#define FILER_TOKEN       32U
#define FILER_STATUS_MAX  96U

enum filer_phase {
    FILER_IDLE,
    FILER_CALLS,  /* says what it wants */
    FILER_WAITS,  /* for the person */
    FILER_GREETS, /* says the stream's token */
    FILER_READS,
    FILER_WRITES,
    FILER_ENDS, /* waits for the second answer */
};

struct filer {
    enum filer_phase phase;
    bool saves;
    int call, stream; /* -1: not connected */
    char request[FILER_CALL_MAX];
    char message[FILER_MESSAGE_MAX + 1]; /* what came of an answer */
    size_t heard;
    char token[FILER_TOKEN + 2]; /* and a line feed */
    char name[FILER_NAME_MAX + 1];
    uint64_t size, done;
    char text[NOTE_SIZE_MAX];      /* what is saved: the note as it was */
    char status[FILER_STATUS_MAX]; /* for the person; empty: nothing */
};

void bk_filer_init(struct filer *filer);
/* Asks for a file to open, or where to save the note. Nothing while it has something to do. */
void bk_filer_open(struct filer *filer);
void bk_filer_save(struct filer *filer, const struct note *note);

/* What poll() shall wait for on the descriptor that it yields; -1: on none. */
int bk_filer_poll(const struct filer *filer, short *ret_events);
/* After poll(). `begun` is called when a text comes, and `take` for each of its bytes; true when there is something new
 * to be seen. */
bool bk_filer_step(struct filer *filer, short events, void (*begun)(void *userdata),
                   void (*take)(char byte, void *userdata), void *userdata);

/* The call to save a note of this title, with its NUL: a name is made of the title. Yields its size. */
size_t bk_filer_request(char to[static FILER_CALL_MAX], const char *title, size_t size);
/* The text of a field in an answer, when it is one without escapes; false when there is none. */
bool bk_filer_find(const char *message, const char *field, char *to, size_t size);

#endif
