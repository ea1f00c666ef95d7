/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include "verity.h"

#include "checked.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* As PNG's: a byte that is no text's, and what a transfer that takes it for text would change. */
static const uint8_t magic[8] = { 0xb5, 'B', 'A', 'P', 'P', '\r', '\n', 0x1a };

#define AT_VERSION   8U
#define AT_SECTIONS  64U
#define AT_FILE_SIZE 16U
#define AT_KEY       24U
#define SECTION_SIZE 64U
static_assert(AT_SECTIONS + BK_BUNDLE_SECTIONS * SECTION_SIZE <= BK_BUNDLE_SIGNED_SIZE, "all of it is signed");

const char *const bk_bundle_section_names[] = {
    [BK_BUNDLE_MANIFEST] = "manifest", [BK_BUNDLE_ICON] = "icon",       [BK_BUNDLE_KERNEL] = "kernel",
    [BK_BUNDLE_INITRD] = "initrd",     [BK_BUNDLE_ROOT] = "root image", [BK_BUNDLE_TREE] = "hash tree",
};
static_assert(sizeof bk_bundle_section_names / sizeof bk_bundle_section_names[0] == BK_BUNDLE_SECTIONS,
              "one name for each");

uint64_t bk_bundle_section_max(enum bk_bundle_part section)
{
    switch (section) {
    case BK_BUNDLE_MANIFEST:
        return BK_BUNDLE_MANIFEST_MAX;
    case BK_BUNDLE_ICON:
        return BK_BUNDLE_ICON_MAX;
    case BK_BUNDLE_KERNEL:
        return BK_BUNDLE_KERNEL_MAX;
    case BK_BUNDLE_INITRD:
        return BK_BUNDLE_INITRD_MAX;
    case BK_BUNDLE_ROOT:
        return BK_BUNDLE_ROOT_MAX;
    case BK_BUNDLE_TREE:
        return bk_verity_tree_blocks(BK_BUNDLE_ROOT_MAX / BK_BUNDLE_BLOCK) * BK_BUNDLE_BLOCK;
    case BK_BUNDLE_SECTIONS:
        break;
    }
    assert(false);
    return 0;
}

