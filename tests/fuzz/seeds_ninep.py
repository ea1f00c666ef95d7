#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_ninep, the answers of a 9P server: tests/fuzz/seeds_ninep.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/ninep"
READ, WRITE = b"\0", b"\1"
FOLDER, FILE = struct.pack("<BIQ", 0x80, 1, 2), struct.pack("<BIQ", 0, 1, 3)


def answer(kind: int, body: bytes = b"", tag: int = 1) -> bytes:
    return struct.pack("<IBH", 7 + len(body), kind, tag) + body


def string(text: bytes) -> bytes:
    return struct.pack("<H", len(text)) + text


def entry(qid: bytes, name: bytes, offset: int) -> bytes:
    return qid + struct.pack("<QB", offset, 8) + string(name)


def listed(*entries: bytes) -> bytes:
    """A folder is listed: walked to, opened, read, read to its end, left."""
    data = b"".join(entries)
    return (answer(111, struct.pack("<H", 0)) + answer(13, FOLDER + bytes(4)) + answer(41, struct.pack("<I", len(data)) + data) +
            (answer(41, bytes(4)) if entries else b"") + answer(121))


def about(mode: int = 0o100644, size: int = 5) -> bytes:
    return answer(25, struct.pack("<Q", 0x7ff) + FILE + struct.pack("<IIIQQQQQ", mode, 0, 0, 1, 0, size, 4096, 8) + bytes(80))


def size_of(size: int = 5) -> bytes:
    return WALKED + about(size=size) + answer(121)


VERSION = answer(101, struct.pack("<I", 65536) + string(b"9P2000.L"), 0xffff)
ATTACHED = VERSION + answer(105, FOLDER)
WALKED = answer(111, struct.pack("<H", 1) + FILE)
ENTERED = answer(111, struct.pack("<H", 1) + FOLDER)
ROOT = listed(entry(FOLDER, b"..", 1), entry(FOLDER, b"sub", 2), entry(FILE, b"tea", 3)) + size_of()
NO_ENTRY, NOT_SUPPORTED = answer(7, struct.pack("<I", 2)), answer(7, struct.pack("<I", 95))
BROWSED = ATTACHED + ROOT + ENTERED + listed() + answer(121) + ROOT
OPENED = WALKED + about() + answer(13, FILE + bytes(4))
CREATED = NO_ENTRY + answer(111, struct.pack("<H", 0)) + answer(15, FILE + bytes(4))
WRITTEN = CREATED + answer(119, struct.pack("<I", 60)) + answer(119, struct.pack("<I", 40)) + answer(51) + answer(121)

SEEDS = {
    "read": READ + BROWSED + OPENED + answer(117, struct.pack("<I", 2) + b"gr") + answer(117, struct.pack("<I", 3) + b"een"),
    "read_short": READ + BROWSED + OPENED + answer(117, bytes(4)),
    "read_too_much": READ + BROWSED + OPENED + answer(117, struct.pack("<I", 9) + b"greengree"),
    "read_a_pipe": READ + BROWSED + WALKED + about(0o10644) + answer(121),
    "written": WRITE + BROWSED + WRITTEN + NO_ENTRY + answer(75),
    "written_by_older": WRITE + BROWSED + WRITTEN + NO_ENTRY + NOT_SUPPORTED + WALKED + answer(21) + answer(121),
    "write_refused": WRITE + BROWSED + CREATED + answer(7, struct.pack("<I", 28)) + answer(121) + answer(77),
    "write_removed_by_older": WRITE + BROWSED + CREATED + answer(7, struct.pack("<I", 5)) + answer(121) + NOT_SUPPORTED + WALKED + answer(123),
    "write_exists": WRITE + BROWSED + WALKED + about() + answer(121),
    "write_taken": WRITE + BROWSED + WRITTEN + WALKED + about() + answer(121) + answer(77),
    "names": READ + ATTACHED + listed(*(entry(FILE, name, number) for number, name in enumerate(
        (b"", b".", b"..", b".x", b"a/b", b"a\0b", b"\xff\xfe", b"x" * 255, b"x" * 256)))) + NO_ENTRY * 3,
    "empty": READ + ATTACHED + listed(),
    "half_an_entry": READ + ATTACHED + answer(111, bytes(2)) + answer(13, FOLDER + bytes(4)) + answer(41, struct.pack("<I", 20) + bytes(20)),
    "another_version": READ + answer(101, struct.pack("<I", 65536) + string(b"unknown"), 0xffff),
    "small_messages": READ + answer(101, struct.pack("<I", 4096) + string(b"9P2000.L"), 0xffff) + answer(105, FOLDER) + ROOT,
    "another_tag": READ + VERSION + answer(105, FOLDER, 2),
    "another_type": READ + VERSION + answer(111, FOLDER),
    "no_error": READ + VERSION + answer(7, bytes(4)),
    "long": READ + VERSION + struct.pack("<IBH", 0xffffffff, 105, 1),
    "short": READ + VERSION + struct.pack("<IBH", 6, 105, 1),
    "refused": READ + VERSION + answer(7, struct.pack("<I", 13)),
    "nothing": READ,
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
