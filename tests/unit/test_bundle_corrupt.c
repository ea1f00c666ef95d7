/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten thousand bundles that are corrupted in one of a dozen ways, the same in every run: each is refused, with a
 * reason, and where the harm is, as exactly as can be known, is said.
 */
#define _GNU_SOURCE
#include "bundle_bench.h"

#include "verity.h"

#include <inttypes.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CORRUPTED   10000U
#define LARGE_EVERY 100U /* the bundle whose tree has two levels takes longest */
#define GROWTH_MAX  9000U
#define BASES       4U

static const struct bundle_parts parts[BASES] = {
    { .manifest = "{\"id\":\"org.example.a\",\"name\":\"A\",\"version\":\"1\",\"memory\":64}",
      .icon = "\x89PNG\r\n\x1a\nand so on",
      .root_blocks = 3,
      .variant = 1 },
    /* Another version of the same, by the same key and of the same sizes. */
    { .manifest = "{\"id\":\"org.example.a\",\"name\":\"A\",\"version\":\"2\",\"memory\":64}",
      .icon = "\x89PNG\r\n\x1a\nand so in",
      .root_blocks = 3,
      .variant = 2 },
    { .manifest = "{\"id\":\"org.example.b\",\"name\":\"B\",\"version\":\"1\",\"memory\":64,\"guest\":\"kernel\"}",
      .kernel = "a kernel",
      .initrd = "an initrd",
      .root_blocks = 1 },
    { .manifest = "{\"id\":\"org.example.c\",\"name\":\"C\",\"version\":\"1\",\"memory\":64}", .root_blocks = 130 },
};

static uint8_t *bases[BASES];
static size_t sizes[BASES];
static struct bk_key key;
static uint64_t random_state = 0x9e3779b97f4a7c15U;

/* What was done to a bundle. */
struct harm {
    uint8_t *bytes; /* with room for GROWTH_MAX more */
    size_t size;
    unsigned base;
    uint64_t where; /* the first byte that may be another */
};

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static struct bk_bundle_header header_of(const uint8_t *bytes)
{
    struct bk_bundle_finding finding;
    struct bk_bundle_header header;

    assert_true(bk_bundle_decode(bytes, BK_BUNDLE_BLOCK, &header, &finding));
    return header;
}

static bool flip_bit(struct harm *harm)
{
    harm->where = random_below(harm->size);
    harm->bytes[harm->where] ^= (uint8_t)(1U << random_below(8));
    return true;
}

static bool overwrite(struct harm *harm)
{
    size_t length = 1 + random_below(64);

    harm->where = random_below(harm->size - length);
    for (size_t i = 0; i < length; i++)
        harm->bytes[harm->where + i] = (uint8_t)random_below(256);
    return memcmp(harm->bytes, bases[harm->base], harm->size) != 0;
}

static bool cut(struct harm *harm)
{
    harm->size = random_below(harm->size);
    harm->where = harm->size;
    return true;
}

static bool grow(struct harm *harm)
{
    size_t more = 1 + random_below(GROWTH_MAX);

    harm->where = harm->size;
    for (size_t i = 0; i < more; i++)
        harm->bytes[harm->size + i] = (uint8_t)(more % 2 == 0 ? 0 : random_below(256));
    harm->size += more;
    return true;
}

static bool swap_blocks(struct harm *harm)
{
    uint8_t kept[BK_BUNDLE_BLOCK];
    uint8_t *a = harm->bytes + random_below(harm->size / BK_BUNDLE_BLOCK) * BK_BUNDLE_BLOCK;
    uint8_t *b = harm->bytes + random_below(harm->size / BK_BUNDLE_BLOCK) * BK_BUNDLE_BLOCK;

    if (memcmp(a, b, sizeof kept) == 0)
        return false;
    memcpy(kept, a, sizeof kept);
    memcpy(a, b, sizeof kept);
    memcpy(b, kept, sizeof kept);
    harm->where = (uint64_t)((a < b ? a : b) - harm->bytes);
    return true;
}

/* Blocks moved on, as a download that was joined wrongly has them. */
static bool shift(struct harm *harm)
{
    size_t from = random_below(harm->size), by = 1 + random_below(64);

    if (from + by >= harm->size)
        return false;
    memmove(harm->bytes + from + by, harm->bytes + from, harm->size - from - by);
    harm->where = from;
    return memcmp(harm->bytes, bases[harm->base], harm->size) != 0;
}

