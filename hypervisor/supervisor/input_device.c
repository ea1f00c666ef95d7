/* SPDX-License-Identifier: Apache-2.0 */
#include "input_device.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#define LAST_PLAIN_KEY 0xffU /* above stand buttons */

static bool has(const unsigned char *bits, unsigned bit)
{
    return (bits[bit / 8] >> (bit % 8) & 1) != 0;
}

/* What is touched is the picture itself (a touchpad's fingers are elsewhere), and the kernel tells fingers apart by
 * slots. */
static bool is_touchscreen(const struct bk_input_bits *bits)
{
    return has(bits->properties, INPUT_PROP_DIRECT) && has(bits->types, EV_ABS) && has(bits->absolute, ABS_MT_SLOT) &&
           has(bits->absolute, ABS_MT_TRACKING_ID) && has(bits->absolute, ABS_MT_POSITION_X) &&
           has(bits->absolute, ABS_MT_POSITION_Y);
}

unsigned bk_input_classify(const struct bk_input_bits *bits)
{
    bool keys = has(bits->types, EV_KEY);
    unsigned classes = 0;

    for (unsigned key = KEY_ESC; keys && key <= LAST_PLAIN_KEY; key++) {
        if (key != KEY_POWER && key != KEY_SLEEP && key != KEY_WAKEUP && has(bits->keys, key))
            classes |= BK_SCREEN_KEYBOARD;
    }
    /* A button tells a pointer from a sensor that has axes too. */
    bool button = keys && (has(bits->keys, BTN_LEFT) || has(bits->keys, BTN_TOUCH));
    if (button && has(bits->types, EV_REL) && has(bits->relative, REL_X) && has(bits->relative, REL_Y))
        classes |= BK_SCREEN_POINTER_RELATIVE;
    if (is_touchscreen(
            bits)) /* the pointer that it plays for those who know no touch would be the same fingers twice */
        classes |= BK_SCREEN_TOUCH;
    else if (button && has(bits->types, EV_ABS) && has(bits->absolute, ABS_X) && has(bits->absolute, ABS_Y))
        classes |= BK_SCREEN_POINTER_ABSOLUTE;
    return classes;
}

bool bk_input_is_power_button(const struct bk_input_bits *bits)
{
    return has(bits->types, EV_KEY) && has(bits->keys, KEY_POWER) && bk_input_classify(bits) == 0;
}

int bk_input_read_bits(int fd, struct bk_input_bits *ret)
{
    struct bk_input_bits bits = { 0 };

    if (ioctl(fd, EVIOCGBIT(0, sizeof bits.types), bits.types) < 0 ||
        ioctl(fd, EVIOCGBIT(EV_KEY, sizeof bits.keys), bits.keys) < 0 ||
        ioctl(fd, EVIOCGBIT(EV_REL, sizeof bits.relative), bits.relative) < 0 ||
        ioctl(fd, EVIOCGBIT(EV_ABS, sizeof bits.absolute), bits.absolute) < 0 ||
        ioctl(fd, EVIOCGPROP(sizeof bits.properties), bits.properties) < 0)
        return -errno;
    *ret = bits;
    return 0;
}

static bool read_range(int fd, unsigned axis, struct bk_screen_range *ret)
{
    struct input_absinfo info;

    if (ioctl(fd, EVIOCGABS(axis), &info) < 0 || info.minimum >= info.maximum)
        return false;
    *ret = (struct bk_screen_range){ .minimum = info.minimum, .maximum = info.maximum };
    return true;
}

void bk_input_read_ranges(int fd, struct bk_screen_control_message *message)
{
    const unsigned absolute = BK_SCREEN_POINTER_ABSOLUTE | BK_SCREEN_TOUCH;
    bool touch = (message->classes & BK_SCREEN_TOUCH) != 0;

    if ((message->classes & absolute) != 0 && (!read_range(fd, touch ? ABS_MT_POSITION_X : ABS_X, &message->x) ||
                                               !read_range(fd, touch ? ABS_MT_POSITION_Y : ABS_Y, &message->y)))
        message->classes &= ~absolute;
}
