/* SPDX-License-Identifier: Apache-2.0 */
/* Apps and compositors that break the rules, flood, do not read, or end in the middle of something. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "hub_bench.h"

#include "cable/display_hub.h"
#include "cleanup.h"
#include "fake_loop.h"
#include "io.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define A           16U /* CIDs */
#define B           17U
#define RECORD_SIZE sizeof(struct bk_display_port_record)

static const struct bk_display_port_record hello = { .message.type = BK_DISPLAY_PORT_HELLO };

/* Takes what there is on the port, to its end. */
static unsigned drain(void)
{
    struct bk_display_port_record record;
    unsigned count = 0;

    while (hear_record(&record))
        count++;
    return count;
}

/* A compositor that ended in the middle of a record, whatever of it and wherever, is followed by one that is heard. */
static void hears_hello_behind_half_a_record(void **state)
{
    static const struct bk_display_message messages[] = {
        { .type = BK_DISPLAY_INPUT, .input = { .device = 1, .type = 1, .code = 0x110, .value = 1 } },
        { .type = BK_DISPLAY_CONFIGURE, .configure = { 66, 66, 0, 0, 66 } },
        { .type = BK_DISPLAY_FRAME_DONE, .frame.serial = BK_DISPLAY_PORT_HELLO },
        { .type = BK_DISPLAY_PORT_HELLO },
    };

    (void)state;
    int a = plug(A);
    for (unsigned i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        for (size_t cut = 0; cut < RECORD_SIZE; cut++) {
            const uint32_t cid = messages[i].type == BK_DISPLAY_PORT_HELLO ? 0 : A;
            const struct bk_display_port_record half = { .cid = cid, .message = messages[i] };
            uint8_t bytes[2 * RECORD_SIZE];
            memcpy(bytes, &half, cut);
            memcpy(bytes + cut, &hello, RECORD_SIZE);
            say_bytes(bytes, cut + 20); /* in two pieces */
            say_bytes(bytes + cut + 20, RECORD_SIZE - 20);
            struct bk_display_port_record record;
            unsigned answers = 0;
            while (hear_record(&record)) {
                assert_int_equal(record.message.type, BK_DISPLAY_PORT_HELLO);
                hear(A, BK_DISPLAY_PORT_JOINED);
                answers++;
            }
            assert_in_range(answers, 1,
                            cid == 0 ? 2 : 1); /* the most of one HELLO and the first of the next are one too */
            const uint32_t mark = 1000 + (uint32_t)cut;
            say(A, configured(mark));
            struct bk_display_message heard;
            do { /* what the half and the HELLO made together may come first */
                int fd = -1;
                assert_int_equal(bk_recv_message(a, &heard, sizeof heard, &fd), sizeof heard);
                if (heard.type == BK_DISPLAY_CONFIGURE)
                    assert_true(heard.configure.width > 0 &&
                                heard.configure.height > 0); /* else the app would hang up */
            } while (heard.type != BK_DISPLAY_CONFIGURE || heard.configure.width != mark);
        }
    }
    assert_true(is_plugged(a));
    close(a);
}

static void hears_hello_behind_noise(void **state)
{
    uint32_t noise = 1;

    (void)state;
    greet();
    int a = join(A);
    for (unsigned round = 0; round < 200; round++) {
        uint8_t bytes[300 + RECORD_SIZE];
        size_t size = round % 300;
        for (size_t i = 0; i < size; i++) {
            noise = noise * 1103515245 + 12345;
            bytes[i] = noise >> 16 & 1 ? 0 : (uint8_t)(noise >> 24 & 1 ? BK_DISPLAY_PORT_HELLO : noise >> 20);
        }
        memcpy(bytes + size, &hello, RECORD_SIZE);
        say_bytes(bytes, size + RECORD_SIZE);
        hear(0, BK_DISPLAY_PORT_HELLO);
        hear(A, BK_DISPLAY_PORT_JOINED);
        drain();
    }
    assert_true(is_plugged(a));
    close(a);
}