static bool zero_to_the_end(struct harm *harm)
{
    harm->where = random_below(harm->size);
    memset(harm->bytes + harm->where, 0, harm->size - harm->where);
    return memcmp(harm->bytes, bases[harm->base], harm->size) != 0;
}

/* A part, or the header, of another version, which the same key has signed. */
static bool swap_parts(struct harm *harm)
{
    const struct bk_bundle_header header = header_of(bases[0]);
    unsigned other = harm->base == 0 ? 1 : 0;
    unsigned i = (unsigned)random_below(BK_BUNDLE_SECTIONS + 1);

    if (harm->base > 1)
        return false;
    if (i == BK_BUNDLE_SECTIONS) {
        memcpy(harm->bytes, bases[other], BK_BUNDLE_BLOCK);
        harm->where = header.sections[BK_BUNDLE_MANIFEST].offset;
        return true;
    }
    memcpy(harm->bytes + header.sections[i].offset, bases[other] + header.sections[i].offset, header.sections[i].size);
    harm->where = header.sections[i].offset;
    return header.sections[i].size > 0;
}

/* A signer who lies: any field of the header, in any way, under a good signature. */
static bool lie(struct harm *harm)
{
    static const uint64_t lies[] = {
        0, 1, 4095, 4096, 4097, 8192, INT64_MAX, UINT64_MAX, UINT64_MAX - 4095, 1ULL << 32
    };
    uint64_t value = random_below(2) == 0 ? lies[random_below(sizeof lies / sizeof lies[0])] : random_below(1U << 20);
    size_t field = random_below(2 * BK_BUNDLE_SECTIONS + 1);
    size_t at = field == 0 ? 16 : 64 + (field - 1) / 2 * 64 + (field - 1) % 2 * 8;

    for (size_t i = 0; i < 8; i++)
        harm->bytes[at + i] = (uint8_t)(value >> (8 * i));
    bundle_bench_sign(harm->bytes, &key);
    return memcmp(harm->bytes, bases[harm->base], BK_BUNDLE_BLOCK) != 0;
}

/* … or a byte of it that means nothing, or a digest. */
static bool lie_in_a_byte(struct harm *harm)
{
    size_t at = 12 + random_below(BK_BUNDLE_SIGNED_SIZE - 12);

    if (at >= 24 && at < 56)
        return false; /* the key, which signing writes */
    harm->bytes[at] ^= (uint8_t)(1 + random_below(255));
    bundle_bench_sign(harm->bytes, &key);
    return true;
}

/* … or a version of the format that there is not. */
static bool be_of_another_version(struct harm *harm)
{
    harm->bytes[8 + random_below(4)] ^= (uint8_t)(1 + random_below(255));
    bundle_bench_sign(harm->bytes, &key);
    return true;
}

/* … or a manifest that is not whole, with all digests and sizes as they must be. */
static bool lie_in_the_manifest(struct harm *harm)
{
    const struct bk_bundle_header header = header_of(harm->bytes);
    uint64_t offset = header.sections[BK_BUNDLE_MANIFEST].offset, size = header.sections[BK_BUNDLE_MANIFEST].size;
    uint64_t kept = 1 + random_below(size - 1);

    memset(harm->bytes + offset + kept, 0, size - kept);
    harm->bytes[64 + 8] = (uint8_t)kept;
    crypto_hash_sha256(harm->bytes + 64 + 16, harm->bytes + offset, kept);
    bundle_bench_sign(harm->bytes, &key);
    harm->where = offset;
    return true;
}

/* Somebody else's name on it, without their signature. */
static bool claim_another_key(struct harm *harm)
{
    const struct bk_key other = bundle_bench_key((uint8_t)(2 + random_below(200)));

    bk_key_public(&other, harm->bytes + 24);
    return true;
}

