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
    bool always, fresh;
    char app[32]; /* empty: it was closed */
    int64_t id;
    enum bk_choice choice;
    int deeds;
    int64_t page;
    enum bk_prompt_act act;
    size_t entry;
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

static void on_opened(int64_t id, const char *app, bool always, bool fresh, void *userdata)
{
    struct heard *heard = userdata;

    heard->openings++;
    heard->id = id;
    heard->always = always;
    heard->fresh = fresh;
    heard->app[0] = '\0';
    if (app != NULL)
        memcpy(heard->app, app, strlen(app) + 1);
}

static void on_did(int64_t id, const struct bk_prompt_deed *deed, void *userdata)
{
    struct heard *heard = userdata;

    heard->deeds++;
    heard->id = id;
    heard->page = deed->page;
    heard->act = deed->act;
    heard->entry = deed->entry;
}

static struct bk_prompt listened(struct heard *heard)
{
    struct bk_prompt prompt = { .listener = { .asking = on_asking,
                                              .answered = on_answered,
                                              .opened = on_opened,
                                              .did = on_did,
                                              .userdata = heard } };

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

/* A list of which not all is to be seen: the keyboard comes to it first, and to press it is no answer. */
static void hosts_are_scrolled_to(void **state)
{
    const struct bk_prompt_content asked = { .kind = BK_PROMPT_PERMISSION,
                                             .app = "org.example.red",
                                             .app_name = "Red",
                                             .permission = "network",
                                             .reason = "",
                                             .reach = { .hosts = { "a.org", "b.org" }, .count = 2 } };
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &asked), 0);
    assert_false(bk_prompt_has_list(&prompt));
    bk_prompt_set_hosts_view(&prompt, 45, 18, 360);
    assert_true(bk_prompt_has_list(&prompt));
    bk_prompt_presented(&prompt, 0);
    bk_prompt_scroll(&prompt, -5);
    assert_int_equal(prompt.hosts_scroll, 0);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_DOWN, 1000);
    assert_int_equal(prompt.hosts_scroll, 18);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PAGE_DOWN, 1000);
    assert_int_equal(prompt.hosts_scroll, 45);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_END, 1000);
    assert_int_equal(prompt.hosts_scroll, 315);
    bk_prompt_scroll(&prompt, INT32_MAX);
    assert_int_equal(prompt.hosts_scroll, 315);
    bk_prompt_set_hosts_view(&prompt, 90, 18, 360); /* the screen turned */
    assert_int_equal(prompt.hosts_scroll, 270);
    bk_prompt_scroll(&prompt, INT32_MIN);
    assert_int_equal(prompt.hosts_scroll, 0);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_LIST);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000);
    click(&prompt, BK_PROMPT_LIST, 1000);
    assert_true(prompt.open);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000); /* a press takes the focus away */
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_RIGHT, 1000);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 1000);
    assert_int_equal(heard.answers, 1);
    assert_int_equal(heard.choice, BK_CHOICE_WHILE_IN_USE);
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

static const struct bk_opener_content openers[] = { { .app = "org.a", .name = "A" }, { .app = "org.b", .name = "B" },
                                                    { .app = "org.c", .name = "C" }, { .app = "org.d", .name = "D" },
                                                    { .app = "org.e", .name = "E" }, { .app = "org.f", .name = "F" },
                                                    { .app = "org.g", .name = "G" } };
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

