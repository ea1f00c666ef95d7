#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_port_framer and fuzz_screen_message: tests/fuzz/seeds_screen.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
NONE, GOOD, UNSEALED, SMALL = range(4)
SURFACE, WITHDRAW, FRAME, BLANK, CURSOR, CURSOR_MOVE, CONFIGURE = 1, 2, 3, 4, 5, 6, 16


def save(target: str, name: str, data: bytes):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def record(kind: int, body: bytes = b"", memory: int = NONE, reserved: int = 0) -> bytes:
    return bytes([memory]) + struct.pack("<II", kind, reserved) + body.ljust(40, b"\0")


def surface(number=1, width=96, height=64, stride=None, size=None, alpha=0, memory=GOOD) -> bytes:
    stride = width * 4 if stride is None else stride
    size = stride * height if size is None else size
    return record(SURFACE, struct.pack("<IIIIQI", number, width, height, stride, size, alpha), memory)


def withdraw(number=1) -> bytes:
    return record(WITHDRAW, struct.pack("<I", number))


def frame(number=1, x=0, y=0, width=96, height=64, serial=1) -> bytes:
    return record(FRAME, struct.pack("<6I", number, x, y, width, height, serial))


def cursor(number=2, x=10, y=10, hot_x=1, hot_y=1, kind=CURSOR) -> bytes:
    return record(kind, struct.pack("<IiiII", number, x, y, hot_x, hot_y))


ARROW = surface(2, 64, 64, alpha=1)
SCREEN = {
    "frame": surface() + frame(),
    "damage": surface() + frame() + frame(x=10, y=20, width=30, height=10, serial=2) + frame(width=0, height=0, serial=3),
    "smaller": surface(width=31, height=17) + frame(width=31, height=17),
    "larger": surface(width=200, height=100) + frame(width=200, height=100),
    "stride": surface(width=50, stride=400) + frame(width=50),
    "two_surfaces": surface() + surface(3) + frame() + frame(3, serial=2) + withdraw() + frame(3, serial=3),
    "withdrawn_while_shown": surface() + frame() + withdraw() + cursor(0) + record(BLANK),
    "cursor": surface() + frame() + ARROW + cursor() + cursor(0, 90, 60, kind=CURSOR_MOVE) + cursor(0),
    "cursor_far": ARROW + cursor(2, -2**31, 2**31 - 1, 63, 63) + cursor(0, 2**31 - 1, -2**31, kind=CURSOR_MOVE),
    "cursor_over_edges": surface(width=40, height=30) + frame(width=40, height=30) + ARROW + cursor(x=-3, y=-3) + cursor(x=60, y=50),
    "blank": surface() + frame() + record(BLANK),
    "many_surfaces": b"".join(surface(number, 8, 8) for number in range(1, 18)),
    "bad_unsealed": surface(memory=UNSEALED),
    "bad_small": surface(memory=SMALL),
    "bad_no_memory": surface(memory=NONE),
    "bad_same_id": surface() + surface(),
    "bad_geometry": surface(width=2**30 + 1, stride=4, size=1024),
    "bad_size": surface(size=2**64 - 1),
    "bad_frame": surface() + frame(x=2**32 - 1, width=2),
    "bad_unknown_surface": frame(7),
    "bad_serial": surface() + frame(serial=0),
    "bad_cursor": surface() + cursor(1),
    "bad_hot_spot": ARROW + cursor(hot_x=64),
    "bad_type": record(CONFIGURE),
    "bad_descriptor": record(BLANK, memory=GOOD),
    "bad_reserved": record(BLANK, reserved=1),
    "cut": surface() + frame()[:20],
}

LIST = b'{"method":"io.bulkhead.Hypervisor.List","parameters":{}}\0'
FRAMER = {
    "call": (255, LIST),
    "call_byte_by_byte": (0, LIST * 2),
    "session": (1, b"\0\0" + LIST),
    "session_after_message": (2, LIST + b"\0\0" + LIST),
    "session_after_half": (6, LIST[:20] + b"\0\0" + LIST),
    "sessions": (0, b"\0\0\0\0\0" + LIST),
    "deep": (4, b"[" * 16 + b"]" * 16 + b"\0"),
    "too_deep": (4, b'{"a":' * 17 + b"\0\0\0" + LIST),
    "refused_then_session": (9, b"[" * 20 + b"\0" + LIST + b"\0" + LIST),
    "in_a_string": (3, b'["' + b"[{" * 40 + b'\\"\\\\"]\0'),
    "string_without_end": (3, b'"' + b"[" * 40 + b"\0" + b"[" * 17 + b"\0"),
    "closes_nothing": (3, b"]]]}}}" + b"[" * 16 + b"\0"),
    "long": (255, b"x" * 70000 + b"\0" + LIST),
    "nothing": (0, b""),
}

for name, data in SCREEN.items():
    save("screen_message", name, data)
for name, (pieces, data) in FRAMER.items():
    save("port_framer", name, bytes([pieces]) + data)
