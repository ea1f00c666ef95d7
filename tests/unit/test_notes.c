/* SPDX-License-Identifier: Apache-2.0 */
/* apps/notes: the note and its lines, the keys, the letters. */
#define _GNU_SOURCE
#include "filer.h"
#include "font.h"
#include "keeper.h"
#include "keys.h"
#include "note.h"
#include "taker.h"
#include "title.h"

#include <linux/input-event-codes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct note *typed(const char *text)
{
    static struct note note;

    memset(&note, 0, sizeof note);
    for (const char *c = text; *c != '\0'; c++)
        assert_true(bk_note_insert(&note, *c));
    return &note;
}

/* The lines, joined by '|'. */
static void assert_lines(const struct note *note, size_t columns, const char *wanted)
{
    char shown[512] = "";
    struct note_line line;
    size_t next = 0, length = 0;

    for (unsigned row = 0; bk_note_line_at(note, next, columns, &line, &next); row++)
        length += (size_t)snprintf(shown + length, sizeof shown - length, "%s%.*s", row > 0 ? "|" : "",
                                   (int)(line.end - line.begin), note->text + line.begin);
    assert_string_equal(shown, wanted);
}

static void lines_break_between_words(void **state)
{
    (void)state;
    assert_lines(typed(""), 5, "");
    assert_lines(typed("\n"), 5, "|");
    assert_lines(typed("one\ntwo\n\nfour"), 9, "one|two||four");
    assert_lines(typed("one two three"), 7, "one two|three");
    assert_lines(typed("one two three"), 8, "one two|three");
    assert_lines(typed("one two three"), 6, "one|two|three");
    assert_lines(typed("abcdefghij"), 4, "abcd|efgh|ij");
    assert_lines(typed("abcd"), 4, "abcd");
    assert_lines(typed("abcd\ne"), 4, "abcd|e");
    assert_lines(typed("a  b"), 2, "a |b");
}

static void every_place_of_the_caret_is_shown(void **state)
{
    struct note *note = typed("one two three\n\nfour fivesixseven  eight ");

    (void)state;
    for (size_t columns = 1; columns < 20; columns++) {
        size_t last_row = 0;
        for (note->caret = 0; note->caret <= note->size; note->caret++) {
            size_t row, column;
            bk_note_caret(note, columns, &row, &column);
            assert_in_range(column, 0, columns);
            assert_in_range(row, last_row, last_row + 1);
            last_row = row;
        }
    }
}

static void editing(void **state)
{
    struct note *note = typed("hello");

    (void)state;
    assert_false(bk_note_delete(note, false));
    bk_note_move(note, NOTE_HOME, 10);
    assert_false(bk_note_delete(note, true));
    bk_note_move(note, NOTE_LEFT, 10);
    assert_int_equal(note->caret, 0);
    assert_true(bk_note_delete(note, false));
    assert_true(bk_note_insert(note, 'J'));
    bk_note_move(note, NOTE_END, 10);
    bk_note_move(note, NOTE_RIGHT, 10);
    assert_true(bk_note_delete(note, true));
    assert_true(bk_note_insert(note, 'y'));
    assert_lines(note, 10, "Jelly");
    assert_false(bk_note_insert(note, '\t'));
    assert_false(bk_note_insert(note, '\x7f'));
    assert_false(bk_note_insert(note, (char)0xe9));
}

static void moving_between_lines(void **state)
{
    struct note *note = typed("abcdef\nab\nabcdef");
    size_t row, column;

    (void)state;
    bk_note_move(note, NOTE_UP, 20);
    bk_note_caret(note, 20, &row, &column);
    assert_int_equal(row, 1);
    assert_int_equal(column, 2);
    bk_note_move(note, NOTE_UP, 20);
    bk_note_move(note, NOTE_UP, 20); /* there is none above: to its beginning */
    assert_int_equal(note->caret, 0);
    bk_note_move(note, NOTE_DOWN, 20);
    assert_int_equal(note->caret, 7);
    bk_note_place(note, 2, 4, 20);
    assert_int_equal(note->caret, 14);
    bk_note_place(note, 99, 99, 20);
    assert_int_equal(note->caret, note->size);
    bk_note_place(note, 0, 99, 20);
    assert_int_equal(note->caret, 6);
}

static void a_note_has_an_end(void **state)
{
    static struct note note;

    (void)state;
    for (unsigned i = 0; i < NOTE_SIZE_MAX; i++)
        assert_true(bk_note_insert(&note, 'x'));
    assert_false(bk_note_insert(&note, 'x'));
    assert_true(bk_note_delete(&note, true));
    assert_true(bk_note_insert(&note, '\n'));
}

