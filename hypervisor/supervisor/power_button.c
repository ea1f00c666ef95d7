/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "power_button.h"

#include "cleanup.h"
#include "input_device.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int on_event(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_power_buttons *buttons = userdata;
    struct input_event event;

    (void)events;
    ssize_t n = read(fd, &event, sizeof event);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    if (n == (ssize_t)sizeof event && event.type == EV_KEY && event.code == KEY_POWER && event.value == 1) {
        bk_info("the power button was pressed");
        buttons->pressed(buttons->userdata);
    }
    return 0;
}

static int add(struct bk_power_buttons *buttons, sd_event *event, const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    sd_event_source *source = NULL;
    struct bk_input_bits bits;

    if (fd < 0)
        return -errno;
    int r = bk_input_read_bits(fd, &bits);
    if (r < 0 || !bk_input_is_power_button(&bits))
        return r;
    r = sd_event_add_io(event, &source, fd, EPOLLIN, on_event, buttons);
    if (r < 0)
        return r;
    (void)sd_event_source_set_io_fd_own(source, 1);
    TAKE_FD(fd);
    buttons->sources[buttons->count++] = source;
    return 0;
}

void bk_power_buttons_open(struct bk_power_buttons *buttons, sd_event *event, void (*pressed)(void *userdata),
                           void *userdata)
{
    struct dirent **entries = NULL;
    int count = scandir("/dev/input", &entries, NULL, versionsort);

    *buttons = (struct bk_power_buttons){ .pressed = pressed, .userdata = userdata };
    for (int i = 0; i < count; i++) {
        char path[320];

        snprintf(path, sizeof path, "/dev/input/%s", entries[i]->d_name);
        if (strncmp(entries[i]->d_name, "event", 5) == 0 && buttons->count < BK_POWER_BUTTONS_MAX) {
            int r = add(buttons, event, path);
            if (r < 0)
                bk_warning("%s cannot be listened to: %s", path, strerror(-r));
        }
        free(entries[i]);
    }
    free(entries);
    if (buttons->count == 0)
        bk_info("this machine has no power button");
}

void bk_power_buttons_close(struct bk_power_buttons *buttons)
{
    while (buttons->count > 0)
        sd_event_source_disable_unref(buttons->sources[--buttons->count]);
}
