/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles as they are to be: what is written is read, the tree is dm-verity's, who may update what. */
#define _GNU_SOURCE
#include "bundle_bench.h"

#include "update.h"
#include "verify.h"
#include "verity.h"
#include "write.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MANIFEST(more) "{\"id\":\"org.example.a\",\"name\":\"A\",\"version\":\"1.2\",\"memory\":64" more "}"
#define PNG            "\x89PNG\r\n\x1a\n"

static const struct bundle_parts linux_parts = { .manifest = MANIFEST(""), .icon = PNG "x", .root_blocks = 3 };

static void assert_judged(const struct bundle_parts *parts, enum bk_bundle_verdict verdict, const char *part_of_reason)
{
    struct bk_bundle_finding finding = { 0 };
    const struct bk_key key = bundle_bench_key(1);
    size_t size;

    _cleanup_free_ uint8_t *bytes = bundle_bench_make(parts, &key, &size);
    bundle_bench_judge(bytes, size, &finding);
    if (finding.verdict != verdict || strstr(finding.reason, part_of_reason) == NULL)
        fail_msg("found to be %s: %s", bk_bundle_verdict_names[finding.verdict], finding.reason);
}

static void takes_what_is_an_app(void **state)
{
    struct bundle_parts parts = linux_parts;

    (void)state;
    assert_judged(&parts, BK_BUNDLE_GOOD, "");
    parts.icon = NULL;
    assert_judged(&parts, BK_BUNDLE_GOOD, "");
    assert_judged(&(struct bundle_parts){ .manifest = MANIFEST(",\"guest\":\"kernel\""), .kernel = "k" },
                  BK_BUNDLE_GOOD, "");
    for (size_t blocks = 1; blocks < 5; blocks++) {
        parts.root_blocks = blocks;
        assert_judged(&parts, BK_BUNDLE_GOOD, "");
    }
}

static void refuses_what_is_none(void **state)
{
    struct bundle_parts parts = linux_parts;

    (void)state;
    parts.manifest = "{}";
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "\"id\" is missing");
    parts.manifest = "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64}";
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "\"version\" is missing");
    parts.manifest = MANIFEST(",\"guest\":\"kernel\"");
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "there is no kernel");
    parts = linux_parts;
    parts.initrd = "i";
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "or an initrd");
    parts = linux_parts;
    parts.root_blocks = 0;
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "there is no root image");
    parts = linux_parts;
    parts.icon = "GIF89a and so on";
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "not a PNG");
    parts.icon = "\x89PNG";
    assert_judged(&parts, BK_BUNDLE_BAD_CONTENT, "not a PNG");
}

static void a_manifest_that_changes_is_not_read(void **state)
{
    struct bk_bundle_finding finding = { 0 };
    struct bk_bundle_header header;
    struct bk_manifest manifest;
    const struct bk_key key = bundle_bench_key(1);
    char *text = NULL;
    size_t size;

    (void)state;
    _cleanup_free_ uint8_t *bytes = bundle_bench_make(&linux_parts, &key, &size);
    _cleanup_close_ int fd = bundle_bench_file(bytes, size);
    assert_int_equal(bk_bundle_verify(fd, &header, &finding), 0);
    assert_int_equal(finding.verdict, BK_BUNDLE_GOOD);
    assert_int_equal(bk_pwrite_all(fd, " ", 1, (off_t)(BK_BUNDLE_BLOCK + strlen(linux_parts.manifest) - 2)), 0);
    assert_int_equal(bk_bundle_read(fd, &header, &manifest, &text, &finding), 0);
    assert_int_equal(finding.verdict, BK_BUNDLE_CHANGED);
    assert_null(text);
}

static void linux_wants_an_erofs(void **state)
{
    struct bk_bundle_finding finding = { 0 };
    struct bk_bundle_header header;
    const struct bk_key key = bundle_bench_key(1);
    enum bk_bundle_part failed;
    uint8_t block[BK_BUNDLE_BLOCK] = "no file system";
    size_t size;

    (void)state;
    _cleanup_close_ int manifest = bundle_bench_file(linux_parts.manifest, strlen(linux_parts.manifest));
    _cleanup_close_ int root = bundle_bench_file(block, sizeof block), fd = bundle_bench_file("", 0);
    assert_int_equal(bk_bundle_write(fd, (const int[]){ manifest, -1, -1, -1, root }, &header, &failed), 0);
    assert_int_equal(bk_bundle_sign(fd, &header, &key), 0);
    size = header.file_size;
    _cleanup_free_ uint8_t *bytes = malloc(size);
    assert_int_equal(bk_pread_exact(fd, bytes, size, 0), 0);
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_BAD_CONTENT);
    assert_non_null(strstr(finding.reason, "not an EROFS"));
}

