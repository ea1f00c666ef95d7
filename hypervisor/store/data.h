/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data disk of an app: a file of exactly the disk's size, with holes where nothing was written.
 *
 * Input from: trusted (who calls); app (the guest writes what it likes into it, and nobody here reads it)
 * Runs in: bk-supervisor, and its children that work on the store
 */
#ifndef BK_STORE_DATA_H
#define BK_STORE_DATA_H

#include "store.h"

/* Opens it, to be read and written, as nobody else's as long as this descriptor, or a copy of it, is open: -EBUSY when
 * it is. Makes it when it is missing, blank, and makes it larger when it is smaller than `size`, never smaller.
 * -EFBIG: it would be larger than the disk it lies on. */
int bk_data_open(struct bk_store *store, const char *id, bool installed, uint64_t size);

/* A blank one of no app, which has no name: it is gone with its last descriptor, and after a power cut. -EFBIG as
 * above. */
int bk_data_open_passing(const struct bk_store *store, uint64_t size);

/* Opens what is there to be read. -ENOENT when there is none. */
int bk_data_read(const struct bk_store *store, const char *id, bool installed);

/* Makes `to`, which is empty, hold what `from` holds: by reference, where the file system can. */
int bk_data_clone(int from, int to);

#endif
