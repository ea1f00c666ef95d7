/* SPDX-License-Identifier: Apache-2.0 */
/* The shell of bk-guest-init, with a real shell on a real terminal; the port is a socket. */
#define _GNU_SOURCE
#include "shell.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 2000 /* turns of 10 ms */

static const uint8_t nonce[BK_SHELL_NONCE_SIZE + 4] = { 1, 2, 3, 4, 5, 6, 7, 8, 40, 0, 100, 0 };

struct bench {
    struct bk_shell shell;
    int end;
    unsigned allowed; /* what MORE has told, all together */
    char shown[1 << 16];
    size_t size;
    int type; /* of the last frame that is no data, … */
    uint8_t data[BK_SHELL_DATA_MAX];
};

static int guests_end = -1; /* of the port, once it is there */

static int open_port(int *ret_fd)
{
    if (guests_end < 0)
        return -ENOENT;
    *ret_fd = TAKE_FD(guests_end);
    return 0;
}

static void make_port(struct bench *bench)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    bench->end = ends[0];
    guests_end = ends[1];
}

static void set_up(struct bench *bench, const char *program)
{
    *bench = (struct bench){ .type = 0 };
    make_port(bench);
    bk_shell_init(&bench->shell, -1, open_port, program);
}

static void tear_down(struct bench *bench)
{
    bk_close(bench->shell.port);
    bk_close(bench->shell.terminal);
    bk_close(bench->end);
}

static void say(const struct bench *bench, enum bk_shell_frame_type type, const void *data, size_t size)
{
    uint8_t frame[BK_SHELL_FRAME_SIZE];

    bk_shell_frame_write(type, data, size, frame);
    assert_int_equal(bk_write_all(bench->end, frame, sizeof frame), 0);
}

static void type(const struct bench *bench, const char *text)
{
    say(bench, BK_SHELL_DATA, text, strlen(text));
}

static void take(struct bench *bench)
{
    uint8_t frame[BK_SHELL_FRAME_SIZE];

    while (recv(bench->end, frame, sizeof frame, MSG_PEEK | MSG_DONTWAIT) == (ssize_t)sizeof frame) {
        assert_int_equal(read(bench->end, frame, sizeof frame), sizeof frame);
        if (frame[0] == BK_SHELL_MORE) {
            assert_int_equal(frame[1], 2);
            bench->allowed += frame[2] | (unsigned)frame[3] << 8;
        } else if (frame[0] != BK_SHELL_DATA) {
            bench->type = frame[0];
            memcpy(bench->data, frame + 2, sizeof bench->data);
        } else if (bench->size + frame[1] < sizeof bench->shown) {
            memcpy(bench->shown + bench->size, frame + 2, frame[1]);
            bench->size += frame[1];
        }
    }
}

/* As init does it, until the condition: a frame of this type has come, or this was shown. */
static bool run(struct bench *bench, int until, const char *shown)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        struct pollfd fds[2];
        int status;
        pid_t pid;

        bk_shell_prepare(&bench->shell, &fds[0], &fds[1]);
        (void)poll(fds, 2, 10);
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            (void)bk_shell_reaped(&bench->shell, pid, status);
        bk_shell_serve(&bench->shell);
        take(bench);
        if ((until != 0 && bench->type == until) || (shown != NULL && strstr(bench->shown, shown) != NULL))
            return true;
    }
    return false;
}

static void it_runs_and_says_how_it_ended(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, "/bin/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
    assert_memory_equal(bench.data, nonce, BK_SHELL_NONCE_SIZE);
    type(&bench, "stty size; echo $((6*7))-$TERM\n");
    assert_true(run(&bench, 0, "42-xterm"));
    assert_non_null(strstr(bench.shown, "40 100"));
    say(&bench, BK_SHELL_SIZE, (const uint8_t[]){ 24, 0, 80, 0 }, 4);
    type(&bench, "stty size; exit 3\n");
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 3);
    assert_non_null(strstr(bench.shown, "24 80"));
    tear_down(&bench);
}

static void by_a_signal(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, "/bin/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    type(&bench, "kill -9 $$\n");
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 128 + SIGKILL);
    tear_down(&bench);
}

static void an_image_without_one(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, "/nowhere/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    assert_true(run(&bench, BK_SHELL_NONE, NULL));
    assert_memory_equal(bench.data, nonce, BK_SHELL_NONCE_SIZE);
    tear_down(&bench);
}

/* The one before is hung up, when the developer has gone and when another comes. */
static void one_at_a_time(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, "/bin/sh");
    for (unsigned i = 0; i < 3; i++) {
        say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
        assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
        const pid_t pid = bench.shell.pid;
        bench.type = 0;
        if (i == 1)
            say(&bench, BK_SHELL_END, NULL, 0);
        say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
        assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
        assert_int_not_equal(bench.shell.pid, pid);
        for (unsigned k = 0; k < PATIENCE && kill(pid, 0) == 0; k++)
            (void)run(&bench, BK_SHELL_BEGIN, NULL), (void)usleep(1000);
        assert_int_equal(kill(pid, 0), -1);
        bench.type = 0;
    }
    say(&bench, BK_SHELL_END, NULL, 0);
    (void)run(&bench, 0, "");
    tear_down(&bench);
}

