/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The System VM's services: what they are, what rights they have, and that they run.
 *
 * Input from: trusted
 * Runs in: bk-init
 */
#ifndef BK_INIT_SERVICES_H
#define BK_INIT_SERVICES_H

#include "cmdline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum bk_service_need {
    BK_NEED_DISPLAY, /* the display device, and input devices */
    BK_NEED_PORT,    /* the port to the hypervisor, whose path is its next argument, and a GPS receiver's, if it is said
                      * that    there is one: --gps and its path */
    BK_NEED_NOTHING,
};

#define BK_SERVICE_ARGUMENTS_MAX   8
#define BK_SERVICE_ENVIRONMENT_MAX 16
#define BK_SERVICE_DEVICES_MAX     9 /* arguments that say where devices are */
#define BK_SERVICES_MAX            8
#define BK_SERVICE_GROUPS_MAX      2
#define BK_SERVICE_RUNTIMES_MAX    2

struct bk_service {
    const char *name;
    const char *arguments[BK_SERVICE_ARGUMENTS_MAX];
    const char *environment[BK_SERVICE_ENVIRONMENT_MAX];
    uid_t uid;                                     /* and its group of the same number */
    gid_t groups[BK_SERVICE_GROUPS_MAX];           /* more groups, 0 for none */
    uint64_t capabilities;                         /* those that it keeps, by their bits */
    const char *runtimes[BK_SERVICE_RUNTIMES_MAX]; /* directories of its own, the second one or NULL … */
    bool shared;                                   /* … which its group may pass, to a socket there, … */
    const char *state; /* … and one whose content is kept, where there is a data disk; or NULL */
    enum bk_service_need need;
};

extern const struct bk_service bk_services[];
extern const size_t bk_services_count;

/* NULL when there is none of that name. */
const struct bk_service *bk_service_find(const char *name);

/* How long to wait before a service is started again: it doubles with each life that was short. */
#define BK_RESTART_MS_MIN 100
#define BK_RESTART_MS_MAX 10000
#define BK_LIFE_MS_LONG   10000
uint64_t bk_service_pause(uint64_t last_pause_ms, uint64_t life_ms);

#endif
