/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the app keeps of process 1's rights: /etc/bulkhead/rights, a name a line. Without that file it keeps none.
 *
 * Input from: trusted (the app's own image, which made this guest)
 * Runs in: bk-guest-init
 *
 * The boundary of an app is its VM: what it may do within, its developer says. The one right that there is, "mount", is
 * for an app that mounts what others offer; in Linux it is CAP_SYS_ADMIN.
 */
#ifndef BK_GUEST_RIGHTS_H
#define BK_GUEST_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#define BK_RIGHTS_PATH     "/etc/bulkhead/rights"
#define BK_RIGHTS_SIZE_MAX 4096U

/* Reads `size` bytes of text. -EINVAL for a name that is not known. */
int bk_rights_parse(const char *text, size_t size, bool *ret_mount);
/* 0 and false when there is no such file. */
int bk_rights_load(const char *path, bool *ret_mount);

/* To be called by what becomes the app: capabilities live through the change of user that follows … */
int bk_rights_keep(void);
/* … and of those only the one to mount with through that, and through the exec. */
int bk_rights_raise_mount(void);

#endif
