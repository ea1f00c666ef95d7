/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 63U

bool bk_host_name_is_fine(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *label = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

    if (strlen(name) > BK_HOST_NAME_MAX)
        return false;
    for (;;) {
        const size_t length = strspn(label, letters);
        if (length == 0 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
            return false;
        if (label[length] == '\0')
            return true;
        if (label[length] != '.')
            return false;
        label += length + 1;
    }
}

int bk_hosts_add(struct bk_hosts *hosts, const char *name)
{
    if (hosts->count == BK_HOSTS_MAX)
        return -E2BIG;
    if (!bk_host_name_is_fine(name))
        return -EINVAL;
    hosts->names[hosts->count] = strdup(name);
    if (hosts->names[hosts->count] == NULL)
        return -ENOMEM;
    hosts->count++;
    return 0;
}

void bk_hosts_finish(struct bk_hosts *hosts)
{
    while (hosts->count > 0)
        free(hosts->names[--hosts->count]);
}

bool bk_hosts_are_same(const struct bk_hosts *one, const struct bk_hosts *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        if (strcmp(one->names[i], other->names[i]) != 0)
            return false;
    }
    return true;
}
