/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question to the person, without a screen: when it takes an answer, and from whom.
 */
#include "prompt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BROKER 100
#define OTHER  200

static const struct bk_prompt_content content = {
    .app = "org.example.app", .app_name = "App", .permission = "microphone", .reason = "To hear."
};

struct heard {
    int asking, answers, openings;
    bool always;
    char app[32]; /* empty: it was closed */
    int64_t id;
    enum bk_choice choice;
};

static void on_asking(bool asking, void *userdata)
{
    ((struct heard *)userdata)->asking = asking;
}

static void on_answered(int64_t id, enum bk_choice choice, void *userdata)
{
    struct heard *heard = userdata;

    heard->answers++;
    heard->id = id;
    heard->choice = choice;
}

static void on_opened(int64_t id, const char *app, bool always, void *userdata)
{
    struct heard *heard = userdata;

    heard->openings++;
    heard->id = id;
    heard->always = always;
    heard->app[0] = '\0';
    if (app != NULL)
        memcpy(heard->app, app, strlen(app) + 1);
}

static struct bk_prompt listened(struct heard *heard)
{
    struct bk_prompt prompt = {
        .listener = { .asking = on_asking, .answered = on_answered, .opened = on_opened, .userdata = heard }
    };

    bk_prompt_owner_came(&prompt, BROKER);
    return prompt;
}

static void ask(struct bk_prompt *prompt, int64_t id)
{
    assert_int_equal(bk_prompt_ask(prompt, BROKER, id, &content), 0);
}

static void click(struct bk_prompt *prompt, unsigned part, uint64_t now_ms)
{
    bk_prompt_point(prompt, part);
    bk_prompt_press(prompt, now_ms);
    bk_prompt_release(prompt, now_ms);
}

static void takes_no_answer_before_it_was_seen_for_long_enough(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask(&prompt, 7);
    assert_true(heard.asking);
    click(&prompt, BK_CHOICE_ALWAYS, 100000); /* however late: it is on no screen yet */
    assert_true(bk_prompt_ready_ms(&prompt) == UINT64_MAX);
    bk_prompt_presented(&prompt, 100000);
    bk_prompt_presented(&prompt, 100400); /* the first time counts */
    click(&prompt, BK_CHOICE_ALWAYS, 100000 + BK_PROMPT_GUARD_MS - 1);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_ESCAPE, 100000 + BK_PROMPT_GUARD_MS - 1);
    assert_int_equal(heard.answers, 0);
    click(&prompt, BK_CHOICE_ALWAYS, 100000 + BK_PROMPT_GUARD_MS);
    assert_int_equal(heard.answers, 1);
    assert_int_equal(heard.id, 7);
    assert_int_equal(heard.choice, BK_CHOICE_ALWAYS);
    assert_false(heard.asking);
    bk_prompt_finish(&prompt);
}

static void a_press_that_was_too_early_stays_none(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask(&prompt, 1);
    bk_prompt_presented(&prompt, 1000);
    bk_prompt_point(&prompt, BK_CHOICE_ALWAYS);
    bk_prompt_press(&prompt, 1100);
    bk_prompt_release(&prompt, 2000);
    assert_int_equal(heard.answers, 0);
    bk_prompt_press(&prompt, 2100);
    bk_prompt_moved(&prompt); /* to another place on the screen */
    bk_prompt_point(&prompt, BK_CHOICE_ALWAYS);
    bk_prompt_release(&prompt, 2200);
    assert_int_equal(heard.answers, 0);
    bk_prompt_presented(&prompt, 2200);
    assert_false(bk_prompt_is_ready(&prompt, 2600));
    assert_true(bk_prompt_is_ready(&prompt, 2700));
    bk_prompt_finish(&prompt);
}

static void the_next_one_begins_anew(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask(&prompt, 1);
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 2, &content), -EBUSY);
    bk_prompt_presented(&prompt, 0);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(bk_prompt_withdraw(&prompt, 2), -ENOENT);
    assert_int_equal(bk_prompt_withdraw(&prompt, 1), 0);
    ask(&prompt, 2);
    assert_false(bk_prompt_is_ready(&prompt, 1000000));
    bk_prompt_presented(&prompt, 2000);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 3000);
    assert_int_equal(heard.answers, 0);
    bk_prompt_finish(&prompt);
}

