/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place on the earth, as people write it: "52.52, 13.405", or "33.86° S, 151.22° E".
 *
 * Input from: the person (what they write); trusted (the machine's command line)
 * Runs in: bk-broker; bk-compositor, main thread
 *
 * Two numbers in decimal degrees, the latitude and then the longitude, with a comma or a space between them. A number
 * may have a sign before it and "°" behind it, or, in place of the sign, a letter for its direction before or behind;
 * with letters the longitude may come first. Nothing else is taken: no exponents, no minutes, no decimal commas.
 */
#ifndef BK_PROTOCOL_PLACE_H
#define BK_PROTOCOL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define BK_PLACE_TEXT_MAX    64U /* bytes that are looked at; what has more is none */
#define BK_PLACE_NUMBER_MAX  16U /* characters of a number without its sign */
#define BK_PLACE_WRITTEN_MAX 48U /* what bk_place_write() needs */

/* Degrees of WGS 84. */
struct bk_place {
    double latitude, longitude;
};

/* What is wrong with a text. */
enum bk_place_fault {
    BK_PLACE_GOOD,
    BK_PLACE_NO_NUMBERS, /* it is not two numbers */
    BK_PLACE_DIRECTIONS, /* its letters contradict each other, or a sign */
    BK_PLACE_LATITUDE,   /* that is not from -90 to 90 */
    BK_PLACE_LONGITUDE,  /* that is not from -180 to 180 */
    BK_PLACE_FAULTS,
};

enum bk_place_fault bk_place_read(const char *text, size_t size, struct bk_place *ret);

/* BK_PLACE_GOOD, or which of both is no number or out of its range. */
enum bk_place_fault bk_place_check(const struct bk_place *place);

/* One that is good, as bk_place_read() reads it, to 6 decimals, which are a hand's breadth; a letter does not part from
 * its number. */
void bk_place_write(const struct bk_place *place, char text[static BK_PLACE_WRITTEN_MAX]);

/* Reads the decimal digits with at most one '.' among them that begin at `at`, to `end` at most. Yields where they end;
 * NULL when there is no digit, or too much. */
const char *bk_place_read_number(const char *at, const char *end, double *ret);

#endif
