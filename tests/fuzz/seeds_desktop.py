#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_desktop_text, fuzz_desktop_image and fuzz_init_console; run it where it stands when either's input changes."""
import pathlib
import struct
import zlib

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


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 16, height: int = 16, depth: int = 8, colour: int = 2, interlaced: int = 0, rows: bytes | None = None, more: bytes = b"",
        end: bool = True) -> bytes:
    """A picture of one colour; `colour` as PNG counts: 0 grey, 2 RGB, 3 of a palette, 4 grey and alpha, 6 RGB and alpha."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" + b"\1" * ((width * samples * depth + 7) // 8)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlaced)) + more +
            chunk(b"IDAT", zlib.compress(row * height if rows is None else rows)) + (chunk(b"IEND", b"") if end else b""))


PALETTE = chunk(b"PLTE", bytes(range(48))) + chunk(b"tRNS", b"\x80" * 8)
IMAGES = {
    "rgb": png(), "rgba_16": png(colour=6, depth=16), "grey_1": png(colour=0, depth=1), "grey_alpha": png(17, 31, colour=4),
    "palette": png(colour=3, depth=4, more=PALETTE), "palette_missing": png(colour=3, depth=4), "interlaced": png(24, 40, interlaced=1),
    "largest": png(256, 256, colour=6), "too_wide": png(257, 16), "too_low": png(16, 15), "no_end": png(end=False), "cut": png()[:60],
    "rows_missing": png(rows=b"\0\1"), "rows_over": png(rows=b"\0" * 100000), "filter_unknown": png(rows=b"\x09" * 49 * 16),
    "text": png(more=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 100000))), "two_heads": png(more=chunk(b"IHDR", struct.pack(">2I5B", 9999, 9999, 8, 2, 0, 0, 0))),
    "gamma": png(more=chunk(b"gAMA", bytes(4)) + chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200)))), "other": b"GIF89a" + bytes(40),
}

for name, data in IMAGES.items():
    write("desktop_image", name, data)
for name, text in TEXTS.items():
    write("desktop_text", name, b"\xff\x01" + text.encode())
for name, data in BROKEN.items():
    write("desktop_text", name, b"\x08\x00" + data)
for name, text in CONSOLE.items():
    write("init_console", name, text.encode())
