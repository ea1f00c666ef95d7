/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "section.h"

#include "verify.h"

#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* What is judged is the copy, which nobody else can write: the file may change under us if its disk does. */
static int judge(int copy, const struct bk_bundle_header *header, enum bk_bundle_part part)
{
    struct bk_bundle_header moved = *header;
    struct bk_bundle_finding finding;

    moved.sections[part].offset = 0;
    int r = bk_bundle_verify_section(copy, &moved, part, &finding);
    if (r >= 0 && finding.verdict != BK_BUNDLE_GOOD)
        r = -EBADMSG;
    return r;
}

int bk_section_open(int bundle, const struct bk_bundle_header *header, enum bk_bundle_part part)
{
    const struct bk_bundle_section *section = &header->sections[part];
    off_t offset = (off_t)section->offset;

    assert(section->size > 0 && part < BK_BUNDLE_ROOT);
    _cleanup_close_ int copy = memfd_create(bk_bundle_section_names[part], MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (copy < 0)
        return -errno;
    for (uint64_t left = section->size; left > 0;) {
        ssize_t n = sendfile(copy, bundle, &offset, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        left -= (uint64_t)n;
    }
    if (fcntl(copy, F_ADD_SEALS, SEALS) < 0)
        return -errno;
    int r = judge(copy, header, part);
    return r < 0 ? r : TAKE_FD(copy);
}

int bk_section_load(int bundle, const struct bk_bundle_header *header, enum bk_bundle_part part, char **ret,
                    size_t *ret_size)
{
    size_t size = header->sections[part].size;
    _cleanup_close_ int copy = bk_section_open(bundle, header, part);
    if (copy < 0)
        return copy;
    _cleanup_free_ char *content = malloc(size);
    if (content == NULL)
        return -ENOMEM;
    int r = bk_pread_exact(copy, content, size, 0);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(content);
    *ret_size = size;
    return 0;
}
