/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checked.h"
#include "log.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct bk_options options;

/* Splits `line` at spaces and parses it. */
static int parse(const char *line)
{
    static char copy[8192];
    char *words[128] = { "bk-vmm" };
    int count = 1;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[count++] = word;
    return bk_options_parse(&options, count, words);
}

static void test_everything(void **state)
{
    (void)state;
    assert_int_equal(
        parse("--kernel k --initrd fd:5 --cmdline quiet --memory 512 --cpus 4 --serial none --console - "
              "--console org.example.port=fd:6 --disk a,b.img,ro --disk fd:7 --rng --vsock app:16 --network app:4094 "
              "--display 1280x800 --control fd:8 --display-cable fd:9 --sound --sound-cable fd:10 --name "
              "x --on-reset exit --on-fault exit "
              "--uid 70001 --gid 70002"),
        0);
    assert_string_equal(options.kernel.path, "k");
    assert_int_equal(options.initrd.fd, 5);
    assert_string_equal(options.cmdline, "quiet");
    assert_int_equal(options.memory_mib, 512);
    assert_int_equal(options.cpus, 4);
    assert_int_equal(options.serial, BK_SERIAL_NONE);
    assert_int_equal(options.console_count, 2);
    assert_null(options.consoles[0].name);
    assert_int_equal(options.consoles[0].file.fd, 0);
    assert_int_equal(options.consoles[0].file.out_fd, 1);
    assert_string_equal(options.consoles[1].name, "org.example.port");
    assert_int_equal(options.consoles[1].file.fd, 6);
    assert_int_equal(options.disk_count, 2);
    assert_string_equal(options.disks[0].file.path, "a,b.img");
    assert_true(options.disks[0].readonly);
    assert_int_equal(options.disks[1].file.fd, 7);
    assert_false(options.disks[1].readonly);
    assert_true(options.rng);
    assert_int_equal(options.vsock.kind, BK_END_APP);
    assert_int_equal(options.vsock.number, 16);
    assert_int_equal(options.network.kind, BK_END_APP);
    assert_int_equal(options.network.number, 4094);
    assert_int_equal(options.display_width, 1280);
    assert_int_equal(options.display_height, 800);
    assert_int_equal(options.control, 8);
    assert_int_equal(options.display_cable, 9);
    assert_true(options.sound);
    assert_int_equal(options.sound_cable, 10);
    assert_true(options.exit_on_reset);
    assert_true(options.exit_on_fault);
    assert_int_equal(options.uid, 70001);
    assert_int_equal(options.gid, 70002);

    unsigned found = 0;
    for (unsigned i = 0; i < options.inherited_count; i++)
        found |= 1U << options.inherited[i];
    assert_int_equal(found, 0x7e0); /* 5 to 10 */
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("--kernel k"), 0);
    assert_int_equal(options.serial, BK_SERIAL_FILE);
    assert_true(options.standard && options.serial_file.fd == 0 && options.serial_file.out_fd == 1);
    assert_string_equal(options.cmdline, "console=ttyS0 panic=-1");
    assert_int_equal(options.cpus, 1);
    assert_int_equal(options.control, -1);
    assert_int_equal(parse("--kernel k --console file"), 0);
    assert_int_equal(options.serial, BK_SERIAL_NOT_SAID);
    assert_string_equal(options.cmdline, "console=hvc0 panic=-1");
    assert_int_equal(parse("--help"), 0);
    assert_true(options.help);
    assert_int_equal(parse("--kernel k --console dir/a=b"), 0);
    assert_string_equal(options.consoles[0].file.path, "dir/a=b");
}

static void test_wrong(void **state)
{
    static const char *const lines[] = {
        "",
        "--kernel",
        "--kernel k extra",
        "--kernel k --no-such",
        "--kernel -",
        "--kernel fd:x",
        "--kernel fd:99999999999",
        "--kernel k --memory 16",
        "--kernel k --memory 99999999999999999999999",
        "--kernel k --memory 1k",
        "--kernel k --cpus 0",
        "--kernel k --cpus 65",
        "--kernel k --console a --console b",
        "--kernel k --console =b",
        "--kernel k --serial - --console -",
        "--kernel k --vsock app:3",
        "--kernel k --vsock host",
        "--kernel k --network app:1",
        "--kernel k --network app:4095",
        "--kernel k --network app:",
        "--kernel k --network trunk",
        "--kernel k --display 1280",
        "--kernel k --display 31x800",
        "--kernel k --display 1280x8193",
        "--kernel k --display-cable fd:3",
        "--kernel k --sound-cable fd:3",
        "--kernel k --control 3",
        "--kernel k --on-reset never",
        "--kernel k --on-fault never",
        "--kernel k --uid 0",
        "--kernel k --disk 1 --disk 2 --disk 3 --disk 4 --disk 5 --disk 6 --disk 7 --disk 8 --disk 9",
    };

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(lines); i++) {
        if (parse(lines[i]) != -EINVAL)
            fail_msg("accepted: %s", lines[i]);
    }
}

static void test_too_many_descriptors(void **state)
{
    char line[1024] = "--kernel k";
    size_t length = strlen(line);

    (void)state;
    for (unsigned i = 0; i < BK_OPTIONS_FDS_MAX; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, " --control fd:3");
    assert_int_equal(parse(line), 0);
    snprintf(line + length, sizeof line - length, " --initrd fd:4");
    assert_int_equal(parse(line), -EINVAL);
}

static void test_long_cmdline(void **state)
{
    static char line[4096] = "--kernel k --cmdline ";
    size_t start = strlen(line);

    (void)state;
    memset(line + start, 'x', 2047);
    assert_int_equal(parse(line), 0);
    line[start + 2047] = 'x';
    assert_int_equal(parse(line), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),           cmocka_unit_test(test_defaults),     cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_too_many_descriptors), cmocka_unit_test(test_long_cmdline),
    };

    bk_log_open("test", NULL, LOG_EMERG); /* what is wrong is said to a person; here the verdict is enough */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
