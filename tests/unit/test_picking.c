/* SPDX-License-Identifier: Apache-2.0 */
/* The page of files that the person sees, without a screen: where they are on it, and the name that they give. */
#include "picking.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROW  40
#define VIEW 200 /* five of them */

static struct bk_picking_content saving(const char *name)
{
    return (struct bk_picking_content){ .save_as = name,
                                        .size = 5,
                                        .page = { .place = "Drive", .note = BK_PICKING_NOTES } };
}

static struct bk_picking begun(const struct bk_picking_content *content)
{
    struct bk_picking picking;

    assert_int_equal(bk_picking_init(&picking, content), 0);
    bk_picking_set_view(&picking, VIEW, ROW);
    return picking;
}

/* With so many files, "file 0" and on. */
static struct bk_picking listed(size_t count)
{
    static struct bk_picking_entry_content entries[BK_PICKING_ENTRIES_MAX];
    static char names[BK_PICKING_ENTRIES_MAX][16];

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "file %zu", i);
        entries[i] = (struct bk_picking_entry_content){ .kind = BK_PICKING_FILE, .name = names[i], .size = -1 };
    }
    const struct bk_picking_content content = {
        .page = { .number = 7, .place = "Drive", .note = BK_PICKING_NOTES, .entries = entries, .count = count }
    };
    return begun(&content);
}

static void what_is_refused(void **state)
{
    struct bk_picking picking;
    struct bk_picking_content content = saving("");

    (void)state;
    assert_int_equal(bk_picking_init(&picking, &content), -EINVAL);
    content = saving("x");
    content.page.count = BK_PICKING_ENTRIES_MAX + 1;
    assert_int_equal(bk_picking_init(&picking, &content), -EINVAL);
    content = saving("x");
    content.page.note = BK_PICKING_EXISTS; /* of nothing */
    assert_int_equal(bk_picking_init(&picking, &content), -EINVAL);
    content = saving("x");
    content.n_endings = BK_PICKING_ENDINGS_MAX + 1;
    assert_int_equal(bk_picking_init(&picking, &content), -EINVAL);
}

static void scrolling_ends_where_the_list_does(void **state)
{
    struct bk_picking picking = listed(12);

    (void)state;
    bk_picking_scroll(&picking, -1000);
    assert_int_equal(picking.scroll, 0);
    bk_picking_scroll(&picking, 50);
    bk_picking_set_view(&picking, VIEW, ROW);
    assert_int_equal(picking.first, 1);
    bk_picking_scroll(&picking, 1 << 30);
    assert_int_equal(picking.scroll, 12 * ROW - VIEW);
    bk_picking_finish(&picking);
    picking = listed(3);
    bk_picking_scroll(&picking, 50); /* all of it is to be seen */
    assert_int_equal(picking.scroll, 0);
    bk_picking_finish(&picking);
}

static void the_keyboards_place_is_kept_in_view(void **state)
{
    struct bk_picking picking = listed(12);

    (void)state;
    assert_int_equal(picking.cursor, 12);
    for (int i = 0; i < 6; i++)
        assert_true(bk_picking_step(&picking, 1));
    assert_int_equal(picking.cursor, 5);
    assert_int_equal(picking.scroll, 6 * ROW - VIEW);
    assert_true(bk_picking_step(&picking, 100));
    assert_int_equal(picking.cursor, 11);
    assert_true(bk_picking_step(&picking, -100));
    assert_int_equal(picking.cursor, 0);
    assert_int_equal(picking.scroll, 0);
    bk_picking_finish(&picking);
    picking = listed(12);
    assert_true(bk_picking_step(&picking, -1));
    assert_int_equal(picking.cursor, 11);
    bk_picking_finish(&picking);
    picking = listed(0);
    assert_false(bk_picking_step(&picking, 1));
    bk_picking_finish(&picking);
}

static void typing_finds(void **state)
{
    struct bk_picking picking = listed(30);

    (void)state;
    assert_false(bk_picking_seek(&picking, " ", 1000)); /* that is a press */
    for (const char *letter = "FILE 2"; *letter != '\0'; letter++)
        assert_true(bk_picking_seek(&picking, (char[]){ *letter, '\0' }, 1000));
    assert_int_equal(picking.cursor, 2);
    assert_true(bk_picking_seek(&picking, "7", 1000 + BK_PICKING_TYPED_MS - 1));
    assert_int_equal(picking.cursor, 27);
    assert_true(bk_picking_seek(&picking, "f", 3000 + BK_PICKING_TYPED_MS)); /* it begins anew */
    assert_int_equal(picking.cursor, 0);
    assert_true(bk_picking_seek(&picking, "x", 3000 + BK_PICKING_TYPED_MS)); /* there is none */
    assert_int_equal(picking.cursor, 0);
    for (unsigned i = 0; i < 2 * BK_PICKING_TYPED_BYTES; i++)
        (void)bk_picking_seek(&picking, "y", 3000 + BK_PICKING_TYPED_MS);
    bk_picking_finish(&picking);
}

