/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "note.txt"
#define NEW_NAME  "note.txt.new"

void bk_keeper_init(struct keeper *keeper, const char *home, struct note *note)
{
    char text[NOTE_SIZE_MAX];
    size_t size = 0;
    ssize_t n = 0;

    *keeper = (struct keeper){ .home = home };
    int folder = home != NULL ? open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int file = folder >= 0 ? openat(folder, FILE_NAME, O_RDONLY | O_CLOEXEC) : -1;
    while (file >= 0 && size < sizeof text && (n = read(file, text + size, sizeof text - size)) > 0)
        size += (size_t)n;
    for (size_t i = 0; i < size; i++)
        (void)bk_note_insert(note, text[i]); /* what a note cannot hold is left out */
    if (file >= 0)
        close(file);
    if (folder >= 0)
        close(folder);
}

void bk_keeper_changed(struct keeper *keeper, uint64_t now_ms)
{
    if (keeper->home == NULL)
        return;
    keeper->due = true;
    keeper->when_ms = now_ms + KEEPER_AFTER_MS;
}

uint64_t bk_keeper_when(const struct keeper *keeper)
{
    return keeper->due ? keeper->when_ms : UINT64_MAX;
}

static int write_text(int file, const struct note *note)
{
    size_t done = 0;

    while (done < note->size) {
        ssize_t n = write(file, note->text + done, note->size - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            done += (size_t)n;
    }
    return fsync(file) < 0 ? -errno : 0;
}

static int keep(int folder, const struct note *note)
{
    int file = openat(folder, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r = file < 0 ? -errno : write_text(file, note);

    if (file >= 0)
        close(file);
    if (r >= 0 && renameat(folder, NEW_NAME, folder, FILE_NAME) < 0)
        r = -errno;
    return r < 0 ? r : fsync(folder) < 0 ? -errno : 0;
}

void bk_keeper_step(struct keeper *keeper, const struct note *note, uint64_t now_ms, bool ends)
{
    if (!keeper->due || (!ends && now_ms < keeper->when_ms))
        return;
    keeper->due = false;
    int folder = open(keeper->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = folder < 0 ? -errno : keep(folder, note);
    if (folder >= 0)
        close(folder);
    if (r < 0)
        fprintf(stderr, "the note is not kept: %s\n", strerror(-r));
}
