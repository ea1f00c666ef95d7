/* SPDX-License-Identifier: Apache-2.0 */
/* What bk-init reads and decides: the command line, the console's lines, input devices, its table of services. */
#include "cmdline.h"
#include "debug_console.h"
#include "guest_devices.h"
#include "services.h"

#include "io.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void command_line_says_what_is_asked(void **state)
{
    struct bk_cmdline cmdline;

    (void)state;
    bk_cmdline_parse("console=hvc0 quiet root=/dev/vda\n", &cmdline);
    assert_false(cmdline.debug);
    assert_false(cmdline.reduced_motion);
    assert_false(cmdline.slow_turn);
    assert_false(cmdline.gps);
    assert_false(cmdline.camera);
    assert_false(cmdline.codec);
    assert_string_equal(cmdline.data, "");
    assert_string_equal(cmdline.toast_seconds, "");
    bk_cmdline_parse("  bulkhead.debug bulkhead.toast_seconds=60  bulkhead.timezone=CET-1CEST,M3.5.0,M10.5.0/3 "
                     "bulkhead.reduced_motion bulkhead.gps bulkhead.camera bulkhead.codec bulkhead.data=/dev/vdb",
                     &cmdline);
    assert_true(cmdline.gps);
    assert_true(cmdline.camera);
    assert_true(cmdline.codec);
    assert_string_equal(cmdline.data, "/dev/vdb");
    assert_true(cmdline.debug);
    assert_true(cmdline.reduced_motion);
    assert_string_equal(cmdline.form, "");
    assert_string_equal(cmdline.toast_seconds, "60");
    assert_string_equal(cmdline.timezone, "CET-1CEST,M3.5.0,M10.5.0/3");
}

static void command_line_becomes_environment(void **state)
{
    static const char *const expected[] = { "BK_FORM=phone",        "BK_KEYBOARD_LAYOUT=ch:fr",
                                            "BK_PLACE=47.37,-8.54", "BK_SCALE=1.5",
                                            "BK_REDUCED_MOTION=1",  "BK_SLOW_TURN=1",
                                            "BK_TOAST_SECONDS=60",  "TZ=UTC" };
    struct bk_cmdline cmdline;
    struct bk_settings settings;

    (void)state;
    bk_cmdline_parse("quiet bulkhead.scale=1.5 bulkhead.keyboard_layout=ch:fr bulkhead.timezone=UTC "
                     "bulkhead.form=desktop bulkhead.toast_seconds=60 bulkhead.place=47.37,-8.54 "
                     "bulkhead.reduced_motion bulkhead.slow_turn bulkhead.form=phone\n", /* the last one counts */
                     &cmdline);
    bk_settings_from(&cmdline, &settings);
    assert_int_equal(settings.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < settings.count; i++)
        assert_string_equal(settings.text[i], expected[i]);
    bk_cmdline_parse("quiet bulkhead.scale= bulkhead.formal=phone\n", &cmdline);
    bk_settings_from(&cmdline, &settings);
    assert_int_equal(settings.count, 0);
}

static void command_line_passes_over_the_rest(void **state)
{
    struct bk_cmdline cmdline;
    char text[200] = "bulkhead.timezone=";

    (void)state;
    bk_cmdline_parse("bulkhead.debugger xbulkhead.debug bulkhead.debug=1 bulkhead.toast_seconds", &cmdline);
    assert_false(cmdline.debug);
    assert_string_equal(cmdline.toast_seconds, "");
    memset(text + strlen(text), 'x', 100);
    bk_cmdline_parse(text, &cmdline);
    assert_string_equal(cmdline.timezone, "");
}

static struct bk_debug_command parse(const char *line)
{
    struct bk_debug_command command;

    bk_debug_parse(line, strlen(line), &command);
    return command;
}

static void console_lines_are_judged(void **state)
{
    (void)state;
    assert_int_equal(parse("").verb, BK_DEBUG_NOTHING);
    assert_int_equal(parse(" \t ").verb, BK_DEBUG_NOTHING);
    assert_int_equal(parse("panic").verb, BK_DEBUG_PANIC);
    assert_int_equal(parse("panic now").verb, BK_DEBUG_UNKNOWN);
    assert_int_equal(parse("kill").verb, BK_DEBUG_UNKNOWN);
    assert_int_equal(parse("kill ").verb, BK_DEBUG_UNKNOWN);
    assert_int_equal(parse("killall").verb, BK_DEBUG_UNKNOWN);
    struct bk_debug_command command = parse(" kill   bk-broker ");
    assert_int_equal(command.verb, BK_DEBUG_KILL);
    assert_string_equal(command.name, "bk-broker");
    command = parse("record io.bulkhead.timer");
    assert_int_equal(command.verb, BK_DEBUG_RECORD);
    assert_string_equal(command.name, "io.bulkhead.timer");
    command = parse("record ");
    assert_int_equal(command.verb, BK_DEBUG_RECORD);
    assert_string_equal(command.name, "");
    assert_int_equal(parse("records").verb, BK_DEBUG_UNKNOWN);
}

static void the_app_to_be_recorded_is_named_in_a_file(void **state)
{
    char folder[] = "/tmp/bk-record-XXXXXX";
    char path[sizeof folder + 8];
    char *text;
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/record", folder);
    assert_int_equal(bk_debug_record(path, ""), 0);
    assert_int_equal(bk_debug_record(path, "io.example.longer"), 0);
    assert_int_equal(bk_debug_record(path, "io.example.one"), 0);
    assert_int_equal(bk_read_file(path, 64, &text, NULL), 0);
    assert_string_equal(text, "io.example.one");
    free(text);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(bk_debug_record(path, ""), 0);
    assert_int_equal(bk_read_file(path, 64, &text, NULL), -ENOENT);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(bk_debug_record(path, "io.example.one"), -ENOENT);
}

