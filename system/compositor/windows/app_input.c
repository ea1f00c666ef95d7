/* SPDX-License-Identifier: Apache-2.0 */
#include "app_input.h"

#include "checked.h"

#define CLICK      120 /* parts of a wheel's click */
#define SCROLL_MAX (1024 * CLICK)

void bk_app_input_init(struct bk_app_input *input)
{
    *input = (struct bk_app_input){ 0 };
    bk_display_input_init(&input->devices);
}

/* Codes between BTN_MISC and KEY_OK are buttons, the rest are keys. */
void bk_app_input_release_pointers(struct bk_app_input *input)
{
    for (unsigned code = BTN_MISC; code < KEY_OK; code++)
        bk_display_input_key(&input->devices, code, false);
    for (unsigned place = 0; place < BK_DISPLAY_TOUCHES_MAX; place++)
        bk_display_input_lift(&input->devices, place);
}

static int32_t scale(double at, int side)
{
    double value = side > 1 ? at * BK_DISPLAY_POINTER_MAX / (side - 1) : 0;

    return value <= 0 ? 0 : value >= BK_DISPLAY_POINTER_MAX ? BK_DISPLAY_POINTER_MAX : (int32_t)(value + 0.5);
}

void bk_app_input_point(struct bk_app_input *input, double x, double y, int width, int height)
{
    bk_display_input_point(&input->devices, scale(x, width), scale(y, height));
}

void bk_app_input_scroll(struct bk_app_input *input, bool horizontal, int32_t amount)
{
    int32_t *rest = &input->wheel_rest[horizontal];

    amount = bk_max(bk_min(amount, SCROLL_MAX), -SCROLL_MAX);
    amount = horizontal ? amount : -amount; /* the kernel's vertical wheel counts upwards */
    *rest += amount;
    bk_display_input_turn(&input->devices, horizontal ? REL_HWHEEL_HI_RES : REL_WHEEL_HI_RES, amount);
    bk_display_input_turn(&input->devices, horizontal ? REL_HWHEEL : REL_WHEEL, *rest / CLICK);
    *rest %= CLICK;
}

void bk_app_input_touch(struct bk_app_input *input, unsigned place, double x, double y, int width, int height)
{
    bk_display_input_touch(&input->devices, place, scale(x, width), scale(y, height));
}
