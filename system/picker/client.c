/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/*
 * system calls [picker]: poll recvfrom sendto
 */

#define VERSION "9P2000.L"
#define USER    "nobody" /* what Linux's client calls itself by default */
#define NO_ID   0xffffffffU
#define TAG     1U

/* Of a message that carries data, as servers reckon it: a byte more than its header, a fid, an offset and a count. */
#define DATA_OVERHEAD 24U

/* As 9P2000.L numbers them (Linux's, whatever the server's system is). */
#define REFUSED_NOT_SUPPORTED 95U
#define REFUSED_NO_CALL       38U

#define MODE_FILE        0644U
#define FLAGS_CREATE     0x000000c1U /* O_WRONLY | O_CREAT | O_EXCL */
#define ATTRIBUTES_BASIC 0x000007ffU
#define ATTRIBUTES_NEED  0x00000201U /* mode and size */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits until the stream can be read, or written. */
static enum bk_verdict wait_for(const struct bk_ninep_client *client, short events, uint64_t until_ms)
{
    struct pollfd waited[2] = { { .fd = client->stream, .events = events }, { .fd = client->control } };

    for (;;) {
        const uint64_t now = now_ms();
        int n = now < until_ms ? poll(waited, 2, (int)(until_ms - now)) : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? BK_VERDICT_SILENT : BK_VERDICT_GONE;
        if ((waited[1].revents & (POLLHUP | POLLERR)) != 0)
            return BK_VERDICT_STOPPED;
        if (waited[0].revents != 0)
            return BK_VERDICT_GOOD; /* what it is, the next call says */
    }
}

/* What a failed call, or the stream's end, comes to. */
static enum bk_verdict go_on(const struct bk_ninep_client *client, ssize_t n, short events, uint64_t until_ms)
{
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return wait_for(client, events, until_ms);
    return BK_VERDICT_GONE;
}

static enum bk_verdict send_all(const struct bk_ninep_client *client, uint64_t until_ms)
{
    size_t sent = 0;

    while (sent < client->asks.size) {
        ssize_t n =
            send(client->stream, client->asks.bytes + sent, client->asks.size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        enum bk_verdict verdict = go_on(client, n, POLLOUT, until_ms);
        if (verdict != BK_VERDICT_GOOD)
            return verdict;
    }
    return BK_VERDICT_GOOD;
}

static enum bk_verdict receive(const struct bk_ninep_client *client, uint8_t *to, size_t size, uint64_t until_ms)
{
    size_t filled = 0;

    while (filled < size) {
        ssize_t n = recv(client->stream, to + filled, size - filled, MSG_DONTWAIT);
        if (n > 0) {
            filled += (size_t)n;
            continue;
        }
        enum bk_verdict verdict = go_on(client, n, POLLIN, until_ms);
        if (verdict != BK_VERDICT_GOOD)
            return verdict;
    }
    return BK_VERDICT_GOOD;
}

/* Says client->asks, and hears client->says. */
static enum bk_verdict ask(struct bk_ninep_client *client, enum bk_ninep_type type, uint16_t tag, uint64_t answer_ms)
{
    const uint64_t until_ms = now_ms() + answer_ms;

    bk_ninep_end(&client->asks);
    enum bk_verdict verdict = send_all(client, until_ms);
    if (verdict == BK_VERDICT_GOOD)
        verdict = receive(client, client->says.bytes, 4, until_ms);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    client->says.size = bk_ninep_length(client->says.bytes, client->message_max);
    if (client->says.size == 0)
        return BK_VERDICT_BROKEN;
    verdict = receive(client, client->says.bytes + 4, client->says.size - 4, until_ms);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    if (!bk_ninep_open(&client->says, type, tag, &client->error))
        return BK_VERDICT_BROKEN;
    return client->error != 0 ? BK_VERDICT_REFUSED : BK_VERDICT_GOOD;
}

static struct bk_ninep_message *begin(struct bk_ninep_client *client, enum bk_ninep_type type, uint32_t fid)
{
    bk_ninep_begin(&client->asks, type, TAG);
    bk_ninep_put(&client->asks, fid, 4);
    return &client->asks;
}

static enum bk_verdict end(struct bk_ninep_client *client, enum bk_ninep_type type)
{
    return ask(client, type, TAG, BK_PICKER_ANSWER_MS);
}

static void put_name(struct bk_ninep_message *message, const char *name)
{
    bk_ninep_put_string(message, name, strlen(name));
}

/* ---- to it ---- */

static enum bk_verdict agree(struct bk_ninep_client *client)
{
    size_t length = 0;

