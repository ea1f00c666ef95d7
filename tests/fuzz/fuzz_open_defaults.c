/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file with what the person always opens things with, in which kinds come from apps. Whatever is in it, what is
 * taken of it is within its bounds, and once it is kept again the next broker reads the same.
 */
#include "open_defaults.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The next broker's, of what this one has kept. */
static void read_again(const struct bk_open_defaults *kept, struct bk_open_defaults *ret)
{
    sd_json_variant *object = NULL;
    char *text = NULL;

    int size = sd_json_variant_format(kept->file.kept, 0, &text);
    require(size > 0 && (size_t)size <= BK_PREFERENCES_MAX);
    require(bk_preferences_parse(text, (size_t)size, &object) == 0);
    bk_open_defaults_take(ret, object);
    sd_json_variant_unref(object);
    free(text);
}

static void require_same(const struct bk_open_defaults *one, const struct bk_open_defaults *other)
{
    require(one->count == other->count);
    for (unsigned i = 0; i < one->count; i++) {
        const struct bk_open_default *a = &one->items[i], *b = &other->items[i];
        require(strcmp(a->kind, b->kind) == 0 && strcmp(a->app, b->app) == 0);
        require(a->fresh == b->fresh && a->once == b->once);
    }
}

static void check(sd_json_variant *object)
{
    struct bk_open_defaults *defaults = calloc(1, sizeof *defaults), *again = calloc(1, sizeof *again);

    if (defaults != NULL && again != NULL) {
        bk_open_defaults_take(defaults, object);
        require(defaults->count <= BK_OPEN_DEFAULTS_MAX);
        for (unsigned i = 0; i < defaults->count; i++) {
            require(defaults->items[i].kind[0] != '\0' && defaults->items[i].app[0] != '\0');
            require(bk_open_defaults_find(defaults, defaults->items[i].kind) == &defaults->items[i]);
        }
        bk_open_defaults_choose(defaults, "https", "org.example.browser", true);
        require(defaults->items[defaults->count - 1].fresh && !defaults->items[defaults->count - 1].once);
        sd_json_variant *before = sd_json_variant_ref(defaults->file.kept);
        bk_open_defaults_change(defaults, defaults->items[0].kind, BK_OPEN_DEFAULT_ONCE);
        require(defaults->items[0].once);
        if (defaults->file.kept != before) { /* else there was no room in the file: it was not of our making */
            read_again(defaults, again);
            require_same(defaults, again);
        }
        sd_json_variant_unref(before);
        bk_open_defaults_finish(defaults);
    }
    free(defaults);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sd_json_variant *object = NULL;
    char *text = size <= BK_PREFERENCES_MAX ? malloc(size + 1) : NULL;

    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0'; /* as bk_read_file() has it */
    if (bk_preferences_parse(text, size, &object) == 0)
        check(object);
    sd_json_variant_unref(object);
    free(text);
    return 0;
}
