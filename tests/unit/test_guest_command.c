/* SPDX-License-Identifier: Apache-2.0 */
/* The file that says what a guest runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"
#include "rights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The parser takes and changes its text. */
static int parse(const char *text, size_t size, struct bk_command *ret)
{
    char *copy = malloc(size + 1);

    assert_non_null(copy);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return bk_command_parse(copy, size, ret);
}

static int parse_text(const char *text, struct bk_command *ret)
{
    return parse(text, strlen(text), ret);
}

static void an_argument_a_line(void **state)
{
    struct bk_command command = { 0 };

    (void)state;
    assert_int_equal(parse_text("/bin/app\n-x\n\nwith blanks\n", &command), 0);
    assert_string_equal(command.arguments[0], "/bin/app");
    assert_string_equal(command.arguments[1], "-x");
    assert_string_equal(command.arguments[2], "");
    assert_string_equal(command.arguments[3], "with blanks");
    assert_null(command.arguments[4]);
    bk_command_finish(&command);
}

static void the_last_line_may_lack_its_end(void **state)
{
    struct bk_command command = { 0 };

    (void)state;
    assert_int_equal(parse_text("/bin/app\n1", &command), 0);
    assert_string_equal(command.arguments[1], "1");
    assert_null(command.arguments[2]);
    bk_command_finish(&command);
}

static void no_command(void **state)
{
    struct bk_command command = { .text = NULL };

    (void)state;
    assert_int_equal(parse_text("", &command), -EINVAL);
    assert_int_equal(parse_text("\n/bin/app", &command), -EINVAL);
    assert_int_equal(parse_text("app\n", &command), -EINVAL);
    assert_int_equal(parse("/bin/app\0x", 10, &command), -EINVAL);
    assert_null(command.text);
}

static void arguments_are_bounded(void **state)
{
    struct bk_command command = { .text = NULL };
    char text[2 * BK_COMMAND_ARGUMENTS_MAX + 3];

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "/\n", i + 1 < sizeof text ? 2 : 1);
    assert_int_equal(parse(text, (size_t)2 * BK_COMMAND_ARGUMENTS_MAX, &command), 0);
    assert_non_null(command.arguments[BK_COMMAND_ARGUMENTS_MAX - 1]);
    assert_null(command.arguments[BK_COMMAND_ARGUMENTS_MAX]);
    bk_command_finish(&command);
    assert_int_equal(parse(text, (size_t)2 * BK_COMMAND_ARGUMENTS_MAX + 2, &command), -E2BIG);
    assert_null(command.text);
}

static int rights(const char *text, bool *ret)
{
    return bk_rights_parse(text, strlen(text), ret);
}

static void the_right_to_mount(void **state)
{
    bool mount = false;

    (void)state;
    assert_int_equal(rights("mount\n", &mount), 0);
    assert_true(mount);
    assert_int_equal(rights("", &mount), 0);
    assert_false(mount);
    assert_int_equal(rights("\n\nmount", &mount), 0);
    assert_true(mount);
    assert_int_equal(bk_rights_load("/nowhere/rights", &mount), 0);
    assert_false(mount);
}

static void no_other_right(void **state)
{
    static const char *const wrong[] = { "mount\nroot\n", "mounts", "moun", " mount", "mount\r\n" };
    bool mount = true;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(rights(wrong[i], &mount), -EINVAL);
    assert_int_equal(bk_rights_parse("mount\0", 6, &mount), -EINVAL);
    assert_true(mount); /* not touched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_argument_a_line), cmocka_unit_test(the_last_line_may_lack_its_end),
        cmocka_unit_test(no_command),         cmocka_unit_test(arguments_are_bounded),
        cmocka_unit_test(the_right_to_mount), cmocka_unit_test(no_other_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
