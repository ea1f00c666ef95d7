/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "verity_device.h"

#include "checked.h"
#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define SECTOR     512U
#define LOOP_TRIES 64 /* between asking for a free one and taking it, another may */
#define TABLE_MAX  512

/* A device-mapper request: the structure, then what belongs to it. */
struct request {
    struct dm_ioctl head;
    struct dm_target_spec target;
    char table[TABLE_MAX];
};
static_assert(offsetof(struct request, target) == sizeof(struct dm_ioctl), "dm's data follow without a gap");

static struct request request_for(const char *name)
{
    struct request request = {
        .head = { .version = { DM_VERSION_MAJOR, 0, 0 },
                  .data_size = sizeof request,
                  .data_start = sizeof request.head },
    };

    snprintf(request.head.name, sizeof request.head.name, "%s", name);
    return request;
}

/* A loop device over the image and its tree, gone with its last user. Yields its descriptor and its number. */
static int attach_loop(int control, int bundle, const struct bk_bundle_header *header, int *ret_number)
{
    const struct bk_bundle_section *root = &header->sections[BK_BUNDLE_ROOT], *tree = &header->sections[BK_BUNDLE_TREE];
    const struct loop_config config = {
        .fd = (uint32_t)bundle,
        .block_size = BK_BUNDLE_BLOCK,
        .info = { .lo_offset = root->offset,
                  .lo_sizelimit = root->size + tree->size,
                  .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR },
    };

    for (int i = 0; i < LOOP_TRIES; i++) {
        char path[32];
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            return -errno;
        snprintf(path, sizeof path, "/dev/loop%d", number);
        _cleanup_close_ int loop = open(path, O_RDONLY | O_CLOEXEC);
        if (loop < 0)
            return -errno;
        if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
            *ret_number = number;
            return TAKE_FD(loop);
        }
        if (errno != EBUSY)
            return -errno;
    }
    return -EBUSY;
}

static int load_table(int control, const char *name, int loop_number, const struct bk_bundle_header *header)
{
    const struct bk_bundle_section *root = &header->sections[BK_BUNDLE_ROOT];
    struct request request = request_for(name);
    char digest[2 * BK_BUNDLE_DIGEST_SIZE + 1];
    uint64_t blocks = root->size / BK_BUNDLE_BLOCK;

    for (size_t i = 0; i < BK_BUNDLE_DIGEST_SIZE; i++)
        snprintf(digest + 2 * i, 3, "%02x", root->digest[i]);
    request.head.flags = DM_READONLY_FLAG;
    request.head.target_count = 1;
    request.target.length = root->size / SECTOR;
    snprintf(request.target.target_type, sizeof request.target.target_type, "verity");
    int n = snprintf(request.table, sizeof request.table,
                     "1 /dev/loop%d /dev/loop%d %u %u %" PRIu64 " %" PRIu64 " sha256 %s -", loop_number, loop_number,
                     BK_BUNDLE_BLOCK, BK_BUNDLE_BLOCK, blocks, blocks, digest);
    if (n < 0 || (size_t)n >= sizeof request.table)
        return -ENAMETOOLONG;
    request.target.next = (uint32_t)bk_align_up(sizeof request.target + (size_t)n + 1, 8);
    return ioctl(control, DM_TABLE_LOAD, &request) < 0 ? -errno : 0;
}

/* The device's node, wherever the kernel has put it. */
static int open_node(uint64_t device)
{
    char path[32];
    struct stat status;

    snprintf(path, sizeof path, "/dev/dm-%u", minor(device));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) || status.st_rdev != device) {
        bk_close(fd);
        return -ENODEV;
    }
    return fd;
}

static int make_device(int control, const char *name, int loop_number, const struct bk_bundle_header *header)
{
    struct request request = request_for(name);
    int fd = -1;

    if (ioctl(control, DM_DEV_CREATE, &request) < 0)
        return -errno;
    uint64_t device = request.head.dev;
    int r = load_table(control, name, loop_number, header);
    if (r >= 0) {
        request = request_for(name);
        r = ioctl(control, DM_DEV_SUSPEND, &request) < 0 ? -errno : 0; /* without DM_SUSPEND_FLAG it begins to work */
    }
    if (r >= 0)
        r = fd = open_node(device);
    /* From here on its life is that of the descriptor; without one it ends now. */
    request = request_for(name);
    request.head.flags = DM_DEFERRED_REMOVE;
    if (ioctl(control, DM_DEV_REMOVE, &request) < 0 && r >= 0) {
        r = -errno;
        bk_close(fd);
    }
    return r;
}

int bk_verity_device_open(int bundle, const struct bk_bundle_header *header)
{
    static unsigned count;
    struct timespec now;
    char name[64];
    int number = -1;

    assert(header->sections[BK_BUNDLE_ROOT].size > 0);
    _cleanup_close_ int loops = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (loops < 0)
        return -errno;
    _cleanup_close_ int mapper = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    if (mapper < 0)
        return -errno;
    _cleanup_close_ int loop = attach_loop(loops, bundle, header, &number);
    if (loop < 0)
        return loop;
    /* A name that no other has; nobody looks for it. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "bulkhead-%lld-%ld-%u", (long long)now.tv_sec, now.tv_nsec, count++);
    return make_device(mapper, name, number, header);
}
