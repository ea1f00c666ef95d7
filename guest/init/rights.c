/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rights.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int bk_rights_parse(const char *text, size_t size, bool *ret_mount)
{
    static const char name[] = "mount";
    bool mount = false;

    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        if (length == sizeof name - 1 && memcmp(text, name, length) == 0)
            mount = true;
        else if (length > 0)
            return -EINVAL;
        length += end != NULL;
        text += length;
        size -= length;
    }
    *ret_mount = mount;
    return 0;
}

int bk_rights_load(const char *path, bool *ret_mount)
{
    _cleanup_free_ char *text = NULL;
    size_t size = 0;
    int r = bk_read_file(path, BK_RIGHTS_SIZE_MAX, &text, &size);

    if (r == -ENOENT) {
        *ret_mount = false;
        return 0;
    }
    return r < 0 ? r : bk_rights_parse(text, size, ret_mount);
}

int bk_rights_keep(void)
{
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int bk_rights_raise_mount(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
    const unsigned number = CAP_SYS_ADMIN / 32;

    data[number].permitted = data[number].inheritable = data[number].effective = 1U << (CAP_SYS_ADMIN % 32);
    if (syscall(SYS_capset, &header, data) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) < 0)
        return -errno;
    return 0;
}
