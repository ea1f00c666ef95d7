/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app that does nothing but show pictures, for the display's benchmark: on the whole of the screen, whatever size it
 * has, with nothing but the kernel between. Keys tell it what to do:
 *
 *   A  an animation: it draws the whole screen and flips to it, again as soon as the flip is done, as compositors and
 *      games do; until S, when it prints "animate: N frames in T us"
 *   Q  draws a quarter of the screen in place, and tells the display that it has changed (DIRTYFB)
 *   D  draws DRAWINGS pictures, tells nobody, and prints "draw: DRAWINGS pictures"
 *   any other: draws one picture and flips to it
 *
 * Each picture's last rows are its number, so that whoever looks at a screen knows which of them is to be seen there.
 */
#define _GNU_SOURCE
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/input.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CARD          "/dev/dri/card0"
#define MODES_MAX     64U
#define KEYBOARDS_MAX 8U
#define DRAWINGS      20U
#define LOOK_MS       250 /* for another size of the screen, while nothing moves */
#define NUMBER_ROWS   4U
#define NUMBER_MAX    0xffffffU

struct picture {
    uint32_t handle, framebuffer, stride;
    size_t size;
    uint32_t *pixels;
};

struct screen {
    int card;
    uint32_t connector, crtc, width, height;
    struct picture pictures[2];
    unsigned shown;
};

