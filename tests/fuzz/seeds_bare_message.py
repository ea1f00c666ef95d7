#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_bare_message: tests/fuzz/seeds_bare_message.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/bare_message"

SEEDS = {
    "info": b'{"parameters":{"vendor":"v","product":"Bulkhead System API","version":"0.2.0","url":"u","interfaces":["a","b"]}}',
    "posted": b'{"parameters":{"id":7}}',
    "answered": b'{"parameters":{"id":7,"answer":"activated","button":"wave"},"continues":true}',
    "dismissed": b'{"parameters":{"id":7,"answer":"dismissed","button":null},"continues":true}',
    "error": b'{"error":"io.bulkhead.Notification.TooSoon","parameters":{"milliseconds":400}}',
    "blanks": b' {\n\t"parameters" : { "id" : -1.5e+3 } , "error" : "x" }\r\n',
    "escapes": b'{"parameters":{"product":"a\\"b\\\\c\\n\\u00e9\\/"}}',
    "letters": '{"parameters":{"product":"é 漢 😀"}}'.encode(),
    "nested": b'{"a":[[{"parameters":{"id":1}}]],"parameters":{"id":[1,{"id":2}]}}',
    "deep": b'{"a":' + b"[" * 40 + b"]" * 40 + b',"error":"x"}',
    "half": b'{"parameters":{"product":"Bulk',
    "half_escape": b'{"parameters":{"product":"\\u00"}}',
    "ends_in_escape": b'{"error":"\\',
    "no_comma": b'{"parameters":1 "error":"x"}',
    "crossed": b'{"parameters":[1,2},"error":"x"]',
    "noise": bytes(range(256)),
    "empty": b"",
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
