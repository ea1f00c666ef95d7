#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_nmea: tests/fuzz/seeds_nmea.py"""
import functools
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/nmea"


def sentence(text: str, end: bytes = b"\r\n") -> bytes:
    return b"$%s*%02X" % (text.encode(), functools.reduce(lambda a, b: a ^ b, text.encode(), 0)) + end


RMC = "GPRMC,123519.50,A,4807.0380,N,01131.0000,E,022.4,084.4,230394,003.1,W"
GGA = "GPGGA,123519.50,4807.0380,N,01131.0000,E,1,08,0.9,545.4,M,46.9,M,,"

SEEDS = {
    "rmc": sentence(RMC),
    "gga_and_rmc": sentence(GGA) + sentence(RMC),
    "epochs": b"".join(sentence(text.replace("19.50", f"{19 + second}.00")) for second in range(3) for text in (GGA, RMC)),
    "south_west": sentence("GNRMC,235960.99,A,8959.9999,S,17959.9999,W,0,359.9,311299,,,A"),
    "pole": sentence("GLRMC,000000,A,9000.0000,N,18000.0000,E,,,010100,,"),
    "void": sentence("GPRMC,123519,V,,,,,,,230394,,,N"),
    "leap_day": sentence(RMC.replace("230394", "290224")),
    "below_the_sea": sentence(GGA.replace("545.4", "-400.1")) + sentence(RMC),
    "no_checksum": b"$" + RMC.encode() + b"\r\n",
    "wrong_checksum": sentence(RMC)[:-4] + b"00\r\n",
    "carriage_return_only": sentence(RMC, b"\r") * 2,
    "begun_twice": b"$GPRMC,1" + sentence(RMC),
    "long": b"$" + b"x" * 500 + b"\r\n" + sentence(RMC),
    "many_fields": sentence("GPRMC" + "," * 60),
    "other_sentences": sentence("GPGSV,3,1,11,03,03,111,00") + sentence("GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1"),
    "nul": b"$GPRMC\0,1*00\r\n" + sentence(RMC),
    "noise": bytes(range(256)) * 2,
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
