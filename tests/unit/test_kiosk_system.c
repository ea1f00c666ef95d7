/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk's line to the system, against a system that the test plays. */
#include "system.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ENDS_MAX   32U
#define WAIT_MS    60000U
#define MESSAGE_MS 20

struct scene {
    struct wl_event_loop *loop;
    struct bk_system *system;
    int ends[ENDS_MAX]; /* ours, of each connection: even ones watch, odd ones say */
    unsigned count;
    int refuse; /* what connecting fails with */
    char layout[128];
    unsigned layouts;
};

static struct scene scene;

static int play_connect(void)
{
    int pair[2];

    if (scene.refuse != 0) {
        scene.count++;
        return scene.refuse;
    }
    assert_true(scene.count < ENDS_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    scene.ends[scene.count++] = pair[0];
    return pair[1];
}

static void on_layout(const char *layout, const char *variant, void *userdata)
{
    assert_ptr_equal(userdata, &scene);
    snprintf(scene.layout, sizeof scene.layout, "%s:%s", layout, variant);
    scene.layouts++;
}

static const struct bk_system_events events = { .connect = play_connect, .layout = on_layout };

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void run(void)
{
    assert_int_equal(wl_event_loop_dispatch(scene.loop, MESSAGE_MS), 0);
}

/* Runs the loop until there are so many connections. */
static void wait_connections(unsigned count)
{
    for (uint64_t until = now_ms() + WAIT_MS; scene.count < count; run())
        assert_true(now_ms() < until);
}

/* The next message of the kiosk's on one connection: it holds the text. */
static void expect(unsigned end, const char *text)
{
    static char message[4096];
    size_t size = 0;

    for (uint64_t until = now_ms() + WAIT_MS; size == 0 || message[size - 1] != '\0';) {
        ssize_t n = recv(scene.ends[end], message + size, 1, 0);
        assert_true(now_ms() < until && size < sizeof message - 1 && n != 0);
        if (n == 1)
            size++;
        else
            run();
    }
    if (strstr(message, text) == NULL)
        fail_msg("no %s in %s", text, message);
}

static void send_text(unsigned end, const char *text)
{
    assert_int_equal(send(scene.ends[end], text, strlen(text) + 1, 0), strlen(text) + 1);
    run();
    run();
}

static void tell_layout(unsigned end, const char *layout, const char *variant)
{
    char text[512];

    snprintf(
        text, sizeof text,
        "{\"parameters\":{\"focused\":true,\"keyboardLayout\":\"%s\",\"keyboardVariant\":\"%s\"},\"continues\":true}",
        layout, variant);
    send_text(end, text);
}

static void wait_layout(const char *layout)
{
    for (uint64_t until = now_ms() + WAIT_MS; strcmp(scene.layout, layout) != 0; run())
        assert_true(now_ms() < until);
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){ .loop = wl_event_loop_create() };
    return bk_system_create(scene.loop, &events, &scene, &scene.system);
}

static int tear_down(void **state)
{
    (void)state;
    bk_system_destroy(scene.system);
    for (unsigned i = 0; scene.refuse == 0 && i < scene.count; i++)
        close(scene.ends[i]);
    wl_event_loop_destroy(scene.loop);
    return 0;
}

static void the_layout_is_heard(void **state)
{
    (void)state;
    wait_connections(2);
    expect(0, "\"io.bulkhead.Window.Watch\"");
    tell_layout(0, "de", "");
    wait_layout("de:");
    tell_layout(0, "de", "");
    tell_layout(0, "ch", "fr");
    wait_layout("ch:fr");
    assert_int_equal(scene.layouts, 2);
}

static void a_system_that_went_is_found_again(void **state)
{
    (void)state;
    bk_system_say(scene.system, "a title", 0, 0);
    wait_connections(2);
    expect(1, "\"a title\"");
    tell_layout(0, "de", "");
    wait_layout("de:");
    shutdown(scene.ends[1], SHUT_RDWR);
    wait_connections(4);
    expect(2, "Watch");
    expect(3, "\"a title\"");
    tell_layout(2, "de", "");
    tell_layout(2, "fr", "");
    wait_layout("fr:");
    assert_int_equal(scene.layouts, 2);
}

static void nonsense_ends_the_connection_only(void **state)
{
    static const char *const nonsense[] = {
        "{\"parameters\":{},\"continues\":true}",
        "{\"parameters\":{\"keyboardLayout\":3,\"keyboardVariant\":\"\"},\"continues\":true}",
        ("{\"parameters\":{\"keyboardLayout\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"keyboardVariant\":\"\"},"
         "\"continues\":true}"), /* too long a name */
        "{\"parameters\":{\"keyboardLayout\":\"de\",\"keyboardVariant\":\"\"}}",
        "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"x\"}}",
        "nonsense",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        wait_connections(2 * i + 2);
        expect(2 * i, "Watch");
        send_text(2 * i, nonsense[i]);
    }
    wait_connections(2 * (unsigned)(sizeof nonsense / sizeof nonsense[0]) + 2);
    tell_layout(scene.count - 2, "gb", "");
    wait_layout("gb:");
}

static void the_newest_is_said(void **state)
{
    char long_title[300];

    (void)state;
    wait_connections(2);
    bk_system_say(scene.system, "one", 480, 320);
    expect(1, "\"title\":\"one\",\"minimum\":{\"width\":480,\"height\":320}");
    bk_system_say(scene.system, "two", 480, 320);
    bk_system_say(scene.system, "three", 480, 320);
    send_text(1, "{\"parameters\":{}}");
    expect(1, "\"three\"");
    bk_system_say(scene.system, "four", 480, 320);
    send_text(1, "{\"error\":\"io.bulkhead.Window.TooSoon\",\"parameters\":{\"milliseconds\":30}}");
    expect(1, "\"four\"");
    send_text(1, "{\"error\":\"io.bulkhead.Window.InvalidWindow\",\"parameters\":{}}");
    bk_system_say(scene.system, "four", 480, 320); /* nothing new */
    memset(long_title, 'x', sizeof long_title);
    memcpy(long_title + 199, "\xe2\x82\xac", 4);
    bk_system_say(scene.system, long_title, 0, 0);
    expect(1, "x\",\"minimum\":{\"width\":0,\"height\":0}");
}

static int refuse_set_up(void **state)
{
    set_up(state);
    scene.refuse = -ECONNRESET;
    return 0;
}

static void what_is_not_there_is_looked_for_less_and_less(void **state)
{
    uint64_t begin = now_ms();

    (void)state;
    bk_system_say(scene.system, "nobody hears it", 0, 0);
    wait_connections(4);
    /* After 1 ms, 100 more, 200 more, 400 more. */
    assert_true(now_ms() - begin >= 600);
    scene.refuse = -EAFNOSUPPORT;
    wait_connections(5);
    for (unsigned i = 0; i < 4; i++)
        run();
    assert_int_equal(scene.count, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_layout_is_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_system_that_went_is_found_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nonsense_ends_the_connection_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_looked_for_less_and_less, refuse_set_up, tear_down),
    };
    return cmocka_run_group_tests_name("kiosk_system", tests, NULL, NULL);
}