static void the_same_parts_make_the_same_bytes(void **state)
{
    const struct bk_key key = bundle_bench_key(1);
    size_t size, again;

    (void)state;
    _cleanup_free_ uint8_t *first = bundle_bench_make(&linux_parts, &key, &size);
    _cleanup_free_ uint8_t *second = bundle_bench_make(&linux_parts, &key, &again);
    assert_int_equal(size, again);
    assert_memory_equal(first, second, size);
    assert_int_equal(size, (1 + 1 + 1 + 3 + 1) * BK_BUNDLE_BLOCK);
}

static void a_signature_is_of_one_key(void **state)
{
    struct bk_bundle_finding finding = { 0 };
    const struct bk_key key = bundle_bench_key(1), other = bundle_bench_key(2);
    size_t size;

    (void)state;
    _cleanup_free_ uint8_t *bytes = bundle_bench_make(&linux_parts, NULL, &size);
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_UNSIGNED);
    bundle_bench_sign(bytes, &key);
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_GOOD);
    bk_key_public(&other, bytes + 24);
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_FORGED);
    /* RFC 8032 §5.1.7: the second half of a signature is below the group's order, so there is no second signature by
     * adding that to it; and a point of small order is nobody's key. */
    bundle_bench_sign(bytes, &key);
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                       0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)bytes[BK_BUNDLE_BLOCK - 32 + i] + order[i];
        bytes[BK_BUNDLE_BLOCK - 32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_FORGED);
    memset(bytes + 24, 0, 32);
    bytes[24] = 1;
    memset(bytes + BK_BUNDLE_SIGNED_SIZE, 0, 64);
    bytes[BK_BUNDLE_SIGNED_SIZE] = 1;
    assert_int_equal(bundle_bench_judge(bytes, size, &finding), BK_BUNDLE_FORGED);
}

static void parts_have_bounds(void **state)
{
    struct bk_bundle_header header;
    enum bk_bundle_part failed = BK_BUNDLE_SECTIONS;
    int fds[BK_BUNDLE_TREE] = { -1, -1, -1, -1, -1 };

    (void)state;
    _cleanup_close_ int fd = bundle_bench_file("", 0), part = bundle_bench_file("", 0);
    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++) {
        fds[i] = part;
        assert_int_equal(ftruncate(part, (off_t)bk_bundle_section_max((enum bk_bundle_part)i) + 1), 0);
        assert_int_equal(bk_bundle_write(fd, fds, &header, &failed), -EFBIG);
        assert_int_equal(failed, i);
        assert_int_equal(ftruncate(part, 0), 0);
        assert_int_equal(bk_bundle_write(fd, fds, &header, &failed), -EINVAL);
        assert_int_equal(failed, i);
        fds[i] = -1;
    }
    fds[BK_BUNDLE_ROOT] = part;
    assert_int_equal(ftruncate(part, BK_BUNDLE_BLOCK + 1), 0);
    assert_int_equal(bk_bundle_write(fd, fds, &header, &failed), -EINVAL);
    assert_int_equal(failed, BK_BUNDLE_ROOT);
}

/* The kernel's own formula (drivers/md/dm-verity-target.c): level after level, 128 to a block, until one is left. */
static void a_tree_has_as_many_blocks_as_linux_reads(void **state)
{
    (void)state;
    assert_int_equal(bk_verity_tree_blocks(1), 0);
    assert_int_equal(bk_verity_tree_blocks(2), 1);
    assert_int_equal(bk_verity_tree_blocks(128), 1);
    assert_int_equal(bk_verity_tree_blocks(129), 2 + 1);
    assert_int_equal(bk_verity_tree_blocks(128 * 128), 128 + 1);
    assert_int_equal(bk_verity_tree_blocks(128 * 128 + 1), 129 + 2 + 1);
    assert_int_equal(bk_verity_tree_blocks(BK_VERITY_BLOCKS_MAX), (1U << 21) + (1U << 14) + 128 + 1);
}

