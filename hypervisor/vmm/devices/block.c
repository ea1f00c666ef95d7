/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request (virtio 1.3 §5.2.6) is a header of 16 bytes, then data, then one status byte, the last that the device
 * may write. The header is copied once and judged whole; then data moves between the file and the guest's memory
 * without a copy, for nothing in it is looked at.
 */
#define _GNU_SOURCE
#include "devices/block.h"

#include "devices/ranges.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "checked.h"
#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* system calls [io]: preadv pwritev fdatasync close
 * fallocate(FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE) fallocate(FALLOC_FL_ZERO_RANGE|FALLOC_FL_KEEP_SIZE) */

#define SECTOR      512UL
#define QUEUE_SIZE  128
#define RANGES_MAX  16U            /* of one discard or write-zeroes request */
#define DISCARD_MAX (1U << 21)     /* sectors of one range: 1 GiB, which file systems unmap in one go */
#define ZEROES_MAX  (1U << 15)     /* sectors of one range: 16 MiB, which a file system may have to write */
#define LARGE       (256 * BK_KIB) /* bytes of a request after which the VM's other work goes first */

struct block {
    struct bk_virtio_device device;
    struct bk_ratelimit log_limit;
    int fd;
    bool readonly;
    uint64_t sectors;
};

static_assert(sizeof(struct virtio_blk_outhdr) == 16, "virtio 1.3 §5.2.6");
static_assert(sizeof(struct virtio_blk_discard_write_zeroes) == 16, "virtio 1.3 §5.2.6");

static void log_failure(struct block *block, const char *what, int error)
{
    if (bk_ratelimit_pass(&block->log_limit))
        bk_error("%s: %s: %s", block->device.name, what, strerror(error));
}

/* Moves all of the ranges, which it consumes, to or from the file at `offset`. */
static uint8_t move(struct block *block, bool write, struct iovec *ranges, unsigned count, uint64_t offset)
{
    while (count > 0) {
        ssize_t n = write ? pwritev(block->fd, ranges, (int)count, (off_t)offset)
                          : preadv(block->fd, ranges, (int)count, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) { /* 0: somebody made the file shorter */
            log_failure(block, write ? "cannot write" : "cannot read", n < 0 ? errno : ENODATA);
            return VIRTIO_BLK_S_IOERR;
        }
        offset += (uint64_t)n;
        count = bk_ranges_slice(ranges, count, (size_t)n, SIZE_MAX, ranges);
    }
    return VIRTIO_BLK_S_OK;
}

static uint8_t read_or_write(struct block *block, bool write, const struct bk_chain *chain, uint64_t sector)
{
    size_t skip = write ? sizeof(struct virtio_blk_outhdr) : 0;
    size_t size = write ? chain->out_size - skip : chain->in_size - 1;
    struct iovec ranges[BK_QUEUE_SIZE_MAX];

    if (size % SECTOR != 0 || size > BK_BLOCK_REQUEST_MAX || !bk_range_in(sector, size / SECTOR, block->sectors) ||
        (write && block->readonly))
        return VIRTIO_BLK_S_IOERR;
    unsigned count = write ? bk_ranges_slice(chain->out, chain->out_count, skip, size, ranges)
                           : bk_ranges_slice(chain->in, chain->in_count, 0, size, ranges);
    return move(block, write, ranges, count, sector * SECTOR);
}

static uint8_t flush(struct block *block)
{
    if (block->readonly || fdatasync(block->fd) == 0)
        return VIRTIO_BLK_S_OK;
    log_failure(block, "cannot flush", errno);
    return VIRTIO_BLK_S_IOERR;
}

static uint8_t clear_range(struct block *block, uint32_t type, const struct virtio_blk_discard_write_zeroes *range)
{
    off_t offset = (off_t)(range->sector * SECTOR), size = (off_t)(range->num_sectors * SECTOR);
    bool unmap = type == VIRTIO_BLK_T_DISCARD || (range->flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) != 0;

    if (size == 0 || (!unmap && fallocate(block->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, size) == 0))
        return VIRTIO_BLK_S_OK;
    /* A hole reads as zeroes too, and some files can do that alone. */
    if (fallocate(block->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) == 0)
        return VIRTIO_BLK_S_OK;
    if (errno == EOPNOTSUPP) /* a discard is advice; zeroes the driver then writes itself */
        return type == VIRTIO_BLK_T_DISCARD ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_UNSUPP;
    log_failure(block, "cannot clear", errno);
    return VIRTIO_BLK_S_IOERR;
}

