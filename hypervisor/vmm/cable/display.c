/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order on the cable: the surface to show, its frame or the blank, the cursor, and only then the withdrawals, so that
 * the screen never loses a surface before it has the next one to show. Whatever cannot be sent stays as it is and is
 * tried again when the socket is writable; every step is safe to repeat.
 *
 * The screen knows SLOTS surfaces at most. When another one is needed, the one that was used least recently and is
 * not part of the wish is withdrawn, and announced anew when it is shown again.
 */
#define _GNU_SOURCE
#include "cable/display.h"

#include "core/loop.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* system calls [io]: sendmsg recvmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

#define SLOTS            (BK_DISPLAY_SURFACES_MAX - 1U)
#define MESSAGES_AT_ONCE 64 /* received before the VM's other work goes first */

/* A surface that the screen knows. */
struct slot {
    uint32_t id;                              /* 0: free */
    const struct bk_display_surface *surface; /* NULL: withdrawn, and the screen is yet to be told */
    uint64_t last_use;                        /* in frames and cursors */
};

struct bk_display {
    struct bk_loop *loop;
    struct bk_source source;
    int fd; /* -1: not plugged */
    struct listener {
        bk_display_hear hear;
        void *userdata;
    } listeners[BK_DISPLAY_LISTENERS_MAX];
    unsigned listener_count;
    uint32_t last_id, last_serial, sent_serial;
    uint64_t uses;

    /* The wish. */
    struct bk_display_surface *surface; /* NULL: nothing is shown */
    struct bk_display_surface *cursor;  /* NULL: hidden */
    uint32_t hot_x, hot_y, x, y;

    /* What of it the screen does not know yet. */
    bool picture_due, cursor_due, move_due;
    struct slot slots[SLOTS];
};

static void unplug(struct bk_display *display, const char *why);

/* Ids and serials rise, and are never 0. */
static uint32_t next(uint32_t *last)
{
    if (++*last == 0)
        *last = 1;
    return *last;
}

/* Sending */

static int send_message(struct bk_display *display, const struct bk_display_message *message, int fd)
{
    return bk_send_message(display->fd, message, sizeof *message, fd);
}

static int withdraw_slot(struct bk_display *display, struct slot *slot)
{
    struct bk_display_message message = { .type = BK_DISPLAY_WITHDRAW, .surface.id = slot->id };

    int r = send_message(display, &message, -1);
    if (r == 0)
        *slot = (struct slot){ .id = 0 };
    return r;
}

/* Makes the screen know the surface, in the place of another one if need be; yields the slot's place. */
static int announce(struct bk_display *display, struct bk_display_surface *surface, struct slot **ret_slot)
{
    struct slot *slot = NULL;
    int r;

    for (struct slot *other = display->slots; other < display->slots + SLOTS; other++) {
        if (other->surface == surface) {
            other->last_use = ++display->uses;
            *ret_slot = other;
            return 0;
        }
        bool wished =
            other->surface != NULL && (other->surface == display->surface || other->surface == display->cursor);
        if (!wished && (slot == NULL || other->last_use < slot->last_use))
            slot = other;
    }
    assert(slot != NULL);
    if (slot->id != 0) {
        r = withdraw_slot(display, slot);
        if (r < 0)
            return r;
    }
    struct bk_display_message message = {
        .type = BK_DISPLAY_SURFACE,
        .surface = { .id = next(&display->last_id),
                     .width = surface->width,
                     .height = surface->height,
                     .stride = surface->stride,
                     .size = surface->size,
                     .has_alpha = surface->has_alpha },
    };
    r = send_message(display, &message, surface->fd);
    if (r < 0)
        return r;
    *slot = (struct slot){ .id = message.surface.id, .surface = surface, .last_use = ++display->uses };
    surface->damage = (struct bk_display_rectangle){ .right = surface->width, .bottom = surface->height };
    *ret_slot = slot;
    return 0;
}

