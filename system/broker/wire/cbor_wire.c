/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cbor_wire.h"

#include "cbor_decode.h"
#include "cbor_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE 4096U

struct bk_cbor_wire {
    struct bk_cbor_decoder decoder;
    unsigned char in[BUFFER_SIZE];
    size_t in_start;
    size_t in_end;

    char *text;          /* what came of answers, as JSON */
    size_t text_size;    /* allocated */
    size_t text_end;     /* received */
    size_t text_scanned; /* there is no NUL before here */
    struct bk_cbor_bytes answer;
    void (*heard)(const char *text, size_t size, void *userdata); /* or NULL */
    void *userdata;
};

struct bk_cbor_wire *bk_cbor_wire_create(void)
{
    return calloc(1, sizeof(struct bk_cbor_wire));
}

void bk_cbor_wire_destroy(struct bk_cbor_wire *wire)
{
    if (wire == NULL)
        return;
    bk_cbor_bytes_finish(&wire->answer);
    free(wire->text);
    free(wire);
}

static ssize_t receive(int fd, void *buffer, size_t size)
{
    ssize_t n;

    do {
        n = recv(fd, buffer, size, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

static ssize_t bad(void)
{
    errno = EBADMSG;
    return -1;
}

/* ---- what the app says ---- */

ssize_t bk_cbor_wire_receive(struct bk_cbor_wire *wire, int app_fd, char *text, size_t size, const char **ret_fault)
{
    for (;;) {
        size_t taken = 0;
        size_t written = 0;
        if (wire->in_start == wire->in_end) {
            ssize_t n = receive(app_fd, wire->in, sizeof wire->in);
            if (n <= 0)
                return n;
            wire->in_start = 0;
            wire->in_end = (size_t)n;
        }
        const char *fault = bk_cbor_fault(bk_cbor_decode(&wire->decoder, wire->in + wire->in_start,
                                                         wire->in_end - wire->in_start, &taken, text, size, &written));
        wire->in_start += taken;
        if (fault != NULL) {
            *ret_fault = fault;
            return bad();
        }
        if (written > 0)
            return (ssize_t)written;
    }
}

bool bk_cbor_wire_within(const struct bk_cbor_wire *wire)
{
    return bk_cbor_within(&wire->decoder);
}

bool bk_cbor_wire_holds(const struct bk_cbor_wire *wire)
{
    return wire->in_start < wire->in_end;
}

/* ---- what the system says ---- */

/* Receives until a whole answer is there; yields its length, as recv() would. */
static ssize_t collect(struct bk_cbor_wire *wire, int fd)
{
    for (;;) {
        if (wire->text_scanned < wire->text_end) {
            const char *end = memchr(wire->text + wire->text_scanned, '\0', wire->text_end - wire->text_scanned);
            if (end != NULL)
                return end - wire->text;
            wire->text_scanned = wire->text_end;
        }
        if (wire->text_end == wire->text_size) {
            size_t size = wire->text_size > 0 ? 2 * wire->text_size : BUFFER_SIZE;
            char *grown = size > BK_CBOR_WIRE_ANSWER_MAX ? NULL : realloc(wire->text, size);
            if (grown == NULL)
                return bad();
            wire->text = grown;
            wire->text_size = size;
        }
        ssize_t n = receive(fd, wire->text + wire->text_end, wire->text_size - wire->text_end);
        if (n <= 0)
            return n;
        wire->text_end += (size_t)n;
    }
}

void bk_cbor_wire_on_answer(struct bk_cbor_wire *wire, void (*heard)(const char *text, size_t size, void *userdata),
                            void *userdata)
{
    wire->heard = heard;
    wire->userdata = userdata;
}

/* The answer of `length` bytes and its NUL are done with. */
static void drop(struct bk_cbor_wire *wire, size_t length)
{
    wire->text_end -= length + 1;
    wire->text_scanned = 0;
    if (wire->text_end > 0) {
        memmove(wire->text, wire->text + length + 1, wire->text_end);
        return;
    }
    free(wire->text);
    wire->text = NULL;
    wire->text_size = 0;
}

ssize_t bk_cbor_wire_answer(struct bk_cbor_wire *wire, int inner_fd, const char **ret_answer)
{
    bk_cbor_bytes_finish(&wire->answer); /* the one before has left */
    ssize_t length = collect(wire, inner_fd);
    if (length <= 0)
        return length;
    if (wire->heard != NULL)
        wire->heard(wire->text, (size_t)length + 1, wire->userdata);
    int r = bk_cbor_encode(&wire->answer, wire->text);
    drop(wire, (size_t)length);
    if (r < 0)
        return bad();
    *ret_answer = (const char *)wire->answer.data;
    return (ssize_t)wire->answer.size;
}
