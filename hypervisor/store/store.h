/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apps that are installed, in a folder of the machine's: their bundles, one folder an app.
 *
 *     apps/ID/bundle, data      what is installed, and its data disk (data.h)
 *     machine/ID/data           the data disk of an app that came with the machine
 *     points/ID/POINT/…         restore points: both, as they were (points.h)
 *     incoming/bundle, data     what is being installed or brought back
 *     keeping/bundle, data      what is becoming a restore point; and a point that is being removed
 *     removed/                  what is being removed
 *
 * Input from: trusted (who calls; nobody else writes there); host (what a power cut left)
 * Runs in: bk-supervisor
 *
 * Theory. An app is installed, updated and removed by one rename(2) each, after what it moves is on the disk, and is on
 * the disk itself when the function returns: power that goes at any moment leaves the one or the other. What else it
 * leaves lies in incoming/, keeping/ and removed/, which are emptied when the store is opened.
 * A bundle is never written where it lies, so that whoever has it open goes on with what it was. A data disk is written
 * by the app's VM, where it lies; nobody here reads what is in it.
 */
#ifndef BK_STORE_STORE_H
#define BK_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: there is none; nothing below but close() may be called. */
struct bk_store {
    bool open;
    int root, apps, machine, points; /* folders */
};

/* `path` is a folder; what it needs is made in it. */
int bk_store_open(struct bk_store *store, const char *path);
void bk_store_close(struct bk_store *store);

/* The names in apps/, in their order, which are `*ret_count` strings that the caller frees, and the list. */
int bk_store_list(const struct bk_store *store, char ***ret_ids, size_t *ret_count);

/* Opens the bundle that is installed, to be read. -ENOENT when there is none. */
int bk_store_open_bundle(const struct bk_store *store, const char *id);

/* Opens the folder of what an app has: of an installed one, or of one that came with the machine. -ENOENT when there is
 * none, and it is not to be made; that of an installed app is not. */
int bk_store_open_home(const struct bk_store *store, const char *id, bool installed, bool make);

/* A new, empty file, to become a bundle; whatever was incoming before is gone. Yields its descriptor. */
int bk_store_begin(struct bk_store *store);
/* What is incoming once more, to be read, when nobody can write to it any more: no descriptor that can is left open by
 * anyone, and what it holds is on the disk. -EBUSY: somebody has one still. */
int bk_store_reopen(struct bk_store *store);
/* A new, empty file beside it, to become the app's data disk. */
int bk_store_begin_data(struct bk_store *store);
/* That one is whole, of this size, and on the disk, when nobody can write to it any more; else -EBUSY. */
int bk_store_end_data(struct bk_store *store, uint64_t size);
/* What is incoming is the app's bundle from now on; if a data disk comes with it, it takes that one's place. On failure
 * `*ret_there` says whether it is so all the same, and may not be after a power cut. */
int bk_store_commit(struct bk_store *store, const char *id, bool *ret_there);
/* What is incoming, and on the disk, takes the place of all that the app has, which is incoming then. `*ret_there` as
 * above. */
int bk_store_exchange(struct bk_store *store, const char *id, bool installed, bool *ret_there);
/* Whatever is incoming is gone. */
void bk_store_abandon(struct bk_store *store);

/* The app, and all that was kept for it, is gone. -ENOENT when it is not there. On failure `*ret_there` says whether it
 * still is. */
int bk_store_remove(struct bk_store *store, const char *id, bool *ret_there);

/* Bytes on the disk that are free, and that there are. */
int bk_store_room(const struct bk_store *store, uint64_t *ret_free, uint64_t *ret_all);

#endif
