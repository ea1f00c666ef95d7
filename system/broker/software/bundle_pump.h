/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a bundle from the file that the person chose to the supervisor's port (docs/protocols/bundle-port.md), as
 * fast as it is taken there. Nobody looks at what is carried.
 *
 * Input from: app (bytes, through bk-picker)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_BUNDLE_PUMP_H
#define BK_BROKER_BUNDLE_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_BUNDLE_PUMP_CHUNK (64U << 10)

/* It has come to its end; or, `error` below 0: it has not, -ENODATA when its source ended before that. */
typedef void (*bk_bundle_pump_ended_t)(int error, void *userdata);

/* Zero-initialised: it carries nothing. */
struct bk_bundle_pump {
    int source; /* owned while `from` is there */
    int port;
    sd_event_source *from, *to; /* one of them is waited for */
    uint64_t size, taken;       /* of the bundle, and of that */
    uint8_t buffer[BK_BUNDLE_PUMP_CHUNK];
    size_t filled, sent;
    bk_bundle_pump_ended_t ended;
    void *userdata;
};

/* Takes `source`, a non-blocking stream, in any case; `port` stays the caller's. First goes `mark`, then `size` bytes.
 */
int bk_bundle_pump_start(struct bk_bundle_pump *pump, sd_event *event, int source, uint64_t size, int port,
                         const char *mark, bk_bundle_pump_ended_t ended, void *userdata);
/* Nothing more is carried, and nobody told. */
void bk_bundle_pump_stop(struct bk_bundle_pump *pump);

#endif
