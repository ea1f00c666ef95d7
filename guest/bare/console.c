/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include "virtio.h"

#include <string.h>

#define TRANSMIT 1U
#define LINE_MAX 256U /* bytes; the rest of a longer one is not said */

static struct bk_virtio device;
static bool there;

void bk_console_begin(void)
{
    there = bk_virtio_open(&device, BK_VIRTIO_CONSOLE, 0, 2);
    if (there)
        bk_virtio_start(&device);
}

void bk_console_say(const char *line)
{
    static char bytes[LINE_MAX + 1];
    size_t length = strlen(line) < LINE_MAX ? strlen(line) : LINE_MAX;

    memcpy(bytes, line, length);
    bytes[length] = '\n';
    if (there)
        there = bk_virtio_ask(&device, TRANSMIT, &(struct bk_piece){ bytes, length + 1 }, 1, 0) >= 0;
}
