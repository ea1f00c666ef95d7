/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest without an OS finds in a message: a value lies within it, and its text within its room. */
#include "message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const paths[] = {
    "error", "parameters", "parameters.id", "parameters.button", "parameters.product", "continues"
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *message = malloc(size > 0 ? size : 1); /* of just its size, so that a byte too far is seen */
    char room[40];

    if (message == NULL)
        return 0;
    memcpy(message, data, size);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct bk_value value;
        struct bk_text text = bk_text_begin(room, sizeof room);
        if (!bk_message_find(message, size, paths[i], &value))
            continue;
        assert(value.at >= message && value.length > 0 && value.length <= size &&
               value.at + value.length <= message + size);
        bool is_text = bk_message_text(value, &text);
        assert(!is_text || value.at[0] == '"');
        assert(text.length < sizeof room && strlen(room) == text.length);
        for (size_t j = 0; j < text.length; j++)
            assert(room[j] >= ' ' && room[j] <= '~');
    }
    free(message);
    return 0;
}
