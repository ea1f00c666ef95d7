/* SPDX-License-Identifier: Apache-2.0 */
#include "place_choice.h"

#include "writing.h"

#include <errno.h>
#include <string.h>

int bk_place_choice_tell(struct bk_place_choice *choice, const struct bk_place *place)
{
    if (place != NULL && bk_place_check(place) != BK_PLACE_GOOD)
        return -EINVAL;
    choice->told = true;
    choice->set = place != NULL;
    if (place != NULL)
        choice->place = *place;
    return 0;
}

void bk_place_choice_clear(struct bk_place_choice *choice)
{
    choice->told = choice->set = false;
}

void bk_place_choice_write(struct bk_place_choice *choice, const char *text)
{
    if (bk_writing_is_text(text) && bk_writing_put(choice->draft, BK_PLACE_TEXT_MAX, &choice->caret, text))
        choice->fault = BK_PLACE_GOOD;
}

void bk_place_choice_erase(struct bk_place_choice *choice)
{
    bk_writing_erase(choice->draft, &choice->caret);
    choice->fault = BK_PLACE_GOOD;
}

void bk_place_choice_delete(struct bk_place_choice *choice)
{
    bk_writing_delete(choice->draft, choice->caret);
    choice->fault = BK_PLACE_GOOD;
}

void bk_place_choice_caret(struct bk_place_choice *choice, int by)
{
    bk_writing_move(choice->draft, &choice->caret, by);
}

void bk_place_choice_drop(struct bk_place_choice *choice)
{
    choice->draft[0] = '\0';
    choice->caret = 0;
    choice->fault = BK_PLACE_GOOD;
}

bool bk_place_choice_is_ready(const struct bk_place_choice *choice)
{
    return choice->told && choice->draft[0] != '\0';
}

bool bk_place_choice_take(struct bk_place_choice *choice, struct bk_place *ret_place)
{
    if (!bk_place_choice_is_ready(choice))
        return false;
    choice->fault = bk_place_read(choice->draft, strlen(choice->draft), ret_place);
    if (choice->fault != BK_PLACE_GOOD)
        return false;
    bk_place_choice_drop(choice);
    return true;
}
