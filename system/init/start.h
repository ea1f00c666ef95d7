/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts one service with its own user, groups and capability, and nothing else of process 1.
 *
 * Input from: trusted
 * Runs in: bk-init
 */
#ifndef BK_INIT_START_H
#define BK_INIT_START_H

#include "services.h"

/* `more` are further arguments, up to NULL, BK_SERVICE_DEVICES_MAX at the most. Negative errno when there is no process
 * for it; what fails in the process itself is logged and ends it with status 127. The process leads a process group of
 * its own. */
int bk_service_start(const struct bk_service *service, const struct bk_cmdline *cmdline, const char *const *more,
                     pid_t *ret_pid);

#endif
