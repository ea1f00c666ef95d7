#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_desktop_text and fuzz_init_console; run it where it stands when either's input changes."""
import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"

TEXTS = {
    "plain": "Time is up", "spaces": "  a \t\u3000b  ", "lines": "one\r\n\ntwo\u2028three\n", "controls": "a\x01\x1b[31m\x7f\x85b",
    "directions": "a\u202eb\u2066c\u200fd\u061c", "marks": "e" + "\u0301" * 12, "arabic": "مرحبا بالعالم", "joined": "\U0001F468\u200d\U0001F469",
    "markup": "<b>&amp;</b>", "fillers": "\u200b\ufeff\u00ad\u3164\u2800\uffa0", "private": "\ue000\U000F0000\U000E0041",
}
BROKEN = {"overlong": b"\xc0\xaf\xe0\x80\x80", "surrogate": b"\xed\xa0\x80", "cut": b"ab\xe2\x82", "beyond": b"\xf4\x90\x80\x80\xff"}
CONSOLE = {
    "kill": "kill bk-broker\n", "kill_spaces": " kill   bk-compositor \r\n", "kill_nobody": "kill \n", "panic": "panic\n", "unknown": "reboot\n",
    "record": "record io.bulkhead.timer\n", "record_nobody": "record\n",
    "empty": "\n\n", "too_long": "x" * 200 + "\npanic\n", "unended": "kill bk-broker",
    "cmdline": "console=hvc0 quiet bulkhead.debug bulkhead.toast_seconds=60 bulkhead.timezone=CET-1CEST\n",
    "cmdline_long": "bulkhead.timezone=" + "x" * 100 + " bulkhead.reduced_motion", "keys": "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n",
    "pointer": "1f0000 0 0 0 0\n", "no_bitmap": "zz -1  0x3",
}


def write(target: str, name: str, data: bytes):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


for name, text in TEXTS.items():
    write("desktop_text", name, b"\xff\x01" + text.encode())
for name, data in BROKEN.items():
    write("desktop_text", name, b"\x08\x00" + data)
for name, text in CONSOLE.items():
    write("init_console", name, text.encode())
