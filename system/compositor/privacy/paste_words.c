/* SPDX-License-Identifier: Apache-2.0 */
#include "paste_words.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

const struct bk_paste_words *bk_paste_words_of(const char *type)
{
    static const struct {
        const char *start; /* of the type */
        struct bk_paste_words words;
    } table[] = {
        { "text/uri-list", { "Pasted files", "It gets the names of the files that you copied there." } },
        { "text/", { "Pasted text", "It gets the text that you copied there." } },
        { "image/", { "Pasted an image", "It gets the image that you copied there." } },
        { "audio/", { "Pasted sound", "It gets the sound that you copied there." } },
        { "video/", { "Pasted a video", "It gets the video that you copied there." } },
    };
    static const struct bk_paste_words other = { "Pasted data", "It gets what you copied there." };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strncasecmp(type, table[i].start, strlen(table[i].start)) == 0)
            return &table[i].words;
    }
    return &other;
}
