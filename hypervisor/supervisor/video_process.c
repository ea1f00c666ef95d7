/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "video_process.h"

#include "cleanup.h"
#include "jail.h"
#include "log.h"
#include "video_control.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void tell(struct bk_video_process *video, enum bk_video_control_type type, int fd)
{
    const struct bk_video_control_message message = { .type = type };

    bk_program_tell(&video->program, &message, sizeof message, fd);
}

/* What takes frames and gives frames is bk-codec's, all else bk-camera's: neither has what the other one works with. */
static bool is_codec(int fd)
{
    struct v4l2_capability capability;

    return ioctl(fd, VIDIOC_QUERYCAP, &capability) == 0 && (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 &&
           (capability.device_caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) != 0;
}

static void on_device(void *userdata, enum bk_device_kind kind, const char *path)
{
    struct bk_video_process *video = userdata;

    if (kind != BK_DEVICE_VIDEO || !bk_program_runs(&video->program))
        return;
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && is_codec(fd) == video->codec)
        tell(video, BK_VIDEO_DEVICE, fd);
    else if (fd < 0 && errno != ENODEV && errno != ENOENT) /* it is gone already */
        bk_warning("%s cannot be used: %m", path);
}

static void on_started(void *userdata)
{
    struct bk_video_process *video = userdata;

    bk_devices_scan(&video->devices);
    if (video->line >= 0)
        tell(video, BK_VIDEO_LINE, video->line);
}

static const struct bk_program_kind camera_kind = {
    .name = "bk-camera",
    .prefix = "bk-camera: ",
    .uid = BK_JAIL_UID_CAMERA,
    .started = on_started,
};

static const struct bk_program_kind codec_kind = {
    .name = "bk-codec",
    .prefix = "bk-codec: ",
    .uid = BK_JAIL_UID_CODEC,
    .started = on_started,
};

int bk_video_process_open(struct bk_video_process *video, sd_event *event, const char *program, bool codec,
                          bool drop_user)
{
    *video = (struct bk_video_process){ .codec = codec, .line = -1 };
    int r = bk_devices_open(&video->devices, event, on_device, video);
    if (r >= 0)
        r = bk_program_open(&video->program, event, codec ? &codec_kind : &camera_kind, program, drop_user, video);
    if (r < 0)
        bk_video_process_close(video);
    return r;
}

void bk_video_process_close(struct bk_video_process *video)
{
    if (video->devices.found == NULL)
        return;
    bk_program_close(&video->program);
    bk_devices_close(&video->devices);
    video->line = bk_close(video->line);
}

int bk_video_process_plug(struct bk_video_process *video)
{
    int ends[2];

    if (video->devices.found == NULL)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        bk_error("the System VM has no %s: %m", video->codec ? "encoders" : "cameras");
        return -1;
    }
    bk_close(video->line);
    video->line = ends[0];
    tell(video, BK_VIDEO_LINE, video->line);
    return ends[1];
}
