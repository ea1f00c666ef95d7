/* SPDX-License-Identifier: Apache-2.0 */
/* A connection whose method answers again and again while the app does not read: it is cut off, and costs little. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct scene {
    sd_event *event;
    sd_varlink_server *server;
    struct bk_client *client; /* NULL once closed */
    struct bk_quota quota;
    enum bk_client_end end;
    const char *why;
    int app; /* the app's end */
    sd_varlink *watched;
};

static struct scene *the_scene; /* sd-varlink's callbacks know the client only */

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    (void)userdata;
    assert_true((flags & SD_VARLINK_METHOD_MORE) != 0);
    the_scene->watched = link;
    return 0;
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
    (void)server;
    (void)userdata;
    if (sd_varlink_get_userdata(link) != NULL)
        bk_client_disconnected(sd_varlink_get_userdata(link));
}

static void on_closed(struct bk_client *client, enum bk_client_end end, const char *why, void *userdata)
{
    struct scene *scene = userdata;

    assert_ptr_equal(client, scene->client);
    scene->client = NULL;
    scene->end = end;
    scene->why = why;
}

/* Lets the event loop run until there is nothing left to do. */
static void settle(struct scene *scene)
{
    while (sd_event_run(scene->event, 20000) > 0)
        ;
}

static int set_up(void **state)
{
    static struct scene scene;
    int pair[2];

    scene = (struct scene){ 0 };
    the_scene = &scene;
    assert_true(sd_event_new(&scene.event) >= 0);
    assert_true(sd_varlink_server_new(&scene.server, 0) >= 0);
    assert_true(sd_varlink_server_bind_method(scene.server, "io.example.Test.Watch", on_watch) >= 0);
    assert_true(sd_varlink_server_bind_disconnect(scene.server, on_disconnect) >= 0);
    assert_true(sd_varlink_server_attach_event(scene.server, scene.event, BK_CLIENT_PRIORITY_ANSWER) >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    scene.app = pair[0];
    assert_int_equal(bk_client_create(scene.event, scene.server, pair[1], BK_CLIENT_JSON, &scene.quota, on_closed,
                                      &scene, &scene.client),
                     0);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    if (scene->client != NULL)
        bk_client_close(scene->client, BK_CLIENT_ENDED, "the test ends");
    close(scene->app);
    sd_varlink_server_unref(scene->server);
    sd_event_unref(scene->event);
    return 0;
}

static void watch(struct scene *scene)
{
    static const char call[] = "{\"method\":\"io.example.Test.Watch\",\"more\":true}";

    assert_int_equal(write(scene->app, call, sizeof call), sizeof call);
    settle(scene);
    assert_non_null(scene->watched);
}

/* Tells once; false when the client may be told no more. */
static bool tell(struct scene *scene)
{
    if (!bk_client_may_tell(scene->client))
        return false;
    assert_true(sd_varlink_notifybo(scene->watched, SD_JSON_BUILD_PAIR_STRING("text", "0123456789")) >= 0);
    return true;
}

static void who_reads_is_told_for_ever(void **state)
{
    struct scene *scene = *state;
    char buffer[4096];

    watch(scene);
    for (unsigned i = 0; i < 10 * BK_CLIENT_UNREAD_MAX; i++) {
        assert_true(tell(scene));
        settle(scene);
        assert_true(read(scene->app, buffer, sizeof buffer) > 0);
    }
}

static void who_does_not_read_is_cut_off(void **state)
{
    struct scene *scene = *state;
    unsigned told = 0;

    watch(scene);
    while (tell(scene)) {
        settle(scene);
        assert_true(++told < 100000);
    }
    bk_client_close(scene->client, BK_CLIENT_REFUSED, "does not read");
    assert_string_equal(scene->why, "does not read");
    settle(scene);
}

static void an_app_that_goes_ends_its_connection(void **state)
{
    struct scene *scene = *state;

    watch(scene);
    close(scene->app);
    scene->app = -1;
    settle(scene);
    assert_null(scene->client);
    assert_int_equal(scene->end, BK_CLIENT_LEFT);
    assert_non_null(scene->why);
}

static void a_fault_is_told(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(write(scene->app, "{]", 3), 3);
    settle(scene);
    assert_null(scene->client);
    assert_int_equal(scene->end, BK_CLIENT_REFUSED);
    assert_string_equal(scene->why, "not a Varlink call");
}

static void a_quota_that_is_used_up_makes_wait(void **state)
{
    struct scene *scene = *state;
    static const char call[] = "{\"method\":\"io.example.Test.Unknown\"}";
    char buffer[256];

    /* A method call of before fills the second; the next one waits until the second is over. */
    assert_int_equal(write(scene->app, call, sizeof call), sizeof call);
    settle(scene);
    assert_true(read(scene->app, buffer, sizeof buffer) > 0);
    scene->quota.used_bytes = BK_QUOTA_BYTES_PER_SECOND;
    assert_int_equal(write(scene->app, call, sizeof call), sizeof call);
    settle(scene);
    assert_int_equal(read(scene->app, buffer, sizeof buffer), -1);
    for (unsigned i = 0; i < 100 && read(scene->app, buffer, sizeof buffer) < 0; i++)
        assert_true(sd_event_run(scene->event, 100000) >= 0);
    assert_non_null(strstr(buffer, "MethodNotFound"));
    assert_true(scene->quota.used_bytes < 2 * BK_QUOTA_CALL_BYTES);
}

#define BUSY_CONNECTIONS 8U
#define BUSY_CALLS       40U /* on each */
#define REST_US          20000U

static void on_busy_closed(struct bk_client *client, enum bk_client_end end, const char *why, void *userdata)
{
    (void)client;
    (void)userdata;
    assert_int_equal(end, BK_CLIENT_ENDED);
    assert_non_null(why);
}

static const char GET_INFO[] = "{\"method\":\"org.varlink.service.GetInfo\"}";

/* All connections that an app may have, with calls in each. */
struct busy {
    struct bk_client *clients[BUSY_CONNECTIONS];
    int apps[BUSY_CONNECTIONS];
};

static void make_busy(struct scene *scene, struct bk_quota *quota, struct busy *busy)
{
    for (unsigned i = 0; i < BUSY_CONNECTIONS; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        assert_int_equal(bk_client_create(scene->event, scene->server, pair[1], BK_CLIENT_JSON, quota, on_busy_closed,
                                          NULL, &busy->clients[i]),
                         0);
        busy->apps[i] = pair[0];
        for (unsigned n = 0; n < BUSY_CALLS; n++)
            assert_int_equal(write(busy->apps[i], GET_INFO, sizeof GET_INFO), sizeof GET_INFO);
    }
}

static void end_busy(struct busy *busy)
{
    for (unsigned i = 0; i < BUSY_CONNECTIONS; i++) {
        bk_client_close(busy->clients[i], BK_CLIENT_ENDED, "the test ends");
        close(busy->apps[i]);
    }
}

/* The app that calls little asks, and is answered after one call of the busy one at most. */
static void ask_beside(struct scene *scene, const struct bk_quota *quota)
{
    const uint64_t most = quota->used_bytes + BK_QUOTA_CALL_BYTES + sizeof GET_INFO;
    char buffer[4096];

    assert_int_equal(write(scene->app, GET_INFO, sizeof GET_INFO), sizeof GET_INFO);
    while (read(scene->app, buffer, sizeof buffer) < 0)
        assert_true(sd_event_run(scene->event, 1000000) > 0);
    assert_true(quota->used_bytes <= most);
}

static void who_calls_little_does_not_wait_for_who_calls_much(void **state)
{
    struct scene *scene = *state;
    struct bk_quota quota = { 0 };
    struct busy busy;

    make_busy(scene, &quota, &busy);
    while (quota.used_bytes < BK_QUOTA_BYTES_AT_ONCE + 2 * BUSY_CONNECTIONS * BK_QUOTA_CALL_BYTES)
        assert_true(sd_event_run(scene->event, 1000000) > 0);
    ask_beside(scene, &quota);
    end_busy(&busy);
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void who_has_rested_goes_first_no_more_than_before(void **state)
{
    struct scene *scene = *state;
    struct bk_quota_callers callers = { 0 };
    struct bk_quota quota = { .callers = &callers, .used_bytes = 2 * BK_QUOTA_BYTES_AT_ONCE };
    struct busy busy;

    scene->quota.callers = &callers;
    ask_beside(scene, &quota);
    quota.window_us = now_us();
    quota.whole_us = quota.window_us + BK_QUOTA_BURST_US * BK_QUOTA_PART + REST_US;
    make_busy(scene, &quota, &busy);
    while (sd_event_run(scene->event, 0) > 0)
        ;
    assert_int_equal(usleep(2 * (REST_US + BK_QUOTA_SLICE_US * BK_QUOTA_PART)), 0); /* all rests are over then */
    ask_beside(scene, &quota);
    end_busy(&busy);
}

/* It has called so much that it goes after all others, and then rests: its next call is like anybody's. */
static void who_calls_no_more_is_not_late_the_next_time(void **state)
{
    struct scene *scene = *state;
    struct bk_quota quota = { 0 };
    struct busy busy;

    scene->quota.window_us = now_us();
    scene->quota.used_bytes = 8 * BK_QUOTA_BYTES_AT_ONCE;
    ask_beside(scene, &quota);
    assert_int_equal(bk_quota_turn(&scene->quota), 4);
    while (bk_quota_turn(&scene->quota) > 0)
        assert_true(sd_event_run(scene->event, 5000000) > 0);
    make_busy(scene, &quota, &busy);
    while (quota.used_bytes < BK_QUOTA_BYTES_AT_ONCE + 2 * BUSY_CONNECTIONS * BK_QUOTA_CALL_BYTES)
        assert_true(sd_event_run(scene->event, 1000000) > 0);
    ask_beside(scene, &quota);
    end_busy(&busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_reads_is_told_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_does_not_read_is_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_app_that_goes_ends_its_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fault_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_quota_that_is_used_up_makes_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_calls_little_does_not_wait_for_who_calls_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_rested_goes_first_no_more_than_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_calls_no_more_is_not_late_the_next_time, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
