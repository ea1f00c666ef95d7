/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include "checked.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

/*
 * system calls [picker]: poll recvfrom sendto shutdown getrandom
 */

#define FLAGS_READ 0U /* O_RDONLY */

/* The kinds of a mode (stat(2)), as the server numbers them: Linux's. */
#define MODE_KIND 0170000U
#define MODE_FILE 0100000U

/* Errors (Rlerror), as Linux numbers them. */
#define REFUSED_NO_ENTRY 2U
#define REFUSED_NO_SPACE 28U
#define REFUSED_TOO_BIG  27U
#define REFUSED_QUOTA    122U

enum bk_picker_fault bk_fault_of(const struct bk_ninep_client *client, enum bk_verdict verdict)
{
    switch (verdict) {
    case BK_VERDICT_SILENT:
        return BK_PICKER_SILENT;
    case BK_VERDICT_GONE:
        return BK_PICKER_GONE;
    case BK_VERDICT_REFUSED:
        return client->error == REFUSED_NO_SPACE || client->error == REFUSED_QUOTA || client->error == REFUSED_TOO_BIG
                   ? BK_PICKER_FULL
                   : BK_PICKER_REFUSED;
    case BK_VERDICT_BROKEN:
    case BK_VERDICT_STOPPED:
    case BK_VERDICT_GOOD:
        break;
    }
    return BK_PICKER_BROKEN;
}

static enum bk_file_end fail(enum bk_picker_fault fault, enum bk_picker_fault *ret_fault)
{
    *ret_fault = fault;
    return BK_FILE_FAILED;
}

/* The end that a verdict is; a good one is well. */
static enum bk_file_end end_of(const struct bk_file *file, enum bk_verdict verdict, enum bk_picker_fault *ret_fault)
{
    if (verdict == BK_VERDICT_GOOD)
        return BK_FILE_WELL;
    if (verdict == BK_VERDICT_STOPPED)
        return BK_FILE_STOPPED;
    return fail(bk_fault_of(file->client, verdict), ret_fault);
}

/* ---- beginnings ---- */

enum bk_file_end bk_file_open(struct bk_file *file, enum bk_picker_fault *ret_fault)
{
    struct bk_ninep_about about = { 0 };
    enum bk_verdict verdict = bk_ninep_walk(file->client, file->folder, file->fid, file->name, NULL);

    if (verdict != BK_VERDICT_GOOD)
        return end_of(file, verdict, ret_fault);
    verdict = bk_ninep_about(file->client, file->fid, &about);
    const bool is_file = verdict == BK_VERDICT_GOOD && (about.mode & MODE_KIND) == MODE_FILE;
    if (is_file)
        verdict = bk_ninep_open_fid(file->client, file->fid, FLAGS_READ);
    enum bk_file_end end = end_of(file, verdict, ret_fault);
    if (end == BK_FILE_WELL && !is_file)
        end = fail(BK_PICKER_NO_FILE, ret_fault);
    if (end == BK_FILE_FAILED && (verdict == BK_VERDICT_GOOD || verdict == BK_VERDICT_REFUSED))
        (void)bk_ninep_clunk(file->client, file->fid); /* the next question says whether that went well */
    file->size = about.size;
    return end;
}

/* Whether the name is free: well, there is a file, or what is there can be no file's place. */
static enum bk_file_end look(const struct bk_file *file, enum bk_picker_fault *ret_fault)
{
    struct bk_ninep_about about = { 0 };
    enum bk_verdict verdict = bk_ninep_walk(file->client, file->folder, file->fid, file->name, NULL);

    if (verdict == BK_VERDICT_REFUSED && file->client->error == REFUSED_NO_ENTRY)
        return BK_FILE_WELL;
    if (verdict != BK_VERDICT_GOOD)
        return end_of(file, verdict, ret_fault);
    verdict = bk_ninep_about(file->client, file->fid, &about);
    if (verdict != BK_VERDICT_GOOD && verdict != BK_VERDICT_REFUSED)
        return end_of(file, verdict, ret_fault);
    const enum bk_verdict last = bk_ninep_clunk(file->client, file->fid);
    if (last != BK_VERDICT_GOOD)
        return end_of(file, last, ret_fault);
    if (verdict == BK_VERDICT_REFUSED || (about.mode & MODE_KIND) != MODE_FILE)
        return fail(BK_PICKER_NO_FILE, ret_fault);
    return BK_FILE_EXISTS;
}

static bool choose_temporary(struct bk_file *file)
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return false;
    snprintf(file->temporary, sizeof file->temporary, ".saving-%016llx", (unsigned long long)random);
    return true;
}

enum bk_file_end bk_file_create(struct bk_file *file, enum bk_picker_fault *ret_fault)
{
    enum bk_file_end end = look(file, ret_fault);

    if (end != BK_FILE_WELL && !(end == BK_FILE_EXISTS && file->may_replace))
        return end;
    if (!choose_temporary(file))
        return fail(BK_PICKER_REFUSED, ret_fault);
    enum bk_verdict verdict = bk_ninep_walk(file->client, file->folder, file->fid, NULL, NULL);
    if (verdict == BK_VERDICT_GOOD) {
        verdict = bk_ninep_create(file->client, file->fid, file->temporary);
        file->begun = file->open = verdict == BK_VERDICT_GOOD;
        if (verdict == BK_VERDICT_REFUSED) {
            const uint32_t error = file->client->error;
            const enum bk_verdict last = bk_ninep_clunk(file->client, file->fid);
            verdict = last == BK_VERDICT_GOOD ? verdict : last;
            file->client->error = error;
        }
    }
    return end_of(file, verdict, ret_fault);
}

