/* SPDX-License-Identifier: Apache-2.0 */
#include "surface.h"

#include <stdlib.h>
#include <sys/mman.h>

/* system calls [screen]: mmap(no-exec) munmap */

struct bk_surface *bk_surface_map(const struct bk_display_message *message, int fd)
{
    struct bk_surface *surface = malloc(sizeof *surface);
    void *pixels = surface != NULL ? mmap(NULL, message->surface.size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (surface == NULL || pixels == MAP_FAILED) {
        free(surface);
        return NULL;
    }
    *surface = (struct bk_surface){
        .width = message->surface.width,
        .height = message->surface.height,
        .stride = message->surface.stride,
        .pixels = pixels,
        .size = message->surface.size,
        .references = 1,
    };
    return surface;
}

struct bk_surface *bk_surface_ref(struct bk_surface *surface)
{
    surface->references++;
    return surface;
}

struct bk_surface *bk_surface_unref(struct bk_surface *surface)
{
    if (surface != NULL && --surface->references == 0) {
        munmap((void *)(uintptr_t)surface->pixels, surface->size);
        free(surface);
    }
    return NULL;
}
