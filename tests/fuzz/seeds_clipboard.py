#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_clipboard: tests/fuzz/seeds_clipboard.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/clipboard"

SEEDS = {
    "plain": b"text/plain",
    "charset": b"text/plain;charset=utf-8",
    "quoted": b'application/x-qt-windows-mime;value="Star Object (XML)"; b=c',
    "suffix": b"image/svg+xml",
    "no_subtype": b"text/",
    "open_quote": b'text/plain;charset="utf-8',
    "longest": b"a/" + b"b" * 125,
    "too_long": b"a/" + b"b" * 126,
    "room_for_a_parameter": b"a/" + b"b" * 121,
    "nul": b"text/plain\0;charset",
    "not_ascii": "tëxt/plain".encode(),
    "size": b"11\nhello there",
    "size_of_nothing": b"0\n",
    "size_max": b"33554432\n",
    "size_too_large": b"33554433\n",
    "size_of_many_digits": b"9" * 20 + b"\n",
    "size_with_a_sign": b"-1\n",
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