/* To a compositor that does not keep to the rules nothing is told any more, until it begins anew. */
static void stops_at_a_bad_record(void **state)
{
    struct bk_display_port_record bad[] = {
        { .cid = A, .message.type = 0 },
        { .cid = A, .message.type = BK_DISPLAY_FRAME },
        { .cid = A, .message.type = BK_DISPLAY_CONFIGURE - 1 },
        { .cid = A, .message.type = BK_DISPLAY_INPUT + 1 },
        { .cid = A, .message.type = BK_DISPLAY_PORT_HELLO },
        { .cid = A, .message.type = UINT32_MAX },
        { .cid = A, .reserved = 1, .message.type = BK_DISPLAY_INPUT },
        { .cid = A, .message = { .type = BK_DISPLAY_INPUT, .reserved = 1 } },
        { .cid = A, .message = { .type = BK_DISPLAY_CONFIGURE, .configure = { 0, 1, 0, 0, 0 } } },
        { .cid = A, .message = { .type = BK_DISPLAY_CONFIGURE, .configure = { 1, 8193, 0, 0, 0 } } },
    };

    (void)state;
    greet();
    int a = join(A), b = 0;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        say_bytes(&bad[i], sizeof bad[i]);
        b = plug(B);
        hear(0, 0);
        say(A, configured(7));
        app_hear(a, 0);
        greet();
        assert_int_equal(drain(), 2);
        say(A, configured(8));
        assert_int_equal(app_hear(a, BK_DISPLAY_CONFIGURE).configure.width, 8);
        close(b);
        hear(B, BK_DISPLAY_PORT_LEFT);
    }
    close(a);
}

/* The next record that comes, wherever the last one was cut off. */
static void seek_hello(void)
{
    uint8_t last[RECORD_SIZE] = { 1 };
    unsigned sought = 0;

    do {
        memmove(last, last + 1, RECORD_SIZE - 1);
        while (read(port, last + RECORD_SIZE - 1, 1) != 1)
            assert_int_not_equal(fake_loop_turn(loop, 0), 0);
        assert_true(sought++ < 1 << 20);
    } while (memcmp(last, (const uint8_t *)&hello, RECORD_SIZE) != 0); /* it has no padding */
}

/* However much of what was told the compositor before took, the next one finds the answer, and only what is true. */
static void answers_behind_half_a_record(void **state)
{
    const int small = 2400; /* of a socket that takes no whole number of records */
    int ends[2];

    (void)state;
    hub_teardown(state);
    loop = fake_loop_create();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    port = ends[1];
    assert_int_equal(bk_display_hub_create(loop, ends[0], &hub), 0);

    int a = plug(A);
    announce(a, 1, 64, 64);
    say_hello();
    for (unsigned round = 0; round < 300; round++) {
        for (uint32_t i = 0; i < 200; i++)
            (void)send_with(a, &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR, .cursor.id = 1 }, -1);
        for (unsigned taken = 0; taken < 1 + round % 5; taken++) {
            uint8_t bytes[4096];
            settle();
            (void)!read(port, bytes, round * 37 % 4096 + 1);
        }
        settle();
        for (unsigned i = 0; i < 1 + round % 3; i++)
            say_hello();
        seek_hello();
        struct bk_display_port_record record;
        uint32_t expected = BK_DISPLAY_PORT_JOINED;
        while (hear_record(&record)) {
            if (record.message.type == BK_DISPLAY_PORT_HELLO) { /* the next one's */
                expected = BK_DISPLAY_PORT_JOINED;
                continue;
            }
            assert_int_equal(record.cid, A);
            assert_int_equal(record.message.type, expected);
            expected = expected == BK_DISPLAY_PORT_JOINED ? BK_DISPLAY_SURFACE : BK_DISPLAY_CURSOR;
        }
        assert_int_equal(expected, BK_DISPLAY_CURSOR);
    }
    close(a);
}

