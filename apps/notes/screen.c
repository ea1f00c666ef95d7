/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "screen.h"

#include <assert.h>
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CARD           "/dev/dri/card0"
#define MODES_MAX      64U
#define POINTER_SIDE   64U
#define POINTER_HEIGHT 22U /* pixels of the bar */
#define POINTER_BAR    0xff101418U
#define POINTER_EDGE   0xb0ffffffU /* premultiplied */
#define UEVENT_MAX     8192

/* DRM's ioctls may be interrupted. */
static int call(int card, unsigned long request, void *argument)
{
    int r;

    do {
        r = ioctl(card, request, argument);
    } while (r < 0 && (errno == EINTR || errno == EAGAIN));
    return r < 0 ? -errno : 0;
}

static void free_memory(const struct screen *screen, struct screen_memory *memory)
{
    struct drm_mode_destroy_dumb destroy = { .handle = memory->handle };

    if (memory->pixels != NULL)
        munmap(memory->pixels, memory->size);
    if (memory->framebuffer != 0)
        (void)call(screen->card, DRM_IOCTL_MODE_RMFB, &memory->framebuffer);
    if (memory->handle != 0)
        (void)call(screen->card, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    *memory = (struct screen_memory){ 0 };
}

static int make_memory(const struct screen *screen, uint32_t width, uint32_t height, struct screen_memory *ret)
{
    struct drm_mode_create_dumb create = { .width = width, .height = height, .bpp = 32 };
    struct screen_memory memory = { 0 };

    int r = call(screen->card, DRM_IOCTL_MODE_CREATE_DUMB, &create);
    if (r < 0)
        return r;
    memory = (struct screen_memory){
        .handle = create.handle, .width = width, .height = height, .stride = create.pitch, .size = create.size
    };
    struct drm_mode_map_dumb map = { .handle = create.handle };
    r = call(screen->card, DRM_IOCTL_MODE_MAP_DUMB, &map);
    if (r >= 0) {
        void *pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, screen->card, (off_t)map.offset);
        memory.pixels = pixels != MAP_FAILED ? pixels : NULL;
        r = pixels != MAP_FAILED ? 0 : -errno;
    }
    if (memory.pixels == NULL) {
        assert(r < 0); /* no failure leaves errno at 0 */
        free_memory(screen, &memory);
        return r;
    }
    memset(memory.pixels, 0, memory.size);
    *ret = memory;
    return 0;
}

/* A bar, as one has it over text. */
static int make_pointer(struct screen *screen)
{
    int r = make_memory(screen, POINTER_SIDE, POINTER_SIDE, &screen->pointer);

    if (r < 0)
        return r;
    for (uint32_t y = 0; y < POINTER_HEIGHT; y++) {
        uint32_t *row = screen->pointer.pixels + y * screen->pointer.stride / 4;
        bool serif = y < 2 || y >= POINTER_HEIGHT - 2;
        for (uint32_t x = serif ? 1 : 3; x < (serif ? 8 : 6); x++)
            row[x] = POINTER_EDGE;
        for (uint32_t x = serif ? 2 : 4; x < (serif ? 7 : 5); x++)
            row[x] = POINTER_BAR;
    }
    struct drm_mode_cursor2 cursor = { .flags = DRM_MODE_CURSOR_BO,
                                       .crtc_id = screen->crtc,
                                       .width = POINTER_SIDE,
                                       .height = POINTER_SIDE,
                                       .handle = screen->pointer.handle,
                                       .hot_x = 4,
                                       .hot_y = POINTER_HEIGHT / 2 };
    return call(screen->card, DRM_IOCTL_MODE_CURSOR2, &cursor);
}