/* Where a change of one byte is found, exactly. */
static void assert_found_where_it_is(const struct harm *harm, const struct bk_bundle_finding *finding)
{
    const struct bk_bundle_header header = header_of(bases[harm->base]);
    uint64_t end = finding->offset + 1;

    if (harm->where < BK_BUNDLE_BLOCK) {
        assert_true(finding->verdict == BK_BUNDLE_FORGED || finding->verdict == BK_BUNDLE_NOT_ONE ||
                    finding->verdict == BK_BUNDLE_UNKNOWN);
        return;
    }
    for (unsigned i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        const struct bk_bundle_section *section = &header.sections[i];
        if (section->size == 0 || harm->where < section->offset || harm->where >= section->offset + section->size)
            continue;
        assert_int_equal(finding->verdict, BK_BUNDLE_CHANGED);
        assert_non_null(strstr(finding->reason, bk_bundle_section_names[i]));
        end = i >= BK_BUNDLE_ROOT ? finding->offset + BK_BUNDLE_BLOCK : section->offset + section->size;
    }
    if (end == finding->offset + 1)
        assert_int_equal(finding->verdict, BK_BUNDLE_BAD_PADDING);
    if (harm->where < finding->offset || harm->where >= end)
        fail_msg("byte %" PRIu64 " was changed; found: %s", harm->where, finding->reason);
}

static void each_is_refused_with_its_reason(void **state)
{
    static bool (*const ways[])(struct harm *) = {
        flip_bit,
        overwrite,
        cut,
        grow,
        swap_blocks,
        shift,
        swap_parts,
        lie,
        lie_in_a_byte,
        flip_bit,
        lie_in_the_manifest,
        claim_another_key,
        flip_bit,
        cut,
        overwrite,
        zero_to_the_end,
        be_of_another_version,
    };
    unsigned found[BK_BUNDLE_VERDICTS] = { 0 };

    (void)state;
    for (unsigned i = 0, tries = 0; i < CORRUPTED; tries++) {
        struct harm harm = { .base = tries % LARGE_EVERY == 0 ? BASES - 1 : (unsigned)random_below(BASES - 1) };
        struct bk_bundle_finding finding = { 0 };
        unsigned way = (unsigned)random_below(sizeof ways / sizeof ways[0]);

        harm.size = sizes[harm.base];
        harm.bytes = malloc(harm.size + GROWTH_MAX);
        assert_non_null(harm.bytes);
        memcpy(harm.bytes, bases[harm.base], harm.size);
        if (ways[way](&harm)) {
            i++;
            if (bundle_bench_judge(harm.bytes, harm.size, &finding) == BK_BUNDLE_GOOD)
                fail_msg("number %u, of base %u, was changed from byte %" PRIu64 " on by way %u and found good", tries,
                         harm.base, harm.where, way);
            assert_true(strlen(finding.reason) > 10 && finding.offset <= sizes[harm.base] + GROWTH_MAX);
            if (ways[way] == flip_bit)
                assert_found_where_it_is(&harm, &finding);
            found[finding.verdict]++;
        }
        free(harm.bytes);
    }
    for (unsigned i = BK_BUNDLE_GOOD + 1; i < BK_BUNDLE_VERDICTS; i++) {
        printf("# %s: %u\n", bk_bundle_verdict_names[i], found[i]);
        if (i != BK_BUNDLE_UNSIGNED && found[i] == 0)
            fail_msg("no bundle was refused as %s", bk_bundle_verdict_names[i]);
    }
}

/* A file that is only a header ends too early, unless something else was found before. */
static void every_byte_of_the_header_counts(void **state)
{
    struct bk_bundle_finding finding;
    uint8_t *bytes = bases[2];

    (void)state;
    assert_int_equal(bundle_bench_judge(bytes, BK_BUNDLE_BLOCK, &finding), BK_BUNDLE_CUT);
    for (size_t i = 0; i < BK_BUNDLE_BLOCK; i++) {
        uint8_t bit = (uint8_t)(1U << (i % 8));
        bytes[i] ^= bit;
        if (bundle_bench_judge(bytes, BK_BUNDLE_BLOCK, &finding) == BK_BUNDLE_CUT)
            fail_msg("bit 0x%02x of the header's byte %zu means nothing", bit, i);
        bytes[i] ^= bit;
    }
}

static int make_bases(void **state)
{
    struct bk_bundle_finding finding;

    (void)state;
    key = bundle_bench_key(1);
    for (unsigned i = 0; i < BASES; i++) {
        bases[i] = bundle_bench_make(&parts[i], &key, &sizes[i]);
        if (bundle_bench_judge(bases[i], sizes[i], &finding) != BK_BUNDLE_GOOD) {
            printf("# %s\n", finding.reason);
            return -1;
        }
    }
    return sizes[0] == sizes[1] ? 0 : -1;
}

static int free_bases(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BASES; i++)
        free(bases[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_refused_with_its_reason),
        cmocka_unit_test(every_byte_of_the_header_counts),
    };

    return cmocka_run_group_tests(tests, make_bases, free_bases);
}