/* While the compositor does not read, what apps say waits in their sockets. */
static void lets_a_flood_wait(void **state)
{
    struct bk_display_port_record record;
    uint32_t sent = 0, cursors = 0;

    (void)state;
    greet();
    int a = join(A), b = join(B);
    announce(a, 1, 64, 64);
    for (unsigned quiet = 0; quiet < 3; quiet++) {
        while (send_with(a,
                         &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR,
                                                       .cursor = { .id = 1, .x = (int32_t)sent, .hot_x = sent % 64 } },
                         -1)) {
            sent++;
            quiet = 0;
        }
        settle();
    }
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors();
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(send_with(a, &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR, .cursor.id = 1 }, -1));
        assert_int_equal(fake_loop_turn(loop, 0), 0); /* nothing spins */
    }
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);

    say(B, configured(9)); /* the other way nothing waits */
    app_hear(b, BK_DISPLAY_CONFIGURE);
    close(b); /* and who leaves meanwhile is told of later */
    settle();
    assert_int_equal(fake_loop_turn(loop, 0), 0);

    bool left = false;
    while (hear_record(&record)) {
        if (record.message.type != BK_DISPLAY_CURSOR) {
            assert_true(record.message.type == BK_DISPLAY_SURFACE || record.message.type == BK_DISPLAY_PORT_LEFT);
            left = left || record.message.type == BK_DISPLAY_PORT_LEFT;
            continue;
        }
        assert_int_equal(record.message.cursor.hot_x, cursors % 64); /* all of them, in order */
        cursors++;
    }
    assert_int_equal(cursors, sent);
    assert_true(left);
    close(a);
}

/* An app that floods takes no other app's turn. */
static void serves_others_beside_a_flood(void **state)
{
    struct bk_display_port_record record;
    unsigned heard = 0, flood = 0;

    (void)state;
    greet();
    int a = join(A), b = join(B);
    announce(a, 1, 64, 64);
    announce(b, 1, 16, 16);
    drain();
    for (uint32_t serial = 1; serial <= 50; serial++) {
        while (send_with(a, &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR, .cursor.id = 1 }, -1))
            ;
        assert_true(send_with(
            b, &(struct bk_display_message){ .type = BK_DISPLAY_FRAME, .frame = { 1, 0, 0, 1, 1, serial } }, -1));
        for (unsigned turns = 0; heard < serial; turns++) {
            assert_in_range(turns, 0, 5);
            (void)fake_loop_turn(loop, 0);
            while (read(port, &record, sizeof record) == (ssize_t)sizeof record) {
                heard += record.cid == B;
                flood += record.cid == A;
            }
        }
        const struct bk_display_port_record done = {
            .cid = B, .message = { .type = BK_DISPLAY_FRAME_DONE, .frame.serial = serial }
        };
        assert_int_equal(write(port, &done, sizeof done), sizeof done);
        assert_int_equal(app_hear(b, BK_DISPLAY_FRAME_DONE).frame.serial, serial);
        drain();
    }
    assert_true(flood > 50);
    close(a);
    close(b);
}

/* An app that does not read gets the newest when it does; meanwhile it holds up nobody, the compositor least of all. */
static void bears_an_app_that_does_not_read(void **state)
{
    (void)state;
    greet();
    int a = join(A), b = join(B);
    announce(a, 1, 16, 16);
    hear(A, BK_DISPLAY_SURFACE);
    size_t heap = measure_heap();
    for (uint32_t i = 1; i <= 20000; i++) {
        const struct bk_display_port_record records[] = {
            { .cid = A,
              .message = { .type = BK_DISPLAY_CONFIGURE, .configure = { .width = 1 + i % 8000, .height = 100 } } },
            { .cid = A, .message = { .type = BK_DISPLAY_INPUT, .input = { .type = 1, .code = 30, .value = i % 2 } } },
            { .cid = A, .message = { .type = BK_DISPLAY_INPUT } },
            { .cid = B, .message = configured(1 + i % 8000) },
        };
        say_bytes(records, sizeof records);
        assert_int_equal(app_hear(b, BK_DISPLAY_CONFIGURE).configure.width, 1 + i % 8000);
    }
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    frame(a, 1, 0, 0, 16, 16, 1);
    hear(A, BK_DISPLAY_FRAME);
    say_done(A, 1);
    assert_int_equal(fake_loop_turn(loop, 0), 0); /* nothing spins */

    struct bk_display_message message, configure = { 0 }, done = { 0 };
    int32_t held = 1;
    for (;;) {
        int fd = -1;
        if (bk_recv_message(a, &message, sizeof message, &fd) != (ssize_t)sizeof message)
            break;
        if (message.type == BK_DISPLAY_CONFIGURE)
            configure = message;
        if (message.type == BK_DISPLAY_FRAME_DONE)
            done = message;
        if (message.type == BK_DISPLAY_INPUT && message.input.type == EV_KEY)
            held = message.input.value;
        settle();
    }
    assert_int_equal(held, 0); /* whatever of it was lost, not that the key is up */
    assert_int_equal(configure.configure.width, 4001);
    assert_int_equal(done.frame.serial, 1);
    assert_true(is_plugged(a));
    close(a);
    close(b);
}

