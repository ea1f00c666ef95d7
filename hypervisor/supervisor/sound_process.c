/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sound_process.h"

#include "cleanup.h"
#include "io.h"
#include "jail.h"
#include "log.h"
#include "sound_cable.h"
#include "sound_control.h"
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void tell(struct bk_sound_process *sound, enum bk_sound_control_type type, uint32_t cid, uint32_t value, int fd)
{
    const struct bk_sound_control_message message = { .type = type, .cid = cid, .value = value };

    bk_program_tell(&sound->program, &message, sizeof message, fd);
}

static void on_device(void *userdata, enum bk_device_kind kind, const char *path)
{
    struct bk_sound_process *sound = userdata;

    if (kind != BK_DEVICE_SOUND || !bk_program_runs(&sound->program))
        return;
    bool controls = strstr(path, "/controlC") != NULL, capture = path[strlen(path) - 1] == 'c';
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && controls)
        tell(sound, BK_SOUND_CONTROLS, 0, 0, fd);
    else if (fd >= 0)
        tell(sound, BK_SOUND_CARD, 0, capture ? BK_SOUND_CAPTURE : BK_SOUND_PLAYBACK, fd);
    else if (errno != ENODEV && errno != ENOENT) /* it is gone already */
        bk_warning("%s cannot be used: %m", path);
}

static void on_started(void *userdata)
{
    struct bk_sound_process *sound = userdata;

    bk_devices_scan(&sound->devices);
    sound->started(sound->userdata);
}

static bool on_said(void *userdata, const void *data, size_t size)
{
    struct bk_sound_process *sound = userdata;
    struct bk_sound_control_message message;

    if (size != sizeof message)
        return false;
    memcpy(&message, data, sizeof message);
    if (message.type != BK_SOUND_RECORDS || message.value > 1 || message.zero != 0)
        return false;
    sound->recording(sound->userdata, message.cid, message.value != 0);
    return true;
}

static const struct bk_program_kind kind = {
    .name = "bk-sound",
    .prefix = "bk-sound: ",
    .uid = BK_JAIL_UID_SOUND,
    .started = on_started,
    .said = on_said,
};

int bk_sound_process_open(struct bk_sound_process *sound, sd_event *event, const char *program, bool drop_user,
                          void (*started)(void *userdata),
                          void (*recording)(void *userdata, uint32_t cid, bool recording), void *userdata)
{
    *sound = (struct bk_sound_process){ .started = started, .recording = recording, .userdata = userdata };
    int r = bk_devices_open(&sound->devices, event, on_device, sound);
    if (r >= 0)
        r = bk_program_open(&sound->program, event, &kind, program, drop_user, sound);
    if (r < 0)
        bk_sound_process_close(sound);
    return r;
}

void bk_sound_process_close(struct bk_sound_process *sound)
{
    bk_program_close(&sound->program);
    bk_devices_close(&sound->devices);
}

int bk_sound_process_plug(struct bk_sound_process *sound, struct bk_vm *vm, uint32_t cid)
{
    int ends[2];

    if (!bk_program_runs(&sound->program))
        return 0;
    int r = bk_socketpair(BK_SOUND_CABLE_BUFFER, ends);
    if (r < 0)
        return r;
    tell(sound, BK_SOUND_CABLE, cid, 0, ends[0]);
    bk_vm_tell(vm, BK_CONTROL_PLUG_SOUND, 0, ends[1]);
    bk_close(ends[0]);
    bk_close(ends[1]);
    return 0;
}

void bk_sound_process_allow(struct bk_sound_process *sound, uint32_t cid, bool microphone)
{
    tell(sound, BK_SOUND_MICROPHONE, cid, microphone, -1);
}
