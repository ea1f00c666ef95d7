/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a screen of the rig's Linux as a camera would: watch CARD [MARK]
 *
 * What the card sends to its monitor is a framebuffer in memory. This looks at the last pixel of it, which is what a
 * program that copies from top to bottom writes last, and prints "NANOSECONDS COLOUR" whenever it is another one, or
 * the framebuffer is another one with another pixel. It looks with each tick of the machine's clock, every 4 ms.
 *
 * "watch mark" does nothing but execute the instruction that bench/rig/stores.c knows.
 */
#define _GNU_SOURCE
#include "mark.h"

#include <drm/drm.h>
#include <drm/drm_mode.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS          1000000 /* the clock's next tick, that is */
#define CRTCS_MAX        8U
#define FRAMEBUFFERS_MAX 16U
#define COLOUR_MASK      0xffffffU

/* A framebuffer that was on the screen. */
struct framebuffer {
    uint32_t id;
    const volatile uint32_t *last; /* pixel */
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "watch: %s: %m\n", what);
    exit(EXIT_FAILURE);
}

/* A card of the rig has one. */
static uint32_t find_crtc(int card)
{
    uint32_t crtcs[CRTCS_MAX] = { 0 };
    struct drm_mode_card_res resources = { .crtc_id_ptr = (uintptr_t)crtcs, .count_crtcs = CRTCS_MAX };

    if (ioctl(card, DRM_IOCTL_MODE_GETRESOURCES, &resources) < 0 || resources.count_crtcs == 0)
        fail("a card");
    return crtcs[0];
}

static uint32_t shown_framebuffer(int card, uint32_t crtc_id)
{
    struct drm_mode_crtc crtc = { .crtc_id = crtc_id };

    if (ioctl(card, DRM_IOCTL_MODE_GETCRTC, &crtc) < 0)
        fail("a screen");
    return crtc.fb_id;
}

/* Where its last pixel is, or NULL when it is gone already. */
static const volatile uint32_t *map(int card, uint32_t id)
{
    struct drm_mode_fb_cmd2 framebuffer = { .fb_id = id };

    if (ioctl(card, DRM_IOCTL_MODE_GETFB2, &framebuffer) < 0)
        return NULL;
    struct drm_mode_map_dumb dumb = { .handle = framebuffer.handles[0] };
    size_t size = (size_t)framebuffer.pitches[0] * framebuffer.height;
    if (framebuffer.handles[0] == 0 || ioctl(card, DRM_IOCTL_MODE_MAP_DUMB, &dumb) < 0)
        fail("a framebuffer");
    const void *pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, card, (off_t)dumb.offset);
    if (pixels == MAP_FAILED)
        fail("a framebuffer's memory");
    return (const volatile uint32_t *)pixels + (framebuffer.height - 1) * (framebuffer.pitches[0] / 4) +
           framebuffer.width - 1;
}

static const volatile uint32_t *look_up(int card, uint32_t id)
{
    static struct framebuffer known[FRAMEBUFFERS_MAX];
    static unsigned count;

    for (unsigned i = 0; i < count; i++) {
        if (known[i].id == id)
            return known[i].last;
    }
    const volatile uint32_t *last = map(card, id);
    if (last != NULL && count < FRAMEBUFFERS_MAX)
        known[count++] = (struct framebuffer){ id, last };
    return last;
}

int main(int argc, char **argv)
{
    const struct timespec pause = { .tv_nsec = LOOK_NS };
    struct timespec now;
    uint32_t before = ~0U;

    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "mark") == 0) {
        BENCH_MARK();
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    int card = open(argv[1], O_RDWR | O_CLOEXEC);
    if (card < 0)
        fail(argv[1]);
    (void)ioctl(card, DRM_IOCTL_DROP_MASTER, 0); /* it may be ours, when nobody else was there yet */
    uint32_t crtc = find_crtc(card);
    for (;; nanosleep(&pause, NULL)) {
        uint32_t id = shown_framebuffer(card, crtc);
        const volatile uint32_t *last = id != 0 ? look_up(card, id) : NULL;
        uint32_t colour = last != NULL ? *last & COLOUR_MASK : before;
        if (colour == before)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &now);
        printf("%" PRIu64 " %" PRIu32 "\n", (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec, colour);
        before = colour;
    }
}
