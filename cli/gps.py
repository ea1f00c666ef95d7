# SPDX-License-Identifier: Apache-2.0
"""What a GPS receiver writes on its serial line (NMEA 0183), for the machine that has none."""
import functools
import time


def sentence(text: str) -> bytes:
    return f"${text}*{functools.reduce(lambda sum_, byte: sum_ ^ byte, text.encode(), 0):02X}\r\n".encode()


def angle(degrees: float, digits: int, sides: str) -> str:
    """ddmm.mmmm and the side, such as "4722.3044,N"."""
    minutes = round(abs(degrees) * 60, 4)
    return f"{int(minutes // 60):0{digits}d}{minutes % 60:07.4f},{sides[degrees < 0]}"


def fix(latitude: float, longitude: float, when: float, altitude: float = 0, hdop: float = 0.9) -> bytes:
    """One second's sentences; `when` is in seconds since 1970."""
    clock, date = time.strftime("%H%M%S.00 %d%m%y", time.gmtime(when)).split()
    at = f"{angle(latitude, 2, 'NS')},{angle(longitude, 3, 'EW')}"
    return (sentence(f"GPGGA,{clock},{at},1,08,{hdop},{altitude:.1f},M,0.0,M,,") +
            sentence(f"GPRMC,{clock},A,{at},0.0,,{date},,,A"))