static void a_fresh_copy_once_or_always(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_opening(&prompt, 5);
    click(&prompt, BK_PROMPT_ALWAYS, 1000);
    click(&prompt, BK_PROMPT_FRESH, 1000);
    click(&prompt, BK_PROMPT_OPENER + 1, 1000);
    assert_string_equal(heard.app, "org.b");
    assert_true(heard.fresh && heard.always);
    ask_opening(&prompt, 6);
    click(&prompt, BK_PROMPT_FRESH, 1000);
    click(&prompt, BK_PROMPT_OPENER, 1000);
    assert_true(heard.fresh && !heard.always);
    ask_opening(&prompt, 7);
    click(&prompt, BK_PROMPT_FRESH, 1000);
    click(&prompt, BK_PROMPT_CLOSE, 1000);
    assert_string_equal(heard.app, "");
    assert_false(heard.fresh);
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
    assert_int_equal(prompt.focus, BK_PROMPT_FRESH);
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

static const struct bk_opener_content system_and_app[] = { { .app = "io.system", .name = "System", .system = true },
                                                           { .app = "org.a", .name = "A" } };

/* Whom a file would go to: apps, the system that offers itself for a bundle, or either. */
static void says_whom_it_is_for(void **state)
{
    static const struct {
        const struct bk_opener_content *openers;
        size_t count;
        const char *wish;
        bool copies;
    } cases[] = {
        { openers, 0, "wants to send a file to another app", false },
        { openers, 2, "wants to send a file to another app", true },
        { system_and_app, 1, "wants to send a file to the system", false },
        { system_and_app, 2, "wants to send a file", true },
    };
    struct bk_opening_content data = { .name = "paint.bapp", .type = "application/vnd.bulkhead.bundle" };
    struct bk_opening made;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        data.openers = cases[i].openers;
        data.count = cases[i].count;
        assert_int_equal(bk_opening_init(&made, &data), 0);
        assert_string_equal(bk_opening_wish(&made), cases[i].wish);
        assert_int_equal(bk_opening_can_copy(&made), cases[i].copies);
        bk_opening_finish(&made);
    }
    assert_int_equal(bk_opening_init(&made, &opening.opening), 0);
    assert_string_equal(bk_opening_wish(&made), "wants to open a link");
    bk_opening_finish(&made);
}

/* The system, alone, has neither a default nor copies. */
static void the_focus_meets_no_mark_where_there_is_none(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);
    struct bk_prompt_content bundle = opening;

    (void)state;
    bundle.opening.openers = system_and_app;
    bundle.opening.count = 1;
    bundle.opening.keep = false;
    assert_int_equal(bk_prompt_ask(&prompt, BROKER, 1, &bundle), 0);
    bk_prompt_presented(&prompt, 0);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_OPENER);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_NEXT, 1000);
    assert_int_equal(prompt.focus, BK_PROMPT_CLOSE);
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

static const struct bk_picking_entry_content files[] = {
    { .kind = BK_PICKING_FOLDER, .name = "Letters", .size = -1 },
    { .kind = BK_PICKING_FILE, .name = "tea.txt", .size = 5 },
};

static const struct bk_picking_page page_one = {
    .number = 1, .place = "Drive", .back = true, .note = BK_PICKING_NOTES, .entries = files, .count = 2
};

static struct bk_prompt_content file_content(const char *save_as)
{
    return (struct bk_prompt_content){ .kind = BK_PROMPT_FILE,
                                       .app = "org.example.app",
                                       .app_name = "App",
                                       .picking = { .save_as = save_as, .page = page_one } };
}

/* It takes an answer at `now_ms`. */
static void ask_file(struct bk_prompt *prompt, const char *save_as, uint64_t now_ms)
{
    const struct bk_prompt_content asked = file_content(save_as);

    assert_int_equal(bk_prompt_ask(prompt, BROKER, 3, &asked), 0);
    bk_picking_set_view(&prompt->picking, 400, 40);
    bk_prompt_presented(prompt, now_ms - BK_PROMPT_GUARD_MS);
}

static void a_page_is_guarded_as_a_question_is(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);
    struct bk_picking_page next = page_one;

    (void)state;
    next.number = 2;
    ask_file(&prompt, NULL, 1000);
    click(&prompt, BK_PROMPT_ROW, 1000);
    assert_int_equal(heard.deeds, 1);
    assert_int_equal(heard.act, BK_PROMPT_DID_CHOOSE);
    assert_int_equal(heard.page, 1);
    click(&prompt, BK_PROMPT_ROW + 1, 1000); /* one after the other */
    assert_int_equal(heard.deeds, 1);
    bk_prompt_point(&prompt, BK_PROMPT_ROW + 1);
    bk_prompt_press(&prompt, 1000);
    prompt.focus = BK_PROMPT_LIST;
    assert_int_equal(bk_prompt_turn(&prompt, 4, &next), -ENOENT);
    assert_int_equal(bk_prompt_turn(&prompt, 3, &next), 0);
    bk_prompt_release(&prompt, 9000); /* pressed on the page before, … */
    bk_prompt_presented(&prompt, 9000);
    bk_prompt_release(&prompt, 9600);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_PRESS, 9600); /* … and what had the focus has it no more */
    assert_int_equal(heard.deeds, 1);
    click(&prompt, BK_PROMPT_ROW + 1, 9000 + BK_PROMPT_GUARD_MS - 1);
    assert_int_equal(heard.deeds, 1);
    click(&prompt, BK_PROMPT_ROW + 1, 9000 + BK_PROMPT_GUARD_MS);
    assert_int_equal(heard.deeds, 2);
    assert_int_equal(heard.page, 2);
    assert_int_equal(heard.entry, 1);
    bk_prompt_finish(&prompt);
}

