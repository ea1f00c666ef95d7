/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_process.h"

#include "camera_control.h"
#include "cleanup.h"
#include "jail.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static void tell(struct bk_camera_process *camera, enum bk_camera_control_type type, int fd)
{
    const struct bk_camera_control_message message = { .type = type };

    bk_program_tell(&camera->program, &message, sizeof message, fd);
}

static void on_device(void *userdata, enum bk_device_kind kind, const char *path)
{
    struct bk_camera_process *camera = userdata;

    if (kind != BK_DEVICE_VIDEO || !bk_program_runs(&camera->program))
        return;
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0)
        tell(camera, BK_CAMERA_DEVICE, fd);
    else if (errno != ENODEV && errno != ENOENT) /* it is gone already */
        bk_warning("%s cannot be used: %m", path);
}

static void on_started(void *userdata)
{
    struct bk_camera_process *camera = userdata;

    bk_devices_scan(&camera->devices);
    if (camera->line >= 0)
        tell(camera, BK_CAMERA_LINE, camera->line);
}

static const struct bk_program_kind kind = {
    .name = "bk-camera",
    .prefix = "bk-camera: ",
    .uid = BK_JAIL_UID_CAMERA,
    .started = on_started,
};

int bk_camera_process_open(struct bk_camera_process *camera, sd_event *event, const char *program, bool drop_user)
{
    *camera = (struct bk_camera_process){ .line = -1 };
    int r = bk_devices_open(&camera->devices, event, on_device, camera);
    if (r >= 0)
        r = bk_program_open(&camera->program, event, &kind, program, drop_user, camera);
    if (r < 0)
        bk_camera_process_close(camera);
    return r;
}

void bk_camera_process_close(struct bk_camera_process *camera)
{
    if (camera->devices.found == NULL)
        return;
    bk_program_close(&camera->program);
    bk_devices_close(&camera->devices);
    camera->line = bk_close(camera->line);
}

int bk_camera_process_plug(struct bk_camera_process *camera)
{
    int ends[2];

    if (camera->devices.found == NULL)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        bk_error("the System VM has no cameras: %m");
        return -1;
    }
    bk_close(camera->line);
    camera->line = ends[0];
    tell(camera, BK_CAMERA_LINE, camera->line);
    return ends[1];
}
