#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_shell_frame; run it where it stands when docs/protocols/shell-port.md changes."""
import pathlib
import struct


def frame(kind: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return (kind + bytes([len(data) if length is None else length]) + data).ljust(128, b"\0")


SEEDS = {
    "session": frame(b"b", bytes(range(8)) + struct.pack("<HH", 24, 80)) + frame(b"d", b"ls\n") + frame(b"s", struct.pack("<HH", 60, 200)) + frame(b"e"),
    "full": frame(b"d", b"x" * 126),
    "too_long": frame(b"d", b"x" * 126, 127),
    "short_begin": frame(b"b", bytes(8)),
    "empty": frame(b"d"),
    "long_end": frame(b"e", b"e"),
    "short_size": frame(b"s", b"\x18\0"),
    "largest": frame(b"s", b"\xff" * 4),
    "cut": frame(b"d", b"half")[:50],
    "nothing": bytes(128),
    "theirs": frame(b"x", b"\0") + frame(b"n", bytes(8)),
}

if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent / "corpus/shell_frame"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in SEEDS.items():
        (folder / name).write_bytes(content)
