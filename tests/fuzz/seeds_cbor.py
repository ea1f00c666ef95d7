#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_broker_cbor: tests/fuzz/seeds_cbor.py"""
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "unit"))
from cbor_peer import encode, framed  # noqa: E402

CORPUS = HERE / "corpus/broker_cbor"
POST = {"method": "io.bulkhead.Notification.Post",
        "parameters": {"title": "Time is up", "body": None, "buttons": [{"id": "a", "label": "b"}], "replaces": 7}}
MANY = {"numbers": [0, 23, 24, 255, 256, 65536, 2**32, 2**63, 2**64 - 1, -1, -25, -257, -65537, -2**63],
        "floats": [0.0, -0.0, 1.5, 0.1, 1e300, 5e-324, 65504.0, 100000.0], "words": [True, False, None, "", "ä水\U0001f642", '"\\\n\x1f'],
        "": {}, "empty": [], "x" * 128: {"a": 1, "b": 2, "aa": 3}}


def deep(levels: int):
    value: object = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


# name: the size of the pieces less one, the room beside the least, and the bytes
SEEDS = {
    "post": (255, 255, framed(encode(POST))),
    "post_byte_by_byte": (0, 0, framed(encode(POST))),
    "several": (6, 30, framed(encode(POST)) * 3 + framed(encode({"method": "org.varlink.service.GetInfo"}))),
    "many": (12, 1, framed(encode(MANY))),
    "deepest": (4, 9, framed(encode(deep(32)))),
    "too_deep": (4, 9, framed(b"\x81" * 33 + b"\xf6")),
    "half": (3, 0, framed(encode(POST))[:40]),
    "empty_message": (1, 0, b"\0\0\0\0"),
    "too_long": (1, 0, struct.pack(">I", 262145)),
    "claims_much": (9, 0, framed(b"\x9b" + b"\xff" * 8 + b"\0" * 20)),
    "claims_text": (9, 0, framed(b"\x7a\0\0\xff\xff" + b"a" * 30)),
    "cut": (2, 0, framed(encode(POST)[:-1])),
    "trailing": (2, 0, framed(encode(POST) + b"\xf6")),
    "long_heads": (255, 0, framed(b"\x83\x01\x18\x17\x19\0\x01")),
    "long_float": (255, 0, framed(b"\x82\xf9\x3e\0\xfa\x3f\xc0\0\0")),
    "nan": (255, 0, framed(b"\x82\xf9\x3e\0\xf9\x7e\0")),
    "indefinite": (255, 0, framed(b"\x9f\x01\xff")),
    "keys_twice": (255, 0, framed(b"\xa2\x61a\x01\x61a\x02")),
    "keys_not_sorted": (255, 0, framed(b"\xa2\x62aa\x01\x61b\x02")),
    "key_number": (255, 0, framed(b"\xa1\x01\x02")),
    "tag": (255, 0, framed(b"\xc1\x01")),
    "bytes": (255, 0, framed(b"\x43abc")),
    "undefined": (255, 0, framed(b"\x82\xf6\xf7")),
    "utf8_at_joints": (0, 3, framed(encode(["ä水\U0001f642"] * 3))),
    "utf8_broken": (255, 0, framed(b"\x83\x61a\x62\xc3(\x61a")),
    "json": (255, 0, json.dumps(MANY).encode()),
    "json_utf8": (255, 0, json.dumps(MANY, ensure_ascii=False, indent=1).encode()),
    "json_escapes": (255, 0, rb'{"b":"\u00e4\ud83d\ude42\/\b","a":[1.50000000000000000e+00,-0.0,1e5]}'),
    "json_broken": (255, 0, b'{"a":[1,2,{"b":"\\ud800"}]}'),
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, (piece, room, data) in SEEDS.items():
    (CORPUS / name).write_bytes(bytes([piece, room]) + data)
