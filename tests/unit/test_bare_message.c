/* SPDX-License-Identifier: Apache-2.0 */
/* Varlink messages in guests without an OS: what is found in one, what is not, and text that has no room. */
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER                                                                                                 \
    "{\"parameters\":{\"id\":7, \"answer\":\"activated\" ,\"button\":\"wa\\\"ve\",\"later\":{\"id\":[1,{}]}}," \
    "\"continues\":true}"

static void assert_found(const char *message, const char *path, const char *wanted)
{
    struct bk_value value = { 0 };

    assert_true(bk_message_find(message, strlen(message), path, &value));
    assert_int_equal(value.length, strlen(wanted));
    assert_memory_equal(value.at, wanted, value.length);
}

static void assert_missing(const char *message, const char *path)
{
    struct bk_value value = { "untouched", 1 };

    assert_false(bk_message_find(message, strlen(message), path, &value));
    assert_string_equal(value.at, "untouched");
}

static void finds_members(void **state)
{
    (void)state;
    assert_found(ANSWER, "parameters.id", "7");
    assert_found(ANSWER, "parameters.answer", "\"activated\"");
    assert_found(ANSWER, "parameters.button", "\"wa\\\"ve\"");
    assert_found(ANSWER, "parameters.later.id", "[1,{}]");
    assert_found(ANSWER, "continues", "true");
    assert_found(" {\n\"a\" : -1.5e+3 }", "a", "-1.5e+3");
}

static void is_not_deceived(void **state)
{
    (void)state;
    assert_missing(ANSWER, "id");
    assert_missing(ANSWER, "parameters.continues");
    assert_missing("{\"a\":\"\\\"error\\\":1\"}", "error");
    assert_missing("{\"a\":{\"error\":1}}", "error");
    assert_missing("{\"a\":[\"error\",1]}", "error");
    assert_missing("{\"errors\":1,\"err\":2}", "error");
}

static void what_is_no_json_has_nothing(void **state)
{
    static const char *const broken[] = { "",
                                          " ",
                                          "{",
                                          "[]",
                                          "\"a\"",
                                          "{\"a\"",
                                          "{\"a\":",
                                          "{\"b\":1",
                                          "{\"b\":\"",
                                          "{\"b\":\"\\",
                                          "{\"b\":[1,\"a\":2}",
                                          "{a:1}",
                                          "{\"b\":}",
                                          "{,\"a\":1}",
                                          "{\"b\":1 \"a\":2}" };
    char deep[256];

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_missing(broken[i], "a");
    memset(deep, '[', sizeof deep - 1);
    memcpy(deep, "{\"b\":", 5);
    deep[sizeof deep - 1] = '\0';
    assert_missing(deep, "a");
}

static void reads_text(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        { "\"plain\"", "plain" },
        { "\"\"", "" },
        { "\"a\\\"b\\\\c\\/\"", "a\"b\\c/" },
        { "\"a\\nb\\u00e9c\"", "a b?c" },
        { "\"\xc3\xa9x\"", "?x" },
        { "\"\\u00\"", "?" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char room[32];
        struct bk_text text = bk_text_begin(room, sizeof room);
        assert_true(bk_message_text((struct bk_value){ cases[i].json, strlen(cases[i].json) }, &text));
        assert_string_equal(room, cases[i].text);
    }
    char room[8];
    struct bk_text text = bk_text_begin(room, sizeof room);
    assert_false(bk_message_text((struct bk_value){ "7", 1 }, &text));
    assert_false(bk_message_text((struct bk_value){ "\"", 1 }, &text));
}

static void text_ends_where_its_room_does(void **state)
{
    char room[6] = "xxxxx";
    struct bk_text text = bk_text_begin(room, 5);

    (void)state;
    bk_text_add(&text, "abc");
    assert_false(text.cut);
    bk_text_add_number(&text, 18446744073709551615U);
    assert_true(text.cut);
    bk_text_add(&text, "d");
    bk_text_add(&text, "e");
    assert_string_equal(room, "abcd");
    assert_int_equal(room[5], '\0');
}

static void adds_numbers_and_strings(void **state)
{
    char room[64];
    struct bk_text text = bk_text_begin(room, sizeof room);

    (void)state;
    bk_text_add_number(&text, 0);
    bk_text_add_number(&text, 18446744073709551615U);
    bk_text_add_hexadecimal(&text, 0x1f);
    bk_message_add_string(&text, "a\"\\\n");
    assert_string_equal(room, "0184467440737095516151f\"a\\\"\\\\?\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_members),
        cmocka_unit_test(is_not_deceived),
        cmocka_unit_test(what_is_no_json_has_nothing),
        cmocka_unit_test(reads_text),
        cmocka_unit_test(text_ends_where_its_room_does),
        cmocka_unit_test(adds_numbers_and_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
