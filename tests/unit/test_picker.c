/* SPDX-License-Identifier: Apache-2.0 */
/* 9P messages, byte by byte, and what bk-broker and bk-picker say to each other. */
#include "ninep.h"
#include "picker_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* ---- 9P ---- */

static struct bk_ninep_message message;

static void set(const void *bytes, size_t size)
{
    message.size = size;
    message.at = 0;
    message.bad = false;
    memcpy(message.bytes, bytes, size);
}

static void put_is_little_endian(void **state)
{
    static const uint8_t wanted[] = { 21, 0, 0,   0,   110, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x89,
                                      3,  0, 't', 'e', 'a', 1,    2,    3,    4,    5 };

    (void)state;
    bk_ninep_begin(&message, BK_NINEP_TWALK, 0x1234);
    bk_ninep_put(&message, 0x89abcdef, 4);
    bk_ninep_put_string(&message, "tea", 3);
    bk_ninep_put_bytes(&message, "\1\2\3\4\5", 5);
    bk_ninep_end(&message);
    assert_int_equal(message.size, sizeof wanted);
    assert_memory_equal(message.bytes, wanted, sizeof wanted);
}

static void more_than_fits_is_bad(void **state)
{
    static const uint8_t much[BK_NINEP_MESSAGE_MAX];

    (void)state;
    bk_ninep_begin(&message, BK_NINEP_TWRITE, 1);
    bk_ninep_put_bytes(&message, much, sizeof much - BK_NINEP_HEADER);
    assert_false(message.bad);
    bk_ninep_put(&message, 0, 1);
    assert_true(message.bad);
}

static void no_take_goes_beyond_the_end(void **state)
{
    size_t length = 1;

    (void)state;
    set("\1\2\3\4\5", 5);
    assert_int_equal(bk_ninep_take(&message, 4), 0x04030201);
    assert_int_equal(bk_ninep_take(&message, 2), 0);
    assert_true(message.bad);
    assert_int_equal(bk_ninep_take(&message, 1), 0); /* nothing more, though there is a byte */
    set("\3\0te", 4);
    assert_null(bk_ninep_take_string(&message, &length));
    assert_int_equal(length, 0);
    assert_true(message.bad);
    set("\3\0tea", 5);
    assert_memory_equal(bk_ninep_take_string(&message, &length), "tea", 3);
    assert_int_equal(length, 3);
    set("\x80\0\0\0\0\0\0\0\0\0\0\0", 12);
    assert_int_equal(bk_ninep_take_qid(&message), 0); /* a byte is missing */
    assert_true(message.bad);
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(bk_ninep_length((const uint8_t *)"\7\0\0\0", 4096), 7);
    assert_int_equal(bk_ninep_length((const uint8_t *)"\6\0\0\0", 4096), 0);
    assert_int_equal(bk_ninep_length((const uint8_t *)"\0\x10\0\0", 4096), 4096);
    assert_int_equal(bk_ninep_length((const uint8_t *)"\1\x10\0\0", 4096), 0);
    assert_int_equal(bk_ninep_length((const uint8_t *)"\xff\xff\xff\xff", 4096), 0);
}

