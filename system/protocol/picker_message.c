/* SPDX-License-Identifier: Apache-2.0 */
#include "picker_message.h"

#include <string.h>

const char *const bk_picker_fault_names[BK_PICKER_FAULTS] = {
    [BK_PICKER_SILENT] = "it does not answer", [BK_PICKER_GONE] = "it is gone",
    [BK_PICKER_BROKEN] = "it breaks 9P",       [BK_PICKER_REFUSED] = "it refuses",
    [BK_PICKER_FULL] = "it is full",           [BK_PICKER_NO_FILE] = "it is no file",
    [BK_PICKER_DEEP] = "it is too deep",       [BK_PICKER_TAKEN] = "the name was taken meanwhile",
    [BK_PICKER_SHORT] = "not all of it came",
};
static_assert(BK_PICKER_FAULTS == 9, "a name for each");

bool bk_picker_is_name(const char *name, size_t length)
{
    if (length == 0 || length > BK_PICKER_NAME_MAX || memchr(name, '/', length) != NULL ||
        memchr(name, '\0', length) != NULL)
        return false;
    return !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

struct bk_picker_message bk_picker_message_make(enum bk_picker_type type, uint32_t value, uint64_t size,
                                                const char *name, size_t length)
{
    struct bk_picker_message message = { .type = type, .value = value, .size = size };

    assert(length <= BK_PICKER_NAME_MAX);
    if (length > 0)
        memcpy(message.name, name, length);
    return message;
}

static bool has_no_name(const struct bk_picker_message *message)
{
    static const char none[sizeof message->name];

    return memcmp(message->name, none, sizeof none) == 0;
}

static bool is_entry(const struct bk_picker_message *message)
{
    const size_t length = strnlen(message->name, sizeof message->name);

    if (!bk_picker_is_name(message->name, length) || message->value >= BK_PICKER_KINDS)
        return false;
    for (size_t i = length; i < sizeof message->name; i++) {
        if (message->name[i] != '\0')
            return false;
    }
    return message->size <= BK_PICKER_SIZE_MAX || message->size == BK_PICKER_NO_SIZE;
}

bool bk_picker_message_is_answer(const struct bk_picker_message *message, size_t length)
{
    if (length != sizeof *message)
        return false;
    switch (message->type) {
    case BK_PICKER_ENTRY:
        return is_entry(message);
    case BK_PICKER_LISTED:
        return message->value <= 1 && message->size == 0 && has_no_name(message);
    case BK_PICKER_OPENED:
        return message->value == 0 && message->size <= BK_PICKER_SIZE_MAX && has_no_name(message);
    case BK_PICKER_EXISTS:
    case BK_PICKER_CREATED:
    case BK_PICKER_DONE:
        return message->value == 0 && message->size == 0 && has_no_name(message);
    case BK_PICKER_FAILED:
        return message->value < BK_PICKER_FAULTS && message->size == 0 && has_no_name(message);
    default:
        return false;
    }
}