static void console_bytes_become_lines(void **state)
{
    struct bk_debug_lines lines = { 0 };
    struct bk_debug_command command;
    int ended = 0;

    (void)state;
    for (const char *c = "kill a\r\n"; *c != '\0'; c++) {
        if (bk_debug_feed(&lines, *c, &command) != 0) {
            ended++;
            assert_int_equal(command.verb, ended == 1 ? BK_DEBUG_KILL : BK_DEBUG_NOTHING);
        }
    }
    assert_int_equal(ended, 2);
    for (int i = 0; i < BK_DEBUG_LINE_MAX + 10; i++)
        assert_int_equal(bk_debug_feed(&lines, 'x', &command), 0);
    assert_int_equal(bk_debug_feed(&lines, '\n', &command), 1);
    assert_int_equal(command.verb, BK_DEBUG_UNKNOWN);
    for (const char *c = "panic"; *c != '\0'; c++)
        assert_int_equal(bk_debug_feed(&lines, *c, &command), 0);
    assert_int_equal(bk_debug_feed(&lines, '\n', &command), 1);
    assert_int_equal(command.verb, BK_DEBUG_PANIC);
}

/* The bitmaps are what Linux shows for virtio-keyboard, virtio-tablet and virtio-mouse, and the ACPI power button. */
static void input_devices_are_told_apart(void **state)
{
    static const char keyboard[] = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n";
    static const char tablet[] = "1f0000 0 0 0 0\n";
    static const char power[] = "10000000000000 0\n";
    char text[256];

    (void)state;
    assert_int_equal(bk_guest_input_classify(keyboard, "0\n", "0\n"), BK_GUEST_INPUT_KEYS | BK_GUEST_INPUT_KEYBOARD);
    assert_int_equal(bk_guest_input_classify(tablet, "0\n", "3\n"), BK_GUEST_INPUT_KEYS | BK_GUEST_INPUT_POINTER);
    assert_int_equal(bk_guest_input_classify(tablet, "3\n", "0\n"), BK_GUEST_INPUT_KEYS | BK_GUEST_INPUT_POINTER);
    assert_int_equal(bk_guest_input_classify(tablet, "0\n", "1\n"), BK_GUEST_INPUT_KEYS);
    assert_int_equal(bk_guest_input_classify(power, "0\n", "0\n"), BK_GUEST_INPUT_KEYS);
    assert_int_equal(bk_guest_input_classify("400 0 0 0 0 0\n", "0\n", "260800000000000\n"),
                     BK_GUEST_INPUT_KEYS | BK_GUEST_INPUT_TOUCH);
    assert_int_equal(bk_guest_input_classify("0\n", "0\n", "200800000000000\n"), BK_GUEST_INPUT_OTHER);
    assert_int_equal(bk_guest_input_classify("0\n", "0\n", "0\n"), BK_GUEST_INPUT_OTHER);
    assert_int_equal(bk_guest_input_classify("", "", ""), BK_GUEST_INPUT_OTHER);
    assert_int_equal(bk_guest_input_classify("zz zz", "~", "-1"), BK_GUEST_INPUT_KEYS);
    bk_guest_input_udev_data(BK_GUEST_INPUT_KEYS | BK_GUEST_INPUT_POINTER, text, sizeof text);
    assert_string_equal(text, "I:1\nE:ID_INPUT=1\nE:ID_INPUT_KEY=1\nE:ID_INPUT_MOUSE=1\n");
    bk_guest_input_udev_data(~0U, text, sizeof text);
    assert_string_equal(text, "I:1\nE:ID_INPUT=1\nE:ID_INPUT_KEY=1\nE:ID_INPUT_KEYBOARD=1\nE:ID_INPUT_MOUSE=1\n"
                              "E:ID_INPUT_TOUCHSCREEN=1\n");
}

static void services_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < bk_services_count; i++) {
        const struct bk_service *service = &bk_services[i];
        assert_true(service->arguments[0][0] == '/');
        assert_true(service->uid >= 1000); /* nothing but process 1 is root */
        assert_non_null(service->runtimes[0]);
        assert_ptr_equal(bk_service_find(service->name), service);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(service->uid, bk_services[j].uid);      /* each its own */
            assert_true(strcmp(service->name, bk_services[j].name) > 0); /* sorted */
        }
    }
    assert_null(bk_service_find("sh"));
}

static void pauses_grow_with_short_lives(void **state)
{
    uint64_t pause = 0;

    (void)state;
    pause = bk_service_pause(pause, 10);
    assert_int_equal(pause, BK_RESTART_MS_MIN);
    pause = bk_service_pause(pause, 10);
    assert_int_equal(pause, 2 * BK_RESTART_MS_MIN);
    for (int i = 0; i < 20; i++)
        pause = bk_service_pause(pause, 10);
    assert_int_equal(pause, BK_RESTART_MS_MAX);
    assert_int_equal(bk_service_pause(pause, BK_LIFE_MS_LONG), BK_RESTART_MS_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_line_says_what_is_asked),
        cmocka_unit_test(command_line_becomes_environment),
        cmocka_unit_test(command_line_passes_over_the_rest),
        cmocka_unit_test(console_lines_are_judged),
        cmocka_unit_test(console_bytes_become_lines),
        cmocka_unit_test(the_app_to_be_recorded_is_named_in_a_file),
        cmocka_unit_test(input_devices_are_told_apart),
        cmocka_unit_test(services_are_complete),
        cmocka_unit_test(pauses_grow_with_short_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