/* It lets go of its terminal and goes on: that is waited for, and not asked after without end. */
static void it_leaves_its_terminal(void **state)
{
    struct bench bench;
    struct pollfd fds[2];

    (void)state;
    set_up(&bench, "/bin/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    type(&bench, "exec sleep 3 </dev/null >/dev/null 2>&1\n");
    for (unsigned i = 0; i < PATIENCE && !bench.shell.left; i++)
        (void)run(&bench, BK_SHELL_EXIT, "");
    assert_true(bench.shell.left);
    bk_shell_prepare(&bench.shell, &fds[0], &fds[1]);
    assert_int_equal(poll(fds, 2, 100), 0);
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 0);
    tear_down(&bench);
}

/* More than the terminal takes at once, both ways; and frames that are none in between. */
static void much_is_typed_and_shown(void **state)
{
    struct bench bench;
    uint8_t nonsense[BK_SHELL_FRAME_SIZE];

    (void)state;
    set_up(&bench, "/bin/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
    memset(nonsense, 0xff, sizeof nonsense);
    assert_int_equal(bk_write_all(bench.end, nonsense, sizeof nonsense), 0);
    type(&bench, "i=0; while [ $i -lt 2000 ]; do echo line-$i; i=$((i+1)); done; echo all''done\n");
    assert_true(run(&bench, 0, "alldone"));
    assert_non_null(strstr(bench.shown, "line-1999"));
    for (unsigned i = 0; i < 200; i++) {
        type(&bench, ": 0123456789012345678901234567890123456789012345678901234567890123456789\n");
        (void)run(&bench, 0, "");
    }
    type(&bench, "exit\n");
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 0);
    tear_down(&bench);
}

/* Of a terminal that is stopped, or whose program reads nothing, all that may be typed waits here: what is behind it is
 * met. */
static void a_flood_hides_no_end(void **state)
{
    char keys[BK_SHELL_DATA_MAX + 1] = { 0 };
    struct bench bench;

    (void)state;
    set_up(&bench, "/bin/sh");
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
    type(&bench, "stty -icanon -echo; echo rea''dy; exec sleep 1000\n");
    assert_true(run(&bench, 0, "ready"));
    const pid_t pid = bench.shell.pid;
    memset(keys, 'x', sizeof keys - 1);
    unsigned typed = (unsigned)strlen("stty -icanon -echo; echo rea''dy; exec sleep 1000\n");
    for (unsigned i = 0; i < 100; i++) {
        while (typed + BK_SHELL_DATA_MAX <= bench.allowed) {
            type(&bench, keys);
            typed += BK_SHELL_DATA_MAX;
            (void)run(&bench, 0, "");
        }
        (void)run(&bench, 0, "");
    }
    assert_true(bench.shell.typed_size > 0); /* the terminal is full */
    assert_true(typed + BK_SHELL_DATA_MAX > bench.allowed);
    say(&bench, BK_SHELL_END, NULL, 0);
    for (unsigned i = 0; i < PATIENCE && kill(pid, 0) == 0; i++)
        (void)run(&bench, 0, "");
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(bench.shell.typed_size, 0);
    bench.type = 0;
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    assert_true(run(&bench, BK_SHELL_BEGIN, NULL));
    type(&bench, "exit 9\n");
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 9);
    tear_down(&bench);
}

static void a_port_that_is_named_late(void **state)
{
    struct bench bench = { .type = 0 };
    struct pollfd fds[2];
    int news[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, news), 0);
    bk_shell_init(&bench.shell, news[1], open_port, "/bin/sh");
    assert_int_equal(bench.shell.port, -1);
    for (unsigned i = 0; i < 2; i++) {
        bk_shell_prepare(&bench.shell, &fds[0], &fds[1]);
        assert_int_equal(poll(fds, 2, 0), 0); /* nothing is asked after without end */
        assert_int_equal(write(news[0], "add@/devices/other", 18), 18);
        assert_int_equal(poll(fds, 2, 0), 1);
        bk_shell_serve(&bench.shell);
        assert_int_equal(bench.shell.port, -1);
    }
    make_port(&bench);
    assert_int_equal(write(news[0], "change@/devices/vport0p1", 24), 24);
    bk_shell_serve(&bench.shell);
    assert_int_equal(bench.shell.news, -1);
    say(&bench, BK_SHELL_BEGIN, nonce, sizeof nonce);
    type(&bench, "exit 4\n");
    assert_true(run(&bench, BK_SHELL_EXIT, NULL));
    assert_int_equal(bench.data[0], 4);
    bk_close(news[0]);
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_runs_and_says_how_it_ended), cmocka_unit_test(by_a_signal),
        cmocka_unit_test(an_image_without_one),          cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(it_leaves_its_terminal),        cmocka_unit_test(much_is_typed_and_shown),
        cmocka_unit_test(a_flood_hides_no_end),          cmocka_unit_test(a_port_that_is_named_late),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
