/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <assert.h>
#include <string.h>

bool bk_note_insert(struct note *note, char character)
{
    if (note->size == NOTE_SIZE_MAX || (character != '\n' && (character < ' ' || character > '~')))
        return false;
    memmove(note->text + note->caret + 1, note->text + note->caret, note->size - note->caret);
    note->text[note->caret++] = character;
    note->size++;
    return true;
}

bool bk_note_delete(struct note *note, bool before_caret)
{
    if (before_caret ? note->caret == 0 : note->caret == note->size)
        return false;
    if (before_caret)
        note->caret--;
    note->size--;
    memmove(note->text + note->caret, note->text + note->caret + 1, note->size - note->caret);
    return true;
}

bool bk_note_line_at(const struct note *note, size_t begin, size_t columns, struct note_line *ret, size_t *ret_next)
{
    size_t end = begin;
    size_t blank = 0; /* behind the last blank, where the line can be broken */

    assert(columns > 0);
    if (begin > note->size)
        return false;
    while (end < note->size && note->text[end] != '\n' && end - begin < columns) {
        if (note->text[end++] == ' ')
            blank = end;
    }
    ret->begin = begin;
    ret->end = end;
    *ret_next = end + 1;
    if (end == note->size || note->text[end] == '\n')
        return true;
    /* The line is full. What follows it may be the blank that parts the words, else the last word goes to the next. */
    if (note->text[end] == ' ')
        return true;
    if (blank > 0)
        ret->end = blank - 1;
    *ret_next = blank > 0 ? blank : end;
    return true;
}

void bk_note_title(const struct note *note, char *to, size_t size)
{
    size_t begin = 0, end;

    while (begin < note->size && (note->text[begin] == ' ' || note->text[begin] == '\n'))
        begin++;
    for (end = begin; end < note->size && end - begin < size - 1 && note->text[end] != '\n'; end++)
        to[end - begin] = note->text[end];
    while (end > begin && to[end - begin - 1] == ' ')
        end--;
    to[end - begin] = '\0';
}

void bk_note_caret(const struct note *note, size_t columns, size_t *ret_row, size_t *ret_column)
{
    struct note_line line;
    size_t next = 0;

    for (size_t row = 0; bk_note_line_at(note, next, columns, &line, &next); row++) {
        if (note->caret < next) {
            *ret_row = row;
            *ret_column = note->caret - line.begin;
            return;
        }
    }
    assert(false); /* the caret is within the text, and every byte of it in a line or at the end of one */
}

void bk_note_place(struct note *note, size_t row, size_t column, size_t columns)
{
    struct note_line line;
    size_t next = 0;

    for (size_t at = 0; bk_note_line_at(note, next, columns, &line, &next); at++) {
        size_t length = line.end - line.begin;
        note->caret = line.begin + (column < length ? column : length);
        if (at == row)
            return;
    }
}

void bk_note_move(struct note *note, enum note_move move, size_t columns)
{
    size_t row, column;

    bk_note_caret(note, columns, &row, &column);
    switch (move) {
    case NOTE_LEFT:
        if (note->caret > 0)
            note->caret--;
        break;
    case NOTE_RIGHT:
        if (note->caret < note->size)
            note->caret++;
        break;
    case NOTE_UP:
        bk_note_place(note, row > 0 ? row - 1 : 0, row > 0 ? column : 0, columns);
        break;
    case NOTE_DOWN:
        bk_note_place(note, row + 1, column, columns);
        break;
    case NOTE_HOME:
        bk_note_place(note, row, 0, columns);
        break;
    case NOTE_END:
        bk_note_place(note, row, columns, columns);
        break;
    }
}
