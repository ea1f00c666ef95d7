/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources of the location look, and which one is believed: by rank, by patience, and while they say something. */
#include "location_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 1000U

/* A source that counts. */
struct fake {
    struct bk_location_source source; /* first */
    unsigned starts, stops;
};

static void start(struct bk_location_source *source)
{
    ((struct fake *)source)->starts++;
}

static void stop(struct bk_location_source *source)
{
    ((struct fake *)source)->stops++;
}

static struct fake make(enum bk_location_rank rank)
{
    return (struct fake){ .source = { .rank = rank, .start = start, .stop = stop } };
}

/* What all tests begin with: a receiver and two apps, which came in another order. */
struct setting {
    struct bk_location_sources sources;
    struct fake first, second, receiver;
    uint64_t now_ms;
};

static void set_up(struct setting *s)
{
    *s = (struct setting){ .first = make(BK_LOCATION_TOLD),
                           .second = make(BK_LOCATION_TOLD),
                           .receiver = make(BK_LOCATION_MEASURED),
                           .now_ms = 100 * SECOND };
    bk_location_sources_add(&s->sources, &s->first.source);
    bk_location_sources_add(&s->sources, &s->second.source);
    bk_location_sources_add(&s->sources, &s->receiver.source);
    s->sources.wanted = true;
}

static uint64_t settle(struct setting *s)
{
    return bk_location_sources_settle(&s->sources, s->now_ms);
}

static void say(struct setting *s, struct fake *fake)
{
    static const struct bk_fix fix = { .latitude = 1 };

    bk_location_sources_take(&fake->source, &fix, s->now_ms);
}

static void assert_best(struct setting *s, const struct fake *fake)
{
    assert_ptr_equal(bk_location_sources_best(&s->sources, s->now_ms), fake);
}

static void nobody_looks_while_nobody_wants_to_know(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    s.sources.wanted = false;
    assert_true(settle(&s) == UINT64_MAX);
    say(&s, &s.receiver);
    assert_best(&s, NULL);
    assert_int_equal(s.receiver.starts + s.first.starts + s.second.starts, 0);
    s.sources.wanted = true;
    (void)settle(&s);
    assert_best(&s, &s.receiver); /* what it said is fresh still */
    s.sources.wanted = false;
    (void)settle(&s);
    assert_int_equal(s.receiver.stops, 1);
}

static void the_next_one_is_asked_after_a_while(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    assert_int_equal(settle(&s), s.now_ms + BK_LOCATION_PATIENCE_MS);
    say(&s, &s.first); /* it was not asked */
    assert_best(&s, NULL);
    s.now_ms += BK_LOCATION_PATIENCE_MS - 1;
    (void)settle(&s);
    assert_int_equal(s.first.starts, 0);
    s.now_ms += 1;
    (void)settle(&s);
    assert_int_equal(s.receiver.starts, 1);
    assert_int_equal(s.first.starts, 1);
    assert_int_equal(s.second.starts, 0);
    assert_best(&s, &s.first);
}

static void who_is_back_has_its_place_again(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    (void)settle(&s);
    s.now_ms += BK_LOCATION_PATIENCE_MS;
    (void)settle(&s);
    s.now_ms += BK_LOCATION_PATIENCE_MS;
    assert_true(settle(&s) == s.now_ms + BK_LOCATION_PATIENCE_MS); /* the last one's patience; nothing follows */
    say(&s, &s.second);
    assert_best(&s, &s.second);
    say(&s, &s.receiver);
    assert_best(&s, &s.receiver);
    assert_int_equal(settle(&s), s.now_ms + BK_LOCATION_FRESH_MS);
    assert_int_equal(s.first.stops, 1);
    assert_int_equal(s.second.stops, 1);
    assert_int_equal(s.receiver.stops, 0);
}

static void who_falls_silent_is_passed_over(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    (void)settle(&s);
    say(&s, &s.receiver);
    uint64_t again_ms = settle(&s);
    assert_int_equal(again_ms, s.now_ms + BK_LOCATION_FRESH_MS);
    s.now_ms = again_ms - 1;
    assert_best(&s, &s.receiver);
    s.now_ms = again_ms;
    assert_best(&s, NULL);
    (void)settle(&s);
    assert_int_equal(s.first.starts, 1); /* at once: the receiver had its time */
    say(&s, &s.first);
    assert_best(&s, &s.first);
}

static void a_place_stays_and_comes_first(void **state)
{
    struct fake place = make(BK_LOCATION_SET);
    struct setting s;

    (void)state;
    set_up(&s);
    place.source.stays = true;
    bk_location_sources_add(&s.sources, &place.source);
    (void)settle(&s);
    say(&s, &place);
    s.now_ms += 1000 * BK_LOCATION_FRESH_MS;
    assert_true(settle(&s) == UINT64_MAX);
    assert_best(&s, &place);
    assert_int_equal(s.receiver.starts, 0);
}

static void who_goes_leaves_its_place_to_the_next(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    bk_location_sources_remove(&s.sources, &s.receiver.source);
    assert_int_equal(s.receiver.stops, 0); /* it did not look */
    (void)settle(&s);
    say(&s, &s.first);
    bk_location_sources_remove(&s.sources, &s.first.source);
    assert_int_equal(s.first.stops, 1);
    assert_best(&s, NULL);
    (void)settle(&s);
    assert_int_equal(s.second.starts, 1);
    bk_location_sources_remove(&s.sources, &s.second.source);
    assert_true(settle(&s) == UINT64_MAX);
    assert_null(s.sources.first);
}

static void what_was_there_long_ago_is_not_fresh(void **state)
{
    static const struct bk_fix fix = { .latitude = 1 };
    struct setting s;

    (void)state;
    set_up(&s);
    (void)settle(&s);
    bk_location_sources_take(&s.receiver.source, &fix, s.now_ms - BK_LOCATION_FRESH_MS);
    assert_best(&s, NULL);
    bk_location_sources_take(&s.receiver.source, &fix, s.now_ms - BK_LOCATION_FRESH_MS + 1);
    assert_best(&s, &s.receiver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_looks_while_nobody_wants_to_know),
        cmocka_unit_test(the_next_one_is_asked_after_a_while),
        cmocka_unit_test(who_is_back_has_its_place_again),
        cmocka_unit_test(who_falls_silent_is_passed_over),
        cmocka_unit_test(a_place_stays_and_comes_first),
        cmocka_unit_test(who_goes_leaves_its_place_to_the_next),
        cmocka_unit_test(what_was_there_long_ago_is_not_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