static void belongs_to_who_asked(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask(&prompt, 1);
    bk_prompt_owner_left(&prompt, OTHER);
    assert_true(prompt.open);
    bk_prompt_owner_left(&prompt, BROKER);
    assert_false(prompt.open);
    ask(&prompt, 2); /* before it watches */
    bk_prompt_presented(&prompt, 0);
    assert_false(bk_prompt_is_ready(&prompt, 1000));
    bk_prompt_owner_came(&prompt, BROKER);
    assert_true(bk_prompt_is_ready(&prompt, 1000));
    bk_prompt_owner_came(&prompt, OTHER);
    assert_false(prompt.open);
    assert_int_equal(heard.answers, 0);
    bk_prompt_finish(&prompt);
}

static void the_focus_walks(void **state)
{
    static const struct {
        enum bk_prompt_key keys[4];
        unsigned count, at;
    } walks[] = {
        { { BK_PROMPT_KEY_NEXT }, 1, BK_CHOICE_ONCE },
        { { BK_PROMPT_KEY_BACK }, 1, BK_PROMPT_CLOSE },
        { { BK_PROMPT_KEY_BACK, BK_PROMPT_KEY_NEXT }, 2, BK_CHOICE_ONCE },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_RIGHT, BK_PROMPT_KEY_RIGHT }, 3, BK_CHOICE_WHILE_IN_USE },
        { { BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_DOWN }, 3, BK_CHOICE_ALWAYS },
        { { BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_RIGHT, BK_PROMPT_KEY_UP },
          4,
          BK_CHOICE_WHILE_IN_USE },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_UP, BK_PROMPT_KEY_LEFT }, 3, BK_PROMPT_CLOSE },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_UP, BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_LEFT }, 4, BK_CHOICE_ONCE },
    };
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        ask(&prompt, (int64_t)i);
        bk_prompt_presented(&prompt, 0);
        for (unsigned key = 0; key < walks[i].count; key++)
            bk_prompt_key(&prompt, walks[i].keys[key], 1000);
        assert_int_equal(prompt.focus, walks[i].at);
        bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000);
        assert_int_equal(heard.choice, walks[i].at);
    }
    bk_prompt_finish(&prompt);
}

static void refuses_what_has_no_name(void **state)
{
    static const char *const names[] = { "", "a b", "a-b", "\xe2\x80\xae", "abcdefghijklmnopqrstuvwxyzabcdefg" };
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);
    struct bk_prompt_content wrong = content;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        wrong.permission = names[i];
        assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), -EINVAL);
    }
    wrong = content;
    wrong.app = "";
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), -EINVAL);
    assert_false(prompt.open);
    wrong = content;
    wrong.reason = "\xe2\x80\xaeone\ntwo\x07";
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), 0);
    assert_string_equal(prompt.reason, "one two");
    bk_prompt_finish(&prompt);
}

static void whether_to_paste_has_two_answers(void **state)
{
    static const struct bk_prompt_content paste = {
        .kind = BK_PROMPT_PASTE,
        .app = "org.example.app",
        .app_name = "App",
        .paste_from = "No\ntes",
        .paste_type = "image/png",
    };
    static const struct {
        enum bk_prompt_key keys[3];
        unsigned count, at;
        enum bk_choice choice;
    } walks[] = {
        { { BK_PROMPT_KEY_NEXT }, 1, 0, BK_CHOICE_ONCE },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_NEXT }, 2, 1, BK_CHOICES },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_NEXT }, 3, BK_PROMPT_CLOSE, BK_CHOICES },
        { { BK_PROMPT_KEY_BACK, BK_PROMPT_KEY_BACK }, 2, 1, BK_CHOICES },
        { { BK_PROMPT_KEY_NEXT, BK_PROMPT_KEY_DOWN, BK_PROMPT_KEY_RIGHT }, 3, 1, BK_CHOICES },
    };
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &paste), 0);
        assert_string_equal(prompt.paste_from, "No tes");
        bk_prompt_presented(&prompt, 0);
        for (unsigned key = 0; key < walks[i].count; key++)
            bk_prompt_key(&prompt, walks[i].keys[key], 1000);
        assert_int_equal(prompt.focus, walks[i].at);
        bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000);
        assert_int_equal(heard.choice, walks[i].choice);
    }
    assert_int_equal(heard.answers, sizeof walks / sizeof walks[0]);
    bk_prompt_finish(&prompt);
}

static const struct bk_opener_content openers[] = { { "org.a", "A" }, { "org.b", "B" }, { "org.c", "C" },
                                                    { "org.d", "D" }, { "org.e", "E" }, { "org.f", "F" },
                                                    { "org.g", "G" } };
