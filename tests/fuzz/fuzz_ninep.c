/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever an app serves: the answers of a 9P server, one behind the other, to all that bk-picker asks. No entry is
 * told that leads out of its folder or is beyond the bounds, no byte of a file beyond its size, and it ends.
 *
 * The first byte says whether a file is read or written, the rest are the answers.
 */
#include "browse.h"
#include "file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWERS_MAX 8192U /* all of them, and the questions to them, fit the sockets */
#define STORED      100U

static const struct bk_browse_entry *find(const struct bk_browse *browse, enum bk_picker_kind kind)
{
    for (size_t i = 0; i < browse->count; i++) {
        if (browse->entries[i].kind == kind)
            return &browse->entries[i];
    }
    return NULL;
}

static void check(const struct bk_browse *browse)
{
    assert(browse->count <= BK_PICKER_ENTRIES_MAX && browse->depth <= BK_PICKER_DEPTH_MAX);
    for (size_t i = 0; i < browse->count; i++) {
        const struct bk_browse_entry *entry = &browse->entries[i];
        assert(bk_picker_is_name(entry->name, strlen(entry->name)) && entry->name[0] != '.');
        assert(entry->size <= BK_PICKER_SIZE_MAX || entry->size == BK_PICKER_NO_SIZE);
    }
}

static void read_file(struct bk_ninep_client *client, const struct bk_browse *browse, int ours, int theirs)
{
    const struct bk_browse_entry *entry = find(browse, BK_PICKER_FILE);
    struct bk_file file = { .client = client, .folder = browse->depth, .fid = BK_BROWSE_FID_FILE };
    enum bk_picker_fault fault = BK_PICKER_FAULTS;
    static uint8_t bytes[ANSWERS_MAX];

    if (entry == NULL)
        return;
    memcpy(file.name, entry->name, sizeof file.name);
    if (bk_file_open(&file, &fault) != BK_FILE_WELL)
        return;
    const bool well = bk_file_give(&file, ours, &fault) == BK_FILE_WELL;
    shutdown(ours, SHUT_WR);
    const ssize_t n = recv(theirs, bytes, sizeof bytes, MSG_WAITALL);
    assert(n >= 0 && (uint64_t)n <= file.size && (!well || (uint64_t)n == file.size));
}

static void write_file(struct bk_ninep_client *client, const struct bk_browse *browse, int ours, int theirs)
{
    static const uint8_t bytes[STORED] = { 1 };
    struct bk_file file = {
        .client = client, .folder = browse->depth, .fid = BK_BROWSE_FID_FILE, .size = STORED, .name = "new"
    };
    enum bk_picker_fault fault = BK_PICKER_FAULTS;

    assert(write(theirs, bytes, sizeof bytes) == sizeof bytes);
    if (bk_file_create(&file, &fault) == BK_FILE_WELL && bk_file_store(&file, ours, &fault) == BK_FILE_WELL)
        assert(!file.begun);
    bk_file_abandon(&file);
    assert(!file.begun && !file.open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bk_ninep_client client;
    static struct bk_browse browse;
    int served[2], app[2];

    if (size < 1 || size > ANSWERS_MAX)
        return 0;
    assert(socketpair(AF_UNIX, SOCK_STREAM, 0, served) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, app) == 0);
    assert(write(served[0], data + 1, size - 1) == (ssize_t)(size - 1) && shutdown(served[0], SHUT_WR) == 0);
    client = (struct bk_ninep_client){ .stream = served[1], .control = -1 };
    browse.client = &client;
    browse.depth = 0;
    browse.count = 0;
    enum bk_verdict verdict = bk_ninep_attach(&client, 0, "/");
    if (verdict == BK_VERDICT_GOOD)
        verdict = bk_browse_list(&browse);
    check(&browse);
    const struct bk_browse_entry *folder = find(&browse, BK_PICKER_FOLDER);
    char name[BK_PICKER_NAME_MAX + 1];
    if (verdict == BK_VERDICT_GOOD && folder != NULL) {
        memcpy(name, folder->name, sizeof name);
        verdict = bk_browse_enter(&browse, name);
        check(&browse);
        if (verdict == BK_VERDICT_GOOD)
            verdict = bk_browse_up(&browse);
        check(&browse);
    }
    if (verdict == BK_VERDICT_GOOD)
        ((data[0] & 1) != 0 ? write_file : read_file)(&client, &browse, app[0], app[1]);
    close(served[0]);
    close(served[1]);
    close(app[0]);
    close(app[1]);
    return 0;
}
