#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_place: tests/fuzz/seeds_place.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/place"

SEEDS = {
    "plain": "52.52, 13.405",
    "option": "47.37174,-8.54226",
    "spaces": "\t52.52  13.405\u00a0",
    "minus": "\u221233.86, +151.22",
    "degrees": "33.86° S, 151.22° E",
    "letters_before": "s 33.86, W151.22",
    "longitude_first": "151.22E 33.86S",
    "close": "52.5N13.4E",
    "ends": "-90, 180",
    "too_far_north": "90.000001, 0",
    "too_far_east": "0, 180.000001",
    "contradiction": "-52 N, 13 S",
    "minutes": "52° 31′ 12″ N, 13° 24′ 18″ E",
    "decimal_comma": "52,52, 13,405",
    "exponent": "1e1, 2",
    "long_number": "0.12345678901234567, 1",
    "longest": "1,2".ljust(64),
    "too_long": "1,2".ljust(65),
    "one": "52.52",
    "name": "Berlin",
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, text in SEEDS.items():
    (CORPUS / name).write_bytes(text.encode())
