#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_open_defaults: tests/fuzz/seeds_open_defaults.py"""
import json
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/open_defaults"
APP = "org.example.browser"
OWNER = "a" * 64 + " " + "3f" * 32  # an id as long as it may be, and a key
FRESH = {"app": APP, "fresh": True}

SEEDS = {
    "none": {},
    "plain": {"https": APP, "text/plain": "org.example.reader"},
    "fresh": {"https": FRESH},
    "once": {"https": {"app": APP, "once": True}, "text/plain": FRESH | {"once": True}},
    "neither": {"https": {"app": APP, "fresh": False, "once": None}},
    "longest": {f"a/{'b' * 120}-{number:04}": {"app": OWNER, "fresh": True, "once": True} for number in range(32)},
    "too_many": {f"x-{number}": APP for number in range(40)},
    "too_long": {"a" * 128: APP, "https": "a" * 200},
    "no_names": {"": APP, "https": ""},
    "wrong_types": {"a": 1, "b": None, "c": [APP], "d": {"app": 1}, "e": {"fresh": True}, "f": {"app": APP, "fresh": "yes"}},
    "twice": '{"https": "org.example.one", "https": {"app": "org.example.two", "once": true}}',
    "escapes": '{"\\u0001\\u00e9\\ud83d\\ude00": "\\n\\t\\"\\\\"}',
    "nul": '{"a\\u0000b": "c"}',
    "array": "[]",
    "cut": '{"https": "org.exa',
    "more": '{"https": "org.example.one"} {}',
    "deep": '{"a":' * 200 + "1" + "}" * 200,
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, seed in SEEDS.items():
    (CORPUS / name).write_text(seed if isinstance(seed, str) else json.dumps(seed), encoding="utf-8")