/* ---- carrying ---- */

/* The other app's stream can be read, or written, before it is given up. */
static enum bk_file_end wait_for(const struct bk_file *file, int stream, short events, enum bk_picker_fault *ret_fault)
{
    struct pollfd waited[2] = { { .fd = stream, .events = events }, { .fd = file->client->control } };
    int n;

    do {
        n = poll(waited, 2, BK_PICKER_STALL_MS);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return fail(BK_PICKER_SHORT, ret_fault);
    return (waited[1].revents & (POLLHUP | POLLERR)) != 0 ? BK_FILE_STOPPED : BK_FILE_WELL;
}

static enum bk_file_end go_on(const struct bk_file *file, int stream, ssize_t n, short events,
                              enum bk_picker_fault *ret_fault)
{
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return wait_for(file, stream, events, ret_fault);
    return fail(BK_PICKER_SHORT, ret_fault); /* it has closed it, or is gone */
}

static enum bk_file_end give_all(const struct bk_file *file, int stream, const uint8_t *data, size_t size,
                                 enum bk_picker_fault *ret_fault)
{
    size_t sent = 0;

    while (sent < size) {
        ssize_t n = send(stream, data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        enum bk_file_end end = go_on(file, stream, n, POLLOUT, ret_fault);
        if (end != BK_FILE_WELL)
            return end;
    }
    return BK_FILE_WELL;
}

enum bk_file_end bk_file_give(struct bk_file *file, int stream, enum bk_picker_fault *ret_fault)
{
    for (uint64_t done = 0; done < file->size;) {
        const size_t most = (size_t)bk_min(file->size - done, (uint64_t)bk_ninep_data_max(file->client));
        const uint8_t *data = NULL;
        size_t size = 0;
        enum bk_verdict verdict = bk_ninep_read(file->client, file->fid, done, most, &data, &size);
        if (verdict != BK_VERDICT_GOOD)
            return end_of(file, verdict, ret_fault);
        if (size == 0)
            return fail(BK_PICKER_SHORT, ret_fault); /* it is shorter than it was */
        enum bk_file_end end = give_all(file, stream, data, size, ret_fault);
        if (end != BK_FILE_WELL)
            return end;
        done += size;
    }
    return BK_FILE_WELL;
}

static enum bk_file_end write_all(const struct bk_file *file, uint64_t offset, const uint8_t *data, size_t size,
                                  enum bk_picker_fault *ret_fault)
{
    size_t done = 0;

    while (done < size) {
        size_t taken = 0;
        enum bk_verdict verdict =
            bk_ninep_write(file->client, file->fid, offset + done, data + done, size - done, &taken);
        if (verdict != BK_VERDICT_GOOD)
            return end_of(file, verdict, ret_fault);
        done += taken;
    }
    return BK_FILE_WELL;
}

/* Takes in a whole buffer, so that few questions carry much. */
static enum bk_file_end take_all(const struct bk_file *file, int stream, uint8_t *to, size_t size,
                                 enum bk_picker_fault *ret_fault)
{
    size_t filled = 0;

    while (filled < size) {
        ssize_t n = recv(stream, to + filled, size - filled, MSG_DONTWAIT);
        if (n > 0) {
            filled += (size_t)n;
            continue;
        }
        enum bk_file_end end = go_on(file, stream, n, POLLIN, ret_fault);
        if (end != BK_FILE_WELL)
            return end;
    }
    return BK_FILE_WELL;
}

/* All bytes are there: on the disk, and then under the name. */
static enum bk_file_end settle(struct bk_file *file, enum bk_picker_fault *ret_fault)
{
    enum bk_verdict verdict = bk_ninep_fsync(file->client, file->fid);

    if (verdict == BK_VERDICT_GOOD) {
        file->open = false; /* whatever the server says to that */
        verdict = bk_ninep_clunk(file->client, file->fid);
    }
    if (verdict != BK_VERDICT_GOOD)
        return end_of(file, verdict, ret_fault);
    if (!file->may_replace) {
        enum bk_file_end end = look(file, ret_fault);
        if (end == BK_FILE_EXISTS)
            return fail(BK_PICKER_TAKEN, ret_fault);
        if (end != BK_FILE_WELL)
            return end;
    }
    verdict = bk_ninep_rename(file->client, file->folder, file->fid, file->temporary, file->name);
    if (verdict == BK_VERDICT_GOOD)
        file->begun = false;
    return end_of(file, verdict, ret_fault);
}

enum bk_file_end bk_file_store(struct bk_file *file, int stream, enum bk_picker_fault *ret_fault)
{
    static uint8_t buffer[BK_NINEP_MESSAGE_MAX];

    for (uint64_t done = 0; done < file->size;) {
        const size_t size = (size_t)bk_min(file->size - done, (uint64_t)bk_ninep_data_max(file->client));
        enum bk_file_end end = take_all(file, stream, buffer, size, ret_fault);
        if (end == BK_FILE_WELL)
            end = write_all(file, done, buffer, size, ret_fault);
        if (end != BK_FILE_WELL)
            return end;
        done += size;
    }
    return settle(file, ret_fault);
}

void bk_file_abandon(struct bk_file *file)
{
    const bool open = file->open;

    if (!file->begun)
        return;
    file->begun = file->open = false;
    file->client->control = -1; /* whoever waits: this is to be done */
    if (!open || bk_ninep_clunk(file->client, file->fid) == BK_VERDICT_GOOD)
        (void)bk_ninep_unlink(file->client, file->folder, file->fid, file->temporary);
}
