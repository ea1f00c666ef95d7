/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sd-varlink lets pass of a call's parameters and no method shall meet: a key that stands there twice, of which
 * one reader takes the first and another one the last; and text, or a number beyond int64_t, where the interface says
 * `int`, either of which sd-json reads as 0.
 *
 * Input from: app
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_PARAMETERS_H
#define BK_BROKER_PARAMETERS_H

#include <stdbool.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink-idl.h>
#include <systemd/sd-varlink.h>

/* Every method that takes parameters begins with it; `method` is one of `interface`. False: there is such a parameter,
 * and the call is answered with InvalidParameter, which names it. */
bool bk_parameters_accept(sd_varlink *link, sd_json_variant *parameters, const sd_varlink_interface *interface,
                          const char *method);

#endif