static void a_changed_block_is_told(void **state)
{
    enum {
        BLOCKS = 300,
        TREE = 4
    };
    uint8_t root[BK_VERITY_DIGEST_SIZE], byte = 7;
    struct bk_verity_fault fault;

    (void)state;
    _cleanup_close_ int fd = bundle_bench_file("", 0);
    assert_int_equal(ftruncate(fd, (off_t)(BLOCKS + TREE) * BK_VERITY_BLOCK), 0);
    assert_int_equal(bk_verity_tree_blocks(BLOCKS), TREE);
    for (uint64_t i = 0; i < BLOCKS; i++)
        assert_int_equal(bk_pwrite_all(fd, &i, sizeof i, (off_t)(i * BK_VERITY_BLOCK)), 0);
    assert_int_equal(bk_verity_write(fd, 0, BLOCKS, (uint64_t)BLOCKS * BK_VERITY_BLOCK, root), 0);
    assert_int_equal(bk_verity_check(fd, 0, BLOCKS, (uint64_t)BLOCKS * BK_VERITY_BLOCK, root, &fault), 0);
    assert_false(fault.found);
    for (uint64_t block = 0; block < BLOCKS + TREE; block += block < BLOCKS - 1 ? 23 : 1) {
        off_t at = (off_t)(block * BK_VERITY_BLOCK + 4000);
        uint8_t before;
        assert_int_equal(bk_pread_exact(fd, &before, 1, at), 0);
        assert_int_equal(bk_pwrite_all(fd, &byte, 1, at), 0);
        assert_int_equal(bk_verity_check(fd, 0, BLOCKS, (uint64_t)BLOCKS * BK_VERITY_BLOCK, root, &fault), 0);
        assert_true(fault.found);
        assert_int_equal(fault.in_tree, block >= BLOCKS);
        assert_int_equal(fault.block, block < BLOCKS ? block : block - BLOCKS);
        assert_int_equal(bk_pwrite_all(fd, &before, 1, at), 0);
    }
}

/* A signer may hash what they like; two trees of one image, each good, there are not. */
static void a_tree_has_nothing_but_digests(void **state)
{
    enum {
        BLOCKS = 129,
        TREE = 3
    };
    uint8_t root[BK_VERITY_DIGEST_SIZE], block[BK_VERITY_BLOCK];
    struct bk_verity_fault fault;

    (void)state;
    _cleanup_close_ int fd = bundle_bench_file("", 0);
    assert_int_equal(ftruncate(fd, (off_t)(BLOCKS + TREE) * BK_VERITY_BLOCK), 0);
    assert_int_equal(bk_verity_write(fd, 0, BLOCKS, (uint64_t)BLOCKS * BK_VERITY_BLOCK, root), 0);
    /* The last leaf has one digest. The block above it, at the tree's start, has two. */
    assert_int_equal(bk_pread_exact(fd, block, sizeof block, (off_t)(BLOCKS + TREE - 1) * BK_VERITY_BLOCK), 0);
    block[BK_VERITY_DIGEST_SIZE] = 1;
    assert_int_equal(bk_pwrite_all(fd, block, sizeof block, (off_t)(BLOCKS + TREE - 1) * BK_VERITY_BLOCK), 0);
    uint8_t digest[BK_VERITY_DIGEST_SIZE];
    crypto_hash_sha256(digest, block, sizeof block);
    assert_int_equal(bk_pwrite_all(fd, digest, sizeof digest, (off_t)BLOCKS * BK_VERITY_BLOCK + BK_VERITY_DIGEST_SIZE),
                     0);
    assert_int_equal(bk_pread_exact(fd, block, sizeof block, (off_t)BLOCKS * BK_VERITY_BLOCK), 0);
    crypto_hash_sha256(root, block, sizeof block);
    assert_int_equal(bk_verity_check(fd, 0, BLOCKS, (uint64_t)BLOCKS * BK_VERITY_BLOCK, root, &fault), 0);
    assert_true(fault.found && fault.in_tree && fault.surplus);
    assert_int_equal(fault.block, TREE - 1);
}