    client->message_max = BK_NINEP_MESSAGE_MAX;
    bk_ninep_begin(&client->asks, BK_NINEP_TVERSION, BK_NINEP_NO_TAG);
    bk_ninep_put(&client->asks, BK_NINEP_MESSAGE_MAX, 4);
    put_name(&client->asks, VERSION);
    enum bk_verdict verdict = ask(client, BK_NINEP_TVERSION, BK_NINEP_NO_TAG, BK_PICKER_ANSWER_MS);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    const uint32_t most = (uint32_t)bk_ninep_take(&client->says, 4);
    const char *version = bk_ninep_take_string(&client->says, &length);
    if (client->says.bad || length != strlen(VERSION) || memcmp(version, VERSION, length) != 0 ||
        most < BK_NINEP_MESSAGE_MIN || most > BK_NINEP_MESSAGE_MAX)
        return BK_VERDICT_BROKEN;
    client->message_max = most;
    return BK_VERDICT_GOOD;
}

enum bk_verdict bk_ninep_attach(struct bk_ninep_client *client, uint32_t fid, const char *aname)
{
    enum bk_verdict verdict = agree(client);

    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    struct bk_ninep_message *message = begin(client, BK_NINEP_TATTACH, fid);
    bk_ninep_put(message, BK_NINEP_NO_FID, 4); /* no authentication */
    put_name(message, USER);
    put_name(message, aname);
    bk_ninep_put(message, NO_ID, 4);
    verdict = end(client, BK_NINEP_TATTACH);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    const uint8_t type = bk_ninep_take_qid(&client->says);
    return client->says.bad || (type & BK_NINEP_QID_FOLDER) == 0 ? BK_VERDICT_BROKEN : BK_VERDICT_GOOD;
}

enum bk_verdict bk_ninep_walk(struct bk_ninep_client *client, uint32_t fid, uint32_t new_fid, const char *name,
                              uint8_t *ret_qid_type)
{
    const unsigned names = name != NULL ? 1 : 0;
    struct bk_ninep_message *message = begin(client, BK_NINEP_TWALK, fid);

    bk_ninep_put(message, new_fid, 4);
    bk_ninep_put(message, names, 2);
    if (name != NULL)
        put_name(message, name);
    enum bk_verdict verdict = end(client, BK_NINEP_TWALK);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    if (bk_ninep_take(&client->says, 2) != names)
        return BK_VERDICT_BROKEN;
    const uint8_t type = names > 0 ? bk_ninep_take_qid(&client->says) : BK_NINEP_QID_FOLDER;
    if (client->says.bad)
        return BK_VERDICT_BROKEN;
    if (ret_qid_type != NULL)
        *ret_qid_type = type;
    return BK_VERDICT_GOOD;
}

enum bk_verdict bk_ninep_clunk(struct bk_ninep_client *client, uint32_t fid)
{
    begin(client, BK_NINEP_TCLUNK, fid);
    return end(client, BK_NINEP_TCLUNK);
}

/* ---- what is there ---- */

enum bk_verdict bk_ninep_about(struct bk_ninep_client *client, uint32_t fid, struct bk_ninep_about *ret)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TGETATTR, fid);
    struct bk_ninep_about about;

    bk_ninep_put(message, ATTRIBUTES_BASIC, 8);
    enum bk_verdict verdict = end(client, BK_NINEP_TGETATTR);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    const uint64_t valid = bk_ninep_take(&client->says, 8);
    (void)bk_ninep_take_qid(&client->says);
    about.mode = (uint32_t)bk_ninep_take(&client->says, 4);
    (void)bk_ninep_take(&client->says, 4); /* user */
    (void)bk_ninep_take(&client->says, 4); /* group */
    (void)bk_ninep_take(&client->says, 8); /* links */
    (void)bk_ninep_take(&client->says, 8); /* device */
    about.size = bk_ninep_take(&client->says, 8);
    if (client->says.bad || (valid & ATTRIBUTES_NEED) != ATTRIBUTES_NEED || about.size > BK_PICKER_SIZE_MAX)
        return BK_VERDICT_BROKEN;
    *ret = about;
    return BK_VERDICT_GOOD;
}

enum bk_verdict bk_ninep_open_fid(struct bk_ninep_client *client, uint32_t fid, uint32_t flags)
{
    bk_ninep_put(begin(client, BK_NINEP_TLOPEN, fid), flags, 4);
    return end(client, BK_NINEP_TLOPEN);
}

size_t bk_ninep_data_max(const struct bk_ninep_client *client)
{
    return client->message_max - DATA_OVERHEAD;
}

/* The count in front of data that is all of the rest, and no more than was asked for. */
static bool take_count(struct bk_ninep_client *client, size_t most, size_t *ret)
{
    const size_t count = (size_t)bk_ninep_take(&client->says, 4);

    if (client->says.bad || count > most || count != client->says.size - client->says.at)
        return false;
    *ret = count;
    return true;
}