/* Which is noticed while it is sent something, before its cable's end is. */
static void tells_of_an_app_that_died_at_once(void **state)
{
    (void)state;
    greet();
    for (unsigned i = 0; i < 4; i++) {
        int a = join(A);
        const struct bk_display_port_record record = {
            .cid = A,
            .message = { .type = i % 2 ? BK_DISPLAY_INPUT : BK_DISPLAY_CONFIGURE, .configure = { 100, 100, 0, 0, 0 } },
        };
        assert_int_equal(write(port, &record, sizeof record), sizeof record);
        close(a);
        hear(A, BK_DISPLAY_PORT_LEFT);
        hear(0, 0);
    }
}

/* It hangs up while its cable is full and nothing of it can be told. */
static void bears_a_hang_up_that_cannot_be_told(void **state)
{
    struct bk_display_port_record record;

    (void)state;
    greet();
    int a = join(A), b = join(B);
    announce(a, 1, 64, 64);
    announce(b, 1, 64, 64);
    for (unsigned i = 0; i < 200; i++) { /* until the port is full */
        while (send_with(b, &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR, .cursor.id = 1 }, -1))
            ;
        (void)send_with(a, &(struct bk_display_message){ .type = BK_DISPLAY_CURSOR, .cursor.id = 1 }, -1);
        settle();
    }
    for (uint32_t i = 1; i < 20000; i++)
        say(A, configured(1 + i % 8000));
    say(A, (struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE, .configure = { 100, 100, 0, 0, 0 } });
    close(a);
    settle();
    assert_int_equal(fake_loop_turn(loop, 0), 0);
    unsigned left = 0;
    while (hear_record(&record))
        left += record.message.type == BK_DISPLAY_PORT_LEFT && record.cid == A;
    assert_int_equal(left, 1);
    assert_true(is_plugged(b));
    close(b);
}

static void bears_the_end_of_the_port(void **state)
{
    uint64_t size;

    (void)state;
    greet();
    int a = join(A);
    announce(a, 1, 16, 16);
    hear(A, BK_DISPLAY_SURFACE);
    port = bk_close(port);
    settle();
    frame(a, 1, 0, 0, 1, 1, 1);
    withdraw(a, 1);
    int b = plug(B);
    announce(b, 1, 16, 16);
    int fd = bk_display_hub_open(hub, bk_display_port_blob_id(B, 1), &size);
    assert_true(fd >= 0);
    close(fd);
    close(a);
    settle();
    assert_int_equal(fake_loop_turn(loop, 0), 0);
    close(b);
}

/* Each offence costs the offender its cable, and nothing else. */

static int witness; /* app B, which shows a picture all the while */

static void offend(const void *bytes, size_t size, int fd)
{
    int a = join(A);

    announce(a, 1, 64, 64);
    hear(A, BK_DISPLAY_SURFACE);
    announce(a, 2, 16, 8);
    hear(A, BK_DISPLAY_SURFACE);
    assert_int_equal(bk_send_message(a, bytes, size, fd), 0);
    hear(A, BK_DISPLAY_PORT_LEFT);
    assert_false(is_plugged(a));
    hear(0, 0);
    close(a);
    static uint32_t serial = 1;
    frame(witness, 1, 0, 0, 1, 1, ++serial);
    hear(B, BK_DISPLAY_FRAME);
    say_done(B, serial);
    assert_int_equal(app_hear(witness, BK_DISPLAY_FRAME_DONE).frame.serial, serial);
}

static void offend_with(struct bk_display_message message)
{
    offend(&message, sizeof message, -1);
}

static void offend_with_surface(const struct bk_display_message *message, size_t size, int seals)
{
    int fd = make_memory(size, seals, 0, NULL);

    offend(message, sizeof *message, fd);
    close(fd);
}

