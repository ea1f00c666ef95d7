/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a GPS receiver writes on its serial line: NMEA 0183, of which two sentences are read.
 *
 * Input from: host (a receiver, and whatever else may be at the other end of the line)
 * Runs in: bk-broker
 *
 *     $GPRMC,hhmmss.ss,A,ddmm.mmmm,N,dddmm.mmmm,E,knots,course,ddmmyy,,,mode*hh    place, date, motion
 *     $GPGGA,hhmmss.ss,ddmm.mmmm,N,dddmm.mmmm,E,quality,satellites,HDOP,altitude,M,…*hh    how exact, how high
 *
 * A sentence counts only with its checksum, whichever satellites it is from (the two letters behind the '$'). Each RMC
 * that is valid makes a fix; a GGA of the same moment adds to it. A line that is longer than a sentence may be is
 * passed over, and so is everything that is none.
 */
#ifndef BK_BROKER_NMEA_H
#define BK_BROKER_NMEA_H

#include "location.h"

#include <stddef.h>

#define BK_NMEA_LINE_MAX 128U /* bytes; the standard has 82, receivers more */

/* Without a GGA, and what its dilution of precision is multiplied with: metres. */
#define BK_NMEA_ACCURACY_M 25.0
#define BK_NMEA_HDOP_M     5.0

/* Zero-initialised. */
struct bk_nmea {
    char line[BK_NMEA_LINE_MAX + 1];
    size_t length;
    bool within; /* a sentence has begun */
    /* the last GGA */
    bool has_gga, has_altitude;
    double gga_second; /* of the day */
    double accuracy, altitude;
};

/* Takes a byte; true when a fix came with it. */
bool bk_nmea_feed(struct bk_nmea *nmea, char byte, struct bk_fix *ret);

#endif
