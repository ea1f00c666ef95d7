/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEGREE "\xc2\xb0"
#define MINUS  "\xe2\x88\x92" /* the sign that is as wide as a plus */
#define FIRM   "\xc2\xa0"     /* a space at which no line ends */

#define DIGITS_MAX 12U /* what one of the numbers needs, … */
#define ANGLE_MAX  20U /* … and with its direction */

/* What is not read yet. */
struct text {
    const char *at, *end;
};

/* One of the two numbers. */
struct angle {
    double degrees;
    bool sign;       /* it has one */
    char direction;  /* N, E, S, W; '\0': none */
    const char *end; /* of its digits */
};

const char *bk_place_read_number(const char *at, const char *end, double *ret)
{
    const char *begin = at;
    double value = 0, unit = 1;
    bool fraction = false, any = false;

    for (; at < end && (*at == '.' || (*at >= '0' && *at <= '9')); at++) {
        if (*at == '.' && fraction)
            return NULL;
        if (*at == '.') {
            fraction = true;
            continue;
        }
        any = true;
        value = value * 10 + (*at - '0');
        unit = fraction ? unit * 10 : unit;
    }
    if (!any || at - begin > (ptrdiff_t)BK_PLACE_NUMBER_MAX)
        return NULL;
    *ret = value / unit;
    return at;
}

/* True when the rest begins with this, which is behind it then. */
static bool take(struct text *text, const char *word)
{
    const size_t size = strlen(word);

    if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

static void skip_spaces(struct text *text)
{
    while (take(text, " ") || take(text, "\t") || take(text, FIRM)) {
    }
}

static char take_direction(struct text *text)
{
    static const char letters[] = "NnEeSsWw";

    for (size_t i = 0; i + 1 < sizeof letters; i++) {
        if (text->at < text->end && *text->at == letters[i]) {
            text->at++;
            return letters[i & ~(size_t)1];
        }
    }
    return '\0';
}

static bool take_angle(struct text *text, struct angle *ret)
{
    struct angle angle = { .direction = take_direction(text) };

    skip_spaces(text);
    const bool minus = take(text, "-") || take(text, MINUS);
    angle.sign = minus || take(text, "+");
    angle.end = bk_place_read_number(text->at, text->end, &angle.degrees);
    if (angle.end == NULL)
        return false;
    text->at = angle.end;
    skip_spaces(text);
    (void)take(text, DEGREE);
    skip_spaces(text);
    if (angle.direction == '\0')
        angle.direction = take_direction(text);
    angle.degrees = minus ? -angle.degrees : angle.degrees;
    *ret = angle;
    return true;
}

/* False when it has a direction that is neither of these two, or a sign as well. */
static bool turn(struct angle *angle, char positive, char negative)
{
    if (angle->direction == '\0')
        return true;
    if (angle->sign || (angle->direction != positive && angle->direction != negative))
        return false;
    angle->degrees = angle->direction == negative ? -angle->degrees : angle->degrees;
    return true;
}

static bool is_along_the_equator(const struct angle *angle)
{
    return angle->direction == 'E' || angle->direction == 'W';
}

enum bk_place_fault bk_place_read(const char *text, size_t size, struct bk_place *ret)
{
    struct text rest = { text, text + size };
    struct angle first, second;

    if (size > BK_PLACE_TEXT_MAX)
        return BK_PLACE_NO_NUMBERS;
    skip_spaces(&rest);
    if (!take_angle(&rest, &first))
        return BK_PLACE_NO_NUMBERS;
    skip_spaces(&rest);
    const bool parted = take(&rest, ",");
    skip_spaces(&rest);
    const bool apart = rest.at > first.end;
    if (!apart || !take_angle(&rest, &second))
        return BK_PLACE_NO_NUMBERS;
    skip_spaces(&rest);
    if (rest.at != rest.end)
        return BK_PLACE_NO_NUMBERS;
    /* "52 E 13": whose the letter is nobody can tell. */
    if (!parted && is_along_the_equator(&first) && second.direction == '\0')
        return BK_PLACE_DIRECTIONS;
    const bool turned_round = is_along_the_equator(&first) && !is_along_the_equator(&second);
    struct angle *latitude = turned_round ? &second : &first, *longitude = turned_round ? &first : &second;
    if (!turn(latitude, 'N', 'S') || !turn(longitude, 'E', 'W'))
        return BK_PLACE_DIRECTIONS;
    const struct bk_place place = { latitude->degrees, longitude->degrees };
    const enum bk_place_fault fault = bk_place_check(&place);
    if (fault == BK_PLACE_GOOD)
        *ret = place;
    return fault;
}

enum bk_place_fault bk_place_check(const struct bk_place *place)
{
    /* written so that what is not a number is out of range */
    if (!(fabs(place->latitude) <= 90.0))
        return BK_PLACE_LATITUDE;
    return fabs(place->longitude) <= 180.0 ? BK_PLACE_GOOD : BK_PLACE_LONGITUDE;
}

/* No zeroes at the end of it. */
static void write_angle(double degrees, char positive, char negative, char text[static ANGLE_MAX])
{
    char number[DIGITS_MAX];
    size_t length = (size_t)snprintf(number, sizeof number, "%.6f", fabs(degrees));

    while (number[length - 1] == '0')
        number[--length] = '\0';
    if (number[length - 1] == '.')
        number[--length] = '\0';
    const bool zero = strcmp(number, "0") == 0;
    snprintf(text, ANGLE_MAX, "%s" DEGREE FIRM "%c", number, degrees < 0 && !zero ? negative : positive);
}

void bk_place_write(const struct bk_place *place, char text[static BK_PLACE_WRITTEN_MAX])
{
    char latitude[ANGLE_MAX], longitude[ANGLE_MAX];

    assert(bk_place_check(place) == BK_PLACE_GOOD);
    write_angle(place->latitude, 'N', 'S', latitude);
    write_angle(place->longitude, 'E', 'W', longitude);
    snprintf(text, BK_PLACE_WRITTEN_MAX, "%s, %s", latitude, longitude);
}
