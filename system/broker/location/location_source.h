/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What knows where the machine is: one small interface, and the sources that the machine has. Apps are sources, too:
 * location_provider.h.
 *
 * Input from: host (a receiver), trusted (a place that the person set: location_choice.h)
 * Runs in: bk-broker
 *
 * A source looks only while it is started, for the battery's sake. It reports from the event loop or from start(), a
 * fix that is within its ranges.
 */
#ifndef BK_BROKER_LOCATION_SOURCE_H
#define BK_BROKER_LOCATION_SOURCE_H

#include "location.h"

#include "place.h"

#include <systemd/sd-event.h>

/* Who is believed, the first above all others: what the person says, then what the machine itself measures, then what
 * an app that the person allowed it says. */
enum bk_location_rank {
    BK_LOCATION_SET,
    BK_LOCATION_MEASURED,
    BK_LOCATION_TOLD,
};

struct bk_location_source {
    const char *name; /* for the log */
    enum bk_location_rank rank;
    void (*start)(struct bk_location_source *source);
    void (*stop)(struct bk_location_source *source);
    void (*destroy)(struct bk_location_source *source);
    bool stays; /* a fix is as good as it was until there is another; else for BK_LOCATION_FRESH_MS */
    /* whoever has the source sets these; the machine was there so long ago */
    void (*report)(struct bk_location_source *source, const struct bk_fix *fix, uint64_t age_ms, void *userdata);
    void *userdata;
    /* location_sources.h's */
    struct bk_location_source *next;
    bool looks;
    uint64_t looks_ms; /* … since then */
    bool has_fix;
    uint64_t fix_ms; /* when it was there */
    struct bk_fix fix;
};

/* A GPS receiver that writes NMEA 0183 to a device. */
int bk_location_gps_create(sd_event *event, const char *device, struct bk_location_source **ret);

/* What waited in buffers while nobody listened comes at once when somebody does, and is old; what is new comes once a
 * second. So much of the beginning is thrown away. */
#define BK_LOCATION_GPS_OLD_MS 1000U

/* A place that the person set. */
int bk_location_place_create(const struct bk_place *where, struct bk_location_source **ret);

#define BK_LOCATION_PLACE_M 100.0 /* metres: how exact a place is that somebody looked up */

#endif
