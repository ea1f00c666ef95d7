/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "invalid.h"

#include "broker.h"

#include <stdio.h>
#include <string.h>

bool bk_invalid_note(struct bk_invalid *invalid, const char *field, const char *fault, unsigned limit)
{
    snprintf(invalid->field, sizeof invalid->field, "%s", field);
    invalid->fault = fault;
    invalid->limit = limit;
    return false;
}

bool bk_invalid_take_judged(const char *text, enum bk_text_fault fault, const char *field, size_t max, char *to,
                            struct bk_invalid *invalid)
{
    switch (fault) {
    case BK_TEXT_GOOD:
        memcpy(to, text, strlen(text) + 1);
        return true;
    case BK_TEXT_EMPTY:
        return bk_invalid_note(invalid, field, "empty", 0);
    case BK_TEXT_TOO_LONG:
        return bk_invalid_note(invalid, field, "tooLong", (unsigned)max);
    case BK_TEXT_BAD_CHARACTER:
        return bk_invalid_note(invalid, field, "badCharacter", 0);
    }
    return false;
}

bool bk_invalid_take_text(sd_json_variant *json, const char *field, size_t max, enum bk_text_kind kind, char *to,
                          struct bk_invalid *invalid)
{
    const char *text = sd_json_variant_string(json) ?: "";

    return bk_invalid_take_judged(text, bk_text_check(text, strlen(text), max, kind), field, max, to, invalid);
}

int bk_invalid_answer(const struct bk_invalid *invalid, sd_varlink *link, struct bk_app *app, const char *method,
                      const char *error)
{
    char what[96];

    snprintf(what, sizeof what, "%s: %s: %s", method, invalid->field, invalid->fault);
    bk_broker_log_refusal(app, what);
    return sd_varlink_errorbo(
        link, error, SD_JSON_BUILD_PAIR_STRING("field", invalid->field),
        SD_JSON_BUILD_PAIR_STRING("fault", invalid->fault),
        SD_JSON_BUILD_PAIR_CONDITION(invalid->limit > 0, "limit", SD_JSON_BUILD_UNSIGNED(invalid->limit)),
        SD_JSON_BUILD_PAIR_CONDITION(invalid->limit == 0, "limit", SD_JSON_BUILD_NULL));
}
