/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about the place that the person set.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_PLACE_H
#define BK_BROKER_DESKTOP_PLACE_H

#include "desktop.h"

#include "place.h"

/* A place as an object, on the way and in the file. */
int bk_desktop_build_place(const struct bk_place *place, sd_json_variant **ret);
/* False when it is no object with two numbers that are a place. */
bool bk_desktop_read_place(sd_json_variant *json, struct bk_place *ret);

/* NULL: there is none. */
void bk_desktop_set_place(struct bk_desktop *desktop, const struct bk_place *place);

/* Takes what Watch() says of it; false when it says nothing of it. `*ret_fault` is what is wrong with it, or NULL. */
bool bk_desktop_place_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                           const char **ret_fault);

#endif
