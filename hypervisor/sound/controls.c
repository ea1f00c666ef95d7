/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are those of the kernel's Documentation/sound/designs/control-names.rst: what, which direction, which function.
 * What is played goes through all controls that there are for it: the others are opened, and Master says how loud.
 */
#include "controls.h"

#include "checked.h"

#include <errno.h>
#include <sound/asound.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

/* system calls [sound]: ioctl(SNDRV_CTL_IOCTL_ELEM_LIST) ioctl(SNDRV_CTL_IOCTL_ELEM_INFO)
 * ioctl(SNDRV_CTL_IOCTL_ELEM_WRITE) */

#define CONTROLS_MAX 256U
#define LOUD         100
#define PLEASANT     75 /* of a range in decibels: somewhat less than as loud as can be */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

int bk_controls_percent(const char *name, bool is_switch)
{
    static const char *const outputs[] = {
        "Master", "PCM", "Speaker", "Headphone", "Front", "Line Out", "Bass Speaker"
    };

    if (ends_with(name, is_switch ? "Capture Switch" : "Capture Volume"))
        return is_switch ? LOUD : PLEASANT;
    if (!ends_with(name, is_switch ? "Playback Switch" : "Playback Volume"))
        return -1;
    for (size_t i = 0; i < BK_ARRAY_SIZE(outputs); i++) {
        if (starts_with(name, outputs[i]))
            return is_switch || i > 0 ? LOUD : PLEASANT;
    }
    return -1;
}

static void set(int fd, const struct snd_ctl_elem_id *id)
{
    struct snd_ctl_elem_info info = { .id = *id };

    if (id->iface != SNDRV_CTL_ELEM_IFACE_MIXER || ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info) < 0)
        return;
    bool is_switch = info.type == SNDRV_CTL_ELEM_TYPE_BOOLEAN;
    if ((!is_switch && info.type != SNDRV_CTL_ELEM_TYPE_INTEGER) || (info.access & SNDRV_CTL_ELEM_ACCESS_WRITE) == 0)
        return;
    struct snd_ctl_elem_value value = { .id = info.id };
    int percent = bk_controls_percent((const char *)info.id.name, is_switch);
    long min = info.value.integer.min, max = info.value.integer.max;
    if (percent < 0 || min > max)
        return;
    for (unsigned i = 0; i < info.count && i < BK_ARRAY_SIZE(value.value.integer.value); i++)
        value.value.integer.value[i] = is_switch ? 1 : min + (max - min) * percent / 100;
    (void)ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value); /* as it was is all that is lost */
}

int bk_controls_open_up(int fd)
{
    static struct snd_ctl_elem_id ids[CONTROLS_MAX]; /* large */
    struct snd_ctl_elem_list list = { .space = CONTROLS_MAX, .pids = ids };

    if (ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list) < 0)
        return -errno;
    for (unsigned i = 0; i < list.used && i < CONTROLS_MAX; i++)
        set(fd, &ids[i]);
    return 0;
}
