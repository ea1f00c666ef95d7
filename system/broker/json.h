/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sd-json lacks here.
 *
 * Input from: whoever the JSON is from
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_JSON_H
#define BK_BROKER_JSON_H

#include <stdbool.h>
#include <systemd/sd-json.h>

#define _cleanup_json_ __attribute__((cleanup(sd_json_variant_unrefp)))

/* A field that may be left out, and may be null, is there. */
static inline bool bk_json_is_given(sd_json_variant *json)
{
    return json != NULL && !sd_json_variant_is_null(json);
}

#endif
