#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_encoder: tests/fuzz/seeds_encoder.py"""
import pathlib
import random

CORPUS = pathlib.Path(__file__).parent / "corpus/encoder"
SMALLEST = 16 * 16 * 3 // 2
noise = random.Random(1).randbytes

SEEDS = {
    "nothing": b"\0\0\0",
    "gray": b"\0\1\2" + b"\x80" * SMALLEST,
    "nv12": b"\0\1\3" + bytes(range(128)) * (SMALLEST // 128),
    "half": b"\0\1\2" + bytes(SMALLEST + SMALLEST // 2),
    "one_byte": b"\0\1\2\0",
    "black_and_white": b"\0\7\xff" + b"".join(bytes([255 * (n & 1)]) * SMALLEST for n in range(3)),
    "noise": b"\x10\7\0" + noise(4 * 16 * 18 * 3 // 2),
    "checkers": b"\0\7\0" + b"\0\xff" * SMALLEST,
    "all_whites": b"\0\1\2" + b"\xff" * SMALLEST * 2,
    "not_whole_blocks": b"\x21\2\5" + noise(18 * 20 * 3 // 2) * 2,
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
