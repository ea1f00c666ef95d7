/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of one 9P2000.L server: one question at a time, each with its deadline.
 *
 * Input from: app
 * Runs in: bk-picker
 *
 * What a server does is a verdict and never an error of ours. After any but REFUSED the connection is of no use: who
 * lies once, or is late once, is not asked again. The fids are the caller's to number; none is ever known to the server
 * twice at a time.
 */
#ifndef BK_PICKER_CLIENT_H
#define BK_PICKER_CLIENT_H

#include "ninep.h"
#include "picker_message.h"

enum bk_verdict {
    BK_VERDICT_GOOD,
    BK_VERDICT_REFUSED, /* the server says that it does not go: client->error says why, as Linux numbers it */
    BK_VERDICT_SILENT,  /* it did not answer in time */
    BK_VERDICT_GONE,    /* it closed the stream */
    BK_VERDICT_BROKEN,  /* it said what is no answer */
    BK_VERDICT_STOPPED, /* the broker does not want it any more */
};

struct bk_ninep_client {
    int stream;  /* the server's, non-blocking; -1: there is none */
    int control; /* when this hangs up, nobody waits any more; -1: that does not matter */
    uint32_t message_max;
    uint32_t error;
    struct bk_ninep_message asks, says;
};

/* What the server says of a file. */
struct bk_ninep_about {
    uint32_t mode; /* as stat(2) has it */
    uint64_t size;
};

/* Agrees on the version, and attaches to `aname` as `fid`. */
enum bk_verdict bk_ninep_attach(struct bk_ninep_client *client, uint32_t fid, const char *aname);
/* `new_fid` becomes what `name` is in `fid`; or, without a name, the same as `fid`. */
enum bk_verdict bk_ninep_walk(struct bk_ninep_client *client, uint32_t fid, uint32_t new_fid, const char *name,
                              uint8_t *ret_qid_type);
enum bk_verdict bk_ninep_about(struct bk_ninep_client *client, uint32_t fid, struct bk_ninep_about *ret);
/* `flags` as Linux's open(2) has them on most machines, which is what 9P2000.L says. */
enum bk_verdict bk_ninep_open_fid(struct bk_ninep_client *client, uint32_t fid, uint32_t flags);
/* Entries of an open folder from `offset` on, to be had of client->says by bk_ninep_take_entry(). */
enum bk_verdict bk_ninep_readdir(struct bk_ninep_client *client, uint32_t fid, uint64_t offset);
/* `*ret_data`, which is client->says's, has `*ret_size` bytes: at most `size`, and none at the end. */
enum bk_verdict bk_ninep_read(struct bk_ninep_client *client, uint32_t fid, uint64_t offset, size_t size,
                              const uint8_t **ret_data, size_t *ret_size);
/* A file of this name, new, in the folder `fid`, which is the open file from then on. */
enum bk_verdict bk_ninep_create(struct bk_ninep_client *client, uint32_t fid, const char *name);
/* As much as the server takes of it: at least a byte. */
enum bk_verdict bk_ninep_write(struct bk_ninep_client *client, uint32_t fid, uint64_t offset, const uint8_t *data,
                               size_t size, size_t *ret_size);
enum bk_verdict bk_ninep_fsync(struct bk_ninep_client *client, uint32_t fid);
/* The file of this name in a folder, which nobody has open, gets another name there, also when another file has it.
 * `spare` is a fid that is free, and is so again when all is well. */
enum bk_verdict bk_ninep_rename(struct bk_ninep_client *client, uint32_t folder, uint32_t spare, const char *name,
                                const char *to);
/* Such a file goes. */
enum bk_verdict bk_ninep_unlink(struct bk_ninep_client *client, uint32_t folder, uint32_t spare, const char *name);
enum bk_verdict bk_ninep_clunk(struct bk_ninep_client *client, uint32_t fid);

/* The most bytes that one read or write carries. */
size_t bk_ninep_data_max(const struct bk_ninep_client *client);

#endif
