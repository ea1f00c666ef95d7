/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-installer: docs/protocols/control.md. All that bk-installer works with comes
 * over it as open descriptors.
 *
 * Input from: bk-installer believes the supervisor; the supervisor checks what bk-installer says
 * Runs in: bk-supervisor; bk-installer
 *
 * SOCK_SEQPACKET, one message a datagram, host byte order.
 */
#ifndef BK_PROTOCOL_INSTALL_CONTROL_H
#define BK_PROTOCOL_INSTALL_CONTROL_H

#include <assert.h>
#include <stdint.h>

#define BK_INSTALL_REASON_MAX 320U /* bytes, the NUL among them */

/* supervisor → bk-installer, each but the last with a descriptor. One bundle at a time. */
enum bk_install_control_type {
    BK_INSTALL_TARGET = 1,         /* an empty file, which is to be the bundle */
    BK_INSTALL_SOURCE = 2,         /* a non-blocking stream that the bundle comes on, and begins: the target is there */
    BK_INSTALL_SOURCE_OF_BOTH = 3, /* the same, and a data disk follows the bundle: it waits for … */
    BK_INSTALL_DATA = 4,   /* an empty file, which is to be the data disk, and begins: it is of `size` at most */
    BK_INSTALL_LET_GO = 5, /* of the stream, when it is still open */
};

struct bk_install_control_message {
    uint32_t type; /* enum bk_install_control_type */
    uint32_t zero;
    uint64_t size;
};
static_assert(sizeof(struct bk_install_control_message) == 16, "wire size");

/* bk-installer → supervisor: what came of it. Then it is ready for the next one. */
struct bk_install_result {
    uint32_t verdict; /* enum bk_bundle_verdict; 0: it is a good bundle, and on the disk */
    int32_t error;    /* negative errno: it did not come, or could not be written; then nothing else counts */
    uint64_t offset;  /* in the bundle, where what is wrong begins; of a data disk that came, its size */
    char reason[BK_INSTALL_REASON_MAX]; /* in words, with a NUL */
};
static_assert(sizeof(struct bk_install_result) == 16 + BK_INSTALL_REASON_MAX, "wire size");

#endif
