/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays the compositor in a System VM's guest: hears the display port, maps what apps show from the import device, says
 * on its standard output what it hears and sees, and answers every frame. docs/protocols/display-port.md.
 *
 *     hello, joined CID, left CID                  as the port says
 *     frame CID WIDTHxHEIGHT FIRST LAST SUM        when the picture is another: its first pixel, its last, and a sum
 *     refused CID                                  of a surface that cannot be mapped
 *     write: ignored | faulted | done              what became of a byte that was written to a mapping
 *     rate: N of M MB/s                            reading a mapping, and reading memory of its own
 *     memtype: ...                                 what the kernel, booted with "debugpat", says of the mappings'
 * memory type
 *
 * The first pixel of a new picture, in place of another, may ask for something: PRESS, that the key A is pressed and
 * let go in every app; DIE, that the program ends.
 */
#define _GNU_SOURCE
#include "display_port.h"

#include <dirent.h>
#include <drm/drm.h>
#include <drm/virtgpu_drm.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PRESS        0x00c0ffeeU
#define DIE          0x00deadedU
#define PICTURES_MAX 64U
#define PAGE         4096UL
#define RATE_SIZE    (1UL << 20) /* bytes: smaller mappings are not measured */
#define RATE_ROUNDS  8U
#define LOG_MAX      (1U << 18)
#define KLOG_READ    3 /* SYSLOG_ACTION_READ_ALL */

struct picture {
    uint32_t cid; /* 0: there is none in this place */
    struct bk_display_message surface;
    const uint32_t *pixels; /* NULL: not mapped yet */
};

static struct picture pictures[PICTURES_MAX];
static uint64_t last_sums[BK_DISPLAY_PORT_APPS_MAX];
static uint32_t cids[BK_DISPLAY_PORT_APPS_MAX]; /* that joined; 0: a free place */
static int port, device;
static sigjmp_buf after_fault;

static _Noreturn void fail(const char *what)
{
    printf("failed: %s: %m\n", what);
    exit(EXIT_FAILURE);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* The port */

static int open_port(void)
{
    DIR *directory = opendir("/sys/class/virtio-ports");
    const struct dirent *entry;
    char path[300], name[64];

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
        FILE *file = fopen(path, "re");
        bool found =
            file != NULL && fgets(name, sizeof name, file) != NULL && strcmp(name, BK_DISPLAY_PORT_NAME "\n") == 0;
        if (file != NULL)
            fclose(file);
        if (!found)
            continue;
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        closedir(directory);
        return open(path, O_RDWR | O_CLOEXEC);
    }
    return -1;
}

static void tell(uint32_t cid, struct bk_display_message message)
{
    const struct bk_display_port_record record = { .cid = cid, .message = message };

    if (write(port, &record, sizeof record) != (ssize_t)sizeof record)
        fail("writing to the port");
}

static void hear_bytes(void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(port, (char *)buffer + done, size - done);
        if (n <= 0)
            fail("reading from the port");
        done += (size_t)n;
    }
}

/* The answer to HELLO, behind whatever a program before this one left unread. */
static void seek_hello(void)
{
    const struct bk_display_port_record hello = { .message.type = BK_DISPLAY_PORT_HELLO };
    struct bk_display_port_record last;

    tell(0, hello.message);
    hear_bytes(&last, sizeof last);
    while (memcmp((const uint8_t *)&last, (const uint8_t *)&hello, sizeof hello) != 0) { /* they have no padding */
        memmove(&last, (char *)&last + 1, sizeof last - 1);
        hear_bytes((char *)&last + sizeof last - 1, 1);
    }
    say("hello");
}

static void press(uint32_t cid)
{
    for (int down = 1; down >= 0; down--) {
        tell(cid, (struct bk_display_message){ .type = BK_DISPLAY_INPUT,
                                               .input = { BK_DISPLAY_KEYBOARD, EV_KEY, KEY_A, down } });
        tell(cid, (struct bk_display_message){ .type = BK_DISPLAY_INPUT,
                                               .input = { BK_DISPLAY_KEYBOARD, EV_SYN, SYN_REPORT, 0 } });
    }
}

static void press_all(void)
{
    for (unsigned i = 0; i < BK_DISPLAY_PORT_APPS_MAX; i++) {
        if (cids[i] != 0)
            press(cids[i]);
    }
}

/* The import device */

