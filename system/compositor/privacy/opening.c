/* SPDX-License-Identifier: Apache-2.0 */
#include "opening.h"

#include "text.h"

#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* NULL stays NULL. False when memory ends. */
static bool copy(char **to, const char *text, size_t max)
{
    *to = text != NULL ? bk_text_clean(text, strlen(text), max, BK_TEXT_ONE_LINE) : NULL;
    return text == NULL || *to != NULL;
}

static bool copy_all(struct bk_opening *opening, const struct bk_opening_content *content)
{
    bool whole = copy(&opening->scheme, content->scheme, BK_OPENING_NAME_BYTES) &&
                 copy(&opening->host, content->host, BK_OPENING_TEXT_BYTES) &&
                 copy(&opening->link, content->link, BK_OPENING_LINK_BYTES) &&
                 copy(&opening->name, content->name, BK_OPENING_TEXT_BYTES) &&
                 copy(&opening->type, content->type, BK_OPENING_NAME_BYTES);

    for (size_t i = 0; whole && i < content->count; i++) {
        opening->count++; /* first: what there is of it is freed with the others */
        opening->openers[i].system = content->openers[i].system;
        whole = copy(&opening->openers[i].app, content->openers[i].app, BK_OPENING_APP_BYTES) &&
                copy(&opening->openers[i].name, content->openers[i].name, BK_OPENING_NAME_BYTES);
    }
    return whole;
}

int bk_opening_init(struct bk_opening *opening, const struct bk_opening_content *content)
{
    if (content->count > BK_OPENING_OPENERS_MAX ||
        (content->link != NULL ? content->scheme == NULL : content->name == NULL || content->type == NULL))
        return -EINVAL;
    *opening = (struct bk_opening){ .size = content->size, .keep = content->keep };
    if (!copy_all(opening, content)) {
        bk_opening_finish(opening);
        return -ENOMEM;
    }
    return 0;
}

void bk_opening_finish(struct bk_opening *opening)
{
    free(opening->scheme);
    free(opening->host);
    free(opening->link);
    free(opening->name);
    free(opening->type);
    for (size_t i = 0; i < opening->count; i++) {
        free(opening->openers[i].app);
        free(opening->openers[i].name);
    }
    *opening = (struct bk_opening){ 0 };
}

/* How many of those that are offered are apps. */
static size_t count_apps(const struct bk_opening *opening)
{
    size_t count = 0;

    for (size_t i = 0; i < opening->count; i++)
        count += opening->openers[i].system ? 0 : 1;
    return count;
}

const char *bk_opening_wish(const struct bk_opening *opening)
{
    const size_t apps = count_apps(opening);

    if (opening->link != NULL)
        return "wants to open a link";
    if (apps == opening->count)
        return "wants to send a file to another app";
    return apps == 0 ? "wants to send a file to the system" : "wants to send a file";
}

unsigned bk_opening_shown(const struct bk_opening *opening)
{
    const size_t left = opening->count - opening->first;

    return left < BK_OPENING_OPENERS_SHOWN ? (unsigned)left : BK_OPENING_OPENERS_SHOWN;
}

bool bk_opening_has_more(const struct bk_opening *opening)
{
    return opening->count > BK_OPENING_OPENERS_SHOWN;
}

void bk_opening_turn(struct bk_opening *opening)
{
    const size_t next = opening->first + BK_OPENING_OPENERS_SHOWN;

    opening->first = next < opening->count ? next : 0;
}

bool bk_opening_can_keep(const struct bk_opening *opening)
{
    return opening->keep && opening->count > 0;
}

bool bk_opening_can_copy(const struct bk_opening *opening)
{
    return count_apps(opening) > 0;
}

void bk_opening_mark_always(struct bk_opening *opening)
{
    opening->always = !opening->always;
}

void bk_opening_mark_fresh(struct bk_opening *opening)
{
    opening->fresh = !opening->fresh;
}

char *bk_opening_take_app(struct bk_opening *opening, unsigned place)
{
    assert(place < bk_opening_shown(opening));
    return TAKE_PTR(opening->openers[opening->first + place].app);
}