static void unplugs_who_breaks_a_rule(void **state)
{
    const struct bk_display_message good = surface(9, 16, 16);
    uint8_t large[4096] = { BK_DISPLAY_BLANK };

    (void)state;
    greet();
    witness = join(B);
    announce(witness, 1, 16, 16);
    hear(B, BK_DISPLAY_SURFACE);
    unsigned descriptors = measure_descriptors(), mappings = measure_mappings();

    for (size_t size = 1; size < sizeof good; size += 5)
        offend(&good, size, -1);
    offend(large, sizeof good + 1, -1);
    offend(large, sizeof large, -1);
    for (uint32_t type = 7; type < 80; type++)
        offend_with((struct bk_display_message){ .type = type });
    offend_with((struct bk_display_message){ .type = 0 });
    offend_with((struct bk_display_message){ .type = BK_DISPLAY_BLANK, .reserved = 1 });
    offend(large, sizeof good, STDIN_FILENO); /* a descriptor that belongs nowhere */

    struct bk_display_message bad = good;
    offend(&bad, sizeof bad, -1); /* no memory */
    offend(&bad, sizeof bad, STDIN_FILENO);
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), null = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    offend(&bad, sizeof bad, folder);
    offend(&bad, sizeof bad, null);
    close(folder);
    close(null);
    offend_with_surface(&bad, 1024, 0);
    offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS & ~F_SEAL_SHRINK);
    offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS & ~F_SEAL_FUTURE_WRITE);
    offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS & ~F_SEAL_SEAL);
    offend_with_surface(&bad, 1023, BK_DISPLAY_SEALS);
    offend_with_surface(&bad, 0, BK_DISPLAY_SEALS);
    int huge = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
    if (huge >= 0 && ftruncate(huge, 2 << 20) == 0 && fcntl(huge, F_ADD_SEALS, BK_DISPLAY_SEALS) == 0)
        offend(&bad, sizeof bad, huge);
    bk_close(huge);
    static const uint32_t sides[] = { 0, BK_DISPLAY_SIDE_MAX + 1, UINT32_MAX };
    for (unsigned i = 0; i < 3; i++) {
        bad = good;
        bad.surface.width = sides[i];
        offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
        bad = good;
        bad.surface.height = sides[i];
        offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
    }
    static const uint32_t strides[] = { 0, 60, 66, UINT32_MAX };
    for (unsigned i = 0; i < 4; i++) {
        bad = good;
        bad.surface.stride = strides[i];
        offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
    }
    static const uint64_t sizes[] = { 0, 1023, BK_DISPLAY_SURFACE_SIZE_MAX + 1, UINT64_MAX };
    for (unsigned i = 0; i < 4; i++) {
        bad = good;
        bad.surface.size = sizes[i];
        offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
    }
    bad = good;
    bad.surface.has_alpha = 2;
    offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
    for (uint32_t id = 0; id <= 2; id++) { /* none, and those that are in use */
        bad = good;
        bad.surface.id = id;
        offend_with_surface(&bad, 1024, BK_DISPLAY_SEALS);
    }
    for (unsigned i = 0; i < 3; i++)
        offend_with(
            (struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = (uint32_t[]){ 0, 3, 9 }[i] });

    static const uint32_t frames[][6] = {
        { 0, 0, 0, 1, 1, 1 },  { 3, 0, 0, 1, 1, 1 },  { 2, 16, 0, 1, 1, 1 },         { 2, 0, 8, 1, 1, 1 },
        { 2, 0, 0, 17, 1, 1 }, { 2, 0, 0, 1, 9, 1 },  { 2, UINT32_MAX, 0, 2, 1, 1 }, { 2, 0, UINT32_MAX, 1, 2, 1 },
        { 2, 0, 0, 1, 1, 0 },  { 2, 17, 9, 0, 0, 1 }, { 2, 1, 1, UINT32_MAX, 1, 1 },
    };
    for (unsigned i = 0; i < sizeof frames / sizeof frames[0]; i++)
        offend_with((struct bk_display_message){
            .type = BK_DISPLAY_FRAME,
            .frame = { frames[i][0], frames[i][1], frames[i][2], frames[i][3], frames[i][4], frames[i][5] } });
    static const uint32_t cursors[][3] = { { 2, 0, 0 }, { 9, 0, 0 }, { 1, 64, 0 }, { 1, 0, UINT32_MAX }, { 0, 64, 0 } };
    for (unsigned i = 0; i < sizeof cursors / sizeof cursors[0]; i++)
        offend_with((struct bk_display_message){
            .type = BK_DISPLAY_CURSOR,
            .cursor = { .id = cursors[i][0], .hot_x = cursors[i][1], .hot_y = cursors[i][2] } });

    assert_int_equal(measure_descriptors(), descriptors);
    assert_in_range(measure_mappings(), 0, mappings + MEASURE_MAPPINGS_NOISE);
    assert_true(is_plugged(witness));
    close(witness);
}

