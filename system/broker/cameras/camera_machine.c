/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_machine.h"

#include "camera_records.h"
#include "camera_session.h"

#include "checked.h"
#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define READS_AT_ONCE 16U   /* before everything else has its turn … */
#define READ_MAX      4096U /* … of so many bytes; a port gives a page at the most */

static_assert(BK_CAMERA_PORT_MODES == BK_CAMERA_MODES_MAX && BK_CAMERA_PORT_TITLE == BK_CAMERA_TITLE_MAX,
              "what there is, and what it is called, fits there and here");

struct machine_camera {
    struct bk_camera camera; /* first */
    struct bk_camera_machine *machine;
    uint32_t number;
    bool found;        /* it is among the broker's */
    uint64_t heard_ms; /* when it was wanted, or gave a frame */
};

struct bk_camera_machine {
    struct bk_broker *broker;
    int fd;
    sd_event_source *source;
    sd_event_source *silence; /* on while a camera is wanted */
    struct bk_camera_records records;
    struct machine_camera cameras[BK_CAMERA_PORT_CAMERAS];
};

/* ---- what is said ---- */

static int say(struct bk_camera_machine *machine, const struct bk_camera_port_command *command)
{
    ssize_t n = write(machine->fd, command, sizeof *command); /* whole, or not at all: it fits a buffer of the port's */

    return n == (ssize_t)sizeof *command ? 0 : n < 0 ? -errno : -EIO;
}

static void forget_camera(struct machine_camera *camera)
{
    camera->found = false;
    camera->camera.mode = NULL; /* there is nothing to be stopped any more */
    bk_camera_remove(&camera->camera);
}

static void forget_cameras(struct bk_camera_machine *machine)
{
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
        if (machine->cameras[i].found)
            forget_camera(&machine->cameras[i]);
    }
}

/* Begins a session; why the one before is over. */
static void greet(struct bk_camera_machine *machine, const char *why)
{
    struct bk_camera_port_command hello = { .type = BK_CAMERA_PORT_HELLO };

    if (why != NULL && bk_ratelimit_pass(&machine->broker->log_limit))
        bk_warning("the machine's cameras: %s", why);
    forget_cameras(machine);
    if (getrandom(hello.nonce, sizeof hello.nonce, 0) != (ssize_t)sizeof hello.nonce)
        return; /* cannot happen for so few bytes */
    bk_camera_records_begin(&machine->records, hello.nonce);
    int r = say(machine, &hello);
    if (r < 0)
        bk_error("the machine's cameras cannot be reached: %s", strerror(-r));
}

static void watch_silence(struct bk_camera_machine *machine)
{
    (void)sd_event_source_set_time_relative(machine->silence, BK_CAMERA_MACHINE_SILENT_MS * UINT64_C(1000));
    (void)sd_event_source_set_enabled(machine->silence, SD_EVENT_ONESHOT);
}

static int on_silence(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_camera_machine *machine = userdata;
    uint64_t now = bk_broker_now_ms();
    bool wanted = false;

    (void)source;
    (void)usec;
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
        const struct machine_camera *camera = &machine->cameras[i];
        if (!camera->found || camera->camera.mode == NULL)
            continue;
        wanted = true;
        if (now - camera->heard_ms >= BK_CAMERA_MACHINE_SILENT_MS) {
            greet(machine, "one that is wanted gives nothing");
            return 0;
        }
    }
    if (wanted)
        watch_silence(machine);
    return 0;
}

static int start(struct bk_camera *camera)
{
    struct machine_camera *own = (struct machine_camera *)camera;
    const struct bk_camera_port_command command = {
        .type = BK_CAMERA_PORT_START,
        .camera = own->number,
        .value = (uint32_t)(camera->mode - camera->modes),
    };
    int r = say(own->machine, &command);

    if (r < 0)
        return r;
    own->heard_ms = bk_broker_now_ms();
    watch_silence(own->machine);
    return 0;
}

static void stop(struct bk_camera *camera)
{
    struct machine_camera *own = (struct machine_camera *)camera;
    const struct bk_camera_port_command command = { .type = BK_CAMERA_PORT_STOP, .camera = own->number };
    int r = say(own->machine, &command);

    if (r < 0)
        bk_error("camera %u of the machine cannot be stopped: %s", own->number, strerror(-r));
}

/* ---- what is heard ---- */

/* A title that is no good text is none. */
static void take_title(struct bk_camera *camera, const struct bk_camera_port_found *found)
{
    size_t length = strnlen(found->title, sizeof found->title);
    bool good = bk_text_check(found->title, length, BK_CAMERA_TITLE_MAX, BK_TEXT_LINE) == BK_TEXT_GOOD;

    if (good)
        memcpy(camera->title, found->title, length); /* all of it is zero before */
    else
        memcpy(camera->title, "Camera", sizeof "Camera");
}

