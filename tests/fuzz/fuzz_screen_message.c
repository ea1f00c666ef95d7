/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM says to bk-screen. The input is a row of records: a byte for what descriptor comes with the message (0
 * none, 1 a good memfd, 2 one that is not sealed, 3 one that is too small), and the 48 bytes of the message.
 */
#define _GNU_SOURCE
#include "cable.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH       96U
#define HEIGHT      64U
#define GUARD       64U
#define MEMORY      (256U * 1024U)
#define RECORDS_MAX 64U

static int make_memory(off_t size, int seals)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, size) < 0 || (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0))
        abort();
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int memories[4] = { -1 };
    static uint8_t screen[GUARD + WIDTH * HEIGHT * 4 + GUARD];
    const struct bk_canvas canvas = { screen + GUARD, WIDTH, HEIGHT, WIDTH * 4, size % 2 == 1 };
    struct bk_cable cable = { 0 };
    struct bk_view view = { 0 };

    if (memories[1] == 0) {
        memories[1] = make_memory(MEMORY, BK_DISPLAY_SEALS);
        memories[2] = make_memory(MEMORY, 0);
        memories[3] = make_memory(4096, BK_DISPLAY_SEALS);
    }
    memset(screen, 0xee, sizeof screen);
    bk_view_set_canvas(&view, &canvas);
    for (unsigned record = 0; record < RECORDS_MAX && size > sizeof(struct bk_display_message); record++) {
        if (bk_cable_take(&cable, &view, data + 1, sizeof(struct bk_display_message), memories[data[0] % 4]) != NULL)
            break; /* the cable is closed */
        bk_view_paint(&view);
        data += 1 + sizeof(struct bk_display_message);
        size -= 1 + sizeof(struct bk_display_message);
    }
    /* A datagram of whatever size. */
    (void)bk_cable_take(&cable, &view, data, size < sizeof(struct bk_display_message) ? size : 1, -1);
    bk_cable_reset(&cable);
    bk_view_set_canvas(&view, &canvas);
    bk_view_paint(&view);
    bk_surface_unref(view.shown);
    for (unsigned i = 0; i < GUARD; i++) {
        if (screen[i] != 0xee || screen[sizeof screen - 1 - i] != 0xee)
            abort();
    }
    return 0;
}
