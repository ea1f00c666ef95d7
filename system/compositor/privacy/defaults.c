/* SPDX-License-Identifier: Apache-2.0 */
#include "defaults.h"

#include "text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The strings are its own; free() takes no pointer to const by tradition. */
static void release(const char *text)
{
    free((void *)(uintptr_t)text);
}

void bk_defaults_finish(struct bk_defaults *defaults)
{
    for (size_t i = 0; i < defaults->count; i++) {
        release(defaults->items[i].kind);
        release(defaults->items[i].app);
        release(defaults->items[i].app_name);
    }
    *defaults = (struct bk_defaults){ .count = 0 };
}

static char *clean(const char *text)
{
    return bk_text_clean(text, strlen(text), BK_DEFAULTS_NAME_BYTES, BK_TEXT_ONE_LINE);
}

int bk_defaults_set(struct bk_defaults *defaults, const struct bk_default *told, size_t count)
{
    struct bk_defaults fresh = { .count = 0 };

    if (count > BK_DEFAULTS_MAX)
        return -ENOBUFS;
    for (size_t i = 0; i < count; i++) {
        if (told[i].kind[0] == '\0' || strlen(told[i].kind) > BK_DEFAULTS_KIND_BYTES || told[i].app[0] == '\0') {
            bk_defaults_finish(&fresh);
            return -EINVAL;
        }
        struct bk_default *item = &fresh.items[fresh.count++];
        *item = (struct bk_default){ .kind = clean(told[i].kind),
                                     .app = clean(told[i].app),
                                     .app_name = clean(told[i].app_name),
                                     .fresh = told[i].fresh,
                                     .once = told[i].once };
        if (item->kind == NULL || item->app == NULL || item->app_name == NULL) {
            bk_defaults_finish(&fresh);
            return -ENOMEM;
        }
    }
    bk_defaults_finish(defaults);
    *defaults = fresh;
    return 0;
}