static _Noreturn void fail(const char *what)
{
    printf("animate: %s: %m\n", what);
    exit(EXIT_FAILURE);
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* DRM's ioctls may be interrupted. */
static int call(const struct screen *screen, unsigned long request, void *argument)
{
    int r;

    do {
        r = ioctl(screen->card, request, argument);
    } while (r < 0 && (errno == EINTR || errno == EAGAIN));
    return r;
}

/* The screen */

static void open_screen(struct screen *screen)
{
    uint32_t connectors[1] = { 0 }, crtcs[1] = { 0 };
    struct drm_mode_card_res resources = { 0 };

    *screen = (struct screen){ .card = open(CARD, O_RDWR | O_CLOEXEC) };
    if (screen->card < 0 || call(screen, DRM_IOCTL_MODE_GETRESOURCES, &resources) < 0)
        fail(CARD);
    resources = (struct drm_mode_card_res){ .connector_id_ptr = (uintptr_t)connectors,
                                            .count_connectors = 1,
                                            .crtc_id_ptr = (uintptr_t)crtcs,
                                            .count_crtcs = 1 };
    if (call(screen, DRM_IOCTL_MODE_GETRESOURCES, &resources) < 0)
        fail("its screen");
    screen->connector = connectors[0];
    screen->crtc = crtcs[0];
}

static struct drm_mode_modeinfo preferred_mode(const struct screen *screen)
{
    static struct drm_mode_modeinfo modes[MODES_MAX];
    struct drm_mode_get_connector connector = { .connector_id = screen->connector };

    /* Asked with no room, the kernel asks the display; what it says is there to be read then. */
    if (call(screen, DRM_IOCTL_MODE_GETCONNECTOR, &connector) < 0 || connector.count_modes == 0)
        fail("no mode");
    connector = (struct drm_mode_get_connector){ .connector_id = screen->connector,
                                                 .modes_ptr = (uintptr_t)modes,
                                                 .count_modes = MODES_MAX };
    if (call(screen, DRM_IOCTL_MODE_GETCONNECTOR, &connector) < 0)
        fail("modes");
    for (uint32_t i = 0; i < connector.count_modes && i < MODES_MAX; i++) {
        if ((modes[i].type & DRM_MODE_TYPE_PREFERRED) != 0)
            return modes[i];
    }
    return modes[0];
}

static void free_picture(const struct screen *screen, struct picture *picture)
{
    struct drm_mode_destroy_dumb destroy = { .handle = picture->handle };

    if (picture->pixels == NULL)
        return;
    munmap(picture->pixels, picture->size);
    (void)call(screen, DRM_IOCTL_MODE_RMFB, &picture->framebuffer);
    (void)call(screen, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    *picture = (struct picture){ 0 };
}

static void make_picture(const struct screen *screen, struct picture *picture)
{
    struct drm_mode_create_dumb create = { .width = screen->width, .height = screen->height, .bpp = 32 };

    if (call(screen, DRM_IOCTL_MODE_CREATE_DUMB, &create) < 0)
        fail("memory");
    struct drm_mode_map_dumb map = { .handle = create.handle };
    struct drm_mode_fb_cmd2 framebuffer = { .width = screen->width,
                                            .height = screen->height,
                                            .pixel_format = DRM_FORMAT_XRGB8888,
                                            .handles = { create.handle },
                                            .pitches = { create.pitch } };
    if (call(screen, DRM_IOCTL_MODE_MAP_DUMB, &map) < 0 || call(screen, DRM_IOCTL_MODE_ADDFB2, &framebuffer) < 0)
        fail("a framebuffer");
    void *pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, screen->card, (off_t)map.offset);
    if (pixels == MAP_FAILED)
        fail("a framebuffer's memory");
    *picture = (struct picture){ create.handle, framebuffer.fb_id, create.pitch, create.size, pixels };
}

/* True when the screen has another size than it had. */
static bool follow_size(struct screen *screen)
{
    struct drm_mode_modeinfo mode = preferred_mode(screen);

    if (mode.hdisplay == screen->width && mode.vdisplay == screen->height)
        return false;
    struct picture before[2] = { screen->pictures[0], screen->pictures[1] };
    screen->width = mode.hdisplay;
    screen->height = mode.vdisplay;
    screen->shown = 0;
    for (unsigned i = 0; i < 2; i++)
        make_picture(screen, &screen->pictures[i]);
    struct drm_mode_crtc crtc = { .crtc_id = screen->crtc,
                                  .fb_id = screen->pictures[0].framebuffer,
                                  .set_connectors_ptr = (uintptr_t)&screen->connector,
                                  .count_connectors = 1,
                                  .mode = mode,
                                  .mode_valid = 1 };
    if (call(screen, DRM_IOCTL_MODE_SETCRTC, &crtc) < 0)
        fail("the mode");
    for (unsigned i = 0; i < 2; i++)
        free_picture(screen, &before[i]);
    return true;
}

/* Down from `left`, `top` to the screen's last corner; every pixel is another one than in the picture before. */
static void draw(const struct screen *screen, unsigned picture, uint32_t left, uint32_t top)
{
    static uint32_t number;
    const struct picture *target = &screen->pictures[picture];

    number = (number + 1) & NUMBER_MAX;

    for (uint32_t y = top; y < screen->height; y++) {
        uint32_t *row = target->pixels + y * (target->stride / 4);
        uint32_t colour = y + NUMBER_ROWS < screen->height ? ((y + number * 8) & 0xff) * 0x010204U : number;
        for (uint32_t x = left; x < screen->width; x++)
            row[x] = colour;
    }
}

static void flip(struct screen *screen)
{
    struct drm_mode_crtc_page_flip flip = { .crtc_id = screen->crtc,
                                            .fb_id = screen->pictures[!screen->shown].framebuffer,
                                            .flags = DRM_MODE_PAGE_FLIP_EVENT };
    char events[1024];

    if (call(screen, DRM_IOCTL_MODE_PAGE_FLIP, &flip) < 0)
        fail("a flip");
    if (read(screen->card, events, sizeof events) <= 0)
        fail("a flip's end");
    screen->shown = !screen->shown;
}

static void tell_changed(const struct screen *screen, uint32_t left, uint32_t top)
{
    struct drm_clip_rect clip = { (unsigned short)left, (unsigned short)top, (unsigned short)screen->width,
                                  (unsigned short)screen->height };
    struct drm_mode_fb_dirty_cmd dirty = { .fb_id = screen->pictures[screen->shown].framebuffer,
                                           .num_clips = 1,
                                           .clips_ptr = (uintptr_t)&clip };

    if (call(screen, DRM_IOCTL_MODE_DIRTYFB, &dirty) < 0)
        fail("telling of a change");
}

static void show_next(struct screen *screen)
{
    draw(screen, !screen->shown, 0, 0);
    flip(screen);
}

static void show_quarter(const struct screen *screen)
{
    draw(screen, screen->shown, screen->width / 2, screen->height / 2);
    tell_changed(screen, screen->width / 2, screen->height / 2);
}

/* The keyboard */

static unsigned open_keyboards(struct pollfd keyboards[static KEYBOARDS_MAX])
{
    char path[32];
    unsigned count = 0;

    for (unsigned i = 0; i < KEYBOARDS_MAX; i++) {
        snprintf(path, sizeof path, "/dev/input/event%u", i);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0)
            keyboards[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
    }
    return count;
}

/* The code of a key that went down, or 0. */
static uint16_t read_key(struct pollfd *keyboards, unsigned count)
{
    struct input_event event;

    for (unsigned i = 0; i < count; i++) {
        while (read(keyboards[i].fd, &event, sizeof event) == (ssize_t)sizeof event) {
            if (event.type == EV_KEY && event.value == 1)
                return event.code;
        }
    }
    return 0;
}

/* Until the key S. */
static void animate(struct screen *screen, struct pollfd *keyboards, unsigned count)
{
    uint64_t began_us = now_us();
    unsigned frames = 0;

    while (read_key(keyboards, count) != KEY_S) {
        show_next(screen);
        frames++;
    }
    printf("animate: %u frames in %" PRIu64 " us\n", frames, now_us() - began_us);
}

static void obey(struct screen *screen, uint16_t key, struct pollfd *keyboards, unsigned count)
{
    switch (key) {
    case KEY_A:
        animate(screen, keyboards, count);
        break;
    case KEY_Q:
        show_quarter(screen);
        break;
    case KEY_D:
        for (unsigned i = 0; i < DRAWINGS; i++)
            draw(screen, !screen->shown, 0, 0);
        printf("draw: %u pictures\n", DRAWINGS);
        break;
    default:
        show_next(screen);
        break;
    }
}

int main(void)
{
    struct pollfd keyboards[KEYBOARDS_MAX];
    struct screen screen;
    uint16_t key;

    setvbuf(stdout, NULL, _IOLBF, 0);
    open_screen(&screen);
    unsigned count = open_keyboards(keyboards);
    for (;;) {
        if (follow_size(&screen)) {
            show_next(&screen);
            printf("animate: ready %ux%u\n", screen.width, screen.height);
        }
        poll(keyboards, count, LOOK_MS);
        while ((key = read_key(keyboards, count)) != 0)
            obey(&screen, key, keyboards, count);
    }
}
