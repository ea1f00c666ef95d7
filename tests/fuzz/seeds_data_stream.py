#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_data_stream: tests/fuzz/seeds_data_stream.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/data_stream"
DISK = 1 << 16
MAGIC = b"\xb5BDAT\r\n\x1a"


def head(size: int = DISK, version: int = 1, zero: int = 0) -> bytes:
    return MAGIC + struct.pack("<IIQQ", version, zero, size, 0)


def piece(offset: int, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack("<QQ", offset, len(content) if size is None else size) + content


END = piece(DISK)
SEEDS = {
    "blank": head() + END,
    "none": head(0) + piece(0),
    "pieces": head() + piece(0, b"a" * 512) + piece(512, b"b") + piece(DISK - 1, b"c") + END,
    "overlap": head() + piece(0, b"a" * 512) + piece(511, b"b") + END,
    "beyond": head() + piece(DISK, b"a") + END,
    "too_long": head() + piece(DISK - 1, b"ab") + END,
    "huge": head(2**63) + piece(2**63),
    "huge_piece": head() + piece(1, b"a", size=2**64 - 1),
    "wraps": head() + piece(2**64 - 1, b"ab"),
    "odd": head(DISK + 1) + piece(DISK + 1),
    "version": head(version=2) + END,
    "reserved": head(zero=1) + END,
    "another_file": b"PK\x03\x04" + bytes(60),
    "cut": head() + piece(0, b"a", size=100),
    "early_end": head() + piece(4),
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, stream in SEEDS.items():
    (CORPUS / name).write_bytes(b"\1" + stream)
(CORPUS / "no_digest").write_bytes(b"\0" + SEEDS["pieces"])
