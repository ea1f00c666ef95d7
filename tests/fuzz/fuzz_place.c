/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place as people write it. What is taken for one is on the earth, and is read again, as the same place, from what is
 * written of it.
 */
#include "place.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1), written[BK_PLACE_WRITTEN_MAX];
    struct bk_place place = { 0 }, again = { 0 };

    if (text == NULL)
        return 0;
    memcpy(text, data, size); /* without an end, and nothing behind it */
    const enum bk_place_fault fault = bk_place_read(text, size, &place);
    free(text);
    require(fault < BK_PLACE_FAULTS);
    if (fault != BK_PLACE_GOOD) {
        require(place.latitude == 0 && place.longitude == 0);
        return 0;
    }
    require(size <= BK_PLACE_TEXT_MAX && bk_place_check(&place) == BK_PLACE_GOOD);
    bk_place_write(&place, written);
    require(bk_place_read(written, strlen(written), &again) == BK_PLACE_GOOD);
    require(fabs(place.latitude - again.latitude) < 1e-6 && fabs(place.longitude - again.longitude) < 1e-6);
    return 0;
}