static void keys_write(void **state)
{
    (void)state;
    assert_int_equal(bk_keys_character(KEY_A, false, false), 'a');
    assert_int_equal(bk_keys_character(KEY_A, true, false), 'A');
    assert_int_equal(bk_keys_character(KEY_A, false, true), 'A');
    assert_int_equal(bk_keys_character(KEY_A, true, true), 'a');
    assert_int_equal(bk_keys_character(KEY_1, false, true), '1');
    assert_int_equal(bk_keys_character(KEY_1, true, true), '!');
    assert_int_equal(bk_keys_character(KEY_SLASH, true, false), '?');
    assert_int_equal(bk_keys_character(KEY_M, false, false), 'm');
    assert_int_equal(bk_keys_character(KEY_GRAVE, false, false), '`');
    assert_int_equal(bk_keys_character(KEY_BACKSLASH, true, false), '|');
    assert_int_equal(bk_keys_character(KEY_SPACE, true, false), ' ');
    assert_int_equal(bk_keys_character(KEY_ENTER, false, false), '\n');
    for (const uint16_t *key = (const uint16_t[]){ KEY_ESC, KEY_F1, KEY_LEFTCTRL, KEY_BACKSPACE, KEY_TAB, 0xffff, 0 };
         *key != 0; key++)
        assert_int_equal(bk_keys_character(*key, false, false), '\0');
}

static void every_letter_has_ink_and_no_two_look_alike(void **state)
{
    struct font font;

    (void)state;
    for (unsigned height = 8; height <= 78; height += 14) {
        bk_font_init(&font, height);
        size_t size = (size_t)font.width * font.height;
        for (int a = FONT_FIRST; a <= FONT_LAST; a++) {
            const unsigned char *glyph = bk_font_glyph(&font, (char)a);
            assert_non_null(glyph);
            unsigned ink = 0;
            for (size_t i = 0; i < size; i++)
                ink += glyph[i];
            assert_true((ink > 0) == (a != ' '));
            for (int b = FONT_FIRST; height >= 22 && b < a; b++)
                assert_memory_not_equal(glyph, bk_font_glyph(&font, (char)b), size);
        }
        bk_font_finish(&font);
    }
}

static void a_title_is_the_first_line(void **state)
{
    static const char *const notes[][2] = {
        { "", "" }, { "\n  \n one  \ntwo", "one" }, { "longer than that", "longer" }, { " \n ", "" }, { "a\n", "a" }
    };
    char title[8];

    (void)state;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        bk_note_title(typed(notes[i][0]), title, sizeof title);
        assert_string_equal(title, notes[i][1]);
    }
}

static void a_title_is_one_message(void **state)
{
    char message[TITLE_MESSAGE], worst[TITLE_MAX + 10];

    (void)state;
    size_t size = bk_title_message(message, "say \"hi\" \\o/");
    assert_string_equal(message, "{\"method\":\"io.bulkhead.Window.Set\",\"oneway\":true,"
                                 "\"parameters\":{\"title\":\"say \\\"hi\\\" \\\\o/\"}}");
    assert_int_equal(size, strlen(message) + 1);
    memset(worst, '"', sizeof worst);
    assert_true(bk_title_message(message, worst) <= sizeof message);
}

static void a_title_is_told_when_it_may_be(void **state)
{
    struct title title;
    char received[TITLE_MESSAGE] = "";
    uint64_t until_ms;
    int pair[2];

    (void)state;
    bk_title_init(&title);
    bk_title_set(&title, ""); /* what it is already */
    assert_int_equal(bk_title_events(&title, 1000, &until_ms), POLLRDHUP);
    assert_true(until_ms == UINT64_MAX);
    bk_title_set(&title, "one");
    assert_int_equal(bk_title_events(&title, 1000, &until_ms), POLLOUT | POLLRDHUP);
    assert_int_equal(until_ms, 1000); /* there is no connection: at once */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    title.fd = pair[0];
    assert_int_equal(bk_title_events(&title, 1000, &until_ms), POLLOUT | POLLRDHUP);
    bk_title_step(&title, POLLOUT, 1000);
    assert_true(recv(pair[1], received, sizeof received, 0) > 0);
    assert_non_null(strstr(received, "\"one\""));
    bk_title_set(&title, "two");
    bk_title_set(&title, "three");
    assert_int_equal(bk_title_events(&title, 1001, &until_ms), POLLRDHUP);
    assert_in_range(until_ms, 1002, 2000);
    bk_title_step(&title, POLLOUT, 1001); /* too soon */
    assert_true(recv(pair[1], received, sizeof received, 0) < 0);
    bk_title_step(&title, POLLOUT, until_ms);
    assert_true(recv(pair[1], received, sizeof received, 0) > 0);
    assert_non_null(strstr(received, "\"three\""));
    close(pair[1]);
    bk_title_step(&title, POLLRDHUP, 5000); /* the system went: the next one is to be told */
    assert_int_equal(title.fd, -1);
    assert_int_equal(bk_title_events(&title, 5000, &until_ms), POLLRDHUP);
    assert_in_range(until_ms, 5001, 10000);
}

