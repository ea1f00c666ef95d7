/* SPDX-License-Identifier: Apache-2.0 */
/* What bk-guest-init makes of an app's data disk: a file system when it is blank, or was left half; nothing else. The
 * disk is a file here, and fsck.ext4 says whether it is a file system. */
#define _GNU_SOURCE
#include "data_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DISK_SIZE (16L << 20)

static char path[] = "/tmp/bk-app-data-XXXXXX";
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

static void put(off_t where, const void *what, size_t size)
{
    assert_int_equal(pwrite(disk, what, size, where), size);
}

static bool is_whole(void)
{
    char command[128];

    snprintf(command, sizeof command, "/usr/sbin/fsck.ext4 -f -n %s >/dev/null 2>&1", path);
    return system(command) == 0; /* NOLINT(cert-env33-c): a test's own path */
}

static void a_blank_disk_gets_a_file_system(void **state)
{
    (void)state;
    assert_int_equal(bk_data_disk_prepare(path), 0);
    assert_true(is_whole());
}

static void it_is_made_once(void **state)
{
    static const char mine[] = "what the app has written";
    char found[sizeof mine];

    (void)state;
    assert_int_equal(bk_data_disk_prepare(path), 0);
    put(bk_data_template[0].offset + 200, mine, sizeof mine);
    put((off_t)bk_data_template[1].offset, mine, sizeof mine);
    assert_int_equal(bk_data_disk_prepare(path), 0);
    assert_int_equal(pread(disk, found, sizeof found, (off_t)bk_data_template[1].offset), sizeof found);
    assert_memory_equal(found, mine, sizeof mine);
}

/* Power goes after any of the writes: the next start makes it whole. */
static void what_was_left_half_is_made_whole(void **state)
{
    (void)state;
    for (size_t done = 1; done < bk_data_template_pieces; done++) {
        assert_int_equal(ftruncate(disk, 0), 0);
        assert_int_equal(ftruncate(disk, DISK_SIZE), 0);
        for (size_t i = 1; i <= done; i++)
            put((off_t)bk_data_template[i].offset, bk_data_template[i].content, bk_data_template[i].size);
        assert_int_equal(bk_data_disk_prepare(path), 0);
        assert_true(is_whole());
    }
}

static void what_is_somebodys_stays(void **state)
{
    static const off_t places[] = { 0, 510, 1080, 4096, 65536, BK_DATA_BLANK - 1 };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_int_equal(ftruncate(disk, 0), 0);
        assert_int_equal(ftruncate(disk, DISK_SIZE), 0);
        put(places[i], "x", 1);
        assert_int_equal(bk_data_disk_prepare(path), 0);
        assert_false(is_whole());
    }
}

static void what_is_no_disk_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(bk_data_disk_prepare("/nonexistent"), -ENOENT);
    assert_int_equal(ftruncate(disk, BK_DATA_BLANK - 1), 0);
    assert_int_equal(bk_data_disk_prepare(path), -ENODATA);
}

static void the_first_piece_is_of_the_first_block_and_no_other_is(void **state)
{
    (void)state;
    assert_true(bk_data_template[0].offset < BK_DATA_BLOCK);
    for (size_t i = 1; i < bk_data_template_pieces; i++)
        assert_true(bk_data_template[i].offset >= BK_DATA_BLOCK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_disk, remove_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_blank_disk_gets_a_file_system),  TEST(it_is_made_once),
        TEST(what_was_left_half_is_made_whole), TEST(what_is_somebodys_stays),
        TEST(what_is_no_disk_is_an_error),      cmocka_unit_test(the_first_piece_is_of_the_first_block_and_no_other_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
