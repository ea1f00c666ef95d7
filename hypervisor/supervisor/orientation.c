/* SPDX-License-Identifier: Apache-2.0 */
#include "orientation.h"

#include "log.h"

void bk_orientation_init(struct bk_orientation *orientation, void (*turned)(void *userdata), void *userdata)
{
    *orientation = (struct bk_orientation){ .turned = turned, .userdata = userdata };
}

bool bk_orientation_set(struct bk_orientation *orientation, int64_t degrees)
{
    if (degrees < 0 || degrees >= 360 || degrees % 90 != 0)
        return false;
    if (degrees == orientation->degrees)
        return true;
    bk_info("the machine was turned to %d degrees", (int)degrees);
    orientation->degrees = (unsigned)degrees;
    orientation->turned(orientation->userdata);
    return true;
}
