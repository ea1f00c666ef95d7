/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For each size the device gets a new resource over the same memory, which takes the old one's place when it is first
 * shown: until then the person sees the old picture.
 */
#include "screen.h"

#include "memory.h"
#include "virtio.h"

#include <stddef.h>

#define CONTROL          0U /* the queue */
#define EVENT_DISPLAY    1U
#define EVENTS_READ      0U /* of the configuration */
#define EVENTS_CLEAR     4U
#define GET_DISPLAY_INFO 0x0100U
#define CREATE_2D        0x0101U
#define UNREF            0x0102U
#define SET_SCANOUT      0x0103U
#define FLUSH            0x0104U
#define TRANSFER         0x0105U
#define ATTACH_BACKING   0x0106U
#define OK_DISPLAY_INFO  0x1101U
#define FORMAT_B8G8R8X8  2U
#define SIDE_MAX         8192U
#define PIXELS_MAX       (1UL << 22)
#define MEMORY_KEPT      (2UL << 20) /* bytes that are left for others */

struct header {
    uint32_t type, flags;
    uint64_t fence;
    uint32_t context, padding;
};

struct rectangle {
    uint32_t x, y, width, height;
};

static union {
    struct header header;
    struct {
        struct header header;
        uint32_t resource, format, width, height;
    } create;
    struct {
        struct header header;
        uint32_t resource, entries;
        uint64_t address;
        uint32_t length, padding;
    } attach;
    struct {
        struct header header;
        struct rectangle rectangle;
        uint32_t screen, resource;
    } scanout;
    struct {
        struct header header;
        struct rectangle rectangle;
        uint64_t offset;
        uint32_t resource, padding;
    } transfer;
    struct {
        struct header header;
        struct rectangle rectangle;
        uint32_t resource, padding;
    } flush;
    struct {
        struct header header;
        uint32_t resource, padding;
    } unref;
} request;

static struct {
    struct header header;
    struct {
        struct rectangle rectangle;
        uint32_t enabled, flags;
    } displays[16];
} answer;

static struct bk_virtio device;
static size_t pixels_max;
static uint32_t resource, shown; /* the one that is drawn for, the one that the person sees; 0: none */

static uint32_t ask(uint32_t type, size_t size)
{
    request.header = (struct header){ .type = type };
    answer.header.type = 0;
    const struct bk_piece pieces[] = { { &request, size }, { &answer, sizeof answer } };
    return bk_virtio_ask(&device, CONTROL, pieces, 1, 1) < (int)sizeof answer.header ? 0 : answer.header.type;
}

static void make_resource(struct bk_screen *screen)
{
    uint32_t old = resource != shown ? resource : 0;

    if (old != 0) {
        request.unref.resource = old;
        ask(UNREF, sizeof request.unref);
    }
    resource = shown == 1 ? 2 : 1;
    request.create.resource = resource;
    request.create.format = FORMAT_B8G8R8X8;
    request.create.width = screen->width;
    request.create.height = screen->height;
    ask(CREATE_2D, sizeof request.create);
    request.attach.resource = resource;
    request.attach.entries = 1;
    request.attach.address = (uintptr_t)screen->pixels;
    request.attach.length = screen->width * screen->height * (uint32_t)sizeof *screen->pixels;
    request.attach.padding = 0;
    ask(ATTACH_BACKING, sizeof request.attach);
}

static void show_first(const struct bk_screen *screen)
{
    request.scanout.rectangle = (struct rectangle){ .width = screen->width, .height = screen->height };
    request.scanout.screen = 0;
    request.scanout.resource = resource;
    ask(SET_SCANOUT, sizeof request.scanout);
}

/* Asks for the window's size; true when it is another one. */
static bool measure(struct bk_screen *screen)
{
    if (ask(GET_DISPLAY_INFO, sizeof request.header) != OK_DISPLAY_INFO)
        return false;
    uint32_t width = answer.displays[0].rectangle.width, height = answer.displays[0].rectangle.height;
    if (width == 0 || height == 0)
        return false;
    width = width < SIDE_MAX ? width : SIDE_MAX;
    height = height < pixels_max / width ? height : (uint32_t)(pixels_max / width);
    if (width == screen->width && height == screen->height)
        return false;
    screen->width = width;
    screen->height = height;
    make_resource(screen);
    return true;
}

void bk_screen_begin(struct bk_screen *screen)
{
    size_t left = bk_memory_left();

    *screen = (struct bk_screen){ 0 };
    if (!bk_virtio_open(&device, BK_VIRTIO_GPU, 0, 1) || device.config == NULL || left < 2 * MEMORY_KEPT)
        return;
    pixels_max = (left - MEMORY_KEPT) / sizeof *screen->pixels;
    pixels_max = pixels_max < PIXELS_MAX ? pixels_max : PIXELS_MAX;
    bk_virtio_start(&device);
    screen->pixels = bk_memory_take(pixels_max * sizeof *screen->pixels);
    if (screen->pixels != NULL && !measure(screen))
        screen->pixels = NULL;
}

bool bk_screen_resized(struct bk_screen *screen)
{
    if (screen->pixels == NULL || (*(volatile uint32_t *)(device.config + EVENTS_READ) & EVENT_DISPLAY) == 0)
        return false;
    *(volatile uint32_t *)(device.config + EVENTS_CLEAR) = EVENT_DISPLAY;
    return measure(screen);
}

void bk_screen_show(struct bk_screen *screen, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    if (screen->pixels == NULL)
        return;
    if (resource != shown)
        x = y = 0, width = screen->width, height = screen->height;
    if (x >= screen->width || y >= screen->height)
        return;
    width = width < screen->width - x ? width : screen->width - x;
    height = height < screen->height - y ? height : screen->height - y;
    if (width == 0 || height == 0)
        return;
    request.transfer.rectangle = (struct rectangle){ x, y, width, height };
    request.transfer.offset = ((uint64_t)y * screen->width + x) * sizeof *screen->pixels;
    request.transfer.resource = resource;
    request.transfer.padding = 0;
    ask(TRANSFER, sizeof request.transfer);
    if (resource != shown)
        show_first(screen);
    request.flush.rectangle = (struct rectangle){ x, y, width, height };
    request.flush.resource = resource;
    request.flush.padding = 0;
    ask(FLUSH, sizeof request.flush);
    if (resource != shown && shown != 0) {
        request.unref.resource = shown;
        request.unref.padding = 0;
        ask(UNREF, sizeof request.unref);
    }
    shown = resource;
}