static int send_picture(struct bk_display *display)
{
    struct bk_display_message message = { .type = BK_DISPLAY_BLANK };
    struct bk_display_surface *surface = display->surface;
    struct slot *slot;
    int r;

    if (surface != NULL) {
        r = announce(display, surface, &slot);
        if (r < 0)
            return r;
        message.type = BK_DISPLAY_FRAME;
        message.frame.id = slot->id;
        message.frame.x = surface->damage.left;
        message.frame.y = surface->damage.top;
        message.frame.width = surface->damage.right - surface->damage.left;
        message.frame.height = surface->damage.bottom - surface->damage.top;
        message.frame.serial = display->last_serial;
    }
    if (!display->picture_due)
        return 0;
    r = send_message(display, &message, -1);
    if (r < 0)
        return r;
    display->picture_due = false;
    if (surface != NULL) {
        display->sent_serial = display->last_serial;
        surface->damage = (struct bk_display_rectangle){ .right = 0 };
    }
    return 0;
}

static int send_cursor(struct bk_display *display)
{
    struct bk_display_message message = {
        .type = display->cursor_due ? BK_DISPLAY_CURSOR : BK_DISPLAY_CURSOR_MOVE,
        .cursor = { .x = (int32_t)(display->x + display->hot_x), .y = (int32_t)(display->y + display->hot_y) },
    };
    int r;

    if (display->cursor_due && display->cursor != NULL) {
        struct slot *slot;
        r = announce(display, display->cursor, &slot);
        if (r < 0)
            return r;
        message.cursor.id = slot->id;
        message.cursor.hot_x = display->hot_x;
        message.cursor.hot_y = display->hot_y;
    }
    r = send_message(display, &message, -1);
    if (r == 0)
        display->cursor_due = display->move_due = false;
    return r;
}

