#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_location_fix: tests/fuzz/seeds_location_fix.py"""
import math
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/location_fix"
NOW = 1767225600000


def fix(latitude=47.37, longitude=8.54, accuracy=12.0, altitude=408.0, speed=1.4, course=84.4, time=NOW, flags=7) -> bytes:
    return struct.pack("=B6dq", flags, latitude, longitude, accuracy, altitude, speed, course, time)


SEEDS = {
    "one": fix(),
    "walk": b"".join(fix(latitude=47.37 + step / 100, longitude=8.54 - step / 50) for step in range(12)),
    "poles": fix(latitude=90) + fix(latitude=-90, longitude=180) + fix(latitude=90, longitude=-180),
    "date_line": fix(longitude=179.999) + fix(longitude=-179.999),
    "inexact": b"".join(fix(accuracy=accuracy) for accuracy in (0.01, 1000, 1001, 50000, 1e6)),
    "beyond": fix(latitude=90.1) + fix(longitude=-181) + fix(accuracy=0) + fix(altitude=1e9) + fix(speed=-1) + fix(course=361),
    "not_a_number": b"".join(fix(**{name: value}) for name in ("latitude", "longitude", "accuracy", "altitude", "speed", "course")
                             for value in (math.nan, math.inf, -math.inf)),
    "unsaid": fix(altitude=math.nan, speed=math.nan, course=math.nan, flags=0),
    "times": b"".join(fix(time=time) for time in (0, NOW - 30000, NOW - 30001, NOW + 10000, NOW + 10001, 2**63 - 1, -2**63)),
    "tiny": fix(latitude=5e-324, longitude=-5e-324, accuracy=0.01),
    "half": fix()[:30],
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
