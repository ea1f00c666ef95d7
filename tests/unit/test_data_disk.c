/* SPDX-License-Identifier: Apache-2.0 */
/* Which disk bk-init makes a file system on: one that is blank, and no other. The disk is a file here. */
#define _GNU_SOURCE
#include "data_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DISK_SIZE   (64L << 20)
#define EXT4_MAGIC  0x438 /* where the superblock has it: Linux fs/ext4/ext4.h */
#define LAST_SECTOR (BK_DATA_DISK_BLANK - 512)

static char path[] = "/tmp/bk-disk-XXXXXX";
static int disk = -1;

static int make_disk(void **state)
{
    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    disk = mkstemp(path);
    return disk < 0 ? -1 : ftruncate(disk, DISK_SIZE);
}

static int remove_disk(void **state)
{
    (void)state;
    close(disk);
    return unlink(path);
}

static bool has_ext4(void)
{
    unsigned char magic[2] = { 0 };

    assert_int_equal(pread(disk, magic, sizeof magic, EXT4_MAGIC), sizeof magic);
    return magic[0] == 0x53 && magic[1] == 0xef;
}

static void put(off_t where, const char *what)
{
    assert_int_equal(pwrite(disk, what, strlen(what), where), strlen(what));
}

static void a_blank_disk_gets_a_file_system(void **state)
{
    char label[16] = { 0 };

    (void)state;
    assert_int_equal(bk_data_disk_prepare(path), 0);
    assert_true(has_ext4());
    assert_int_equal(pread(disk, label, sizeof label, 0x478), sizeof label);
    assert_memory_equal(label, "bulkhead-data", 13);
}

static void what_stands_beyond_the_first_mebibyte_is_no_reason(void **state)
{
    (void)state;
    put(BK_DATA_DISK_BLANK, "old blocks of a disk that was made blank");
    assert_int_equal(bk_data_disk_prepare(path), 0);
    assert_true(has_ext4());
}

static void a_disk_with_a_file_system_stays_as_it_is(void **state)
{
    char before[4096], after[4096];

    (void)state;
    assert_int_equal(bk_data_disk_prepare(path), 0);
    put(DISK_SIZE / 2, "what is kept");
    assert_int_equal(pread(disk, before, sizeof before, 0), sizeof before);
    assert_int_equal(bk_data_disk_prepare(path), 0);
    assert_int_equal(pread(disk, after, sizeof after, 0), sizeof after); /* the UUID is in it */
    assert_memory_equal(before, after, sizeof before);
}

static void a_disk_with_anything_else_stays_as_it_is(void **state)
{
    static const off_t places[] = { 0, 510, 4096, LAST_SECTOR, BK_DATA_DISK_BLANK - 1 };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_int_equal(ftruncate(disk, 0), 0);
        assert_int_equal(ftruncate(disk, DISK_SIZE), 0);
        put(places[i], "x");
        assert_int_equal(bk_data_disk_prepare(path), 0);
        assert_false(has_ext4());
    }
}

static void what_is_no_disk_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(bk_data_disk_prepare("/nonexistent"), -ENOENT);
    assert_int_equal(ftruncate(disk, BK_DATA_DISK_BLANK - 1), 0);
    assert_int_equal(bk_data_disk_prepare(path), -ENODATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_disk, remove_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_blank_disk_gets_a_file_system),
        TEST(what_stands_beyond_the_first_mebibyte_is_no_reason),
        TEST(a_disk_with_a_file_system_stays_as_it_is),
        TEST(a_disk_with_anything_else_stays_as_it_is),
        TEST(what_is_no_disk_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