int bk_screen_open(struct screen *screen)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    uint32_t connectors[1], crtcs[1];
    struct drm_mode_card_res resources = { 0 };

    *screen = (struct screen){ .card = -1, .events = -1 };
    screen->card = open(CARD, O_RDWR | O_CLOEXEC);
    if (screen->card < 0)
        return -errno;
    screen->events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (screen->events < 0 || bind(screen->events, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    /* The first of each is ours: a VM's display has one. */
    int r = call(screen->card, DRM_IOCTL_MODE_GETRESOURCES, &resources);
    if (r < 0)
        return r;
    if (resources.count_connectors < 1 || resources.count_crtcs < 1)
        return -ENODEV;
    resources = (struct drm_mode_card_res){ .connector_id_ptr = (uintptr_t)connectors,
                                            .count_connectors = 1,
                                            .crtc_id_ptr = (uintptr_t)crtcs,
                                            .count_crtcs = 1 };
    r = call(screen->card, DRM_IOCTL_MODE_GETRESOURCES, &resources);
    if (r < 0)
        return r;
    screen->connector = connectors[0];
    screen->crtc = crtcs[0];
    return 0;
}

static int preferred_mode(struct screen *screen, struct drm_mode_modeinfo *ret)
{
    static struct drm_mode_modeinfo modes[MODES_MAX];
    struct drm_mode_get_connector connector = { .connector_id = screen->connector };

    /* Asked with no room, the kernel asks the display; what it says is there to be read then. */
    int r = call(screen->card, DRM_IOCTL_MODE_GETCONNECTOR, &connector);
    if (r < 0)
        return r;
    uint32_t count = connector.count_modes < MODES_MAX ? connector.count_modes : MODES_MAX;
    connector = (struct drm_mode_get_connector){ .connector_id = screen->connector,
                                                 .modes_ptr = (uintptr_t)modes,
                                                 .count_modes = count };
    r = call(screen->card, DRM_IOCTL_MODE_GETCONNECTOR, &connector);
    if (r < 0)
        return r;
    count = connector.count_modes < count ? connector.count_modes : count;
    for (uint32_t i = 0; i < count; i++) {
        if ((modes[i].type & DRM_MODE_TYPE_PREFERRED) != 0 || i == 0)
            *ret = modes[i];
        if ((modes[i].type & DRM_MODE_TYPE_PREFERRED) != 0)
            break;
    }
    screen->width_mm = connector.mm_width;
    return count > 0 ? 0 : -ENODEV;
}

int bk_screen_update(struct screen *screen)
{
    struct screen_memory next, before = screen->picture;
    struct drm_mode_modeinfo mode;

    int r = preferred_mode(screen, &mode);
    if (r < 0)
        return r;
    if (mode.hdisplay == before.width && mode.vdisplay == before.height)
        return 0;
    r = make_memory(screen, mode.hdisplay, mode.vdisplay, &next);
    if (r < 0)
        return r;
    struct drm_mode_fb_cmd2 framebuffer = { .width = next.width,
                                            .height = next.height,
                                            .pixel_format = DRM_FORMAT_XRGB8888,
                                            .handles = { next.handle },
                                            .pitches = { next.stride } };
    r = call(screen->card, DRM_IOCTL_MODE_ADDFB2, &framebuffer);
    next.framebuffer = framebuffer.fb_id;
    if (r >= 0) {
        struct drm_mode_crtc crtc = { .crtc_id = screen->crtc,
                                      .fb_id = next.framebuffer,
                                      .set_connectors_ptr = (uintptr_t)&screen->connector,
                                      .count_connectors = 1,
                                      .mode = mode,
                                      .mode_valid = 1 };
        r = call(screen->card, DRM_IOCTL_MODE_SETCRTC, &crtc);
    }
    if (r < 0) {
        free_memory(screen, &next);
        return r;
    }
    screen->picture = next;
    free_memory(screen, &before);
    if (screen->pointer.handle == 0 && make_pointer(screen) < 0)
        free_memory(screen, &screen->pointer); /* there is no pointer to see, then */
    return 1;
}

bool bk_screen_changed(struct screen *screen)
{
    char message[UEVENT_MAX];
    bool changed = false;

    for (;;) {
        ssize_t size = recv(screen->events, message, sizeof message - 1, MSG_DONTWAIT);
        if (size < 0 && errno == ENOBUFS)
            changed = true; /* some were lost, ours perhaps */
        if (size < 0)
            return changed;
        message[size] = '\0';
        for (ssize_t at = 0; at < size; at += (ssize_t)strlen(message + at) + 1)
            changed = changed || strcmp(message + at, "HOTPLUG=1") == 0;
    }
}

void bk_screen_show(struct screen *screen, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    struct drm_clip_rect clip = { .x1 = (unsigned short)x,
                                  .y1 = (unsigned short)y,
                                  .x2 = (unsigned short)(x + width),
                                  .y2 = (unsigned short)(y + height) };
    struct drm_mode_fb_dirty_cmd dirty = { .fb_id = screen->picture.framebuffer,
                                           .num_clips = 1,
                                           .clips_ptr = (uintptr_t)&clip };

    (void)call(screen->card, DRM_IOCTL_MODE_DIRTYFB, &dirty); /* the next change shows it, if this does not */
}

void bk_screen_move_pointer(struct screen *screen, int x, int y)
{
    struct drm_mode_cursor2 cursor = { .flags = DRM_MODE_CURSOR_MOVE, .crtc_id = screen->crtc, .x = x, .y = y };

    if (screen->pointer.handle != 0)
        (void)call(screen->card, DRM_IOCTL_MODE_CURSOR2, &cursor);
}
