/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk's part in the system's clipboard, against a system that the test plays. */
#define _GNU_SOURCE
#include "clip.h"
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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

#define ENDS_MAX 32U
#define WAIT_MS  60000U
#define TOKEN    "0123456789abcdef0123456789abcdef"
#define ASKED    "{\"parameters\":{\"type\":\"%s\",\"stream\":\"" TOKEN "\"},\"continues\":true}"

/* The connections, in the order in which they were made: the first watches. */
struct scene {
    struct wl_event_loop *loop;
    struct bk_clip *clip;
    int ends[ENDS_MAX]; /* ours */
    unsigned ports[ENDS_MAX];
    unsigned count;
    char there[512];
    unsigned told;
    int copied; /* what the program writes what it copied into */
    char asked[128];
};

static struct scene scene;

static int play_connect(unsigned port)
{
    int pair[2];

    assert_true(scene.count < ENDS_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    scene.ports[scene.count] = port;
    scene.ends[scene.count++] = pair[0];
    return pair[1];
}

static void on_there(const char *const *types, size_t count, bool own, void *userdata)
{
    size_t length = 0;

    assert_ptr_equal(userdata, &scene);
    scene.there[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(scene.there + length, sizeof scene.there - length, "%s ", types[i]);
    snprintf(scene.there + length, sizeof scene.there - length, own ? "own" : "other");
    scene.told++;
}

static int on_read(const char *type, void *userdata)
{
    int ends[2];

    assert_ptr_equal(userdata, &scene);
    snprintf(scene.asked, sizeof scene.asked, "%s", type);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    scene.copied = ends[1];
    return ends[0];
}

static const struct bk_clip_events events = { .connect = play_connect, .there = on_there, .read = on_read };

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void run(void)
{
    assert_int_equal(wl_event_loop_dispatch(scene.loop, 5), 0);
}

static void wait_connections(unsigned count)
{
    for (uint64_t until = now_ms() + WAIT_MS; scene.count < count; run())
        assert_true(now_ms() < until);
}

/* What comes on one connection, up to so much or to its end; yields how much. */
static size_t receive(unsigned end, char *data, size_t size)
{
    size_t got = 0;

    for (uint64_t until = now_ms() + WAIT_MS; got < size;) {
        ssize_t n = recv(scene.ends[end], data + got, size - got, 0);
        assert_true(now_ms() < until);
        if (n == 0)
            break;
        if (n > 0)
            got += (size_t)n;
        else
            run();
    }
    return got;
}

/* The next message on one connection: it holds the text. */
static void expect(unsigned end, const char *text)
{
    static char message[8192];
    size_t size = 0;

    do {
        assert_true(size < sizeof message - 1);
        assert_int_equal(receive(end, message + size, 1), 1);
    } while (message[size++] != '\0');
    if (strstr(message, text) == NULL)
        fail_msg("no %s in %s", text, message);
}

static bool is_closed(unsigned end)
{
    char byte;

    return receive(end, &byte, 1) == 0;
}

static void send_text(unsigned end, const char *text)
{
    assert_int_equal(send(scene.ends[end], text, strlen(text) + 1, MSG_NOSIGNAL), strlen(text) + 1);
    run();
    run();
}

static void ask_for(unsigned end, const char *type)
{
    char text[512];

    snprintf(text, sizeof text, ASKED, type);
    send_text(end, text);
}

static void copy(const char *one, const char *two)
{
    const char *const types[] = { one, two };

    bk_clip_copy(scene.clip, types, two != NULL ? 2 : 1);
}

static int set_up(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as bk-kiosk does */
    scene = (struct scene){ .loop = wl_event_loop_create(), .copied = -1 };
    assert_int_equal(bk_clip_create(scene.loop, &events, &scene, &scene.clip), 0);
    wait_connections(1);
    expect(0, "\"io.bulkhead.Clipboard.Watch\"");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bk_clip_destroy(scene.clip);
    for (unsigned i = 0; i < scene.count; i++)
        close(scene.ends[i]);
    wl_event_loop_destroy(scene.loop);
    return 0;
}

/* ---- the tests ---- */

static void what_is_there_is_heard(void **state)
{
    (void)state;
    send_text(0, "{\"parameters\":{\"types\":[],\"own\":false},\"continues\":true}");
    assert_int_equal(scene.told, 0); /* it has not the keyboard, or there is nothing */
    send_text(0, "{\"parameters\":{\"types\":[\"text/plain\",\"image/png\"],\"own\":false},\"continues\":true}");
    assert_string_equal(scene.there, "text/plain image/png other");
    send_text(0, "{\"parameters\":{\"types\":[\"text/plain\"],\"own\":true},\"continues\":true}");
    assert_string_equal(scene.there, "text/plain own");
    send_text(0, "{\"parameters\":{\"types\":3,\"own\":true},\"continues\":true}");
    wait_connections(2); /* nonsense ends the connection; the system is found again */
    expect(1, "Watch");
    send_text(1, "{\"parameters\":{\"types\":[\"a/b\"],\"own\":false},\"continues\":true}");
    assert_string_equal(scene.there, "a/b other");
}

static void what_is_copied_goes_up_with_its_size(void **state)
{
    char data[128];

    (void)state;
    copy("UTF8_STRING", "text/plain");
    wait_connections(2);
    expect(1, "\"io.bulkhead.Clipboard.Copy\",\"parameters\":{\"types\":[\"text/plain\"]},\"more\":true");
    ask_for(1, "text/plain");
    assert_string_equal(scene.asked, "text/plain");
    assert_int_equal(write(scene.copied, "hel", 3), 3);
    run();
    assert_int_equal(scene.count, 2); /* it is not known yet how much it is */
    assert_int_equal(write(scene.copied, "lo\0", 3), 3);
    close(scene.copied);
    wait_connections(3);
    assert_int_equal(scene.ports[2], BK_LINE_PORT_STREAMS);
    size_t size = receive(2, data, sizeof data);
    assert_int_equal(size, strlen(TOKEN "\n6\n") + 6);
    assert_memory_equal(data, TOKEN "\n6\nhello\0", size);
}

static void much_goes_up_whole(void **state)
{
    const size_t size = 3000000;
    char *data = malloc(size), *got = malloc(size + 100);

    (void)state;
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7 + i / 251);
    copy("image/png", NULL);
    wait_connections(2);
    expect(1, "image/png");
    ask_for(1, "image/png");
    (void)fcntl(scene.copied, F_SETFL, O_NONBLOCK);
    for (size_t done = 0; done < size; run()) {
        ssize_t n = write(scene.copied, data + done, size - done);
        done += n > 0 ? (size_t)n : 0;
    }
    close(scene.copied);
    wait_connections(3);
    const size_t header = strlen(TOKEN "\n3000000\n");
    assert_int_equal(receive(2, got, size + 100), header + size);
    assert_memory_equal(got, TOKEN "\n3000000\n", header);
    assert_memory_equal(got + header, data, size);
    free(data);
    free(got);
}

static void text_goes_first_and_what_is_no_type_not_at_all(void **state)
{
    const char *const types[] = { "TEXT",      "text/html", "a/b;c=\"d\"", "text/plain;charset=utf-8",
                                  "text/html", "image/png", "a//b",        "a/b; c=d" };

    (void)state;
    bk_clip_copy(scene.clip, types, sizeof types / sizeof types[0]);
    wait_connections(2);
    expect(1, "[\"text/plain;charset=utf-8\",\"image/png\",\"text/html\",\"a/b; c=d\"]");
    copy("TEXT", NULL); /* nothing for others */
    assert_true(is_closed(1));
    assert_int_equal(scene.count, 2);
}

static void another_copy_ends_the_one_before(void **state)
{
    (void)state;
    copy("text/plain", NULL);
    wait_connections(2);
    expect(1, "text/plain");
    ask_for(1, "text/plain");
    copy("text/html", NULL);
    assert_true(is_closed(1));
    assert_int_equal(write(scene.copied, "x", 1), -1); /* nobody wants it */
    assert_int_equal(errno, EPIPE);
    wait_connections(3);
    expect(2, "text/html");
    bk_clip_end_copy(scene.clip);
    assert_true(is_closed(2));
}

static void too_soon_is_said_again(void **state)
{
    (void)state;
    copy("text/plain", NULL);
    wait_connections(2);
    expect(1, "text/plain");
    send_text(1, "{\"error\":\"io.bulkhead.Clipboard.TooSoon\",\"parameters\":{\"milliseconds\":20}}");
    wait_connections(3);
    expect(2, "text/plain");
    send_text(2, "{\"error\":\"io.bulkhead.Clipboard.NotFocused\",\"parameters\":{}}");
    assert_true(is_closed(2)); /* it stays the program's own */
    run();
    assert_int_equal(scene.count, 3);
}

static void what_is_pasted_comes_down(void **state)
{
    char data[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    bk_clip_paste(scene.clip, "image/png", ends[1]);
    wait_connections(2);
    expect(1, "\"io.bulkhead.Clipboard.Paste\",\"parameters\":{\"types\":[\"image/png\"]}");
    send_text(1, "{\"parameters\":{\"type\":\"image/png\",\"size\":5,\"stream\":\"" TOKEN "\"}}");
    wait_connections(3);
    assert_true(is_closed(1)); /* there is nothing more to paste */
    assert_int_equal(receive(2, data, strlen(TOKEN "\n")), strlen(TOKEN "\n"));
    assert_memory_equal(data, TOKEN "\n", strlen(TOKEN "\n"));
    assert_int_equal(send(scene.ends[2], "he\0lo", 5, 0), 5);
    shutdown(scene.ends[2], SHUT_WR);
    for (unsigned i = 0; i < 8; i++)
        run();
    assert_int_equal(read(ends[0], data, sizeof data), 5);
    assert_memory_equal(data, "he\0lo", 5);
    assert_int_equal(read(ends[0], data, sizeof data), 0);
    close(ends[0]);
}

static void what_is_refused_brings_nothing_and_the_next_has_its_turn(void **state)
{
    int one[2], two[2];
    char byte;

    (void)state;
    assert_int_equal(pipe2(one, O_CLOEXEC), 0);
    assert_int_equal(pipe2(two, O_CLOEXEC), 0);
    bk_clip_paste(scene.clip, "a/b", one[1]);
    bk_clip_paste(scene.clip, "c/d", two[1]);
    wait_connections(2);
    expect(1, "a/b");
    send_text(1, "{\"error\":\"io.bulkhead.Clipboard.Refused\",\"parameters\":{}}");
    assert_int_equal(read(one[0], &byte, 1), 0);
    expect(1, "c/d");
    shutdown(scene.ends[1], SHUT_RDWR); /* the system goes */
    for (unsigned i = 0; i < 4; i++)
        run();
    assert_int_equal(read(two[0], &byte, 1), 0);
    close(one[0]);
    close(two[0]);
}

static void pastes_that_wait_are_few(void **state)
{
    int ends[BK_CLIP_PASTES_MAX + 1][2];
    char byte;

    (void)state;
    for (unsigned i = 0; i <= BK_CLIP_PASTES_MAX; i++) {
        assert_int_equal(pipe2(ends[i], O_CLOEXEC | O_NONBLOCK), 0);
        bk_clip_paste(scene.clip, "a/b", ends[i][1]);
    }
    assert_int_equal(read(ends[BK_CLIP_PASTES_MAX][0], &byte, 1), 0);
    assert_int_equal(read(ends[0][0], &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    for (unsigned i = 0; i <= BK_CLIP_PASTES_MAX; i++)
        close(ends[i][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_there_is_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_copied_goes_up_with_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(much_goes_up_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_goes_first_and_what_is_no_type_not_at_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_copy_ends_the_one_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_soon_is_said_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_pasted_comes_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_brings_nothing_and_the_next_has_its_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pastes_that_wait_are_few, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("kiosk_clip", tests, NULL, NULL);
}
