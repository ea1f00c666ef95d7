/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "surface.h"

#include "checked.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

/* system calls [screen]: fcntl(F_GET_SEALS) fstatfs lseek mmap(no-exec) munmap */

#define NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_SEAL)

const char *bk_surface_check_geometry(const struct bk_display_message *message)
{
    uint32_t width = message->surface.width;
    uint32_t height = message->surface.height;
    uint32_t stride = message->surface.stride;

    if (message->surface.id == 0)
        return "a surface has the id 0";
    if (width == 0 || width > BK_DISPLAY_SIDE_MAX || height == 0 || height > BK_DISPLAY_SIDE_MAX)
        return "a surface's sides are out of range";
    if (stride < width * 4 || stride % 4 != 0 || stride > BK_SURFACE_STRIDE_MAX)
        return "a surface's stride is wrong";
    if (message->surface.size < (uint64_t)stride * height)
        return "a surface is smaller than its pixels";
    if (message->surface.size > BK_SURFACE_SIZE_MAX)
        return "a surface is too large";
    if (message->surface.has_alpha > 1)
        return "a surface's alpha is neither 0 nor 1";
    return NULL;
}

const char *bk_surface_check_memory(int fd, uint64_t size)
{
    struct statfs filesystem;

    if (fd < 0)
        return "a surface came without its memory";
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & NEEDED_SEALS) != NEEDED_SEALS)
        return "a surface's memory is no memfd, or not sealed";
    /* Huge pages are sealed as well, but touching one may be deadly where none are left. */
    if (fstatfs(fd, &filesystem) < 0 || filesystem.f_type != TMPFS_MAGIC)
        return "a surface's memory is not ordinary memory";
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0 || (uint64_t)end < size)
        return "a surface's memory is smaller than it says";
    return NULL;
}

struct bk_surface *bk_surfaces_find(const struct bk_surfaces *surfaces, uint32_t id)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(surfaces->known); i++) {
        if (surfaces->known[i] != NULL && surfaces->known[i]->id == id)
            return surfaces->known[i];
    }
    return NULL;
}

const char *bk_surfaces_add(struct bk_surfaces *surfaces, const struct bk_display_message *message, int fd)
{
    struct bk_surface **place = NULL;

    const char *refusal = bk_surface_check_geometry(message);
    if (refusal == NULL)
        refusal = bk_surface_check_memory(fd, message->surface.size);
    if (refusal != NULL)
        return refusal;
    if (bk_surfaces_find(surfaces, message->surface.id) != NULL)
        return "a surface's id is in use";
    for (size_t i = 0; i < BK_ARRAY_SIZE(surfaces->known) && place == NULL; i++) {
        if (surfaces->known[i] == NULL)
            place = &surfaces->known[i];
    }
    if (place == NULL)
        return "there are too many surfaces";

    struct bk_surface *surface = malloc(sizeof *surface);
    void *pixels = surface != NULL ? mmap(NULL, message->surface.size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (surface == NULL || pixels == MAP_FAILED) {
        free(surface);
        return "a surface cannot be mapped";
    }
    *surface = (struct bk_surface){
        .id = message->surface.id,
        .width = message->surface.width,
        .height = message->surface.height,
        .stride = message->surface.stride,
        .has_alpha = message->surface.has_alpha != 0,
        .pixels = pixels,
        .size = message->surface.size,
        .references = 1,
    };
    *place = surface;
    return NULL;
}

const char *bk_surfaces_withdraw(struct bk_surfaces *surfaces, uint32_t id)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(surfaces->known); i++) {
        if (surfaces->known[i] == NULL || surfaces->known[i]->id != id)
            continue;
        surfaces->known[i] = bk_surface_unref(surfaces->known[i]);
        return NULL;
    }
    return "a surface that is not known was withdrawn";
}

void bk_surfaces_clear(struct bk_surfaces *surfaces)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(surfaces->known); i++)
        surfaces->known[i] = bk_surface_unref(surfaces->known[i]);
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
