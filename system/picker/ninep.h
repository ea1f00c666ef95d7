/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 9P2000.L messages: what a client writes, and what it reads of a server that nobody trusts.
 *
 * Input from: app
 * Runs in: bk-picker
 *
 * Numbers are little-endian; a string is its length in two bytes and as many bytes behind it. What is taken from a
 * message goes by a mark that no read moves beyond the message's end: one that would sets `bad`, and it and all after
 * it yield zeroes, so that a reader takes all fields and looks at `bad` once. (diod's protocol.md is the specification;
 * names and numbers are Linux's, include/net/9p/9p.h.)
 */
#ifndef BK_PICKER_NINEP_H
#define BK_PICKER_NINEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_NINEP_MESSAGE_MAX (64U * 1024U) /* what is proposed; a server may have it less … */
#define BK_NINEP_MESSAGE_MIN 4096U         /* … but no less than this */
#define BK_NINEP_HEADER      7U            /* size[4] type[1] tag[2] */
#define BK_NINEP_NO_TAG      0xffffU
#define BK_NINEP_NO_FID      0xffffffffU

enum bk_ninep_type {
    BK_NINEP_RLERROR = 7,
    BK_NINEP_TLOPEN = 12,
    BK_NINEP_TLCREATE = 14,
    BK_NINEP_TRENAME = 20,
    BK_NINEP_TGETATTR = 24,
    BK_NINEP_TREADDIR = 40,
    BK_NINEP_TFSYNC = 50,
    BK_NINEP_TRENAMEAT = 74,
    BK_NINEP_TUNLINKAT = 76,
    BK_NINEP_TVERSION = 100,
    BK_NINEP_TATTACH = 104,
    BK_NINEP_TWALK = 110,
    BK_NINEP_TREAD = 116,
    BK_NINEP_TWRITE = 118,
    BK_NINEP_TCLUNK = 120,
    BK_NINEP_TREMOVE = 122,
    /* The answer's number is its question's and one. */
};

/* What a server says that something is (qid.type). */
#define BK_NINEP_QID_FOLDER 0x80U
#define BK_NINEP_QID_FILE   0x00U

struct bk_ninep_message {
    size_t size, at;
    bool bad; /* more was taken, or put, than there is */
    uint8_t bytes[BK_NINEP_MESSAGE_MAX];
};

void bk_ninep_begin(struct bk_ninep_message *message, enum bk_ninep_type type, uint16_t tag);
void bk_ninep_put(struct bk_ninep_message *message, uint64_t value, unsigned bytes);
void bk_ninep_put_string(struct bk_ninep_message *message, const char *text, size_t length);
void bk_ninep_put_bytes(struct bk_ninep_message *message, const void *data, size_t size);
/* Writes the length in front. */
void bk_ninep_end(struct bk_ninep_message *message);

/* The length that a message's first four bytes say; 0 when it cannot be one of at most `max` bytes. */
size_t bk_ninep_length(const uint8_t bytes[static 4], size_t max);
/* Takes the header of a whole message of `size` bytes; false when it is not the answer with this tag to a question of
 * this type, and no Rlerror either, of which `*ret_error` is the number; else that is 0. The mark is behind it. */
bool bk_ninep_open(struct bk_ninep_message *message, enum bk_ninep_type asked, uint16_t tag, uint32_t *ret_error);
uint64_t bk_ninep_take(struct bk_ninep_message *message, unsigned bytes);
/* Borrowed from the message, and not terminated; NULL when it is bad. */
const char *bk_ninep_take_string(struct bk_ninep_message *message, size_t *ret_length);
const uint8_t *bk_ninep_take_bytes(struct bk_ninep_message *message, size_t size);
/* Takes a qid, and yields its type. */
uint8_t bk_ninep_take_qid(struct bk_ninep_message *message);

/* One entry of a folder. */
struct bk_ninep_entry {
    const char *name; /* borrowed, not terminated; any bytes */
    size_t length;
    uint8_t qid_type;
    uint64_t next; /* where to read on behind it */
};

/* Takes the next entry of an Rreaddir's data; false when there is none left, or only part of one, which is bad. */
bool bk_ninep_take_entry(struct bk_ninep_message *message, struct bk_ninep_entry *ret);

#endif
