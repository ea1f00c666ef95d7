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
    uint32_t id;       /* 0: free */
    bool withdrawn;    /* its owner has no use for it any more; the screen is yet to be told */
    uint64_t last_use; /* in frames and cursors */
};

struct bk_display {
    struct bk_loop *loop;
    struct bk_source source;
    int fd; /* -1: not plugged */
    struct bk_display_listener *listeners;
    uint32_t last_id, last_serial, sent_serial;
    uint64_t uses;

    /* The wish. */
    struct bk_display_surface *surface; /* NULL: nothing is shown */
    bool has_frame;                     /* `surface` was put on the screen since it was set */
    struct bk_display_surface *cursor;  /* NULL: hidden */
    uint32_t hot_x, hot_y;
    int32_t x, y;

    /* What of it the screen does not know yet. */
    bool frame_due, blank_due, cursor_due, move_due;
    struct slot slots[SLOTS];
};

static void unplug(struct bk_display *display, const char *why);

static void next_serial(struct bk_display *display)
{
    if (++display->last_serial == 0)
        display->last_serial = 1;
}

/* Sending */

static int send_message(struct bk_display *display, struct bk_display_message *message, int fd)
{
    return bk_send_message(display->fd, message, sizeof *message, fd);
}

static struct slot *find_slot(struct bk_display *display, uint32_t id)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (display->slots[i].id == id)
            return &display->slots[i];
    }
    return NULL;
}

static int withdraw_slot(struct bk_display *display, struct slot *slot)
{
    struct bk_display_message message = { .type = BK_DISPLAY_WITHDRAW, .surface.id = slot->id };

    int r = send_message(display, &message, -1);
    if (r == 0)
        *slot = (struct slot){ .id = 0 };
    return r;
}

/* A slot that is free, or is made so. */
static int take_slot(struct bk_display *display, struct slot **ret_slot)
{
    struct slot *slot = find_slot(display, 0);

    if (slot == NULL) {
        for (unsigned i = 0; i < SLOTS; i++) {
            struct slot *other = &display->slots[i];
            if ((display->surface != NULL && display->surface->id == other->id) ||
                (display->cursor != NULL && display->cursor->id == other->id))
                continue;
            if (slot == NULL || other->last_use < slot->last_use)
                slot = other;
        }
        assert(slot != NULL);
        int r = withdraw_slot(display, slot);
        if (r < 0)
            return r;
    }
    *ret_slot = slot;
    return 0;
}

/* Makes the screen know the surface. */
static int announce(struct bk_display *display, struct bk_display_surface *surface)
{
    struct slot *slot = surface->id != 0 ? find_slot(display, surface->id) : NULL;

    if (slot == NULL) {
        int r = take_slot(display, &slot);
        if (r < 0)
            return r;
        if (surface->id == 0) {
            do {
                display->last_id++;
            } while (display->last_id == 0 || find_slot(display, display->last_id) != NULL);
            surface->id = display->last_id;
        }
        struct bk_display_message message = {
            .type = BK_DISPLAY_SURFACE,
            .surface = { .id = surface->id,
                         .width = surface->width,
                         .height = surface->height,
                         .stride = surface->stride,
                         .size = surface->size,
                         .has_alpha = surface->has_alpha },
        };
        r = send_message(display, &message, surface->fd);
        if (r < 0)
            return r;
        slot->id = surface->id;
        surface->damage = (struct bk_display_rectangle){ .width = surface->width, .height = surface->height };
    }
    slot->last_use = ++display->uses;
    return 0;
}

static int send_frame(struct bk_display *display)
{
    struct bk_display_surface *surface = display->surface;

    assert(surface != NULL); /* whoever sets it to nothing takes back the frame that is due */
    struct bk_display_message message = {
        .type = BK_DISPLAY_FRAME,
        .frame = { .id = surface->id,
                   .x = surface->damage.x,
                   .y = surface->damage.y,
                   .width = surface->damage.width,
                   .height = surface->damage.height,
                   .serial = display->last_serial },
    };

    int r = send_message(display, &message, -1);
    if (r < 0)
        return r;
    display->sent_serial = display->last_serial;
    surface->damage = (struct bk_display_rectangle){ .width = 0 };
    display->frame_due = false;
    return 0;
}

