/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "screen.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "screen_control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/* system calls [screen]: poll recvmsg sendmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

#define MESSAGES_AT_ONCE 64U /* of the cable, before everything else has its turn */
#define SECOND_NSEC      1000000000ULL
#define REFRESH_HZ       60U /* where the mode does not say */

/* What the VM is told where there is no screen: it may come later. */
#define NO_SCREEN_WIDTH  1280U
#define NO_SCREEN_HEIGHT 800U

void bk_screen_init(struct bk_screen *screen, int control)
{
    *screen = (struct bk_screen){ .control = control, .cable_fd = -1, .output.card = -1 };
    for (size_t i = 0; i < BK_ARRAY_SIZE(screen->cards); i++)
        screen->cards[i] = -1;
    bk_input_init(&screen->input);
}

static uint64_t now_nsec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NSEC + (uint64_t)now.tv_nsec;
}

static unsigned refresh_hz(const struct bk_screen *screen)
{
    unsigned hz = screen->output.card >= 0 ? screen->output.mode.vrefresh : 0;

    return hz > 0 && hz <= 1000 ? hz : REFRESH_HZ;
}

/* The cable */

static void unplug(struct bk_screen *screen)
{
    screen->cable_fd = bk_close(screen->cable_fd);
    bk_cable_reset(&screen->cable);
    screen->input_waits = screen->configure_due = false;
}

/* False when the cable is full. */
static bool send_to_vm(void *userdata, const struct bk_display_message *message)
{
    struct bk_screen *screen = userdata;

    int r = bk_send_message(screen->cable_fd, message, sizeof *message, -1);
    return r != -EAGAIN; /* a VM that is gone shows in the next poll */
}

static void configure(struct bk_screen *screen)
{
    bool lit = screen->output.card >= 0;
    const struct bk_display_message message = {
        .type = BK_DISPLAY_CONFIGURE,
        .configure = {
            .width = lit ? screen->view.canvas.width : NO_SCREEN_WIDTH,
            .height = lit ? screen->view.canvas.height : NO_SCREEN_HEIGHT,
            .width_mm = screen->output.width_mm,
            .height_mm = screen->output.height_mm,
            .refresh_mhz = refresh_hz(screen) * 1000,
        },
    };

    screen->configure_due = !send_to_vm(screen, &message);
}

static void plug(struct bk_screen *screen, int fd)
{
    unplug(screen);
    int r = bk_set_nonblock(fd);
    if (r < 0) {
        bk_error("a cable cannot be used: %s", strerror(-r));
        bk_close(fd);
        return;
    }
    screen->cable_fd = fd;
    bk_input_forget(&screen->input);
    screen->configure_due = true;
}

static void read_cable(struct bk_screen *screen)
{
    for (unsigned i = 0; i < MESSAGES_AT_ONCE && screen->cable_fd >= 0; i++) {
        uint8_t datagram[sizeof(struct bk_display_message)];
        _cleanup_close_ int fd = -1;
        const char *refusal;

        ssize_t n = bk_recv_message(screen->cable_fd, datagram, sizeof datagram, &fd);
        if (n == -EAGAIN)
            return;
        if (n == -EMSGSIZE)
            refusal = "a message has the wrong size";
        else if (n <= 0)
            refusal = "the VM is gone";
        else
            refusal = bk_cable_take(&screen->cable, &screen->view, datagram, (size_t)n, fd);
        if (refusal != NULL) {
            bk_log(n <= 0 && n != -EMSGSIZE ? LOG_INFO : LOG_ERR, "the cable is closed: %s", refusal);
            unplug(screen);
        }
    }
}

static void tell_vm(struct bk_screen *screen)
{
    if (screen->cable_fd < 0)
        return;
    if (screen->configure_due)
        configure(screen);
    screen->input_waits = !bk_input_tell(&screen->input, send_to_vm, screen);
}

/* The screen */

static void light_up(struct bk_screen *screen, int *card)
{
    int r = bk_output_open(&screen->output, *card);

    if (r == -ENODEV)
        return; /* no monitor, as yet */
    if (r < 0) {
        bk_warning("a graphics card cannot be used: %s", strerror(-r));
        *card = bk_close(*card);
        return;
    }
    *card = -1;
}

/* Looks for a card with a monitor, unless there is one and it is as it was. */
static void look_again(struct bk_screen *screen)
{
    const struct bk_canvas none = { 0 };

    if (screen->output.card >= 0) {
        if (!bk_output_is_outdated(&screen->output))
            return;
        int card = bk_output_take_card(&screen->output);
        bk_view_set_canvas(&screen->view, &none);
        for (size_t i = 0; i < BK_ARRAY_SIZE(screen->cards) && card >= 0; i++) {
            if (screen->cards[i] < 0)
                screen->cards[i] = TAKE_FD(card);
        }
        bk_close(card);
    }
    for (size_t i = 0; i < BK_ARRAY_SIZE(screen->cards) && screen->output.card < 0; i++) {
        if (screen->cards[i] >= 0)
            light_up(screen, &screen->cards[i]);
    }
    if (screen->output.card < 0) {
        bk_warning("no monitor is connected");
    } else {
        const struct bk_canvas canvas = bk_output_canvas(&screen->output);

        bk_view_set_canvas(&screen->view, &canvas);
        screen->input.width = canvas.width;
        screen->input.height = canvas.height;
    }
    screen->configure_due = screen->cable_fd >= 0;
}