static int open_device(void)
{
    for (int i = 128; i < 144; i++) {
        char path[32];
        int shows_memory = 0;
        struct drm_virtgpu_getparam parameter = { .param = VIRTGPU_PARAM_HOST_VISIBLE,
                                                  .value = (uint64_t)(uintptr_t)&shows_memory };
        snprintf(path, sizeof path, "/dev/dri/renderD%d", i);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && ioctl(fd, DRM_IOCTL_VIRTGPU_GETPARAM, &parameter) == 0 && shows_memory != 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

static void *map_blob(const struct picture *picture, size_t *ret_size)
{
    const uint32_t id = picture->surface.surface.id;
    struct drm_virtgpu_resource_create_blob blob = { .blob_mem = VIRTGPU_BLOB_MEM_HOST3D,
                                                     .blob_flags = VIRTGPU_BLOB_FLAG_USE_MAPPABLE,
                                                     .size = (picture->surface.surface.size + PAGE - 1) & ~(PAGE - 1),
                                                     .blob_id = bk_display_port_blob_id(picture->cid, id) };

    if (ioctl(device, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB, &blob) < 0)
        return MAP_FAILED;
    struct drm_virtgpu_map map = { .handle = blob.bo_handle };
    if (ioctl(device, DRM_IOCTL_VIRTGPU_MAP, &map) < 0)
        return MAP_FAILED;
    *ret_size = blob.size;
    return mmap(NULL, blob.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)map.offset);
}

/* What is shown of a mapping once it is there */

static void on_fault(int number)
{
    siglongjmp(after_fault, number);
}

static void try_to_write(volatile uint8_t *byte)
{
    const uint8_t before = *byte;

    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    if (sigsetjmp(after_fault, 1) != 0) {
        say("write: faulted");
    } else {
        *byte = (uint8_t)~before;
        say("write: %s", *byte == before ? "ignored" : "done");
    }
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
}

static unsigned long measure(void *to, const void *from)
{
    struct timespec begin, end;

    memcpy(to, from, RATE_SIZE); /* which also has the pages there */
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < RATE_ROUNDS; i++) {
        memcpy(to, from, RATE_SIZE);
        __asm__ volatile("" ::: "memory"); /* each time */
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    return (unsigned long)((double)RATE_SIZE * RATE_ROUNDS / 1e6 / seconds);
}

static void say_rates(const void *mapping)
{
    void *here = malloc(RATE_SIZE), *there = malloc(RATE_SIZE);

    if (here == NULL || there == NULL)
        fail("memory");
    memset(there, 1, RATE_SIZE);
    unsigned long own = measure(here, there);
    say("rate: %lu of %lu MB/s", measure(here, mapping), own);
    free(here);
    free(there);
}

static void say_memory_types(void)
{
    char *log = calloc(1, LOG_MAX), *rest = log;

    if (log == NULL || klogctl(KLOG_READ, log, LOG_MAX - 1) < 0)
        fail("the kernel's log");
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const char *found = strstr(line, "memtype_reserve added [mem 0x50"); /* the window: bk-vmm's core/layout.h */
        if (found != NULL)
            say("memtype: %s", found);
    }
    free(log);
}

static bool map_picture(struct picture *picture)
{
    static bool written, measured;
    size_t size;
    void *pixels = map_blob(picture, &size);

    if (pixels == MAP_FAILED) {
        say("refused %u", picture->cid);
        return false;
    }
    picture->pixels = pixels;
    if (!written)
        try_to_write(pixels);
    written = true;
    if (!measured && size >= RATE_SIZE) {
        say_rates(pixels);
        say_memory_types();
        measured = true;
    }
    return true;
}

/* What apps say */

static struct picture *find(uint32_t cid, uint32_t id)
{
    for (unsigned i = 0; i < PICTURES_MAX; i++) {
        if (pictures[i].cid == cid && (cid == 0 || pictures[i].surface.surface.id == id))
            return &pictures[i];
    }
    return NULL;
}

static void forget(uint32_t cid, bool all, uint32_t id)
{
    for (unsigned i = 0; i < PICTURES_MAX; i++) {
        struct picture *picture = &pictures[i];
        if (picture->cid != cid || (!all && picture->surface.surface.id != id))
            continue;
        if (picture->pixels != NULL)
            munmap((void *)(uintptr_t)picture->pixels, (picture->surface.surface.size + PAGE - 1) & ~(PAGE - 1));
        *picture = (struct picture){ .cid = 0 };
    }
}

static void show(struct picture *picture, uint32_t serial)
{
    const uint32_t width = picture->surface.surface.width, height = picture->surface.surface.height;
    const size_t stride = picture->surface.surface.stride / 4;
    uint64_t sum = 0xcbf29ce484222325U;

    if (picture->pixels == NULL && !map_picture(picture))
        return;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++)
            sum = (sum ^ picture->pixels[y * stride + x]) * 0x100000001b3U;
    }
    uint32_t first = picture->pixels[0] & 0xffffff,
             last = picture->pixels[(height - 1) * stride + width - 1] & 0xffffff;
    uint64_t *before = &last_sums[picture->cid % BK_DISPLAY_PORT_APPS_MAX];
    const bool new = sum != *before && *before != 0;
    if (sum != *before)
        say("frame %u %ux%u %06x %06x %016llx", picture->cid, width, height, first, last, (unsigned long long)sum);
    *before = sum;
    tell(picture->cid, (struct bk_display_message){ .type = BK_DISPLAY_FRAME_DONE, .frame.serial = serial });
    if (new && first == DIE)
        exit(EXIT_SUCCESS);
    if (new && first == PRESS)
        press_all();
}

static void take(const struct bk_display_port_record *record)
{
    const uint32_t cid = record->cid;
    uint32_t *place = &cids[cid % BK_DISPLAY_PORT_APPS_MAX];
    struct picture *picture;

    switch (record->message.type) {
    case BK_DISPLAY_PORT_JOINED:
        say("joined %u", cid);
        *place = cid;
        tell(cid, (struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE, .configure = { 400, 300, 0, 0, 60000 } });
        break;
    case BK_DISPLAY_PORT_LEFT:
        say("left %u", cid);
        *place = 0;
        forget(cid, true, 0);
        last_sums[cid % BK_DISPLAY_PORT_APPS_MAX] = 0;
        break;
    case BK_DISPLAY_SURFACE:
        picture = find(0, 0);
        if (picture != NULL)
            *picture = (struct picture){ .cid = cid, .surface = record->message };
        break;
    case BK_DISPLAY_WITHDRAW:
        forget(cid, false, record->message.surface.id);
        break;
    case BK_DISPLAY_FRAME:
        picture = find(cid, record->message.frame.id);
        if (picture == NULL)
            fail("a frame of no surface");
        show(picture, record->message.frame.serial);
        break;
    default: /* what is not drawn here */
        break;
    }
}

int main(void)
{
    struct bk_display_port_record record;

    port = open_port();
    device = open_device();
    if (port < 0 || device < 0)
        fail(port < 0 ? "the display port" : "the import device");
    seek_hello();
    for (;;) {
        hear_bytes(&record, sizeof record);
        take(&record);
    }
}