static int send_blank(struct bk_display *display)
{
    struct bk_display_message message = { .type = BK_DISPLAY_BLANK };

    int r = send_message(display, &message, -1);
    if (r == 0)
        display->blank_due = false;
    return r;
}

static int send_cursor(struct bk_display *display)
{
    struct bk_display_message message = { .type = BK_DISPLAY_CURSOR_MOVE,
                                          .cursor = { .x = display->x, .y = display->y } };
    int r;

    if (display->cursor_due) {
        message.type = BK_DISPLAY_CURSOR;
        message.cursor.hot_x = display->hot_x;
        message.cursor.hot_y = display->hot_y;
    }
    if (display->cursor_due && display->cursor != NULL) {
        r = announce(display, display->cursor);
        if (r < 0)
            return r;
        message.cursor.id = display->cursor->id;
    }
    r = send_message(display, &message, -1);
    if (r == 0)
        display->cursor_due = display->move_due = false;
    return r;
}

static int send_due(struct bk_display *display)
{
    int r = 0;

    if (display->surface != NULL)
        r = announce(display, display->surface);
    if (r == 0 && display->frame_due)
        r = send_frame(display);
    if (r == 0 && display->blank_due)
        r = send_blank(display);
    if (r == 0 && (display->cursor_due || display->move_due))
        r = send_cursor(display);
    for (unsigned i = 0; r == 0 && i < SLOTS; i++) {
        if (display->slots[i].withdrawn)
            r = withdraw_slot(display, &display->slots[i]);
    }
    return r;
}

static void send_what_is_due(struct bk_display *display)
{
    if (display->fd < 0)
        return;
    int r = send_due(display);
    if (r == 0 || r == -EAGAIN)
        r = bk_loop_modify(display->loop, &display->source, r == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
    if (r < 0)
        unplug(display, "the screen cannot be reached");
}

/* Receiving */

static bool handle_message(struct bk_display *display, const struct bk_display_message *message)
{
    struct bk_display_listener *next;

    if (message->type < BK_DISPLAY_CONFIGURE || message->type > BK_DISPLAY_INPUT)
        return false;
    if (message->type == BK_DISPLAY_CONFIGURE &&
        (message->configure.width - 1 >= BK_DISPLAY_SIDE_MAX || message->configure.height - 1 >= BK_DISPLAY_SIDE_MAX))
        return false;
    if (message->type == BK_DISPLAY_FRAME_DONE &&
        !bk_display_serial_reached(message->frame.serial, display->sent_serial))
        return false;

    for (struct bk_display_listener *listener = display->listeners; listener != NULL; listener = next) {
        next = listener->next;
        switch (message->type) {
        case BK_DISPLAY_CONFIGURE:
            if (listener->configure != NULL)
                listener->configure(listener->userdata, message);
            break;
        case BK_DISPLAY_FRAME_DONE:
            if (listener->frame_done != NULL)
                listener->frame_done(listener->userdata, message->frame.serial);
            break;
        default:
            if (listener->input != NULL)
                listener->input(listener->userdata, message);
            break;
        }
    }
    return true;
}

static void receive(struct bk_display *display)
{
    struct bk_display_message message;

    for (unsigned i = 0; i < MESSAGES_AT_ONCE && display->fd >= 0; i++) {
        _cleanup_close_ int fd = -1;
        ssize_t n = bk_recv_message(display->fd, &message, sizeof message, &fd);
        if (n == -EAGAIN)
            return;
        if (n == 0 || n == -ECONNRESET) {
            unplug(display, NULL);
        } else if (n != (ssize_t)sizeof message || fd >= 0 || !handle_message(display, &message)) {
            unplug(display, "the screen does not speak the protocol");
        }
    }
}

static void on_ready(void *userdata, uint32_t events)
{
    struct bk_display *display = userdata;

    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(display);
    if ((events & EPOLLOUT) != 0)
        send_what_is_due(display);
}

/* Plugging */

static void tell_plugged(struct bk_display *display, bool plugged)
{
    struct bk_display_listener *next;

    for (struct bk_display_listener *listener = display->listeners; listener != NULL; listener = next) {
        next = listener->next;
        if (listener->plugged != NULL)
            listener->plugged(listener->userdata, plugged);
    }
}

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
    tell_plugged(display, false);
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
    display->frame_due = display->surface != NULL && display->has_frame;
    display->blank_due = display->surface == NULL;
    display->cursor_due = true;
    display->sent_serial = display->last_serial;
    if (display->frame_due)
        next_serial(display);
    tell_plugged(display, true);
    send_what_is_due(display);
    return 0;
}