static void bounds_surfaces(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    unsigned descriptors = measure_descriptors();
    for (uint32_t id = 1; id <= BK_DISPLAY_SURFACES_MAX; id++)
        announce(a, id, 4, 4);
    assert_int_equal(measure_descriptors(), descriptors + BK_DISPLAY_SURFACES_MAX);
    assert_int_equal(drain(), BK_DISPLAY_SURFACES_MAX);
    assert_true(is_plugged(a));
    announce(a, 99, 4, 4);
    hear(A, BK_DISPLAY_PORT_LEFT);
    assert_int_equal(measure_descriptors(), descriptors - 1);
    close(a);
}

static void bounds_apps(void **state)
{
    int apps[BK_DISPLAY_PORT_APPS_MAX], ends[2];

    (void)state;
    assert_int_equal(bk_socketpair(4096, ends), 0);
    unsigned descriptors = measure_descriptors();
    static const uint32_t nobody[] = { 0, 2, A - 1, UINT32_MAX };
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(bk_display_hub_plug(hub, nobody[i], dup(ends[0])), -EINVAL);
    assert_int_equal(measure_descriptors(), descriptors);
    greet();
    for (uint32_t i = 0; i < BK_DISPLAY_PORT_APPS_MAX; i++)
        apps[i] = join(A + i);
    unsigned all = measure_descriptors();
    assert_int_equal(bk_display_hub_plug(hub, 1000, dup(ends[0])), -ENOSPC);
    assert_int_equal(measure_descriptors(), all);
    int again = plug(A + 10); /* in place of the one before */
    hear(A + 10, BK_DISPLAY_PORT_LEFT);
    hear(A + 10, BK_DISPLAY_PORT_JOINED);
    close(apps[10]);
    apps[10] = again;
    close(apps[63]);
    hear(A + 63, BK_DISPLAY_PORT_LEFT);
    apps[63] = join(1000);
    for (uint32_t i = 0; i < BK_DISPLAY_PORT_APPS_MAX; i++) {
        say(i == 63 ? 1000 : A + i, configured(1 + i));
        assert_int_equal(app_hear(apps[i], BK_DISPLAY_CONFIGURE).configure.width, 1 + i);
    }
    for (uint32_t i = 0; i < BK_DISPLAY_PORT_APPS_MAX; i++)
        close(apps[i]);
    assert_int_equal(drain(), BK_DISPLAY_PORT_APPS_MAX);
    assert_int_equal(measure_descriptors(), descriptors);
    close(ends[0]);
    close(ends[1]);
}

/* Apps that come, show something and go by the hundred leave nothing behind. */
static void holds_nothing_after_many_lives(void **state)
{
    (void)state;
    greet();
    close(join(A));
    drain();
    size_t heap = measure_heap();
    unsigned descriptors = measure_descriptors();
    for (uint32_t i = 0; i < 500; i++) {
        int a = plug(A + i % 7);
        for (uint32_t id = 1; id <= 5; id++)
            announce(a, id, 64, 64);
        frame(a, 1 + i % 5, 0, 0, 1, 1, 1);
        cursor(a, 1, 0);
        if (i % 3 == 0)
            withdraw(a, 1);
        if (i % 11 == 0)
            say_hello();
        close(a);
        if (i % 5 == 0)
            drain();
    }
    drain();
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), descriptors);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
        TEST(hears_hello_behind_half_a_record),
        TEST(hears_hello_behind_noise),
        TEST(stops_at_a_bad_record),
        TEST(answers_behind_half_a_record),
        TEST(lets_a_flood_wait),
        TEST(serves_others_beside_a_flood),
        TEST(bears_an_app_that_does_not_read),
        TEST(tells_of_an_app_that_died_at_once),
        TEST(bears_a_hang_up_that_cannot_be_told),
        TEST(bears_the_end_of_the_port),
        TEST(unplugs_who_breaks_a_rule),
        TEST(bounds_surfaces),
        TEST(bounds_apps),
        TEST(holds_nothing_after_many_lives),
    };

    return cmocka_run_group_tests_name("display_hub_abuse", tests, NULL, NULL);
}
