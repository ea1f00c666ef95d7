/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the folder that another app serves: read to the end, or written and then put under its name.
 *
 * Input from: app (the one whose folder it is, through client.h; the other one, which gives or takes the bytes)
 * Runs in: bk-picker
 *
 *     read:   open ──▶ carry out: so many bytes as its size said, no more; fewer are told as such
 *     write:  create, under a name of our own ──▶ carry in: so many bytes as were said ──▶ stored, renamed
 *             whatever goes wrong on the way: removed
 *
 * So a file never stands half written under its name, and what was there under it is whole until what replaces it is.
 */
#ifndef BK_PICKER_FILE_H
#define BK_PICKER_FILE_H

#include "client.h"

#define BK_FILE_TEMPORARY_SIZE 32 /* of the name of our own, with its end */

struct bk_file {
    struct bk_ninep_client *client;
    uint32_t folder, fid;
    uint64_t size;
    bool begun; /* there is a file under the name of our own, … */
    bool open;  /* … which `fid` has open */
    bool may_replace;
    char name[BK_PICKER_NAME_MAX + 1];
    char temporary[BK_FILE_TEMPORARY_SIZE];
};

/* What became of it. */
enum bk_file_end {
    BK_FILE_WELL,
    BK_FILE_EXISTS, /* there is one of this name */
    BK_FILE_FAILED, /* file.c says why: `*ret_fault` */
    BK_FILE_STOPPED /* the broker wants no more of it */
};

/* What a verdict that is not good comes to as a fault; STOPPED has none. */
enum bk_picker_fault bk_fault_of(const struct bk_ninep_client *client, enum bk_verdict verdict);

/* Opens what `file->name` is in `file->folder` as `file->fid`, for reading, and says its size. */
enum bk_file_end bk_file_open(struct bk_file *file, enum bk_picker_fault *ret_fault);
/* Looks whether there is one, and begins a new one of `file->size` bytes. */
enum bk_file_end bk_file_create(struct bk_file *file, enum bk_picker_fault *ret_fault);

/* Carries the bytes from the open file to `stream`, or from `stream` to the new one, which is then stored. */
enum bk_file_end bk_file_give(struct bk_file *file, int stream, enum bk_picker_fault *ret_fault);
enum bk_file_end bk_file_store(struct bk_file *file, int stream, enum bk_picker_fault *ret_fault);

/* Removes what was begun, as far as its server lets us. */
void bk_file_abandon(struct bk_file *file);

#endif
