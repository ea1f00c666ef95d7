#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_camera_frame, fuzz_camera_records, fuzz_web_camera and fuzz_web_report: tests/fuzz/seeds_camera.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
NONCE = b"a nonce of sixte"
WELCOME, FOUND, GONE, BEGUN, ENDED, FRAME = range(16, 22)  # hypervisor/protocol/camera_port.h


def frame(data: bytes, number: int = 0) -> bytes:
    return struct.pack("<IIQ", len(data), number, number * 33333) + data


def record(kind: int, camera: int = 0, value: int = 0, data: bytes = b"") -> bytes:
    return struct.pack("<4I", kind, camera, value, len(data)) + data


def packets(*said: bytes) -> bytes:
    return b"".join(bytes([len(packet)]) + packet for packet in said)


ONE = b"Built in".ljust(80, b"\0") + struct.pack("<I4s3I", 1, b"YUYV", 640, 480, 30).ljust(516, b"\0")
HELLO = NONCE + record(WELCOME)
FRAMES = {
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

RECORDS = {
    "welcome": b"\xff" + HELLO,
    "found": b"\xff" + HELLO + record(FOUND, 0, 0, ONE) + record(FOUND, 3, 0, ONE),
    "life": b"\x1f" + HELLO + record(FOUND, 0, 0, ONE) + record(BEGUN, 0, 0) + record(FRAME, 0, 0, frame(b"pixels")) +
            record(FRAME, 0, 0, frame(b"more", 1)) + record(ENDED) + record(GONE),
    "byte_by_byte": b"\x00" + HELLO + record(FRAME, 1, 0, frame(b"pixels")),
    "old_before": b"\xff" + b"half a frame a nonce of " + HELLO + record(GONE, 2),
    "nonce_in_nonce": b"\x03" + NONCE[:9] + HELLO,
    "no_camera": b"\xff" + HELLO + record(GONE, 4),
    "no_type": b"\xff" + HELLO + record(99),
    "length": b"\xff" + HELLO + record(BEGUN, 0, 0, b"x"),
    "frame_too_short": b"\xff" + HELLO + record(FRAME, 0, 0, frame(b"pixels")[:-1]),
    "frame_too_long": b"\xff" + HELLO + record(FRAME, 0, 0, frame(b"pixels") + b"x"),
    "frame_of_nothing": b"\xff" + HELLO + record(FRAME, 0, 0, frame(b"")),
    "again": b"\xff" + HELLO + record(99) + b"old" + HELLO + record(GONE),
    "far_too_long": b"\xff" + HELLO + struct.pack("<4I", FRAME, 0, 0, 2**32 - 1),
}

PLAIN = {name: data[1:] for name, data in FRAMES.items()}  # without the first byte, which says how long a piece is

TITLE = "Téléphone on the desk".encode()
REPORTS = {
    "life": packets(TITLE, b"s", b"s", b"g"),
    "no": packets(TITLE, b"d"),
    "unreadable": packets(TITLE, b"u", b"s"),
    "no_more": packets(TITLE, b"s", b"d", b"s"),
    "gone_before": packets(TITLE, b"g"),
    "no_title": packets(b"", b"s"),
    "longest": packets(b"x" * 80, b"s"),
    "too_long": packets(b"x" * 81, b"s"),
    "nul": packets(b"Ph\0ne", b"s"),
    "two_at_once": packets(TITLE, b"sg"),
    "nothing": packets(TITLE, b"s", b""),
    "half": packets(TITLE, b"s")[:9],
}

for folder, seeds in (("camera_frame", FRAMES), ("camera_records", RECORDS), ("web_camera", PLAIN), ("web_report", REPORTS)):
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (CORPUS / folder / name).write_bytes(data)