static void a_new_page_begins_at_its_top(void **state)
{
    struct bk_picking picking = listed(12);
    const struct bk_picking_page page = { .number = 8, .place = "Sub", .note = BK_PICKING_NOTES };
    const struct bk_picking_page wrong = { .count = BK_PICKING_ENTRIES_MAX + 1 };
    const uint64_t revision = picking.revision;

    (void)state;
    (void)bk_picking_step(&picking, 100);
    assert_int_equal(bk_picking_turn(&picking, &wrong), -EINVAL);
    assert_int_equal(picking.count, 12); /* it stays */
    assert_int_equal(bk_picking_turn(&picking, &page), 0);
    assert_int_equal(picking.number, 8);
    assert_int_equal(picking.scroll, 0);
    assert_int_equal(picking.cursor, 0);
    assert_int_equal(picking.count, 0);
    assert_true(picking.revision > revision);
    bk_picking_finish(&picking);
}

static void what_is_written_replaces_what_was_proposed(void **state)
{
    const struct bk_picking_content content = saving("Green tea.txt");
    struct bk_picking picking = begun(&content);

    (void)state;
    assert_int_equal(bk_picking_fresh_bytes(&picking), 9);
    bk_picking_write(&picking, "B");
    bk_picking_write(&picking, "ä");
    assert_string_equal(picking.name, "Bä.txt");
    bk_picking_erase(&picking); /* a whole character */
    assert_string_equal(picking.name, "B.txt");
    bk_picking_caret(&picking, 2);
    bk_picking_write(&picking, "/"); /* no name has that */
    bk_picking_write(&picking, "\r");
    bk_picking_write(&picking, "!");
    assert_string_equal(picking.name, "B.txt!");
    bk_picking_caret(&picking, -2);
    bk_picking_erase(&picking); /* there is nothing before */
    bk_picking_write(&picking, "x");
    bk_picking_caret(&picking, 1);
    bk_picking_write(&picking, "y");
    assert_string_equal(picking.name, "xBy.txt!");
    bk_picking_finish(&picking);
}

static void the_fields_bound(void **state)
{
    const struct bk_picking_content content = saving("a");
    struct bk_picking picking = begun(&content);

    (void)state;
    for (unsigned i = 0; i < 2 * BK_PICKING_NAME_BYTES; i++)
        bk_picking_write(&picking, "ä");
    assert_int_equal(strlen(picking.name), BK_PICKING_NAME_BYTES / 2 * 2);
    for (unsigned i = 0; i < 2 * BK_PICKING_NAME_BYTES; i++)
        bk_picking_erase(&picking);
    assert_string_equal(picking.name, "");
    assert_false(bk_picking_can_save(&picking));
    bk_picking_finish(&picking);
}

static void where_it_can_be_saved(void **state)
{
    struct bk_picking_content content = saving("a");
    struct bk_picking picking = begun(&content);
    struct bk_picking_page page = content.page;

    (void)state;
    assert_true(bk_picking_can_save(&picking) && bk_picking_has_field(&picking));
    page.note = BK_PICKING_EXISTS;
    page.note_name = "a";
    assert_int_equal(bk_picking_turn(&picking, &page), 0);
    assert_true(bk_picking_can_save(&picking));
    assert_false(bk_picking_has_field(&picking));
    page.note = BK_PICKING_REFUSED;
    assert_int_equal(bk_picking_turn(&picking, &page), 0);
    assert_false(bk_picking_can_save(&picking));
    page.note = BK_PICKING_NOTES;
    page.place = NULL; /* nowhere yet */
    assert_int_equal(bk_picking_turn(&picking, &page), 0);
    assert_false(bk_picking_can_save(&picking));
    bk_picking_finish(&picking);
    picking = listed(1);
    assert_false(bk_picking_can_save(&picking) || bk_picking_has_field(&picking));
    bk_picking_finish(&picking);
}

static void only_a_name_that_is_shown_as_it_is_is_taken(void **state)
{
    static const struct bk_picking_entry_content entries[] = {
        { .kind = BK_PICKING_FILE, .name = "two  blanks", .size = 1 },
        { .kind = BK_PICKING_FILE, .name = "tea.txt", .size = 1 },
    };
    struct bk_picking_content content = saving("a");
    content.page.entries = entries;
    content.page.count = 2;
    struct bk_picking picking = begun(&content);

    (void)state;
    bk_picking_take_name(&picking, 0);
    assert_string_equal(picking.name, "a");
    bk_picking_take_name(&picking, 1);
    assert_string_equal(picking.name, "tea.txt");
    bk_picking_write(&picking, "!");
    assert_string_equal(picking.name, "tea.txt!");
    bk_picking_finish(&picking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(scrolling_ends_where_the_list_does),
        cmocka_unit_test(the_keyboards_place_is_kept_in_view),
        cmocka_unit_test(typing_finds),
        cmocka_unit_test(a_new_page_begins_at_its_top),
        cmocka_unit_test(what_is_written_replaces_what_was_proposed),
        cmocka_unit_test(the_fields_bound),
        cmocka_unit_test(where_it_can_be_saved),
        cmocka_unit_test(only_a_name_that_is_shown_as_it_is_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
