/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "content.h"

#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

static_assert(BK_BUNDLE_MANIFEST_MAX == BK_APP_MANIFEST_MAX && BK_BUNDLE_ICON_MAX == BK_APP_ICON_MAX,
              "as large as where an app is installed");

#define ICON_SIGNATURE 8U
#define EROFS_AT       1024U
static const uint8_t erofs_magic[4] = { 0xe2, 0xe1, 0xf5, 0xe0 };

static bool has(const struct bk_bundle_header *header, enum bk_bundle_part section)
{
    return header->sections[section].size > 0;
}

/* Whether the sections are there that the manifest asks for. */
static bool check_guest(const struct bk_bundle_header *header, const struct bk_manifest *manifest,
                        struct bk_bundle_finding *finding)
{
    uint64_t at = header->sections[BK_BUNDLE_MANIFEST].offset;

    if (manifest->own_kernel && !has(header, BK_BUNDLE_KERNEL))
        return bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, at,
                              "its \"guest\" is \"kernel\", and there is no kernel");
    if (manifest->own_kernel) {
        uint64_t size = header->sections[BK_BUNDLE_KERNEL].size + header->sections[BK_BUNDLE_INITRD].size;
        return size < (uint64_t)manifest->memory_mib << 20 ||
               bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, at, "its kernel and initrd do not fit into its memory");
    }
    if (has(header, BK_BUNDLE_KERNEL) || has(header, BK_BUNDLE_INITRD))
        return bk_bundle_find(
            finding, BK_BUNDLE_BAD_CONTENT, at,
            "its \"guest\" is \"linux\", which is the system's kernel, and there is another one or an initrd");
    return has(header, BK_BUNDLE_ROOT) ||
           bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, at, "its \"guest\" is \"linux\", and there is no root image");
}

static int check_icon(int fd, const struct bk_bundle_section *icon, struct bk_bundle_finding *finding)
{
    uint8_t begin[ICON_SIGNATURE];

    if (icon->size == 0)
        return 0;
    int r = icon->size >= sizeof begin ? bk_pread_exact(fd, begin, sizeof begin, (off_t)icon->offset) : 0;
    if (r < 0)
        return r;
    if (icon->size < sizeof begin || !bk_icon_begins_well(begin, sizeof begin))
        bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, icon->offset, "the icon is not a PNG");
    return 0;
}

static int check_root(int fd, const struct bk_bundle_section *root, struct bk_bundle_finding *finding)
{
    uint8_t found[sizeof erofs_magic];

    int r = bk_pread_exact(fd, found, sizeof found, (off_t)(root->offset + EROFS_AT));
    if (r < 0)
        return r;
    if (memcmp(found, erofs_magic, sizeof found) != 0)
        bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, root->offset,
                       "the root image is not an EROFS, which \"linux\" wants");
    return 0;
}

static int check(int fd, const struct bk_bundle_header *header, const struct bk_manifest *manifest,
                 struct bk_bundle_finding *finding)
{
    if (manifest->version == NULL) {
        bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, header->sections[BK_BUNDLE_MANIFEST].offset,
                       "the manifest is wrong: \"version\" is missing, which is such as \"1.0\"");
        return 0;
    }
    if (!check_guest(header, manifest, finding))
        return 0;
    int r = check_icon(fd, &header->sections[BK_BUNDLE_ICON], finding);
    if (r < 0 || finding->verdict != BK_BUNDLE_GOOD || manifest->own_kernel)
        return r;
    return check_root(fd, &header->sections[BK_BUNDLE_ROOT], finding);
}

int bk_bundle_read(int fd, const struct bk_bundle_header *header, struct bk_manifest *ret, char **ret_text,
                   struct bk_bundle_finding *finding)
{
    const struct bk_bundle_section *section = &header->sections[BK_BUNDLE_MANIFEST];
    uint8_t digest[BK_BUNDLE_DIGEST_SIZE];
    struct bk_manifest manifest = { 0 };
    const char *problem = NULL;

    assert(section->size <= BK_BUNDLE_MANIFEST_MAX);
    _cleanup_free_ char *text = calloc(1, section->size + 1);
    *finding = (struct bk_bundle_finding){ .verdict = BK_BUNDLE_GOOD };
    if (text == NULL)
        return -ENOMEM;
    int r = bk_pread_exact(fd, text, section->size, (off_t)section->offset);
    if (r < 0)
        return r;
    /* What is parsed is what was signed, also if the file was changed since it was verified. */
    crypto_hash_sha256(digest, (const uint8_t *)text, section->size);
    if (memcmp(digest, section->digest, sizeof digest) != 0) {
        bk_bundle_find(finding, BK_BUNDLE_CHANGED, section->offset, "the manifest was changed while it was read");
        return 0;
    }
    if (strlen(text) != section->size)
        problem = "it holds a NUL byte";
    else
        r = bk_manifest_parse(text, &manifest, &problem);
    if (problem != NULL) {
        bk_bundle_find(finding, BK_BUNDLE_BAD_CONTENT, section->offset, "the manifest is wrong: %s", problem);
        return 0;
    }
    if (r < 0)
        return r;
    r = check(fd, header, &manifest, finding);
    if (r < 0 || finding->verdict != BK_BUNDLE_GOOD) {
        bk_manifest_finish(&manifest);
        return r;
    }
    *ret = manifest;
    *ret_text = TAKE_PTR(text);
    return 0;
}
