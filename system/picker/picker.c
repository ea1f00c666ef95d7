/* SPDX-License-Identifier: Apache-2.0 */
#include "picker.h"

#include "browse.h"
#include "file.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <string.h>

/*
 * system calls [picker]: recvmsg sendmsg close
 */

#define FID_FILE BK_BROWSE_FID_FILE

enum state {
    ATTACHING,
    BROWSING,
    OPENED,  /* a file is open for reading, … */
    CREATED, /* … or waits for its bytes */
    OVER,    /* nothing more is to be had of this folder */
};

struct picker {
    int control;
    enum state state;
    struct bk_ninep_client client;
    struct bk_browse browse;
    struct bk_file file;
};

static int tell(const struct picker *picker, enum bk_picker_type type, uint32_t value, uint64_t size, const char *name)
{
    const struct bk_picker_message message =
        bk_picker_message_make(type, value, size, name, name != NULL ? strlen(name) : 0);

    return bk_send_message(picker->control, &message, sizeof message, -1);
}

static int fail(struct picker *picker, enum bk_picker_fault fault)
{
    if (fault == BK_PICKER_SILENT || fault == BK_PICKER_GONE || fault == BK_PICKER_BROKEN)
        picker->state = OVER;
    return tell(picker, BK_PICKER_FAILED, fault, 0, NULL);
}

/* Answers a question for a list. */
static int tell_list(struct picker *picker, enum bk_verdict verdict)
{
    int r = 0;

    if (verdict == BK_VERDICT_STOPPED) {
        picker->state = OVER;
        return 0;
    }
    if (verdict != BK_VERDICT_GOOD)
        return fail(picker, bk_fault_of(&picker->client, verdict));
    for (size_t i = 0; r >= 0 && i < picker->browse.count; i++) {
        const struct bk_browse_entry *entry = &picker->browse.entries[i];
        r = tell(picker, BK_PICKER_ENTRY, entry->kind, entry->size, entry->name);
    }
    return r < 0 ? r : tell(picker, BK_PICKER_LISTED, picker->browse.more, 0, NULL);
}

/* Answers with what became of a file; `well` is the word for that. */
static int tell_end(struct picker *picker, enum bk_file_end end, enum bk_picker_fault fault, enum bk_picker_type well,
                    uint64_t size)
{
    switch (end) {
    case BK_FILE_WELL:
        return tell(picker, well, 0, size, NULL);
    case BK_FILE_EXISTS:
        return tell(picker, BK_PICKER_EXISTS, 0, 0, NULL);
    case BK_FILE_FAILED:
        return fail(picker, fault);
    case BK_FILE_STOPPED:
        break;
    }
    picker->state = OVER;
    return 0;
}

static int attach(struct picker *picker, const struct bk_picker_message *message, int stream)
{
    picker->client.stream = stream;
    enum bk_verdict verdict = bk_ninep_attach(&picker->client, 0, message->name);

    picker->state = BROWSING;
    if (verdict == BK_VERDICT_GOOD)
        verdict = bk_browse_list(&picker->browse);
    return tell_list(picker, verdict);
}

static void name_file(struct picker *picker, const struct bk_picker_message *message)
{
    picker->file = (struct bk_file){ .client = &picker->client,
                                     .folder = picker->browse.depth,
                                     .fid = FID_FILE,
                                     .size = message->size,
                                     .may_replace = message->value != 0 };
    memcpy(picker->file.name, message->name, sizeof picker->file.name);
}

static int open_file(struct picker *picker, const struct bk_picker_message *message)
{
    enum bk_picker_fault fault = BK_PICKER_BROKEN;

    name_file(picker, message);
    enum bk_file_end end = bk_file_open(&picker->file, &fault);
    if (end == BK_FILE_WELL)
        picker->state = OPENED;
    return tell_end(picker, end, fault, BK_PICKER_OPENED, picker->file.size);
}

static int create_file(struct picker *picker, const struct bk_picker_message *message)
{
    enum bk_picker_fault fault = BK_PICKER_BROKEN;

    name_file(picker, message);
    enum bk_file_end end = bk_file_create(&picker->file, &fault);
    if (end == BK_FILE_WELL)
        picker->state = CREATED;
    return tell_end(picker, end, fault, BK_PICKER_CREATED, 0);
}

/* The last question. */
static int carry(struct picker *picker, int stream)
{
    enum bk_picker_fault fault = BK_PICKER_BROKEN;
    enum bk_file_end end = picker->state == OPENED ? bk_file_give(&picker->file, stream, &fault)
                                                   : bk_file_store(&picker->file, stream, &fault);

    bk_file_abandon(&picker->file); /* if it is not well */
    picker->state = OVER;
    return tell_end(picker, end, fault, BK_PICKER_DONE, 0);
}

/* In the states in which the broker may ask it; it is believed to keep to that. */
static int answer(struct picker *picker, const struct bk_picker_message *message, int *fd)
{
    const enum state state = picker->state;
    const bool named = bk_picker_is_name(message->name, strnlen(message->name, sizeof message->name));

    if (message->type == BK_PICKER_ATTACH && state == ATTACHING && *fd >= 0)
        return attach(picker, message, TAKE_FD(*fd));
    if (message->type == BK_PICKER_ENTER && state == BROWSING && named)
        return picker->browse.depth == BK_PICKER_DEPTH_MAX
                   ? fail(picker, BK_PICKER_DEEP)
                   : tell_list(picker, bk_browse_enter(&picker->browse, message->name));
    if (message->type == BK_PICKER_UP && state == BROWSING && picker->browse.depth > 0)
        return tell_list(picker, bk_browse_up(&picker->browse));
    if (message->type == BK_PICKER_OPEN && state == BROWSING && named)
        return open_file(picker, message);
    if (message->type == BK_PICKER_CREATE && state == BROWSING && named && message->size <= BK_PICKER_SIZE_MAX)
        return create_file(picker, message);
    if (message->type == BK_PICKER_CARRY && (state == OPENED || state == CREATED) && *fd >= 0)
        return carry(picker, *fd);
    return -EPROTO;
}

static int serve(struct picker *picker)
{
    while (picker->state != OVER) {
        struct bk_picker_message message;
        _cleanup_close_ int fd = -1;
        ssize_t n = bk_recv_message(picker->control, &message, sizeof message, &fd);

        if (n == 0)
            return 0; /* the broker wants no more */
        if (n < 0)
            return (int)n;
        if (n != sizeof message || message.name[BK_PICKER_NAME_MAX] != '\0')
            return -EPROTO;
        int r = answer(picker, &message, &fd);
        if (r < 0)
            return r;
    }
    return 0;
}

int bk_picker_run(int control)
{
    static struct picker picker; /* large; a process has one */

    picker.control = picker.client.control = control;
    picker.client.stream = -1;
    picker.browse.client = &picker.client;
    int r = serve(&picker);
    bk_file_abandon(&picker.file);
    bk_close(picker.client.stream);
    return r == -EPIPE || r == -ECONNRESET ? 0 : r; /* the broker went while it was told something */
}