static const char *take_found(struct machine_camera *camera, const struct bk_camera_port_found *found)
{
    if (camera->found || found->n_modes == 0 || found->n_modes > BK_CAMERA_MODES_MAX)
        return "what is found makes no sense";
    camera->camera = (struct bk_camera){ .n_modes = found->n_modes, .start = start, .stop = stop };
    for (unsigned i = 0; i < found->n_modes; i++) {
        struct bk_camera_mode *mode = &camera->camera.modes[i];
        memcpy(mode->format, found->modes[i].format, BK_CAMERA_FORMAT_LENGTH);
        mode->width = found->modes[i].width;
        mode->height = found->modes[i].height;
        mode->rate = found->modes[i].rate;
        if (!bk_camera_is_mode(mode))
            return "a mode that no camera has";
    }
    take_title(&camera->camera, found);
    snprintf(camera->camera.id, sizeof camera->camera.id, "machine/%u", camera->number);
    camera->found = true;
    bk_info("the machine has a camera: %s", camera->camera.title);
    bk_camera_add(camera->machine->broker, &camera->camera);
    return NULL;
}

/* Yields what is wrong, or NULL. */
static const char *take_record(struct bk_camera_machine *machine, struct bk_camera_frame *frame)
{
    const struct bk_camera_port_record *record = &machine->records.record;
    struct machine_camera *camera = &machine->cameras[record->camera];
    const struct bk_camera_mode *mode = camera->camera.mode;

    switch (record->type) {
    case BK_CAMERA_PORT_FOUND:
        return take_found(camera, &machine->records.found);
    case BK_CAMERA_PORT_GONE:
        if (camera->found)
            forget_camera(camera);
        break;
    case BK_CAMERA_PORT_BEGUN:
        /* One that is wanted in another mode by now will begin in that. */
        if (camera->found && mode != NULL && !camera->camera.flows &&
            record->value == (uint32_t)(mode - camera->camera.modes))
            bk_camera_begun(&camera->camera);
        break;
    case BK_CAMERA_PORT_ENDED:
        if (camera->found && mode != NULL)
            bk_camera_ended(&camera->camera);
        break;
    case BK_CAMERA_PORT_FRAME:
        camera->heard_ms = bk_broker_now_ms();
        if (camera->found && camera->camera.flows) /* else it is one that was under way */
            bk_camera_show(&camera->camera, frame);
        break;
    default: /* a WELCOME */
        break;
    }
    return NULL;
}

static void take_all(struct bk_camera_machine *machine, const uint8_t *data, size_t size)
{
    while (size > 0) {
        struct bk_camera_frame *frame = NULL;
        const char *fault = NULL;
        int r = bk_camera_records_take(&machine->records, &data, &size, &frame);
        if (r > 0)
            fault = take_record(machine, frame);
        else if (r < 0)
            fault = r == -EBADMSG ? "what they say makes no sense" : "no memory";
        bk_camera_frame_unref(frame);
        if (fault != NULL)
            greet(machine, fault); /* what is left of these bytes is old then */
    }
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_camera_machine *machine = userdata;
    uint8_t data[READ_MAX];

    (void)events;
    for (unsigned i = 0; i < READS_AT_ONCE; i++) {
        ssize_t n = read(fd, data, sizeof data);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n <= 0) {
            bk_error("the machine's cameras are gone: %s", n < 0 ? strerror(errno) : "their line has ended");
            forget_cameras(machine);
            return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
        take_all(machine, data, (size_t)n);
    }
    return 0;
}

/* ---- life ---- */

int bk_camera_machine_create(struct bk_broker *broker, const char *device, struct bk_camera_machine **ret)
{
    struct bk_camera_machine *machine = calloc(1, sizeof *machine);

    if (machine == NULL)
        return -ENOMEM;
    machine->broker = broker;
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++)
        machine->cameras[i] = (struct machine_camera){ .machine = machine, .number = i };
    machine->fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int r = machine->fd < 0 ? -errno : 0;
    if (r >= 0)
        r = sd_event_add_io(broker->event, &machine->source, machine->fd, EPOLLIN, on_io, machine);
    if (r >= 0)
        r = sd_event_source_set_priority(machine->source, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_add_time_relative(broker->event, &machine->silence, CLOCK_MONOTONIC, 0, 0, on_silence, machine);
    if (r >= 0)
        r = sd_event_source_set_enabled(machine->silence, SD_EVENT_OFF);
    if (r < 0) {
        bk_camera_machine_destroy(machine);
        return r;
    }
    greet(machine, NULL);
    *ret = machine;
    return 0;
}

void bk_camera_machine_destroy(struct bk_camera_machine *machine)
{
    if (machine == NULL)
        return;
    forget_cameras(machine);
    sd_event_source_disable_unref(machine->source);
    sd_event_source_disable_unref(machine->silence);
    bk_camera_records_finish(&machine->records);
    bk_close(machine->fd);
    free(machine);
}