bool bk_display_is_plugged(const struct bk_display *display)
{
    return display->fd >= 0;
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

void bk_display_listen(struct bk_display *display, struct bk_display_listener *listener)
{
    listener->next = display->listeners;
    display->listeners = listener;
}

void bk_display_unlisten(struct bk_display *display, struct bk_display_listener *listener)
{
    struct bk_display_listener **place = &display->listeners;

    while (*place != NULL && *place != listener)
        place = &(*place)->next;
    if (*place != NULL)
        *place = listener->next;
}

/* Wishing */

void bk_display_set(struct bk_display *display, struct bk_display_surface *surface)
{
    if (surface == display->surface)
        return;
    display->surface = surface;
    display->has_frame = false;
    display->frame_due = false;
    display->blank_due = surface == NULL;
    send_what_is_due(display);
}

static struct bk_display_rectangle unite(const struct bk_display_rectangle *a, const struct bk_display_rectangle *b)
{
    struct bk_display_rectangle sum;

    if (a->width == 0)
        return *b;
    if (b->width == 0)
        return *a;
    sum.x = a->x < b->x ? a->x : b->x;
    sum.y = a->y < b->y ? a->y : b->y;
    uint32_t right = a->x + a->width > b->x + b->width ? a->x + a->width : b->x + b->width;
    uint32_t bottom = a->y + a->height > b->y + b->height ? a->y + a->height : b->y + b->height;
    sum.width = right - sum.x;
    sum.height = bottom - sum.y;
    return sum;
}

uint32_t bk_display_frame(struct bk_display *display, struct bk_display_surface *surface,
                          const struct bk_display_rectangle *damage)
{
    surface->damage = unite(&surface->damage, damage);
    if (surface != display->surface)
        return 0;
    display->has_frame = true;
    if (display->fd < 0)
        return 0;
    next_serial(display);
    uint32_t serial = display->last_serial;
    display->frame_due = true;
    send_what_is_due(display);
    return display->fd >= 0 ? serial : 0;
}

void bk_display_withdraw(struct bk_display *display, struct bk_display_surface *surface)
{
    if (display->surface == surface)
        bk_display_set(display, NULL);
    if (display->cursor == surface)
        bk_display_set_cursor(display, NULL, 0, 0, display->x, display->y);
    struct slot *slot = surface->id != 0 ? find_slot(display, surface->id) : NULL;
    surface->id = 0;
    surface->damage = (struct bk_display_rectangle){ .width = 0 };
    if (slot != NULL) {
        slot->withdrawn = true;
        slot->last_use = 0;
        send_what_is_due(display);
    }
}

void bk_display_set_cursor(struct bk_display *display, struct bk_display_surface *surface, uint32_t hot_x,
                           uint32_t hot_y, int32_t x, int32_t y)
{
    display->cursor = surface;
    display->hot_x = hot_x;
    display->hot_y = hot_y;
    display->x = x;
    display->y = y;
    display->cursor_due = true;
    send_what_is_due(display);
}

void bk_display_move_cursor(struct bk_display *display, int32_t x, int32_t y)
{
    if (display->x == x && display->y == y)
        return;
    display->x = x;
    display->y = y;
    display->move_due = true;
    send_what_is_due(display);
}
