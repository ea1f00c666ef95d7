/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data disk as a stream: docs/protocols/export.md. It follows the bundle in an exported app.
 *
 * Input from: whoever has the file
 * Runs in: bk-supervisor's child, which writes it; bk-installer, which reads it
 *
 * A head, pieces with their bytes behind them, a last piece that is empty and at the disk's end, and the SHA-256 of all
 * that. Little-endian, as is the machine.
 */
#ifndef BK_PROTOCOL_DATA_STREAM_H
#define BK_PROTOCOL_DATA_STREAM_H

#include <assert.h>
#include <stdint.h>

#define BK_DATA_STREAM_MAGIC   "\xb5\x42\x44\x41\x54\r\n\x1a"
#define BK_DATA_STREAM_VERSION 1U
#define BK_DATA_STREAM_DIGEST  32U

struct bk_data_stream_head {
    char magic[8];
    uint32_t version;
    uint32_t zero;
    uint64_t size; /* of the disk, in bytes; 0: there is none */
    uint64_t zero2;
};
static_assert(sizeof(struct bk_data_stream_head) == 32, "wire size");

struct bk_data_stream_piece {
    uint64_t offset; /* in the disk, not before the end of the piece before */
    uint64_t size;
};
static_assert(sizeof(struct bk_data_stream_piece) == 16, "wire size");

#endif
