#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_display_port; run it where it stands when its input changes."""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus" / "display_port"
SURFACE, WITHDRAW, FRAME, BLANK, CURSOR, CURSOR_MOVE, JOINED, LEFT, HELLO = 1, 2, 3, 4, 5, 6, 64, 65, 66


def record(cid: int, kind: int, *words: int) -> bytes:
    body = struct.pack(f"<{len(words)}I", *words)
    return struct.pack("<4I", cid, 0, kind, 0) + body.ljust(40, b"\0")


def surface(cid: int, number: int, width: int, height: int, alpha: int = 0) -> bytes:
    return record(cid, SURFACE, number, width, height, width * 4, width * height * 4, 0, alpha)


JOIN = record(7, JOINED)
ONE = JOIN + surface(7, 1, 64, 32) + record(7, FRAME, 1, 0, 0, 64, 32, 1)
SEEDS = {
    "joined": JOIN, "left": JOIN + record(7, LEFT), "again": ONE + ONE, "nobody": record(9, FRAME, 1, 0, 0, 1, 1, 1),
    "frames": ONE + record(7, FRAME, 1, 3, 4, 5, 6, 2) + record(7, FRAME, 1, 60, 30, 4, 2, 3), "blank": ONE + record(7, BLANK),
    "withdrawn_while_shown": ONE + record(7, WITHDRAW, 1) + record(7, FRAME, 1, 0, 0, 1, 1, 2),
    "two_surfaces": ONE + surface(7, 2, 8192, 8192) + record(7, FRAME, 2, 8191, 8191, 1, 1, 2) + record(7, WITHDRAW, 1),
    "cursor": JOIN + surface(7, 3, 64, 64, 1) + record(7, CURSOR, 3, 5, 5, 63, 0) + record(7, CURSOR_MOVE, 0, 9, 9) + record(7, CURSOR, 0),
    "cursor_no_alpha": JOIN + surface(7, 3, 64, 64) + record(7, CURSOR, 3),
    "too_many_surfaces": JOIN + b"".join(surface(7, number, 1, 1) for number in range(1, 18)),
    "too_many_apps": b"".join(record(cid, JOINED) for cid in range(3, 70)), "outside": ONE + record(7, FRAME, 1, 0xFFFFFFFF, 0, 2, 1, 2),
    "huge": JOIN + record(7, SURFACE, 1, 8192, 8192, 0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFFF), "hello": ONE + record(0, HELLO) + JOIN,
    "unknown": JOIN + record(7, 99), "cut": ONE[:-9],
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(b"\xff" + data)
(CORPUS / "in_pieces").write_bytes(b"\x0c" + SEEDS["frames"])