/* Discard and write zeroes: all ranges are judged before the first is touched. */
static uint8_t clear(struct block *block, uint32_t type, const struct bk_chain *chain)
{
    struct virtio_blk_discard_write_zeroes ranges[RANGES_MAX];
    size_t size = chain->out_size - sizeof(struct virtio_blk_outhdr);
    uint32_t sectors_max = type == VIRTIO_BLK_T_DISCARD ? DISCARD_MAX : ZEROES_MAX;
    uint32_t flags_known = type == VIRTIO_BLK_T_DISCARD ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;

    if (block->readonly || size == 0 || size % sizeof ranges[0] != 0 || size > sizeof ranges)
        return VIRTIO_BLK_S_IOERR;
    bk_chain_read(chain, sizeof(struct virtio_blk_outhdr), ranges, size);
    for (size_t i = 0; i < size / sizeof ranges[0]; i++) {
        if ((ranges[i].flags & ~flags_known) != 0)
            return VIRTIO_BLK_S_UNSUPP;
        if (ranges[i].num_sectors > sectors_max ||
            !bk_range_in(ranges[i].sector, ranges[i].num_sectors, block->sectors))
            return VIRTIO_BLK_S_IOERR;
    }
    for (size_t i = 0; i < size / sizeof ranges[0]; i++) {
        uint8_t status = clear_range(block, type, &ranges[i]);
        if (status != VIRTIO_BLK_S_OK)
            return status;
    }
    return VIRTIO_BLK_S_OK;
}

static uint8_t identify(const struct block *block, const struct bk_chain *chain)
{
    char id[VIRTIO_BLK_ID_BYTES] = { 0 };

    if (chain->in_size - 1 < sizeof id)
        return VIRTIO_BLK_S_IOERR;
    memcpy(id, block->device.name, strnlen(block->device.name, sizeof id));
    bk_chain_write(chain, 0, id, sizeof id);
    return VIRTIO_BLK_S_OK;
}

static uint8_t carry_out(struct block *block, const struct virtio_blk_outhdr *header, const struct bk_chain *chain)
{
    switch (header->type) {
    case VIRTIO_BLK_T_IN:
        return read_or_write(block, false, chain, header->sector);
    case VIRTIO_BLK_T_OUT:
        return read_or_write(block, true, chain, header->sector);
    case VIRTIO_BLK_T_FLUSH:
        return flush(block);
    case VIRTIO_BLK_T_DISCARD:
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return clear(block, header->type, chain);
    case VIRTIO_BLK_T_GET_ID:
        return identify(block, chain);
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

static bool serve(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct block *block = (struct block *)device;
    struct virtio_blk_outhdr header;

    if (bk_chain_read(chain, 0, &header, sizeof header) < sizeof header || chain->in_size == 0) {
        bk_virtio_device_break(device, "a request of %zu bytes with room for %zu", chain->out_size, chain->in_size);
        return false;
    }
    uint8_t status = carry_out(block, &header, chain);
    bk_chain_write(chain, chain->in_size - 1, &status, sizeof status);
    /* The status byte stands at the end, so all before it counts as written, even where a failed read left the
     * driver's own bytes. */
    bk_queue_push(device->queues[0], chain, chain->in_size);
    return chain->in_size + chain->out_size < LARGE;
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    bk_queue_serve(device->queues[index], serve);
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct block *block = (const struct block *)device;
    struct virtio_blk_config config = {
        .capacity = block->sectors,
        .size_max = BK_BLOCK_SEGMENT_SIZE_MAX,
        .seg_max = BK_BLOCK_SEGMENTS_MAX,
        .blk_size = SECTOR,
        .physical_block_exp = 3, /* 4096 bytes: what the host's file systems work with */
        .min_io_size = 4096 / SECTOR,
        .wce = 1,
        .max_discard_sectors = DISCARD_MAX,
        .max_discard_seg = RANGES_MAX,
        .discard_sector_alignment = 4096 / SECTOR,
        .max_write_zeroes_sectors = ZEROES_MAX,
        .max_write_zeroes_seg = RANGES_MAX,
        .write_zeroes_may_unmap = 1,
    };

    memcpy(buffer, (const char *)&config + offset, length);
}

static void reset(struct bk_virtio_device *device)
{
    (void)device; /* no request outlives the call that takes it */
}

static void destroy(struct bk_virtio_device *device)
{
    struct block *block = (struct block *)device;

    bk_close(block->fd);
    free(block);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int bk_block_create(struct bk_loop *loop, const char *name, int fd, bool readonly, struct bk_virtio_device **ret_device)
{
    off_t size = lseek(fd, 0, SEEK_END); /* of a block device too */

    if (size < 0)
        return -errno;
    _cleanup_free_ struct block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return -ENOMEM;
    block->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = name,
        .type = VIRTIO_ID_BLOCK,
        .features = 1ULL << VIRTIO_BLK_F_SIZE_MAX | 1ULL << VIRTIO_BLK_F_SEG_MAX | 1ULL << VIRTIO_BLK_F_BLK_SIZE |
                    1ULL << VIRTIO_BLK_F_TOPOLOGY | 1ULL << VIRTIO_BLK_F_FLUSH,
        .queue_count = 1,
        .queue_size = QUEUE_SIZE,
        .config_size = offsetof(struct virtio_blk_config, max_secure_erase_sectors),
        .pci_class = { 0x01, 0x80, 0x00 }, /* other mass storage controller */
        .loop = loop,
    };
    if (readonly)
        block->device.features |= 1ULL << VIRTIO_BLK_F_RO;
    else
        block->device.features |= 1ULL << VIRTIO_BLK_F_DISCARD | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
    block->readonly = readonly;
    block->sectors = (uint64_t)size / SECTOR;
    block->fd = fd;
    *ret_device = &TAKE_PTR(block)->device;
    return 0;
}
