/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place that the person set: kept over restarts, told to the desktop's settings, where they change it, and the
 * first of the sources.
 *
 * Input from: trusted (bk-compositor, the machine's command line); the file, which a power cut or a bad disk may have
 *   damaged
 * Runs in: bk-broker
 *
 * A machine may begin with a place, which its command line says. It counts until the person has set or forgotten one in
 * the settings; from then on what they did there does, also that there be none. The file is one JSON object
 * (preferences.h): {"place": {"latitude": NUMBER, "longitude": NUMBER}}, or {"place": null}; one that says neither
 * counts as none.
 */
#ifndef BK_BROKER_LOCATION_CHOICE_H
#define BK_BROKER_LOCATION_CHOICE_H

#include "broker.h"

/* `path`, which must outlive the broker, may be NULL: in memory. `initial`, what bk_place_read() reads, may be NULL:
 * none. What cannot be used is none, and logged. */
void bk_location_choice_start(struct bk_broker *broker, const char *path, const char *initial);
void bk_location_choice_stop(struct bk_broker *broker);

/* The person set a place, or forgot it: NULL. Who watches is told at once. */
void bk_location_choice_change(struct bk_broker *broker, const struct bk_place *place);

/* There is a desktop that shows nothing yet. */
void bk_location_choice_desktop_arrived(struct bk_broker *broker);

#endif
