/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the texts that the person opens with this app: io.bulkhead.Open.Watch() of the system's API, and the stream
 * that it answers with, one after the other. The manifest says that this app opens text/plain.
 *
 * Input from: another app (the text, of which the note takes what it can hold); trusted (the system's answers)
 * Runs in: notes
 *
 * Without a system to speak to nothing comes, and nothing else is different.
 */
#ifndef BK_NOTES_TAKER_H
#define BK_NOTES_TAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAKER_MESSAGE_MAX 1024U /* bytes of an answer: a name of 200, each in an escape at worst */
#define TAKER_TOKEN       32U   /* digits */

enum taker_phase {
    TAKER_CALLS,  /* waits for the answer to Watch() */
    TAKER_STREAM, /* reads the text */
};

struct taker {
    enum taker_phase phase;
    int fd;    /* -1: not connected */
    bool said; /* Watch(), or the stream's token */
    uint64_t when_ms;
    char token[TAKER_TOKEN + 2];     /* and a line feed */
    char message[TAKER_MESSAGE_MAX]; /* what came of the answer */
    size_t size;
};

/* Connects in its first step. */
void bk_taker_init(struct taker *taker);

/* What poll() shall wait for on `fd`, and until when; `*ret_ms` is UINT64_MAX for ever. */
short bk_taker_events(const struct taker *taker, uint64_t now_ms, uint64_t *ret_ms);

/* After poll(). `begun` is called when a text comes, and `take` for each of its bytes; true when there was any. */
bool bk_taker_step(struct taker *taker, short events, uint64_t now_ms, void (*begun)(void *userdata),
                   void (*take)(char byte, void *userdata), void *userdata);

/* The token of a stream in an answer; false when there is none. */
bool bk_taker_find_token(const char *message, char token[static TAKER_TOKEN + 2]);

#endif
