/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub_bench.h"

#include "cable/display_hub.h"
#include "cleanup.h"
#include "fake_loop.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct bk_loop *loop;
struct bk_display_hub *hub;
int port;

int hub_setup(void **state)
{
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as bk-vmm has it */
    loop = fake_loop_create();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    port = ends[1];
    assert_int_equal(bk_display_hub_create(loop, ends[0], &hub), 0);
    return 0;
}

int hub_teardown(void **state)
{
    (void)state;
    bk_display_hub_destroy(hub);
    fake_loop_destroy(loop);
    port = bk_close(port);
    return 0;
}

void settle(void)
{
    fake_loop_settle(loop, HUB_TURNS);
}

void say_bytes(const void *bytes, size_t size)
{
    assert_int_equal(write(port, bytes, size), size);
    settle();
}

void say(uint32_t cid, struct bk_display_message message)
{
    const struct bk_display_port_record record = { .cid = cid, .message = message };

    say_bytes(&record, sizeof record);
}

void say_hello(void)
{
    say(0, (struct bk_display_message){ .type = BK_DISPLAY_PORT_HELLO });
}

void say_done(uint32_t cid, uint32_t serial)
{
    say(cid, (struct bk_display_message){ .type = BK_DISPLAY_FRAME_DONE, .frame.serial = serial });
}

bool hear_record(struct bk_display_port_record *ret_record)
{
    size_t done = 0;

    settle();
    while (done < sizeof *ret_record) {
        ssize_t n = read(port, (char *)ret_record + done, sizeof *ret_record - done);
        if (n < 0 && errno == EAGAIN && done == 0)
            return false;
        if (n < 0 && errno == EAGAIN)
            assert_int_not_equal(fake_loop_turn(loop, 0), 0); /* the rest of a record comes */
        else
            assert_true(n > 0);
        done += n > 0 ? (size_t)n : 0;
    }
    settle();
    assert_int_equal(ret_record->reserved, 0);
    assert_int_equal(ret_record->message.reserved, 0);
    return true;
}

struct bk_display_message hear(uint32_t cid, uint32_t type)
{
    struct bk_display_port_record record = { .cid = cid };

    if (!hear_record(&record))
        record.message.type = 0;
    assert_int_equal(record.message.type, type);
    assert_int_equal(record.cid, cid);
    return record.message;
}

void greet(void)
{
    say_hello();
    hear(0, BK_DISPLAY_PORT_HELLO);
}

int plug(uint32_t cid)
{
    int ends[2];

    assert_int_equal(bk_socketpair(BK_DISPLAY_CABLE_BUFFER, ends), 0);
    assert_int_equal(bk_set_nonblock(ends[1]), 0);
    assert_int_equal(bk_display_hub_plug(hub, cid, ends[0]), 0);
    return ends[1];
}

int join(uint32_t cid)
{
    int app = plug(cid);

    hear(cid, BK_DISPLAY_PORT_JOINED);
    return app;
}

int make_memory(size_t size, int seals, uint8_t fill, uint8_t **ret_bytes)
{
    int fd = memfd_create("surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    if (size > 0) {
        uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        assert_ptr_not_equal(bytes, MAP_FAILED);
        if (fill != 0)
            memset(bytes, fill, size);
        if (ret_bytes != NULL)
            *ret_bytes = bytes;
        else
            munmap(bytes, size);
    }
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

bool send_with(int app, const struct bk_display_message *message, int fd)
{
    int r = bk_send_message(app, message, sizeof *message, fd);

    assert_true(r == 0 || r == -EAGAIN);
    return r == 0;
}

void app_say(int app, struct bk_display_message message)
{
    assert_true(send_with(app, &message, -1));
    settle();
}

struct bk_display_message surface(uint32_t id, uint32_t width, uint32_t height)
{
    return (struct bk_display_message){ .type = BK_DISPLAY_SURFACE,
                                        .surface = { .id = id,
                                                     .width = width,
                                                     .height = height,
                                                     .stride = width * 4,
                                                     .size = (uint64_t)width * height * 4,
                                                     .has_alpha = width == 64 && height == 64 } };
}

void announce(int app, uint32_t id, uint32_t width, uint32_t height)
{
    const struct bk_display_message message = surface(id, width, height);
    int fd = make_memory(message.surface.size, BK_DISPLAY_SEALS, 0, NULL);

    assert_true(send_with(app, &message, fd));
    close(fd);
    settle();
}

void frame(int app, uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t serial)
{
    app_say(app, (struct bk_display_message){ .type = BK_DISPLAY_FRAME, .frame = { id, x, y, width, height, serial } });
}

void withdraw(int app, uint32_t id)
{
    app_say(app, (struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = id });
}

void blank(int app)
{
    app_say(app, (struct bk_display_message){ .type = BK_DISPLAY_BLANK });
}

void cursor(int app, uint32_t id, uint32_t hot)
{
    app_say(app, (struct bk_display_message){ .type = BK_DISPLAY_CURSOR,
                                              .cursor = { .id = id, .hot_x = hot, .hot_y = hot } });
}

struct bk_display_message app_hear(int app, uint32_t type)
{
    struct bk_display_message message = { .type = 0 };
    int fd = -1;

    settle();
    ssize_t n = bk_recv_message(app, &message, sizeof message, &fd);
    assert_int_equal(fd, -1);
    assert_true(n == (ssize_t)sizeof message || n == -EAGAIN);
    assert_int_equal(message.type, type);
    assert_int_equal(message.reserved, 0);
    settle();
    return message;
}

bool is_plugged(int app)
{
    struct bk_display_message message;

    for (;;) {
        int fd = -1;
        ssize_t n = bk_recv_message(app, &message, sizeof message, &fd);
        if (n == -EAGAIN)
            return true;
        if (n <= 0)
            return false;
    }
}

struct bk_display_message configured(uint32_t side)
{
    return (struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE, .configure = { .width = side, .height = side } };
}
