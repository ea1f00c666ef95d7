#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_camera_frame: tests/fuzz/seeds_camera.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/camera_frame"


def frame(data: bytes, number: int = 0) -> bytes:
    return struct.pack("<IIQ", len(data), number, number * 33333) + data


SEEDS = {
    "one": b"\xff" + frame(b"pixels"),
    "pieces": b"\x02" + frame(b"pixels") + frame(b"more pixels", 1),
    "many": b"\x40" + b"".join(frame(bytes(number + 1), number) for number in range(8)),
    "half_header": b"\xff" + frame(b"pixels")[:9],
    "half_frame": b"\x07" + frame(b"pixels" * 9)[:30],
    "byte_by_byte": b"\x00" + frame(b"p") + frame(b"pixels", 2**32 - 1),
    "bad_behind_good": b"\x20" + frame(b"pixels") + struct.pack("<IIQ", 0, 1, 1),
    "none": b"\xff" + frame(b""),
    "longest": b"\xff" + struct.pack("<IIQ", 4 << 20, 0, 0) + b"only the start",
    "too_long": b"\xff" + struct.pack("<IIQ", (4 << 20) + 1, 0, 0),
    "far_too_long": b"\xff" + bytes([255] * 16),
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
