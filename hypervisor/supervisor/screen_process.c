/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "screen_process.h"

#include "cleanup.h"
#include "input_device.h"
#include "jail.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

bool bk_screen_process_runs(const struct bk_screen_process *screen)
{
    return bk_program_runs(&screen->program);
}

static void tell(struct bk_screen_process *screen, const struct bk_screen_control_message *message, int fd)
{
    bk_program_tell(&screen->program, message, sizeof *message, fd);
}

static void offer_input(struct bk_screen_process *screen, const char *path)
{
    struct bk_screen_control_message message = { .type = BK_SCREEN_INPUT };
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct bk_input_bits bits;

    if (fd < 0 || bk_input_read_bits(fd, &bits) < 0) {
        if (errno != ENODEV && errno != ENOENT) /* it is gone already */
            bk_warning("%s cannot be used: %m", path);
        return;
    }
    message.classes = bk_input_classify(&bits);
    bk_input_read_ranges(fd, &message);
    if (message.classes == 0)
        return;
    /* What is typed is for the System VM, not for this kernel's own console. */
    if (ioctl(fd, EVIOCGRAB, 1) < 0)
        bk_warning("%s cannot be had for us alone: %m", path);
    tell(screen, &message, fd);
}

static void offer_card(struct bk_screen_process *screen, const char *path)
{
    /* Who opens a card first is its master, and so is who gets the descriptor. */
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        bk_warning("%s cannot be opened: %m", path);
    else
        tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CARD }, fd);
}

static void on_device(void *userdata, enum bk_device_kind kind, const char *path)
{
    struct bk_screen_process *screen = userdata;

    if (!bk_screen_process_runs(screen))
        return; /* all are told of when it starts */
    switch (kind) {
    case BK_DEVICE_CARD:
        offer_card(screen, path);
        break;
    case BK_DEVICE_INPUT:
        offer_input(screen, path);
        break;
    case BK_DEVICE_CHANGED:
        tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CHANGED }, -1);
        break;
    case BK_DEVICE_SOUND:
    case BK_DEVICE_VIDEO: /* is bk-sound's */
        break;
    }
}

static void on_started(void *userdata)
{
    struct bk_screen_process *screen = userdata;

    bk_devices_scan(&screen->devices);
    screen->started(screen->userdata);
}

static const struct bk_program_kind kind = {
    .name = "bk-screen",
    .prefix = "bk-screen: ",
    .uid = BK_JAIL_UID_SCREEN,
    .started = on_started,
};

int bk_screen_process_open(struct bk_screen_process *screen, sd_event *event, const char *program, bool drop_user,
                           void (*started)(void *userdata), void *userdata)
{
    *screen = (struct bk_screen_process){ .started = started, .userdata = userdata };
    int r = bk_devices_open(&screen->devices, event, on_device, screen);
    if (r >= 0)
        r = bk_program_open(&screen->program, event, &kind, program, drop_user, screen);
    if (r < 0)
        bk_screen_process_close(screen);
    return r;
}

void bk_screen_process_close(struct bk_screen_process *screen)
{
    bk_program_close(&screen->program);
    bk_devices_close(&screen->devices);
}

void bk_screen_process_plug(struct bk_screen_process *screen, int fd)
{
    tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CABLE }, fd);
}
