/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "transfer.h"

#include "line.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_MAX  64U         /* digits and a line feed, with room */
#define PIECE      65536U      /* read at once, … */
#define FIRST_ROOM (4 * PIECE) /* … and room to begin with */

/*
 * Data go from `from` to `to` by way of the buffer: up, all of them at once; down, as they come. The stream begins with
 * the token, which stands in the buffer first.
 */
struct bk_transfer {
    struct wl_list link;
    struct bk_transfers *transfers;
    bool up;
    bool reads; /* it waits for `from`; else for `to` */
    int from, to;
    char token[TOKEN_MAX];
    char *buffer;
    size_t room, start, end;
    struct wl_event_source *source;
};

void bk_transfers_init(struct bk_transfers *transfers, struct wl_event_loop *loop, int (*connect)(unsigned port))
{
    transfers->loop = loop;
    transfers->connect = connect;
    wl_list_init(&transfers->up);
    wl_list_init(&transfers->down);
}

static void end(struct bk_transfer *transfer)
{
    wl_list_remove(&transfer->link);
    if (transfer->source != NULL)
        wl_event_source_remove(transfer->source);
    bk_close(transfer->from);
    bk_close(transfer->to);
    free(transfer->buffer);
    free(transfer);
}

void bk_transfers_end_up(struct bk_transfers *transfers)
{
    struct bk_transfer *transfer, *next;

    wl_list_for_each_safe(transfer, next, &transfers->up, link) end(transfer);
}

void bk_transfers_finish(struct bk_transfers *transfers)
{
    struct bk_transfer *transfer, *next;

    bk_transfers_end_up(transfers);
    wl_list_for_each_safe(transfer, next, &transfers->down, link) end(transfer);
}

static int on_ready(int fd, uint32_t mask, void *data);

/* Waits until it can read from the one side, or write to the other. */
static void wait_for(struct bk_transfer *transfer, bool reads)
{
    if (transfer->source != NULL)
        wl_event_source_remove(transfer->source);
    transfer->reads = reads;
    transfer->source = wl_event_loop_add_fd(transfer->transfers->loop, reads ? transfer->from : transfer->to,
                                            reads ? WL_EVENT_READABLE : WL_EVENT_WRITABLE, on_ready, transfer);
    if (transfer->source == NULL)
        end(transfer);
}

/* All that goes up is here: the stream begins, with the token, the size and the data. */
static void begin_to_send(struct bk_transfer *transfer)
{
    char *buffer = NULL;
    int header = asprintf(&buffer, "%s\n%zu\n", transfer->token, transfer->end);
    char *whole = header < 0 ? NULL : realloc(buffer, (size_t)header + transfer->end);

    if (whole == NULL) {
        free(header < 0 ? NULL : buffer);
        end(transfer);
        return;
    }
    memcpy(whole + header, transfer->buffer, transfer->end);
    free(transfer->buffer);
    transfer->buffer = whole;
    transfer->end += (size_t)header;
    transfer->to = transfer->transfers->connect(BK_LINE_PORT_STREAMS);
    if (transfer->to < 0)
        end(transfer);
    else
        wait_for(transfer, false);
}

/* False when there is no room for more, nor may there be. */
static bool make_room(struct bk_transfer *transfer)
{
    if (transfer->end < transfer->room)
        return true;
    if (!transfer->up || transfer->room > BK_TRANSFER_SIZE_MAX)
        return false;
    const size_t room = transfer->room * 2;
    char *buffer = realloc(transfer->buffer, room);
    if (buffer == NULL)
        return false;
    transfer->buffer = buffer;
    transfer->room = room;
    return true;
}

static void receive(struct bk_transfer *transfer)
{
    if (!make_room(transfer)) {
        bk_warning("what was copied is too much for the system's clipboard");
        end(transfer);
        return;
    }
    ssize_t n = read(transfer->from, transfer->buffer + transfer->end, transfer->room - transfer->end);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (n == 0 && transfer->up)
            begin_to_send(transfer);
        else
            end(transfer);
        return;
    }
    transfer->end += (size_t)n;
    if (!transfer->up)
        wait_for(transfer, false);
}

static void pass_on(struct bk_transfer *transfer)
{
    ssize_t n = write(transfer->to, transfer->buffer + transfer->start, transfer->end - transfer->start);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        end(transfer); /* who wanted it does not any more */
        return;
    }
    transfer->start += (size_t)n;
    if (transfer->start < transfer->end)
        return;
    transfer->start = transfer->end = 0;
    if (transfer->up)
        end(transfer);
    else
        wait_for(transfer, true);
}

static int on_ready(int fd, uint32_t mask, void *data)
{
    struct bk_transfer *transfer = data;

    (void)fd;
    (void)mask;
    if (transfer->reads)
        receive(transfer);
    else
        pass_on(transfer);
    return 0;
}

/* Owns the descriptor; NULL when there is no memory. */
static struct bk_transfer *begin(struct bk_transfers *transfers, bool up, int fd, const char *token)
{
    struct bk_transfer *transfer = calloc(1, sizeof *transfer);
    char *buffer = malloc(FIRST_ROOM);

    if (transfer == NULL || buffer == NULL || bk_set_nonblock(fd) < 0) {
        free(transfer);
        free(buffer);
        bk_close(fd);
        return NULL;
    }
    *transfer = (struct bk_transfer){
        .transfers = transfers, .up = up, .from = up ? fd : -1, .to = up ? -1 : fd, .buffer = buffer, .room = FIRST_ROOM
    };
    snprintf(transfer->token, sizeof transfer->token, "%s", token);
    wl_list_insert(up ? &transfers->up : &transfers->down, &transfer->link);
    return transfer;
}

void bk_transfer_up(struct bk_transfers *transfers, int fd, const char *token)
{
    struct bk_transfer *transfer = begin(transfers, true, fd, token);

    if (transfer != NULL)
        wait_for(transfer, true);
}

/* The stream is there as soon as it can be written to: it gets the token. */
static int on_connected(int fd, uint32_t mask, void *data)
{
    struct bk_transfer *transfer = data;
    char line[TOKEN_MAX + 1];
    const int length = snprintf(line, sizeof line, "%s\n", transfer->token);

    (void)mask;
    if (write(fd, line, (size_t)length) != length)
        end(transfer);
    else
        wait_for(transfer, true);
    return 0;
}

void bk_transfer_down(struct bk_transfers *transfers, int fd, const char *token)
{
    struct bk_transfer *transfer = begin(transfers, false, fd, token);

    if (transfer == NULL)
        return;
    transfer->from = transfers->connect(BK_LINE_PORT_STREAMS);
    if (transfer->from >= 0)
        transfer->source =
            wl_event_loop_add_fd(transfers->loop, transfer->from, WL_EVENT_WRITABLE, on_connected, transfer);
    if (transfer->source == NULL)
        end(transfer);
}