struct taken {
    unsigned texts;
    char text[64];
    size_t size;
};

static void begin(void *userdata)
{
    ((struct taken *)userdata)->texts++;
}

static void take(char byte, void *userdata)
{
    struct taken *taken = userdata;

    assert_true(taken->size < sizeof taken->text - 1);
    taken->text[taken->size++] = byte;
}

/* Gives it a connection, as if it had dialled. */
static int connected(struct taker *taker)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    taker->fd = pair[0];
    return pair[1];
}

static void a_text_is_taken(void **state)
{
    static const char answer[] = "{\"parameters\":{\"link\":null,\"name\":\"Tea\",\"type\":\"text/plain\",\"size\":4,"
                                 "\"stream\":\"0123456789abcdef0123456789abcdef\"}}";
    struct taken taken = { 0 };
    struct taker taker;
    char heard[64] = "";
    uint64_t until_ms;

    (void)state;
    bk_taker_init(&taker);
    assert_int_equal(bk_taker_events(&taker, 5, &until_ms), POLLOUT);
    assert_int_equal(until_ms, 5); /* it dials at once */
    int system = connected(&taker);
    bk_taker_step(&taker, POLLOUT, 5, begin, take, &taken);
    assert_int_equal(recv(system, heard, sizeof heard, 0), sizeof "{\"method\":\"io.bulkhead.Open.Watch\"}");
    assert_string_equal(heard, "{\"method\":\"io.bulkhead.Open.Watch\"}");
    assert_int_equal(bk_taker_events(&taker, 5, &until_ms), POLLIN);
    assert_int_equal(send(system, answer, 20, 0), 20);
    assert_false(bk_taker_step(&taker, POLLIN, 5, begin, take, &taken)); /* half of it */
    assert_int_equal(send(system, answer + 20, sizeof answer - 20, 0), sizeof answer - 20);
    assert_true(bk_taker_step(&taker, POLLIN, 5, begin, take, &taken));
    assert_int_equal(taken.texts, 1);
    close(system);
    system = connected(&taker); /* to the port of streams */
    bk_taker_step(&taker, POLLOUT, 5, begin, take, &taken);
    memset(heard, 0, sizeof heard);
    assert_int_equal(recv(system, heard, sizeof heard, 0), TAKER_TOKEN + 1);
    assert_string_equal(heard, "0123456789abcdef0123456789abcdef\n");
    assert_int_equal(send(system, "t\nea", 4, 0), 4);
    assert_true(bk_taker_step(&taker, POLLIN, 5, begin, take, &taken));
    assert_string_equal(taken.text, "t\nea");
    close(system);
    assert_false(bk_taker_step(&taker, POLLIN, 5, begin, take, &taken)); /* and the next one */
    assert_int_equal(taker.phase, TAKER_CALLS);
    assert_int_equal(taker.fd, -1);
}

static void an_answer_without_a_text_is_none(void **state)
{
    static const char *const answers[] = { "{\"parameters\":{\"link\":\"x:y\",\"stream\":null}}",
                                           "{\"stream\":\"0123\"}",
                                           "{\"stream\":\"0123456789abcdef0123456789abcdeg\"}",
                                           "{\"stream\":\"0123456789abcdef0123456789abcdef0\"}",
                                           "",
                                           NULL };
    char token[TAKER_TOKEN + 2], bytes[TAKER_MESSAGE_MAX];
    struct taken taken = { 0 };
    struct taker taker;
    uint64_t until_ms;

    (void)state;
    for (const char *const *answer = answers; *answer != NULL; answer++)
        assert_false(bk_taker_find_token(*answer, token));
    bk_taker_init(&taker);
    int system = connected(&taker);
    bk_taker_step(&taker, POLLOUT, 5, begin, take, &taken);
    memset(bytes, 'x', sizeof bytes); /* an answer without an end */
    assert_int_equal(send(system, bytes, sizeof bytes, 0), sizeof bytes);
    assert_false(bk_taker_step(&taker, POLLIN, 5, begin, take, &taken));
    assert_int_equal(taker.fd, -1);
    (void)bk_taker_events(&taker, 5, &until_ms);
    assert_true(until_ms > 1000); /* it looks again after a pause */
    assert_int_equal(taken.texts, 0);
    close(system);
}