static void the_way_back_and_out_is_there_while_a_page_is_awaited(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_file(&prompt, NULL, 1000);
    click(&prompt, BK_PROMPT_ROW, 1000);
    click(&prompt, BK_PROMPT_BACK, 1000);
    assert_int_equal(heard.act, BK_PROMPT_DID_BACK);
    bk_prompt_key(&prompt, BK_PROMPT_KEY_ESCAPE, 1000);
    assert_int_equal(heard.act, BK_PROMPT_DID_CLOSE);
    assert_int_equal(heard.deeds, 3);
    assert_false(prompt.open);
    assert_int_equal(bk_prompt_turn(&prompt, 3, &page_one), -ENOENT);
    bk_prompt_finish(&prompt);
}

static void what_is_scrolled_away_is_not_pressed(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_file(&prompt, NULL, 1000);
    bk_prompt_point(&prompt, BK_PROMPT_ROW + 1);
    bk_prompt_press(&prompt, 1000);
    bk_prompt_scroll(&prompt, 40);
    bk_prompt_release(&prompt, 1000);
    assert_int_equal(heard.deeds, 0);
    click(&prompt, BK_PROMPT_ROW + 2, 1000); /* there is none */
    click(&prompt, BK_PROMPT_SAVE, 1000);    /* nor is it to be saved */
    assert_int_equal(heard.deeds, 0);
    bk_prompt_finish(&prompt);
}

static void what_is_typed_is_the_name(void **state)
{
    struct heard heard = { 0 };
    struct bk_prompt prompt = listened(&heard);

    (void)state;
    ask_file(&prompt, "Note.txt", 1000);
    assert_false(bk_prompt_type(&prompt, "x", 999)); /* too early */
    assert_true(bk_prompt_type(&prompt, "x", 1000));
    assert_int_equal(prompt.focus, BK_PROMPT_NAME);
    assert_string_equal(prompt.picking.name, "x.txt");
    click(&prompt, BK_PROMPT_ROW + 1, 1000); /* a file that is there gives its name */
    assert_int_equal(heard.deeds, 0);
    assert_string_equal(prompt.picking.name, "tea.txt");
    click(&prompt, BK_PROMPT_SAVE, 1000);
    assert_int_equal(heard.act, BK_PROMPT_DID_SAVE);
    click(&prompt, BK_PROMPT_SAVE, 1000);
    assert_int_equal(heard.deeds, 1);
    bk_prompt_finish(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_answer_before_it_was_seen_for_long_enough),
        cmocka_unit_test(a_press_that_was_too_early_stays_none),
        cmocka_unit_test(hosts_are_scrolled_to),
        cmocka_unit_test(the_next_one_begins_anew),
        cmocka_unit_test(belongs_to_who_asked),
        cmocka_unit_test(the_focus_walks),
        cmocka_unit_test(refuses_what_has_no_name),
        cmocka_unit_test(whether_to_paste_has_two_answers),
        cmocka_unit_test(an_app_is_chosen),
        cmocka_unit_test(the_focus_walks_over_the_apps),
        cmocka_unit_test(says_whom_it_is_for),
        cmocka_unit_test(the_focus_meets_no_mark_where_there_is_none),
        cmocka_unit_test(a_fresh_copy_once_or_always),
        cmocka_unit_test(refuses_an_opening_of_nothing),
        cmocka_unit_test(a_page_is_guarded_as_a_question_is),
        cmocka_unit_test(the_way_back_and_out_is_there_while_a_page_is_awaited),
        cmocka_unit_test(what_is_scrolled_away_is_not_pressed),
        cmocka_unit_test(what_is_typed_is_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
