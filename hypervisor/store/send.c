/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "send.h"

#include "data_stream.h"

#include "checked.h"
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE (256U << 10)
#define STEP_MS    100

struct sender {
    int stream;
    crypto_hash_sha256_state digest;
};

static int write_out(struct sender *sender, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (int silent_ms = 0; size > 0;) {
        struct pollfd polled = { .fd = sender->stream, .events = POLLOUT };
        ssize_t n = write(sender->stream, at, size);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
            silent_ms = 0;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (silent_ms >= BK_SEND_SILENCE_MS)
            return -ETIMEDOUT;
        int ready = poll(&polled, 1, STEP_MS);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready > 0 && (polled.revents & POLLOUT) != 0)
            continue;
        if (ready > 0)
            (void)poll(NULL, 0, STEP_MS); /* the port of a device at whose other end nobody is says so at once */
        silent_ms += STEP_MS;
    }
    return 0;
}

static int say(struct sender *sender, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(&sender->digest, bytes, size);
    return write_out(sender, bytes, size);
}

/* The bytes of a file from `from` to `to`. */
static int say_file(struct sender *sender, int file, off_t from, off_t to)
{
    static uint8_t piece[PIECE_SIZE];

    while (from < to) {
        size_t size = bk_min((size_t)(to - from), sizeof piece);
        int r = bk_pread_exact(file, piece, size, from);
        if (r >= 0)
            r = say(sender, piece, size);
        if (r < 0)
            return r;
        from += (off_t)size;
    }
    return 0;
}

static int say_piece(struct sender *sender, off_t offset, off_t size)
{
    const struct bk_data_stream_piece piece = { .offset = (uint64_t)offset, .size = (uint64_t)size };

    return say(sender, &piece, sizeof piece);
}

static int say_data(struct sender *sender, int data, off_t size)
{
    off_t at = 0;

    while (size > 0 && (at = lseek(data, at, SEEK_DATA)) >= 0) {
        off_t end = lseek(data, at, SEEK_HOLE);
        if (end < 0)
            return -errno;
        int r = say_piece(sender, at, end - at);
        if (r >= 0)
            r = say_file(sender, data, at, end);
        if (r < 0)
            return r;
        at = end;
    }
    return size == 0 || errno == ENXIO ? 0 : -errno;
}

int bk_send_app(int bundle, int data, int stream)
{
    struct bk_data_stream_head head = { .version = BK_DATA_STREAM_VERSION };
    uint8_t digest[crypto_hash_sha256_BYTES];
    struct sender sender = { .stream = stream };
    struct stat status, data_status = { 0 };

    static_assert(sizeof digest == BK_DATA_STREAM_DIGEST, "as the format has it");
    if (fstat(bundle, &status) < 0 || (data >= 0 && fstat(data, &data_status) < 0))
        return -errno;
    int r = say_file(&sender, bundle, 0, status.st_size); /* which is signed, and needs no digest of ours */
    memcpy(head.magic, BK_DATA_STREAM_MAGIC, sizeof head.magic);
    head.size = (uint64_t)data_status.st_size;
    crypto_hash_sha256_init(&sender.digest);
    if (r >= 0)
        r = say(&sender, &head, sizeof head);
    if (r >= 0)
        r = say_data(&sender, data, data_status.st_size);
    if (r >= 0)
        r = say_piece(&sender, data_status.st_size, 0);
    if (r < 0)
        return r;
    crypto_hash_sha256_final(&sender.digest, digest);
    return write_out(&sender, digest, sizeof digest);
}