static void a_name_is_made_of_the_title(void **state)
{
    static const struct {
        const char *title, *name;
    } made[] = {
        { "Green tea", "Green tea.txt" },
        { "", "Note.txt" },
        { "/:*?\"<>|\\", "Note.txt" },
        { "..tea", "tea.txt" },
    };
    char call[FILER_CALL_MAX], name[FILER_NAME_MAX + 1], title[200];

    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        const size_t size = bk_filer_request(call, made[i].title, 7);
        assert_int_equal(size, strlen(call) + 1);
        assert_true(bk_filer_find(call, "name", name, sizeof name));
        assert_string_equal(name, made[i].name);
        assert_non_null(strstr(call, "\"size\":7}"));
        assert_null(strchr(name, '/'));
        assert_int_not_equal(name[0], '.');
    }
    memset(title, 'x', sizeof title);
    title[sizeof title - 1] = '\0';
    assert_true(bk_filer_request(call, title, NOTE_SIZE_MAX) <= FILER_CALL_MAX);
    assert_non_null(strstr(call, "\"more\":true}"));
}

static void a_field_is_found_in_an_answer(void **state)
{
    char to[8];

    (void)state;
    assert_true(bk_filer_find("{\"parameters\":{\"stream\":\"ab\",\"name\":\"tea\"}}", "name", to, sizeof to));
    assert_string_equal(to, "tea");
    assert_false(bk_filer_find("{\"parameters\":{\"stream\":null}}", "stream", to, sizeof to));
    assert_false(bk_filer_find("{\"name\":\"a\\u0000\"}", "name", to, sizeof to));
    assert_false(bk_filer_find("{\"name\":\"12345678\"}", "name", to, sizeof to));
    assert_false(bk_filer_find("{\"name\":\"tea", "name", to, sizeof to));
}

static void assert_note(const struct note *note, const char *text)
{
    assert_int_equal(note->size, strlen(text));
    assert_memory_equal(note->text, text, note->size);
}

static void a_note_is_kept(void **state)
{
    char home[] = "/tmp/bk-notes-XXXXXX", path[64];
    static struct note found;
    struct keeper keeper;

    (void)state;
    assert_non_null(mkdtemp(home));
    memset(&found, 0, sizeof found);
    bk_keeper_init(&keeper, home, &found);
    assert_note(&found, "");
    assert_true(bk_keeper_when(&keeper) == UINT64_MAX);
    bk_keeper_changed(&keeper, 100);
    assert_int_equal(bk_keeper_when(&keeper), 100 + KEEPER_AFTER_MS);
    bk_keeper_step(&keeper, typed("milk"), 200, false);
    bk_keeper_init(&keeper, home, &found);
    assert_note(&found, ""); /* it was not time yet */
    bk_keeper_changed(&keeper, 100);
    bk_keeper_step(&keeper, typed("milk\nbread"), 100 + KEEPER_AFTER_MS, false);
    assert_true(bk_keeper_when(&keeper) == UINT64_MAX);
    bk_keeper_init(&keeper, home, &found);
    assert_note(&found, "milk\nbread");
    assert_int_equal(found.caret, found.size);
    bk_keeper_changed(&keeper, 5000);
    bk_keeper_step(&keeper, typed("eggs"), 5000, true); /* the app ends */
    memset(&found, 0, sizeof found);
    bk_keeper_init(&keeper, home, &found);
    assert_note(&found, "eggs");
    snprintf(path, sizeof path, "%s/note.txt", home);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0); /* nothing else is left */
}

static void without_a_home_nothing_is_kept(void **state)
{
    static struct note found;
    struct keeper keeper;

    (void)state;
    memset(&found, 0, sizeof found);
    bk_keeper_init(&keeper, NULL, &found);
    bk_keeper_changed(&keeper, 1);
    bk_keeper_step(&keeper, typed("milk"), 10000, true);
    bk_keeper_init(&keeper, "/nonexistent", &found);
    bk_keeper_changed(&keeper, 1);
    bk_keeper_step(&keeper, typed("milk"), 10000, true); /* and it is said */
    assert_note(&found, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_between_words),
        cmocka_unit_test(every_place_of_the_caret_is_shown),
        cmocka_unit_test(editing),
        cmocka_unit_test(moving_between_lines),
        cmocka_unit_test(a_note_has_an_end),
        cmocka_unit_test(keys_write),
        cmocka_unit_test(every_letter_has_ink_and_no_two_look_alike),
        cmocka_unit_test(a_title_is_the_first_line),
        cmocka_unit_test(a_title_is_one_message),
        cmocka_unit_test(a_title_is_told_when_it_may_be),
        cmocka_unit_test(a_text_is_taken),
        cmocka_unit_test(an_answer_without_a_text_is_none),
        cmocka_unit_test(a_name_is_made_of_the_title),
        cmocka_unit_test(a_field_is_found_in_an_answer),
        cmocka_unit_test(a_note_is_kept),
        cmocka_unit_test(without_a_home_nothing_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
