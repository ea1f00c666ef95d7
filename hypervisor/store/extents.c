/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "extents.h"

#include "checked.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define AT_ONCE  128U
#define NO_PLACE (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_DATA_INLINE)

struct question {
    struct fiemap head;
    struct fiemap_extent extents[AT_ONCE];
};

static int keep(struct bk_extents *extents, uint64_t at, uint64_t size)
{
    if (extents->count == extents->room) {
        size_t room = extents->room > 0 ? extents->room * 2 : AT_ONCE;
        struct bk_extent *list = reallocarray(extents->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        extents->list = list;
        extents->room = room;
    }
    extents->list[extents->count++] = (struct bk_extent){ at, size };
    return 0;
}

/* The next pieces from `*at` on, which goes on behind them; yields whether there may be more. */
static int add_some(struct bk_extents *extents, int file, uint64_t *at, uint64_t *alone)
{
    struct question question = { .head = { .fm_start = *at, .fm_length = ~0ULL - *at, .fm_extent_count = AT_ONCE } };

    if (ioctl(file, FS_IOC_FIEMAP, &question) < 0)
        return -errno;
    for (unsigned i = 0; i < question.head.fm_mapped_extents && i < AT_ONCE; i++) {
        const struct fiemap_extent *extent = &question.extents[i];
        if ((extent->fe_flags & FIEMAP_EXTENT_SHARED) == 0)
            *alone += extent->fe_length;
        if ((extent->fe_flags & NO_PLACE) != 0)
            extents->own += extent->fe_length;
        else {
            int r = keep(extents, extent->fe_physical, extent->fe_length);
            if (r < 0)
                return r;
        }
        *at = extent->fe_logical + extent->fe_length;
        if ((extent->fe_flags & FIEMAP_EXTENT_LAST) != 0)
            return false;
    }
    return question.head.fm_mapped_extents > 0;
}

int bk_extents_add(struct bk_extents *extents, int file, uint64_t *ret_alone)
{
    const struct bk_extents before = *extents;
    uint64_t at = 0, alone = 0;
    struct stat status;
    int r = true;

    while (r > 0 && extents->count < BK_EXTENTS_MAX)
        r = add_some(extents, file, &at, &alone);
    if (r == -ENOMEM)
        return r;
    if (r != 0) { /* there are too many, or this file system does not say */
        if (fstat(file, &status) < 0)
            return -errno;
        extents->count = before.count;
        alone = (uint64_t)status.st_blocks * 512U; /* stat(2)'s unit */
        extents->own = before.own + alone;
    }
    if (ret_alone != NULL)
        *ret_alone = alone;
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct bk_extent *one = a, *other = b;

    return one->at < other->at ? -1 : one->at > other->at;
}

uint64_t bk_extents_total(struct bk_extents *extents)
{
    uint64_t total = extents->own, end = 0;

    if (extents->count > 0)
        qsort(extents->list, extents->count, sizeof extents->list[0], by_place);
    for (size_t i = 0; i < extents->count; i++) {
        const struct bk_extent *extent = &extents->list[i];
        uint64_t from = bk_max(extent->at, end), to = extent->at + extent->size;
        if (to > from)
            total += to - from;
        end = bk_max(end, to);
    }
    return total;
}

void bk_extents_finish(struct bk_extents *extents)
{
    free(extents->list);
    *extents = (struct bk_extents){ 0 };
}