static const struct bk_prompt_content opening = { .kind = BK_PROMPT_OPENING,
                                                  .app = "org.example.app",
                                                  .app_name = "App",
                                                  .opening = { .scheme = "https",
                                                               .host = "example.org",
                                                               .link = "https:",
                                                               .openers = openers,
                                                               .count = sizeof openers / sizeof openers[0],
                                                               .keep = true } };

static void ask_opening(struct bk_prompt *prompt, int64_t id)
{
    assert_int_equal(bk_prompt_ask(prompt, BROKER, id, &opening), 0);
    bk_prompt_presented(prompt, 0);
}

static void an_app_is_chosen(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_opening(&prompt, 5);
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 6, &content), -EBUSY);
    click(&prompt, BK_PROMPT_OPENER, BK_PROMPT_GUARD_MS - 1); /* too early, as with the other kind */
    assert_int_equal(heard.openings, 0);
    click(&prompt, BK_PROMPT_OPENER + 2, BK_PROMPT_GUARD_MS);
    assert_int_equal(heard.openings, 1);
    assert_int_equal(heard.id, 5);
    assert_string_equal(heard.app, "org.c");
    assert_false(heard.always);
    ask_opening(&prompt, 6);
    click(&prompt, BK_PROMPT_ALWAYS, 1000);
    click(&prompt, BK_PROMPT_ALWAYS, 1000);
    click(&prompt, BK_PROMPT_ALWAYS, 1000);
    click(&prompt, BK_PROMPT_MORE, 1000);
    assert_int_equal(bk_opening_shown(&prompt.opening), 1);
    click(&prompt, BK_PROMPT_OPENER, 1000);
    assert_string_equal(heard.app, "org.g");
    assert_true(heard.always);
    ask_opening(&prompt, 7);
    click(&prompt, BK_PROMPT_ALWAYS, 1000);
    click(&prompt, BK_PROMPT_CLOSE, 1000);
    assert_string_equal(heard.app, "");
    assert_false(heard.always); /* nothing was chosen that could be kept */
    assert_int_equal(heard.answers, 0);
    ask(&prompt, 8); /* and nothing is left of it */
    bk_prompt_presented(&prompt, 0);
    click(&prompt, BK_CHOICE_NEVER, 1000);
    assert_int_equal(heard.answers, 1);
    bk_prompt_finish(&prompt);
}

static void the_focus_walks_over_the_apps(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_opening(&prompt, 1);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000); /* nothing has the focus */
    assert_int_equal(heard.openings, 0);
    for (unsigned i = 0; i < BK_OPENING_OPENERS_SHOWN; i++) {
        bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
        assert_int_equal(prompt.focus, BK_PROMPT_OPENER + i);
    }
    bk_prompt_key(&prompt, BK_PROMPT_KEY_DOWN, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_MORE);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000); /* and another page */
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_ALWAYS);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_CLOSE);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_OPENER);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_UP, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_CLOSE);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_ESCAPE, 1000);
    assert_int_equal(heard.openings, 1);
    bk_prompt_finish(&prompt);
}

static void refuses_an_opening_of_nothing(void **state)
{
    struct bk_opener_content many[BK_OPENING_OPENERS_MAX + 1];
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);
    struct bk_prompt_content wrong = opening;

    (void)state;
    wrong.opening.link = NULL; /* and no data */
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), -EINVAL);
    wrong = opening;
    wrong.app = "";
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), -EINVAL);
    for (unsigned i = 0; i <= BK_OPENING_OPENERS_MAX; i++)
        many[i] = openers[0];
    wrong = opening;
    wrong.opening.openers = many;
    wrong.opening.count = BK_OPENING_OPENERS_MAX + 1;
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), -EINVAL);
    assert_false(prompt.open);
    wrong.opening.count--;
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &wrong), 0);
    assert_true(bk_opening_can_keep(&prompt.opening));
    assert_int_equal(bk_prompt_withdraw(&prompt, 1), 0);
    wrong.opening.count = 0;
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 2, &wrong), 0);
    assert_false(bk_opening_can_keep(&prompt.opening)); /* there is nothing to keep */
    bk_prompt_finish(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_answer_before_it_was_seen_for_long_enough),
        cmocka_unit_test(a_press_that_was_too_early_stays_none),
        cmocka_unit_test(the_next_one_begins_anew),
        cmocka_unit_test(belongs_to_who_asked),
        cmocka_unit_test(the_focus_walks),
        cmocka_unit_test(refuses_what_has_no_name),
        cmocka_unit_test(whether_to_paste_has_two_answers),
        cmocka_unit_test(an_app_is_chosen),
        cmocka_unit_test(the_focus_walks_over_the_apps),
        cmocka_unit_test(refuses_an_opening_of_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
