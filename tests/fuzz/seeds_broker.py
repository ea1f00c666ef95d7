#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_broker_framing: tests/fuzz/seeds_broker.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/broker_framing"
POST = b'{"method":"io.bulkhead.Notification.Post","parameters":{"title":"Time is up","buttons":[{"id":"a","label":"b"}]}}\0'

# name: the size of the pieces less one, and the bytes
SEEDS = {
    "post": (255, POST),
    "post_byte_by_byte": (0, POST),
    "several": (6, POST * 3 + b'{"method":"org.varlink.service.GetInfo"}\0'),
    "half": (3, POST[:40]),
    "empty_message": (1, POST + b"\0"),
    "deepest": (4, b"[" * 32 + b"]" * 32 + b"\0"),
    "too_deep": (4, b'{"a":' * 33),
    "closes_nothing": (2, b"]]]}}}" + b"[" * 32 + b"\0"),
    "brackets_in_strings": (5, b'["' + b"[{" * 40 + b'\\"\\\\"]\0'),
    "escape_at_a_joint": (0, b'{"a\\\\":"\\"[","b":"\\\\\\""}\0'),
    "string_without_end": (7, b'{"a":"' + b"[" * 50 + b"\0" + POST),
    "nuls": (255, b"\0\0\0"),
    "utf8": (2, "Zeit \u23f0 ist \U0001f642 um \u00e4".encode()),
    "utf8_broken": (2, b"\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"),
    "controls": (1, b"bell\x07 esc\x1b[31m del\x7f"),
    "direction": (1, "a\u202eb\u2066c\u2028d".encode()),
    "blanks": (1, " \u00a0\u200b\ufeff".encode()),
    "text_of_2000": (255, b"x" * 2000),
    "text_of_2001": (255, b"x" * 2001),
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, (piece, data) in SEEDS.items():
    (CORPUS / name).write_bytes(bytes([piece]) + data)