static void versions_have_an_order(void **state)
{
    static const char *const ordered[] = { "0",
                                           "0.0.0.1",
                                           "0.9",
                                           "0.10",
                                           "1",
                                           "1.0.1",
                                           "1.2",
                                           "1.2.3.4",
                                           "1.10",
                                           "2.0",
                                           "999999999.999999999.999999999.999999999" };
    static const char *const none[] = { "",        ".",  "1.", ".1", "1..2",       "01",   "1.00",    "1.2.3.4.5",
                                        "1.2-rc1", "v1", "1 ", "-1", "1000000000", "1.2a", "\xd9\xa1" };
    struct bk_version a, b;

    (void)state;
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        assert_true(bk_version_parse(ordered[i], &a));
        for (size_t j = 0; j < sizeof ordered / sizeof ordered[0]; j++) {
            assert_true(bk_version_parse(ordered[j], &b));
            assert_int_equal(bk_version_compare(&a, &b), i < j ? -1 : i > j ? 1 : 0);
        }
    }
    assert_true(bk_version_parse("1", &a) && bk_version_parse("1.0.0", &b));
    assert_int_equal(bk_version_compare(&a, &b), 0);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (bk_version_parse(none[i], &a))
            fail_msg("\"%s\" is taken for a version", none[i]);
    }
}

static void an_update_is_by_the_same_key_and_not_older(void **state)
{
    static const uint8_t ours[BK_BUNDLE_KEY_SIZE] = { 1 }, theirs[BK_BUNDLE_KEY_SIZE] = { 2 };
    const struct bk_edition there = { .id = "a.b", .key = ours, .version = { { 1, 2 } } };
    struct bk_edition offered = there;

    (void)state;
    assert_int_equal(bk_update_judge(NULL, &offered), BK_UPDATE_FIRST);
    assert_int_equal(bk_update_judge(&there, &offered), BK_UPDATE_SAME);
    offered.version.numbers[2] = 1;
    assert_int_equal(bk_update_judge(&there, &offered), BK_UPDATE_NEWER);
    offered.key = theirs;
    assert_int_equal(bk_update_judge(&there, &offered), BK_UPDATE_OTHER_KEY);
    offered.id = "a.c";
    assert_int_equal(bk_update_judge(&there, &offered), BK_UPDATE_OTHER_APP);
    offered = (struct bk_edition){ .id = "a.b", .key = ours, .version = { { 1, 1, 9, 9 } } };
    assert_int_equal(bk_update_judge(&there, &offered), BK_UPDATE_OLDER);
    for (enum bk_update update = BK_UPDATE_FIRST; update < BK_UPDATES; update++)
        assert_int_equal(bk_update_is_allowed(update), update <= BK_UPDATE_SAME);
}

static void a_key_file_is_its_owners_alone(void **state)
{
    char folder[] = "/tmp/test_bundle_XXXXXX", path[64];
    struct bk_key key, read;
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    umask(0);
    assert_int_equal(bk_key_create(path, &key), 0);
    assert_int_equal(bk_key_create(path, &read), -EEXIST);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(bk_key_load(path, &read), 0);
    assert_memory_equal(&key, &read, sizeof key);
    bk_key_finish(&read);
    assert_memory_not_equal(&key, &read, sizeof key);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(bk_key_load(path, &read), -EPERM);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, status.st_size - 1), 0);
    assert_int_equal(bk_key_load(path, &read), -EBADMSG);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "bulkhead-secret-key ed25519 %063dg\n", 0);
    fclose(file);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(bk_key_load(path, &read), -EBADMSG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bk_key_load(path, &read), -ENOENT);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_an_app),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(a_manifest_that_changes_is_not_read),
        cmocka_unit_test(linux_wants_an_erofs),
        cmocka_unit_test(the_same_parts_make_the_same_bytes),
        cmocka_unit_test(a_signature_is_of_one_key),
        cmocka_unit_test(parts_have_bounds),
        cmocka_unit_test(a_tree_has_as_many_blocks_as_linux_reads),
        cmocka_unit_test(a_changed_block_is_told),
        cmocka_unit_test(a_tree_has_nothing_but_digests),
        cmocka_unit_test(versions_have_an_order),
        cmocka_unit_test(an_update_is_by_the_same_key_and_not_older),
        cmocka_unit_test(a_key_file_is_its_owners_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