static void send_due(struct bk_display *display)
{
    if (display->fd < 0)
        return;
    int r = send_picture(display);
    if (r == 0 && (display->cursor_due || display->move_due))
        r = send_cursor(display);
    for (unsigned i = 0; r == 0 && i < SLOTS; i++) {
        if (display->slots[i].id != 0 && display->slots[i].surface == NULL)
            r = withdraw_slot(display, &display->slots[i]);
    }
    if (r == 0 || r == -EAGAIN)
        r = bk_loop_modify(display->loop, &display->source, r == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
    if (r < 0)
        unplug(display, "the screen cannot be reached");
}

/* Receiving */

static bool is_valid(const struct bk_display *display, const struct bk_display_message *message)
{
    switch (message->type) {
    case BK_DISPLAY_CONFIGURE:
        return message->configure.width - 1 < BK_DISPLAY_SIDE_MAX &&
               message->configure.height - 1 < BK_DISPLAY_SIDE_MAX;
    case BK_DISPLAY_FRAME_DONE:
        return bk_display_serial_reached(message->frame.serial, display->sent_serial);
    default:
        return message->type == BK_DISPLAY_INPUT;
    }
}

static void tell(struct bk_display *display, const struct bk_display_message *message)
{
    for (unsigned i = 0; i < display->listener_count; i++)
        display->listeners[i].hear(display->listeners[i].userdata, message);
}

static void receive(struct bk_display *display)
{
    struct bk_display_message message;

    for (unsigned i = 0; i < MESSAGES_AT_ONCE && display->fd >= 0; i++) {
        _cleanup_close_ int fd = -1;
        ssize_t n = bk_recv_message(display->fd, &message, sizeof message, &fd);
        if (n == -EAGAIN)
            return;
        if (n == 0 || n == -ECONNRESET)
            unplug(display, NULL);
        else if (n != (ssize_t)sizeof message || fd >= 0 || !is_valid(display, &message))
            unplug(display, "the screen does not speak the protocol");
        else
            tell(display, &message);
    }
}

static void on_ready(void *userdata, uint32_t events)
{
    struct bk_display *display = userdata;

    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(display);
    if ((events & EPOLLOUT) != 0)
        send_due(display);
}

/* Plugging */

static void unplug(struct bk_display *display, const char *why)
{
    if (display->fd < 0)
        return;
    if (why != NULL)
        bk_warning("display cable: %s: unplugged", why);
    bk_loop_remove(display->loop, &display->source);
    display->fd = bk_close(display->fd);
    for (unsigned i = 0; i < SLOTS; i++)
        display->slots[i] = (struct slot){ .id = 0 };
    tell(display, NULL);
}

int bk_display_plug(struct bk_display *display, int fd)
{
    _cleanup_close_ int owned = fd;

    unplug(display, NULL);
    int r = bk_set_nonblock(owned);
    if (r < 0)
        return r;
    r = bk_loop_add(display->loop, &display->source, owned, EPOLLIN, on_ready, display);
    if (r < 0)
        return r;
    display->fd = TAKE_FD(owned);
    display->picture_due = display->cursor_due = true;
    display->sent_serial = display->last_serial;
    if (display->surface != NULL)
        next(&display->last_serial);
    tell(display, NULL);
    send_due(display);
    return 0;
}

int bk_display_create(struct bk_loop *loop, struct bk_display **ret_display)
{
    struct bk_display *display = calloc(1, sizeof *display);

    if (display == NULL)
        return -ENOMEM;
    display->loop = loop;
    display->fd = -1;
    *ret_display = display;
    return 0;
}

void bk_display_destroy(struct bk_display *display)
{
    if (display == NULL)
        return;
    unplug(display, NULL);
    free(display);
}

void bk_display_listen(struct bk_display *display, bk_display_hear hear, void *userdata)
{
    assert(display->listener_count < BK_DISPLAY_LISTENERS_MAX);
    display->listeners[display->listener_count++] = (struct listener){ hear, userdata };
}

void bk_display_unlisten(struct bk_display *display, const void *userdata)
{
    unsigned i = 0;

    while (display->listeners[i].userdata != userdata)
        i++;
    display->listeners[i] = display->listeners[--display->listener_count];
}

/* Wishing */

void bk_display_set(struct bk_display *display, struct bk_display_surface *surface)
{
    if (surface == display->surface)
        return;
    display->surface = surface;
    display->picture_due = surface == NULL; /* else with the first frame */
    send_due(display);
}

uint32_t bk_display_frame(struct bk_display *display, struct bk_display_surface *surface,
                          const struct bk_display_rectangle *changed)
{
    struct bk_display_rectangle *damage = &surface->damage;
    uint32_t right = bk_min(changed->right, surface->width), bottom = bk_min(changed->bottom, surface->height);

    if (changed->left >= right || changed->top >= bottom)
        return 0;
    bool first = damage->right == 0;
    *damage = (struct bk_display_rectangle){
        .left = first ? changed->left : bk_min(damage->left, changed->left),
        .top = first ? changed->top : bk_min(damage->top, changed->top),
        .right = bk_max(damage->right, right),
        .bottom = bk_max(damage->bottom, bottom),
    };
    if (surface != display->surface || display->fd < 0)
        return 0;
    uint32_t serial = next(&display->last_serial);
    display->picture_due = true;
    send_due(display);
    return display->fd >= 0 ? serial : 0;
}

void bk_display_withdraw(struct bk_display *display, struct bk_display_surface *surface)
{
    if (display->surface == surface)
        bk_display_set(display, NULL);
    if (display->cursor == surface)
        bk_display_set_cursor(display, NULL, 0, 0, 0, 0);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (display->slots[i].surface == surface)
            display->slots[i].surface = NULL;
    }
    surface->damage = (struct bk_display_rectangle){ .right = 0 };
    send_due(display);
}

void bk_display_set_cursor(struct bk_display *display, struct bk_display_surface *surface, uint32_t hot_x,
                           uint32_t hot_y, uint32_t x, uint32_t y)
{
    display->cursor = surface;
    display->hot_x = hot_x;
    display->hot_y = hot_y;
    display->x = x;
    display->y = y;
    display->cursor_due = true;
    send_due(display);
}

void bk_display_move_cursor(struct bk_display *display, uint32_t x, uint32_t y)
{
    if (display->x == x && display->y == y)
        return;
    display->x = x;
    display->y = y;
    display->move_due = true;
    send_due(display);
}
