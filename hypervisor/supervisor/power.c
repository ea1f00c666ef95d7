/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "power.h"

#include "cleanup.h"
#include "devices.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US 1000000ULL

/* Of virtio cards: their driver in Linux 6.12 does not bring the screen back. The card is its PCI device's, whose
 * driver is virtio-pci, or virtio_gpu's where there is no PCI. */
#define DRIVER_WITHOUT_RESUME "DRIVER=virtio"

/* ---- looking ---- */

static bool read_supply(const char *folder, const char *name, struct bk_power_supply *ret)
{
    _cleanup_free_ char *text = NULL;
    char path[PATH_MAX];
    size_t size = 0;

    if (name[0] == '.' || snprintf(path, sizeof path, "%s/%s/uevent", folder, name) >= (int)sizeof path)
        return false;
    return bk_read_file(path, BK_POWER_SUPPLY_FILE_MAX, &text, &size) >= 0 && bk_power_supply_read(text, size, ret);
}

static struct bk_power_state look(const char *sys)
{
    struct bk_power_supply supplies[BK_POWER_SUPPLY_MAX];
    char folder[PATH_MAX];
    const struct dirent *entry;
    size_t count = 0;

    if (snprintf(folder, sizeof folder, "%s/class/power_supply", sys) >= (int)sizeof folder)
        return bk_power_supply_sum(NULL, 0);
    DIR *directory = opendir(folder);
    while (directory != NULL && count < BK_POWER_SUPPLY_MAX && (entry = readdir(directory)) != NULL)
        count += read_supply(folder, entry->d_name, &supplies[count]);
    if (directory != NULL)
        closedir(directory);
    return bk_power_supply_sum(supplies, count);
}

/* The deepest sleep there is, of those that keep the memory; NULL: none. */
static const char *sleep_of(const char *sys)
{
    static const char *const states[] = { "mem", "freeze" };
    _cleanup_free_ char *text = NULL;
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/power/state", sys) >= (int)sizeof path ||
        bk_read_file(path, BK_POWER_SUPPLY_FILE_MAX, &text, NULL) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char *rest = NULL, *copy = strdup(text);
        bool found = false;

        for (char *word = copy != NULL ? strtok_r(copy, " \n", &rest) : NULL; word != NULL && !found;
             word = strtok_r(NULL, " \n", &rest))
            found = strcmp(word, states[i]) == 0;
        free(copy);
        if (found)
            return states[i];
    }
    return NULL;
}

static bool card_resumes(const char *folder, const char *name)
{
    _cleanup_free_ char *text = NULL;
    char path[PATH_MAX];

    if (strncmp(name, "card", 4) != 0 ||
        snprintf(path, sizeof path, "%s/%s/device/uevent", folder, name) >= (int)sizeof path ||
        bk_read_file(path, BK_POWER_SUPPLY_FILE_MAX, &text, NULL) < 0)
        return true; /* it is no card, or a monitor's place on one */
    return strstr(text, DRIVER_WITHOUT_RESUME) == NULL;
}

static bool screens_resume(const char *sys)
{
    char folder[PATH_MAX];
    const struct dirent *entry;
    bool all = true;

    if (snprintf(folder, sizeof folder, "%s/class/drm", sys) >= (int)sizeof folder)
        return false;
    DIR *directory = opendir(folder);
    while (directory != NULL && all && (entry = readdir(directory)) != NULL)
        all = card_resumes(folder, entry->d_name);
    if (directory != NULL)
        closedir(directory);
    return all;
}

void bk_power_look(struct bk_power *power)
{
    if (power->sys == NULL)
        return;
    const struct bk_power_state state = look(power->sys);
    const bool suspends = sleep_of(power->sys) != NULL && screens_resume(power->sys);
    const bool changed = !bk_power_state_equal(&state, &power->state) || suspends != power->suspends;

    if (suspends != power->suspends || power->changed == NULL)
        bk_info("this machine %s", suspends ? "can sleep" : "cannot sleep");
    power->suspends = suspends;
    if (state.percent != power->state.percent || state.plugged != power->state.plugged)
        bk_info("battery: %d %%, %s", state.percent, state.plugged ? "plugged in" : "on battery");
    power->state = state;
    if (changed && power->changed != NULL)
        power->changed(power->userdata);
}

static int on_uevent(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    char text[BK_UEVENT_MAX];
    ssize_t n = bk_uevent_receive(fd, text);

    (void)source;
    (void)events;
    /* Some were lost, or it is about a power supply. */
    if (n == -ENOBUFS || (n > 0 && bk_uevent_is_of(text, (size_t)n, "power_supply")))
        bk_power_look(userdata);
    return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)usec;
    bk_power_look(userdata);
    int r = sd_event_source_set_time_relative(source, BK_POWER_LOOK_S * SECOND_US);
    return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- suspending ---- */

int bk_power_suspend(struct bk_power *power)
{
    char path[PATH_MAX];

    bk_power_look(power);
    const char *sleep = power->suspends ? sleep_of(power->sys) : NULL;

    if (sleep == NULL || snprintf(path, sizeof path, "%s/power/state", power->sys) >= (int)sizeof path)
        return -EOPNOTSUPP;
    _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    bk_info("the machine sleeps (%s)", sleep);
    int r = bk_write_all(fd, sleep, strlen(sleep)); /* it returns when the machine is awake */
    if (r < 0)
        bk_error("the machine does not sleep: %s", strerror(-r));
    else
        bk_info("the machine is awake");
    bk_power_look(power);
    return r;
}

/* ---- life ---- */

static int watch(struct bk_power *power, sd_event *event)
{
    int r = bk_uevent_open(&power->uevents);

    if (r >= 0)
        r = sd_event_add_io(event, &power->uevent_source, power->uevents, EPOLLIN, on_uevent, power);
    if (r < 0)
        bk_error("the kernel's word of batteries is not heard: %s", strerror(-r));
    return sd_event_add_time_relative(event, &power->timer, CLOCK_MONOTONIC, BK_POWER_LOOK_S * SECOND_US, 0, on_time,
                                      power);
}

void bk_power_open(struct bk_power *power, sd_event *event, const char *sys, void (*changed)(void *userdata),
                   void *userdata)
{
    *power = (struct bk_power){ .sys = sys, .state = bk_power_supply_sum(NULL, 0), .uevents = -1 };
    if (sys == NULL)
        return;
    bk_power_look(power);
    power->changed = changed;
    power->userdata = userdata;
    int r = watch(power, event);
    if (r < 0)
        bk_error("batteries are not looked at from time to time: %s", strerror(-r));
}

void bk_power_close(struct bk_power *power)
{
    if (power->sys == NULL)
        return;
    sd_event_source_disable_unref(power->timer);
    sd_event_source_disable_unref(power->uevent_source);
    power->uevents = bk_close(power->uevents);
    power->sys = NULL;
}
