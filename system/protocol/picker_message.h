/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-broker and bk-picker say to each other about one folder: docs/protocols/picker.md
 *
 * Input from: trusted (bk-broker); bk-picker, which reads an app's bytes and is believed no more than that app
 * Runs in: bk-broker; bk-picker
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order. The broker asks, and each question but
 * CARRY is answered before the next. An end of the socket ends the process, which first takes back what it has begun to
 * store.
 */
#ifndef BK_PROTOCOL_PICKER_MESSAGE_H
#define BK_PROTOCOL_PICKER_MESSAGE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_PICKER_NAME_MAX    255U  /* bytes of a name, and of what is attached to */
#define BK_PICKER_ENTRIES_MAX 1000U /* of a folder that are told */
#define BK_PICKER_DEPTH_MAX   16U   /* folders within each other, below the one that is offered */
#define BK_PICKER_SIZE_MAX    ((UINT64_C(1) << 53) - 1)
#define BK_PICKER_NO_SIZE     UINT64_MAX

#define BK_PICKER_ANSWER_MS 10000 /* that the app whose folder it is has for each answer, … */
#define BK_PICKER_STORE_MS  60000 /* … and for what puts all of a file on its disk */
#define BK_PICKER_STALL_MS  60000 /* that the other app has to take, or give, the next bytes */

enum bk_picker_type {
    /* The broker asks. */
    BK_PICKER_ATTACH = 1, /* with a stream on which 9P2000.L is served; name: what to attach to. → list */
    BK_PICKER_ENTER = 2,  /* name: of a folder in this one. → list */
    BK_PICKER_UP = 3,     /* back to the folder that this one is in. → list */
    BK_PICKER_OPEN = 4,   /* name: of a file, to be read. → OPENED */
    BK_PICKER_CREATE = 5, /* name: of a file, to be written; size; value 1: it may replace one. → CREATED, or EXISTS */
    BK_PICKER_CARRY = 6,  /* with the other app's stream, to or from the file. → DONE, the last word */
    /* bk-picker answers; any question with FAILED. */
    BK_PICKER_ENTRY = 16,   /* of a list: name; value: enum bk_picker_kind; size, or none */
    BK_PICKER_LISTED = 17,  /* the list is whole; value 1: there is more than is told */
    BK_PICKER_OPENED = 18,  /* size */
    BK_PICKER_EXISTS = 19,  /* there is a file of this name: nothing was done */
    BK_PICKER_CREATED = 20, /* a file of another name waits for its bytes */
    BK_PICKER_DONE = 21,    /* the file was read to its end, or stands under its name */
    BK_PICKER_FAILED = 22,  /* value: enum bk_picker_fault */
};

enum bk_picker_kind {
    BK_PICKER_FOLDER,
    BK_PICKER_FILE,
    BK_PICKER_KINDS,
};

/* What can go wrong; after the first three there is nothing more to be had of this folder. */
enum bk_picker_fault {
    BK_PICKER_SILENT,  /* the app whose folder it is does not answer, … */
    BK_PICKER_GONE,    /* … is not there any more, … */
    BK_PICKER_BROKEN,  /* … or says what is no answer */
    BK_PICKER_REFUSED, /* it says no */
    BK_PICKER_FULL,    /* it has no room */
    BK_PICKER_NO_FILE, /* the name is a folder's, or something else's that is no file */
    BK_PICKER_DEEP,    /* BK_PICKER_DEPTH_MAX */
    BK_PICKER_TAKEN,   /* another file got the name meanwhile */
    BK_PICKER_SHORT,   /* not all bytes came: from the folder that is read, or from the app that stores */
    BK_PICKER_FAULTS,
};
extern const char *const bk_picker_fault_names[BK_PICKER_FAULTS]; /* for the log */

struct bk_picker_message {
    uint32_t type;
    uint32_t value;
    uint64_t size;
    char name[BK_PICKER_NAME_MAX + 1]; /* terminated, zeroes behind it */
};
static_assert(sizeof(struct bk_picker_message) == 272, "wire size");

/* A name that leads to nothing but what is in the folder: 1 to BK_PICKER_NAME_MAX bytes, no slash, no NUL, neither "."
 * nor "..". What a person may be shown of it is not judged. */
bool bk_picker_is_name(const char *name, size_t length);

/* Fills in a message; `name` of `length` bytes, at most BK_PICKER_NAME_MAX. */
struct bk_picker_message bk_picker_message_make(enum bk_picker_type type, uint32_t value, uint64_t size,
                                                const char *name, size_t length);

/* Whether what came, of `length` bytes, is an answer of bk-picker's, to the letter. */
bool bk_picker_message_is_answer(const struct bk_picker_message *message, size_t length);

#endif