static void only_the_answer_is_an_answer(void **state)
{
    uint32_t error = 99;

    (void)state;
    set("\7\0\0\0\x79\1\0", 7);
    assert_true(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
    assert_int_equal(error, 0);
    assert_int_equal(message.at, BK_NINEP_HEADER);
    set("\7\0\0\0\x79\2\0", 7);
    assert_false(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
    set("\7\0\0\0\x78\1\0", 7); /* a question */
    assert_false(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
    set("\xb\0\0\0\7\1\0\xd\0\0\0", 11);
    assert_true(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
    assert_int_equal(error, 13);
    set("\xb\0\0\0\7\1\0\0\0\0\0", 11); /* an error that is none */
    assert_false(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
    set("\xa\0\0\0\7\1\0\xd\0\0", 10); /* half a one */
    assert_false(bk_ninep_open(&message, BK_NINEP_TCLUNK, 1, &error));
}

static void entries(void **state)
{
    static const char two[] = "\x80\0\0\0\0\0\0\0\0\0\0\0\0" /* qid */
                              "\1\0\0\0\0\0\0\0\4\3\0sub"
                              "\0\0\0\0\0\0\0\0\0\0\0\0\0"
                              "\2\0\0\0\0\0\0\0\x8\0\0";
    struct bk_ninep_entry entry = { 0 };

    (void)state;
    set(two, sizeof two - 1);
    assert_true(bk_ninep_take_entry(&message, &entry));
    assert_int_equal(entry.qid_type, BK_NINEP_QID_FOLDER);
    assert_int_equal(entry.next, 1);
    assert_int_equal(entry.length, 3);
    assert_memory_equal(entry.name, "sub", 3);
    assert_true(bk_ninep_take_entry(&message, &entry));
    assert_int_equal(entry.length, 0);
    assert_int_equal(entry.next, 2);
    assert_false(bk_ninep_take_entry(&message, &entry));
    assert_false(message.bad); /* the end is no fault, … */
    for (size_t size = 1; size < 27; size++) {
        set(two, size);
        assert_false(bk_ninep_take_entry(&message, &entry));
        assert_true(message.bad); /* … and half an entry is */
    }
}

/* ---- names, and what is said ---- */

static bool is_name(const char *text)
{
    return bk_picker_is_name(text, strlen(text));
}

static void names(void **state)
{
    char longest[BK_PICKER_NAME_MAX + 2];

    (void)state;
    memset(longest, 'x', sizeof longest);
    assert_true(is_name("tea") && is_name("...") && is_name(".x") && is_name(" ") && is_name("\xff"));
    assert_false(is_name("") || is_name(".") || is_name("..") || is_name("/") || is_name("a/b"));
    assert_false(bk_picker_is_name("a\0b", 3));
    assert_true(bk_picker_is_name(longest, BK_PICKER_NAME_MAX));
    assert_false(bk_picker_is_name(longest, BK_PICKER_NAME_MAX + 1));
}

static void assert_answer(bool wanted, enum bk_picker_type type, uint32_t value, uint64_t size, const char *name)
{
    const struct bk_picker_message said = bk_picker_message_make(type, value, size, name, strlen(name));

    assert_int_equal(bk_picker_message_is_answer(&said, sizeof said), wanted);
    assert_false(bk_picker_message_is_answer(&said, sizeof said - 1));
}

static void answers(void **state)
{
    (void)state;
    assert_answer(true, BK_PICKER_ENTRY, BK_PICKER_FILE, 0, "tea");
    assert_answer(true, BK_PICKER_ENTRY, BK_PICKER_FOLDER, BK_PICKER_NO_SIZE, "tea");
    assert_answer(false, BK_PICKER_ENTRY, BK_PICKER_KINDS, 0, "tea");
    assert_answer(false, BK_PICKER_ENTRY, BK_PICKER_FILE, BK_PICKER_SIZE_MAX + 1, "tea");
    assert_answer(false, BK_PICKER_ENTRY, BK_PICKER_FILE, 0, "..");
    assert_answer(false, BK_PICKER_ENTRY, BK_PICKER_FILE, 0, "");
    assert_answer(true, BK_PICKER_LISTED, 1, 0, "");
    assert_answer(false, BK_PICKER_LISTED, 2, 0, "");
    assert_answer(false, BK_PICKER_LISTED, 0, 0, "x");
    assert_answer(true, BK_PICKER_OPENED, 0, BK_PICKER_SIZE_MAX, "");
    assert_answer(false, BK_PICKER_OPENED, 0, BK_PICKER_NO_SIZE, "");
    assert_answer(true, BK_PICKER_DONE, 0, 0, "");
    assert_answer(false, BK_PICKER_DONE, 1, 0, "");
    assert_answer(true, BK_PICKER_FAILED, BK_PICKER_SHORT, 0, "");
    assert_answer(false, BK_PICKER_FAILED, BK_PICKER_FAULTS, 0, "");
    assert_answer(false, BK_PICKER_ATTACH, 0, 0, ""); /* that is the broker's to say */
    assert_answer(false, (enum bk_picker_type)99, 0, 0, "");
}

static void a_name_ends(void **state)
{
    struct bk_picker_message said = bk_picker_message_make(BK_PICKER_ENTRY, BK_PICKER_FILE, 0, "tea", 3);

    (void)state;
    said.name[100] = 'x'; /* behind its end */
    assert_false(bk_picker_message_is_answer(&said, sizeof said));
    memset(said.name, 'x', sizeof said.name);
    assert_false(bk_picker_message_is_answer(&said, sizeof said));
    said.name[BK_PICKER_NAME_MAX] = '\0';
    assert_true(bk_picker_message_is_answer(&said, sizeof said));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_is_little_endian),
        cmocka_unit_test(more_than_fits_is_bad),
        cmocka_unit_test(no_take_goes_beyond_the_end),
        cmocka_unit_test(lengths),
        cmocka_unit_test(only_the_answer_is_an_answer),
        cmocka_unit_test(entries),
        cmocka_unit_test(names),
        cmocka_unit_test(answers),
        cmocka_unit_test(a_name_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
