/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "location_source.h"

#include "nmea.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 512U

struct gps {
    struct bk_location_source source; /* first */
    int fd;
    sd_event_source *io;
    struct bk_nmea nmea;
    uint64_t from_ms; /* what comes before is old */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void set_enabled(struct gps *gps, int enabled)
{
    (void)sd_event_source_set_enabled(gps->io, enabled); /* cannot fail for a source that exists */
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct gps *gps = userdata;
    char bytes[CHUNK];
    struct bk_fix fix;
    ssize_t size = read(fd, bytes, sizeof bytes);

    (void)source;
    (void)events;
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size <= 0) {
        bk_error("the GPS receiver says no more: %s", size < 0 ? strerror(errno) : "its line has ended");
        set_enabled(gps, SD_EVENT_OFF);
        return 0;
    }
    if (now_ms() < gps->from_ms)
        return 0;
    for (ssize_t i = 0; i < size; i++) {
        if (bk_nmea_feed(&gps->nmea, bytes[i], &fix))
            gps->source.report(&gps->source, &fix, 0, gps->source.userdata);
    }
    return 0;
}

static void gps_start(struct bk_location_source *source)
{
    struct gps *gps = (struct gps *)source;

    gps->nmea = (struct bk_nmea){ 0 };
    gps->from_ms = now_ms() + BK_LOCATION_GPS_OLD_MS;
    set_enabled(gps, SD_EVENT_ON);
}

static void gps_stop(struct bk_location_source *source)
{
    set_enabled((struct gps *)source, SD_EVENT_OFF);
}

static void gps_destroy(struct bk_location_source *source)
{
    struct gps *gps = (struct gps *)source;

    sd_event_source_disable_unref(gps->io);
    bk_close(gps->fd);
    free(gps);
}

int bk_location_gps_create(sd_event *event, const char *device, struct bk_location_source **ret)
{
    struct gps *gps = calloc(1, sizeof *gps);

    if (gps == NULL)
        return -ENOMEM;
    gps->source = (struct bk_location_source){
        .name = "a GPS receiver",
        .rank = BK_LOCATION_MEASURED,
        .start = gps_start,
        .stop = gps_stop,
        .destroy = gps_destroy,
    };
    gps->fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int r = gps->fd < 0 ? -errno : sd_event_add_io(event, &gps->io, gps->fd, EPOLLIN, on_io, gps);
    if (r < 0) {
        gps_destroy(&gps->source);
        return r;
    }
    set_enabled(gps, SD_EVENT_OFF);
    *ret = &gps->source;
    return 0;
}
