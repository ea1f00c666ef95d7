/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "nmea.h"

#include <math.h>
#include <string.h>

#define FIELDS_MAX     20U
#define ADDRESS_LENGTH 5U       /* two letters for the satellites, three for the sentence */
#define KNOT           0.514444 /* metres a second */
#define GGA_SECONDS    2.0      /* between a GGA and the RMC that it adds to, at the most */

/* ---- fields ---- */

/* Two decimal digits; -1 for anything else. */
static int read_pair(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* hhmmss or hhmmss.sss, as seconds of the day. */
static bool read_time(const char *text, double *ret)
{
    double seconds;

    if (strlen(text) < 6)
        return false;
    int hour = read_pair(text), minute = read_pair(text + 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !bk_location_read_number(text + 4, false, &seconds) ||
        seconds >= 61.0)
        return false;
    *ret = hour * 3600 + minute * 60 + seconds;
    return true;
}

/* ddmmyy, as days since 1970. The standard has no century; the satellites are of this one. */
static bool read_date(const char *text, int64_t *ret)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    if (strlen(text) != 6)
        return false;
    int day = read_pair(text), month = read_pair(text + 2), year = read_pair(text + 4);
    if (month < 1 || month > 12 || year < 0 || day < 1 || day > lengths[month - 1] + (month == 2 && year % 4 == 0))
        return false;
    int64_t days = 10957 + year * 365 + (year + 3) / 4; /* 2000 is a leap year, 2100 beyond what can be written */
    for (int i = 1; i < month; i++)
        days += lengths[i - 1] + (i == 2 && year % 4 == 0);
    *ret = days + day - 1;
    return true;
}

/* Degrees and minutes, and on which side. */
static bool read_angle(const char *text, const char *side, char positive, char negative, double max, double *ret)
{
    double value;

    if ((side[0] != positive && side[0] != negative) || side[1] != '\0' ||
        !bk_location_read_number(text, false, &value))
        return false;
    double degrees = floor(value / 100.0);
    double minutes = value - degrees * 100.0;
    if (minutes >= 60.0 || degrees + minutes / 60.0 > max)
        return false;
    *ret = (side[0] == negative ? -1.0 : 1.0) * (degrees + minutes / 60.0);
    return true;
}

static bool read_place(char *const *fields, struct bk_fix *fix)
{
    return read_angle(fields[0], fields[1], 'N', 'S', 90.0, &fix->latitude) &&
           read_angle(fields[2], fields[3], 'E', 'W', 180.0, &fix->longitude);
}

/* ---- sentences ---- */

static void take_gga(struct bk_nmea *nmea, char *const *fields, size_t count)
{
    double quality = 0, dilution = 0;

    nmea->has_gga = count >= 11 && read_time(fields[1], &nmea->gga_second) &&
                    bk_location_read_number(fields[6], false, &quality) && quality > 0 &&
                    bk_location_read_number(fields[8], false, &dilution) && dilution > 0 && dilution < 100;
    if (!nmea->has_gga)
        return;
    nmea->accuracy = dilution * BK_NMEA_HDOP_M;
    nmea->has_altitude = bk_location_read_number(fields[9], true, &nmea->altitude) && strcmp(fields[10], "M") == 0 &&
                         fabs(nmea->altitude) < 100000.0;
}

static bool take_rmc(const struct bk_nmea *nmea, char *const *fields, size_t count, struct bk_fix *ret)
{
    struct bk_fix fix = { .accuracy = BK_NMEA_ACCURACY_M };
    double second;
    int64_t days;

    if (count < 10 || strcmp(fields[2], "A") != 0 || (count > 12 && fields[12][0] == 'N') ||
        !read_time(fields[1], &second) || !read_date(fields[9], &days) || !read_place(&fields[3], &fix))
        return false;
    fix.time_ms = days * 86400000 + llround(second * 1000.0);
    if (nmea->has_gga && fabs(second - nmea->gga_second) <= GGA_SECONDS) {
        fix.accuracy = nmea->accuracy;
        fix.has_altitude = nmea->has_altitude;
        fix.altitude = nmea->altitude;
    }
    fix.has_speed = bk_location_read_number(fields[7], false, &fix.speed) && fix.speed < 100000.0;
    fix.speed *= KNOT;
    fix.has_course = bk_location_read_number(fields[8], false, &fix.course) && fix.course <= 360.0;
    *ret = fix;
    return true;
}

static int read_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Cuts the checksum off; false when it is missing or wrong. */
static bool check_sum(char *line, size_t length)
{
    unsigned char sum = 0;

    if (length < 3 || line[length - 3] != '*' || memchr(line, '\0', length) != NULL)
        return false;
    int high = read_hex(line[length - 2]), low = read_hex(line[length - 1]);
    for (size_t i = 0; i < length - 3; i++)
        sum ^= (unsigned char)line[i];
    line[length - 3] = '\0';
    return high >= 0 && low >= 0 && sum == high * 16 + low;
}

/* A line between its '$' and its end. */
static bool take_line(struct bk_nmea *nmea, struct bk_fix *ret)
{
    char *fields[FIELDS_MAX] = { NULL };
    size_t count = 0;
    char *rest = nmea->line;

    nmea->line[nmea->length] = '\0';
    if (!check_sum(nmea->line, nmea->length))
        return false;
    while (rest != NULL && count < FIELDS_MAX)
        fields[count++] = strsep(&rest, ",");
    if (strlen(fields[0]) != ADDRESS_LENGTH)
        return false;
    if (strcmp(fields[0] + 2, "GGA") == 0)
        take_gga(nmea, fields, count);
    return strcmp(fields[0] + 2, "RMC") == 0 && take_rmc(nmea, fields, count, ret);
}

bool bk_nmea_feed(struct bk_nmea *nmea, char byte, struct bk_fix *ret)
{
    if (byte == '$') {
        nmea->within = true;
        nmea->length = 0;
    } else if (byte == '\r' || byte == '\n') {
        bool whole = nmea->within;
        nmea->within = false;
        return whole && take_line(nmea, ret);
    } else if (nmea->length == BK_NMEA_LINE_MAX) {
        nmea->within = false;
    } else if (nmea->within) {
        nmea->line[nmea->length++] = byte;
    }
    return false;
}
