#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_codec_port: tests/fuzz/seeds_codec.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/codec_port"
HELLO, START, FRAME = 1, 2, 3  # hypervisor/protocol/codec_port.h
MARK, PIECE = b"\x8fbulkhead codec\xf8", 32 * 1024 - 8


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<2I", kind, len(data)) + data


GREETING = record(HELLO, MARK + b"a nonce of sixte")
BEGIN = record(START, struct.pack("<8I", 0, 0, 640, 480, 30, 500000, 60, 0))
SEEDS = {
    "hello": b"\xff\x09" + GREETING,
    "frames": b"\xff\x09" + GREETING + BEGIN + record(FRAME, b"0123456") + record(FRAME, b"789") + record(FRAME, b"0123456789"),
    "byte_by_byte": b"\x00\x03" + GREETING + BEGIN + record(FRAME, b"0123"),
    "no_greeting": b"\xff\x03" + BEGIN + record(FRAME, b"0123"),
    "hello_in_a_frame": b"\x20\xff" + GREETING + BEGIN + record(FRAME, GREETING + b"more"),
    "half_before": b"\xff\x09" + record(FRAME, b"0123456789")[11:] + GREETING + BEGIN,
    "fake_and_long": b"\xff\x09" + b"0123" + GREETING + struct.pack("<2I", FRAME, PIECE),
    "fake_and_longest": b"\xff\x09" + b"0123" + GREETING + struct.pack("<2I", FRAME, PIECE)[:6],
    "too_long": b"\xff\x09" + GREETING + struct.pack("<2I", FRAME, PIECE + 1) + b"0123",
    "no_bytes": b"\xff\x09" + GREETING + BEGIN + record(FRAME, b""),
    "more_than_a_frame": b"\xff\x09" + GREETING + BEGIN + record(FRAME, b"0123456789a") + GREETING,
    "no_type": b"\xff\x09" + GREETING + record(99, b"") + GREETING,
    "no_mark": b"\xff\x09" + GREETING + record(HELLO, bytes(32)) + GREETING,
    "wrong_length": b"\xff\x09" + GREETING + record(START, bytes(31)),
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