static uint64_t get_le(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static void put_le(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

bool bk_bundle_decode(const uint8_t *bytes, size_t size, struct bk_bundle_header *ret,
                      struct bk_bundle_finding *finding)
{
    struct bk_bundle_header header = { 0 };

    if (size < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return bk_bundle_find(finding, BK_BUNDLE_NOT_ONE, 0, "this is not a bundle: it does not begin as one does");
    if (size < BK_BUNDLE_BLOCK)
        return bk_bundle_find(finding, BK_BUNDLE_CUT, size, "the file ends within the header, after %zu bytes", size);
    uint64_t version = get_le(bytes + AT_VERSION, 4);
    if (version != BK_BUNDLE_VERSION)
        return bk_bundle_find(finding, BK_BUNDLE_UNKNOWN, AT_VERSION,
                              "this is a bundle of version %" PRIu64 " of the format; known is version %u", version,
                              BK_BUNDLE_VERSION);
    header.file_size = get_le(bytes + AT_FILE_SIZE, 8);
    memcpy(header.key, bytes + AT_KEY, sizeof header.key);
    for (size_t i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        const uint8_t *section = bytes + AT_SECTIONS + i * SECTION_SIZE;
        header.sections[i].offset = get_le(section, 8);
        header.sections[i].size = get_le(section + 8, 8);
        memcpy(header.sections[i].digest, section + 16, sizeof header.sections[i].digest);
    }
    memcpy(header.signature, bytes + BK_BUNDLE_SIGNED_SIZE, sizeof header.signature);
    *ret = header;
    return true;
}

void bk_bundle_encode(const struct bk_bundle_header *header, uint8_t ret[static BK_BUNDLE_BLOCK])
{
    memset(ret, 0, BK_BUNDLE_BLOCK);
    memcpy(ret, magic, sizeof magic);
    put_le(ret + AT_VERSION, BK_BUNDLE_VERSION, 4);
    put_le(ret + AT_FILE_SIZE, header->file_size, 8);
    memcpy(ret + AT_KEY, header->key, sizeof header->key);
    for (size_t i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        uint8_t *section = ret + AT_SECTIONS + i * SECTION_SIZE;
        put_le(section, header->sections[i].offset, 8);
        put_le(section + 8, header->sections[i].size, 8);
        memcpy(section + 16, header->sections[i].digest, sizeof header->sections[i].digest);
    }
    memcpy(ret + BK_BUNDLE_SIGNED_SIZE, header->signature, sizeof header->signature);
}

void bk_bundle_lay_out(struct bk_bundle_header *header)
{
    uint64_t at = BK_BUNDLE_BLOCK;

    header->sections[BK_BUNDLE_TREE].size =
        bk_verity_tree_blocks(header->sections[BK_BUNDLE_ROOT].size / BK_BUNDLE_BLOCK) * BK_BUNDLE_BLOCK;
    for (size_t i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        struct bk_bundle_section *section = &header->sections[i];
        section->offset = section->size > 0 ? at : 0;
        at += bk_align_up(section->size, BK_BUNDLE_BLOCK);
    }
    header->file_size = at;
}

static bool sizes_are_good(const struct bk_bundle_header *header, struct bk_bundle_finding *finding)
{
    static const uint8_t none[BK_BUNDLE_DIGEST_SIZE];

    for (size_t i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        const struct bk_bundle_section *section = &header->sections[i];
        uint64_t at = AT_SECTIONS + i * SECTION_SIZE;
        uint64_t max = bk_bundle_section_max((enum bk_bundle_part)i);

        if (section->size > max)
            return bk_bundle_find(finding, BK_BUNDLE_MISLAID, at + 8,
                                  "the %s has %" PRIu64 " bytes, more than %" PRIu64, bk_bundle_section_names[i],
                                  section->size, max);
        /* The tree's digest is the root image's: what is in it follows from the image. */
        if ((section->size == 0 || i == BK_BUNDLE_TREE) && memcmp(section->digest, none, sizeof none) != 0)
            return bk_bundle_find(finding, BK_BUNDLE_MISLAID, at + 16, "the %s has a digest and is to have none",
                                  bk_bundle_section_names[i]);
    }
    if (header->sections[BK_BUNDLE_MANIFEST].size == 0)
        return bk_bundle_find(finding, BK_BUNDLE_MISLAID, AT_SECTIONS + BK_BUNDLE_MANIFEST * SECTION_SIZE + 8,
                              "there is no manifest");
    if (header->sections[BK_BUNDLE_ROOT].size % BK_BUNDLE_BLOCK != 0)
        return bk_bundle_find(finding, BK_BUNDLE_MISLAID, AT_SECTIONS + BK_BUNDLE_ROOT * SECTION_SIZE + 8,
                              "the root image is not of whole blocks of %u bytes", BK_BUNDLE_BLOCK);
    return true;
}

bool bk_bundle_check_layout(const struct bk_bundle_header *header, const uint8_t bytes[static BK_BUNDLE_BLOCK],
                            uint64_t file_size, struct bk_bundle_finding *finding)
{
    struct bk_bundle_header right = *header;
    uint8_t block[BK_BUNDLE_BLOCK];

    if (!sizes_are_good(header, finding))
        return false;
    bk_bundle_lay_out(&right);
    bk_bundle_encode(&right, block);
    /* Which field it is, the offset says. */
    for (size_t i = 0; i < sizeof block; i++) {
        if (block[i] != bytes[i])
            return bk_bundle_find(finding, BK_BUNDLE_MISLAID, i,
                                  "the header's byte %zu is 0x%02x; with sections of these sizes it is 0x%02x", i,
                                  bytes[i], block[i]);
    }
    if (file_size < header->file_size)
        return bk_bundle_find(finding, BK_BUNDLE_CUT, file_size, "the file ends after %" PRIu64 " of %" PRIu64 " bytes",
                              file_size, header->file_size);
    if (file_size > header->file_size)
        return bk_bundle_find(finding, BK_BUNDLE_GROWN, header->file_size, "%" PRIu64 " bytes follow the bundle's end",
                              file_size - header->file_size);
    return true;
}
