/* SPDX-License-Identifier: Apache-2.0 */
#include "parameters.h"

#include "json.h"

#include <assert.h>
#include <string.h>

static const sd_varlink_symbol *find_method(const sd_varlink_interface *interface, const char *name)
{
    for (size_t i = 0; interface->symbols[i] != NULL; i++) {
        const sd_varlink_symbol *symbol = interface->symbols[i];
        if (symbol->symbol_type == SD_VARLINK_METHOD && strcmp(symbol->name, name) == 0)
            return symbol;
    }
    return NULL;
}

static const sd_varlink_field *find_input(const sd_varlink_symbol *symbol, const char *name)
{
    for (const sd_varlink_field *field = symbol->fields; field->field_type != _SD_VARLINK_FIELD_TYPE_END_MARKER;
         field++) {
        if (field->name != NULL && field->field_direction != SD_VARLINK_OUTPUT && strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

/* True when the object has the key at `index` before, too. Its keys are its type's fields: few, until the first that is
 * there twice. */
static bool is_there_before(sd_json_variant *object, size_t index)
{
    const char *key = sd_json_variant_string(sd_json_variant_by_index(object, index));

    for (size_t i = 0; i < index; i += 2) {
        if (strcmp(sd_json_variant_string(sd_json_variant_by_index(object, i)), key) == 0)
            return true;
    }
    return false;
}

static bool is_clear(const sd_varlink_field *field, sd_json_variant *value);

/* The key of the first field that is not clear; NULL: all are. */
static const char *find_unclear(const sd_varlink_symbol *symbol, sd_json_variant *object)
{
    for (size_t i = 0; i < sd_json_variant_elements(object); i += 2) {
        const char *key = sd_json_variant_string(sd_json_variant_by_index(object, i));
        const sd_varlink_field *field = find_input(symbol, key);
        if (field == NULL || is_there_before(object, i) || !is_clear(field, sd_json_variant_by_index(object, i + 1)))
            return key;
    }
    return NULL;
}

static bool is_clear_one(const sd_varlink_field *field, sd_json_variant *value)
{
    if (!bk_json_is_given(value))
        return true;
    if (field->field_type == SD_VARLINK_INT)
        return sd_json_variant_is_integer(value);
    return field->field_type != SD_VARLINK_NAMED_TYPE || field->symbol->symbol_type != SD_VARLINK_STRUCT_TYPE ||
           find_unclear(field->symbol, value) == NULL;
}

static bool is_clear(const sd_varlink_field *field, sd_json_variant *value)
{
    if ((field->field_flags & SD_VARLINK_ARRAY) == 0 || !bk_json_is_given(value))
        return is_clear_one(field, value);
    for (size_t i = 0; i < sd_json_variant_elements(value); i++) {
        if (!is_clear_one(field, sd_json_variant_by_index(value, i)))
            return false;
    }
    return true;
}

bool bk_parameters_accept(sd_varlink *link, sd_json_variant *parameters, const sd_varlink_interface *interface,
                          const char *method)
{
    const sd_varlink_symbol *symbol = find_method(interface, method);

    assert(symbol != NULL);
    const char *unclear = find_unclear(symbol, parameters);
    if (unclear == NULL)
        return true;
    (void)sd_varlink_error_invalid_parameter_name(link, unclear);
    return false;
}