static void paint(struct bk_screen *screen)
{
    if (screen->output.card >= 0) {
        screen->unflushed = bk_rectangle_union(screen->unflushed, bk_view_paint(&screen->view));
        bk_output_update_cursor(&screen->output, &screen->view);
        screen->paint_failed = bk_output_flush(&screen->output, screen->unflushed) < 0;
        if (!screen->paint_failed)
            screen->unflushed = (struct bk_rectangle){ 0 };
    }
    screen->painted_nsec = now_nsec();
    if (screen->cable_fd >= 0 && screen->cable.serial != screen->cable.serial_told && !screen->paint_failed) {
        const struct bk_display_message message = { .type = BK_DISPLAY_FRAME_DONE,
                                                    .frame.serial = screen->cable.serial };
        if (send_to_vm(screen, &message))
            screen->cable.serial_told = screen->cable.serial;
    }
}

static bool wants_paint(const struct bk_screen *screen)
{
    return screen->paint_failed || !bk_rectangle_is_empty(screen->view.damage) || screen->view.cursor_moved ||
           screen->view.cursor_changed || screen->cable.serial != screen->cable.serial_told;
}

/* Milliseconds until the next painting is due: 0 now, -1 never. */
static int until_paint(const struct bk_screen *screen)
{
    uint64_t due = screen->painted_nsec + SECOND_NSEC / refresh_hz(screen);
    uint64_t now = now_nsec();

    if (!wants_paint(screen))
        return -1;
    return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

/* The supervisor */

static void take_control(struct bk_screen *screen, const struct bk_screen_control_message *message, int fd)
{
    _cleanup_close_ int given = fd;
    int r = 0;

    switch (message->type) {
    case BK_SCREEN_CARD:
        r = -ENOSPC;
        for (size_t i = 0; i < BK_ARRAY_SIZE(screen->cards) && r < 0; i++) {
            if (screen->cards[i] < 0) {
                screen->cards[i] = TAKE_FD(given);
                r = 0;
            }
        }
        look_again(screen);
        break;
    case BK_SCREEN_INPUT:
        r = bk_input_add(&screen->input, TAKE_FD(given), message);
        break;
    case BK_SCREEN_CABLE:
        plug(screen, TAKE_FD(given));
        break;
    case BK_SCREEN_CHANGED:
        look_again(screen);
        break;
    default:
        r = -ENOSYS;
        break;
    }
    if (r < 0)
        bk_error("control message %u: %s", message->type, strerror(-r));
}

/* False when the supervisor is gone. */
static bool read_control(struct bk_screen *screen)
{
    struct bk_screen_control_message message;
    int fd = -1;

    ssize_t n = bk_recv_message(screen->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return true;
    if (n != (ssize_t)sizeof message) {
        bk_close(fd);
        return false;
    }
    take_control(screen, &message, fd);
    return true;
}

enum {
    POLL_CONTROL,
    POLL_CABLE,
    POLL_INPUT
};

/* Input waits in the kernel while the cable is full. */
static void fill_poll(const struct bk_screen *screen, struct pollfd polls[static POLL_INPUT + BK_INPUT_DEVICES_MAX])
{
    bool waits = screen->input_waits || screen->configure_due;

    polls[POLL_CONTROL] = (struct pollfd){ .fd = screen->control, .events = POLLIN };
    polls[POLL_CABLE] = (struct pollfd){ .fd = screen->cable_fd, .events = (short)(POLLIN | (waits ? POLLOUT : 0)) };
    for (size_t i = 0; i < BK_INPUT_DEVICES_MAX; i++)
        polls[POLL_INPUT + i] = (struct pollfd){ .fd = waits ? -1 : screen->input.devices[i].fd, .events = POLLIN };
}

int bk_screen_run(struct bk_screen *screen)
{
    struct pollfd polls[POLL_INPUT + BK_INPUT_DEVICES_MAX];
    int r = bk_set_nonblock(screen->control);

    if (r < 0)
        return r;
    for (;;) {
        fill_poll(screen, polls);
        if (poll(polls, BK_ARRAY_SIZE(polls), until_paint(screen)) < 0 && errno != EINTR)
            return -errno;
        /* Input first: it is what a person waits for. */
        for (size_t i = 0; i < BK_INPUT_DEVICES_MAX; i++) {
            if (polls[POLL_INPUT + i].revents != 0)
                bk_input_read(&screen->input, &screen->input.devices[i]);
        }
        tell_vm(screen);
        if (polls[POLL_CABLE].revents != 0)
            read_cable(screen);
        if (polls[POLL_CONTROL].revents != 0 && !read_control(screen))
            return 0;
        if (until_paint(screen) == 0)
            paint(screen);
    }
}