enum bk_verdict bk_ninep_readdir(struct bk_ninep_client *client, uint32_t fid, uint64_t offset)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TREADDIR, fid);
    const size_t most = bk_ninep_data_max(client);
    size_t count = 0;

    bk_ninep_put(message, offset, 8);
    bk_ninep_put(message, most, 4);
    enum bk_verdict verdict = end(client, BK_NINEP_TREADDIR);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    return take_count(client, most, &count) ? BK_VERDICT_GOOD : BK_VERDICT_BROKEN;
}

enum bk_verdict bk_ninep_read(struct bk_ninep_client *client, uint32_t fid, uint64_t offset, size_t size,
                              const uint8_t **ret_data, size_t *ret_size)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TREAD, fid);
    size_t count = 0;

    assert(size <= bk_ninep_data_max(client));
    bk_ninep_put(message, offset, 8);
    bk_ninep_put(message, size, 4);
    enum bk_verdict verdict = end(client, BK_NINEP_TREAD);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    if (!take_count(client, size, &count))
        return BK_VERDICT_BROKEN;
    *ret_data = bk_ninep_take_bytes(&client->says, count);
    *ret_size = count;
    return BK_VERDICT_GOOD;
}

/* ---- what is new ---- */

enum bk_verdict bk_ninep_create(struct bk_ninep_client *client, uint32_t fid, const char *name)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TLCREATE, fid);

    put_name(message, name);
    bk_ninep_put(message, FLAGS_CREATE, 4);
    bk_ninep_put(message, MODE_FILE, 4);
    bk_ninep_put(message, NO_ID, 4); /* the group is the server's to choose */
    return end(client, BK_NINEP_TLCREATE);
}

enum bk_verdict bk_ninep_write(struct bk_ninep_client *client, uint32_t fid, uint64_t offset, const uint8_t *data,
                               size_t size, size_t *ret_size)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TWRITE, fid);

    assert(size > 0 && size <= bk_ninep_data_max(client));
    bk_ninep_put(message, offset, 8);
    bk_ninep_put(message, size, 4);
    bk_ninep_put_bytes(message, data, size);
    enum bk_verdict verdict = end(client, BK_NINEP_TWRITE);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    const size_t count = (size_t)bk_ninep_take(&client->says, 4);
    if (client->says.bad || count == 0 || count > size)
        return BK_VERDICT_BROKEN;
    *ret_size = count;
    return BK_VERDICT_GOOD;
}

enum bk_verdict bk_ninep_fsync(struct bk_ninep_client *client, uint32_t fid)
{
    bk_ninep_put(begin(client, BK_NINEP_TFSYNC, fid), 0, 4); /* not the data alone */
    return ask(client, BK_NINEP_TFSYNC, TAG, BK_PICKER_STORE_MS);
}

/* Of what has an older message too, as servers have the one, the other or both. */
static bool is_not_there(const struct bk_ninep_client *client, enum bk_verdict verdict)
{
    return verdict == BK_VERDICT_REFUSED &&
           (client->error == REFUSED_NOT_SUPPORTED || client->error == REFUSED_NO_CALL);
}

enum bk_verdict bk_ninep_rename(struct bk_ninep_client *client, uint32_t folder, uint32_t spare, const char *name,
                                const char *to)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TRENAMEAT, folder);

    put_name(message, name);
    bk_ninep_put(message, folder, 4);
    put_name(message, to);
    enum bk_verdict verdict = ask(client, BK_NINEP_TRENAMEAT, TAG, BK_PICKER_STORE_MS);
    if (!is_not_there(client, verdict))
        return verdict;
    verdict = bk_ninep_walk(client, folder, spare, name, NULL);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    message = begin(client, BK_NINEP_TRENAME, spare);
    bk_ninep_put(message, folder, 4);
    put_name(message, to);
    verdict = ask(client, BK_NINEP_TRENAME, TAG, BK_PICKER_STORE_MS);
    if (verdict != BK_VERDICT_GOOD && verdict != BK_VERDICT_REFUSED)
        return verdict;
    const uint32_t error = client->error;
    const enum bk_verdict last = bk_ninep_clunk(client, spare);
    client->error = error;
    return last == BK_VERDICT_GOOD ? verdict : last;
}

enum bk_verdict bk_ninep_unlink(struct bk_ninep_client *client, uint32_t folder, uint32_t spare, const char *name)
{
    struct bk_ninep_message *message = begin(client, BK_NINEP_TUNLINKAT, folder);

    put_name(message, name);
    bk_ninep_put(message, 0, 4);
    enum bk_verdict verdict = end(client, BK_NINEP_TUNLINKAT);
    if (!is_not_there(client, verdict))
        return verdict;
    verdict = bk_ninep_walk(client, folder, spare, name, NULL);
    if (verdict != BK_VERDICT_GOOD)
        return verdict;
    begin(client, BK_NINEP_TREMOVE, spare); /* which gives the fid up, too */
    return end(client, BK_NINEP_TREMOVE);
}
