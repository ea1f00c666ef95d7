/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's data disk, as a file that somebody has changed says it. The input is a byte, and the stream; where the byte
 * is odd, its digest is made here, as no fuzzer finds one.
 *
 * The file never becomes larger than the disk may be, what is good is of whole sectors, and what is not has a reason.
 */
#define _GNU_SOURCE
#include "receive_data.h"

#include "io.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    struct bk_bundle_finding finding = { 0 };
    uint64_t disk_size = UINT64_MAX;
    struct stat status;

    if (size == 0)
        return 0;
    int source = memfd_create("source", MFD_CLOEXEC), target = memfd_create("target", MFD_CLOEXEC);
    assert(source >= 0 && target >= 0);
    int r = bk_write_all(source, data + 1, size - 1);
    assert(r == 0);
    crypto_hash_sha256(digest, data + 1, size - 1);
    if ((data[0] & 1) != 0)
        r = bk_write_all(source, digest, sizeof digest);
    assert(r == 0 && lseek(source, 0, SEEK_SET) == 0);
    r = bk_receive_data(source, target, DISK_MAX, &disk_size, &finding);
    assert(r == 0 || r == -ENODATA);
    assert(fstat(target, &status) == 0 && status.st_size <= DISK_MAX);
    if (r == 0 && finding.verdict == BK_BUNDLE_GOOD)
        assert(disk_size <= DISK_MAX && disk_size % 512 == 0 && (uint64_t)status.st_size <= disk_size);
    else if (r == 0)
        assert(finding.reason[0] != '\0');
    close(target);
    close(source);
    return 0;
}
