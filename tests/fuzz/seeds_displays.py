#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_display_hub and fuzz_import_command: tests/fuzz/seeds_displays.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
CID = 16


def save(target: str, name: str, *steps: bytes):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(b"".join(steps))


# The hub

APP_SAYS, PORT_SAYS, HELLO, PLUG, HANG_UP, APP_HEARS, PORT_HEARS, OPEN = range(8)
SURFACE, WITHDRAW, FRAME, BLANK, CURSOR, CURSOR_MOVE, CONFIGURE, DONE, INPUT = 1, 2, 3, 4, 5, 6, 16, 17, 18


def hub_step(kind: int, data: bytes = b"", app: int = 0, memory: int = 0, amount: int | None = None) -> bytes:
    return bytes([kind | app << 3 | memory << 5, len(data) if amount is None else amount]) + data


def message(kind: int, *words: int) -> bytes:
    return (struct.pack("<2I", kind, 0) + struct.pack(f"<{len(words)}I", *words)).ljust(48, b"\0")


def says(kind: int, *words: int, app: int = 0) -> bytes:
    return hub_step(APP_SAYS, message(kind, *words), app)


def announces(number: int, width: int = 16, height: int = 8, alpha: int = 0, app: int = 0, memory: int = 1, size: int | None = None) -> bytes:
    words = (number, width, height, width * 4, width * height * 4 if size is None else size, 0, alpha)
    return hub_step(APP_SAYS, message(SURFACE, *words), app, memory)


def frame(number: int, serial: int, *rectangle: int, app: int = 0) -> bytes:
    return says(FRAME, number, *(rectangle or (0, 0, 16, 8)), serial, app=app)


def port(kind: int, *words: int, cid: int = CID) -> bytes:
    return hub_step(PORT_SAYS, struct.pack("<2I", cid, 0) + message(kind, *words))


def done(serial: int, cid: int = CID) -> bytes:
    return port(DONE, 0, 0, 0, 0, 0, serial, cid=cid)


hello, hears = hub_step(HELLO), hub_step(PORT_HEARS, amount=255)
shown = hello + announces(1) + frame(1, 1) + hears
cursor = announces(9, 64, 64, 1) + says(CURSOR, 9, 5, 5, 63, 0)


def hubs():
    def hub(name: str, *steps: bytes):
        save("display_hub", name, *steps)

    hub("hello", hello, hears, hello, hears)
    hub("frames", shown, frame(1, 2, 3, 3, 1, 1), frame(1, 3, 9, 6, 2, 1), hears, done(1), hears, hub_step(APP_HEARS), done(3))
    hub("two_surfaces", shown, announces(2), frame(1, 2), frame(2, 3), frame(1, 4, 1, 1, 1, 1), done(1), hears, done(4))
    hub("withdrawn", shown, announces(2), frame(2, 2), says(WITHDRAW, 2), says(WITHDRAW, 1), hears, done(1))
    hub("withdrawn_before_hello", announces(1), announces(2), says(WITHDRAW, 1), frame(2, 1), cursor, says(WITHDRAW, 9), hello, hears)
    hub("blank", shown, frame(1, 2), says(BLANK), hears, frame(1, 3), hears, done(3))
    hub("cursor", hello, cursor, says(CURSOR_MOVE, 0, 9, 9), says(CURSOR, 0), hears, says(WITHDRAW, 9), hello, hears)
    hub("again", shown, hub_step(PLUG), announces(1), frame(1, 1), hears, hub_step(HANG_UP), hub_step(PLUG), hears)
    hub("all_apps", hello, *[announces(i, app=i) + frame(i, i, app=i) for i in range(1, 4)], hello, hears, hub_step(HANG_UP, app=2), hears)
    hub("many", *[announces(i, app=app) for app in range(4) for i in range(1, 17)], hello, hears, hello, hears)
    hub("flood", hello, cursor, *[says(CURSOR, 9, 0, 0, i % 64, 0) for i in range(90)], hub_step(HANG_UP), hears)
    hub("input", hello, port(CONFIGURE, 800, 600, 0, 0, 60000), port(INPUT, 0, 30 << 16 | 1, 1), hub_step(APP_HEARS), port(INPUT, 1, cid=99))
    hub("port_bad", hello, port(FRAME, 1), hello, port(CONFIGURE, 0, 1), hello, port(CONFIGURE, 1, 8193), hub_step(PORT_SAYS, b"\x42" * 70), hello, hears)
    hub("half_records", hub_step(PORT_SAYS, b"\x10\0\0"), hello, hears, *[hub_step(PORT_SAYS, port(INPUT, 0)[2:2 + cut]) + hello for cut in (8, 20, 55)], hears,
        hub_step(PORT_SAYS, b"\0" * 8 + b"\x42" + b"\0" * 46), hello, hears)
    hub("half_read", *[announces(i) for i in range(1, 9)], hello, hub_step(PORT_HEARS, amount=3), hello, hub_step(PORT_HEARS, amount=1), hello, hello, hears)
    hub("memory", hello, *[hub_step(PLUG) + announces(1, memory=i) for i in range(8)], hears)
    hub("memory_large", hello, announces(1, 8192, 8192, memory=5), frame(1, 1, 8191, 8191, 1, 1), hears, announces(2, 1, 1, size=2**32 - 1))
    hub("open", announces(1), announces(255, app=1), hub_step(OPEN, amount=1), hub_step(OPEN, app=1, amount=255), hub_step(OPEN), says(WITHDRAW, 1), hub_step(OPEN, amount=1))
    hub("bad_messages", hello, *[hub_step(PLUG, app=i % 4) + bad for i, bad in enumerate((
        hub_step(APP_SAYS, b""), hub_step(APP_SAYS, message(4)[:47]), hub_step(APP_SAYS, message(4) + b"\0"), says(0), says(7), says(16),
        hub_step(APP_SAYS, message(4), memory=1), frame(1, 1), says(WITHDRAW, 1), says(CURSOR, 1), announces(0), announces(1, 0),
        announces(1, 8193), announces(1, 1, 1, 2), announces(1) + announces(1), announces(1) + frame(1, 0), announces(1) + frame(1, 1, 16, 0, 1, 1)))], hears)


# The import device

CONTROL, CURSOR_QUEUE, RESET, APP = range(4)
PAGE = 4096
FENCE = 1


def step(kind: int, data: bytes = b"", cut: int = 0) -> bytes:
    return struct.pack("<BB", kind | cut << 2, len(data)) + data


def command(kind: int, *words: int, flags: int = 0, cut: int = 0) -> bytes:
    header = struct.pack("<IIQIB3x", kind, flags, 0x1234 if flags else 0, 3, 0)
    return step(CONTROL, header + struct.pack(f"<{len(words)}I", *words), cut)


def create(resource: int, surface: int, pages: float, cid: int = CID, kind: int = 2, entries: int = 0, flags: int = 0) -> bytes:
    return command(0x10c, resource, kind, 1, entries, surface, cid, int(pages * PAGE) % 2**32, 0, flags=flags, cut=40)


def map_at(resource: int, page: float) -> bytes:
    return command(0x208, resource, 0, int(page * PAGE) % 2**32, 0)


def unmap(resource: int) -> bytes:
    return command(0x209, resource, 0)


def unref(resource: int) -> bytes:
    return command(0x102, resource, 0)


def app(*surfaces: int) -> bytes:
    return step(APP, bytes(surface - 1 for surface in surfaces))


def imports():
    def device(name: str, *steps: bytes):
        save("import_command", name, *steps)

    one = create(1, 3, 3) + map_at(1, 2)
    device("map", one, unmap(1), unref(1))
    device("unref_alone", one, unref(1))
    device("beside", one, create(2, 2, 2), map_at(2, 5), map_at(2, 0), create(3, 1, 1), map_at(3, 1), map_at(3, 7))
    device("over", one, create(2, 2, 2), *[map_at(2, page) for page in range(6)])
    device("part", create(1, 3, 1), map_at(1, 0), create(2, 3, 2), map_at(2, 14), create(3, 3, 4))
    device("offsets", create(1, 3, 3), map_at(1, 0.5), map_at(1, 14), map_at(1, 16), map_at(1, 2**20 - 1), map_at(1, 13))
    device("sizes", create(1, 3, 0), create(1, 3, 0.5), create(1, 3, 1.25), create(1, 3, 4), create(1, 3, 2**20 - 1))
    device("twice", one, map_at(1, 8), create(1, 1, 1), unmap(1), map_at(1, 8), unmap(1), unref(1), unref(1))
    device("names", create(0, 1, 1), create(1, 0, 1), create(1, 9, 1), create(1, 1, 1, cid=17), create(1, 1, 1, cid=0), create(1, 1, 1, kind=1),
           create(1, 1, 1, kind=3), create(1, 1, 1, entries=1), map_at(0, 0), map_at(7, 0), unmap(0), unref(0))
    device("withdrawn", one, app(3), create(2, 3, 3), app(3), create(2, 3, 3), map_at(2, 8), app(3, 3, 3))
    device("opened_then_withdrawn", create(1, 3, 3), app(3), map_at(1, 2), app(4), create(2, 4, 4), map_at(2, 8))
    device("reset", one, create(2, 2, 2), step(RESET), unref(1), one, step(RESET), step(RESET))
    device("contexts", command(0x200, 0, 0, *[0] * 16), command(0x202, 1, 0), command(0x203, 1, 0), command(0x201), command(0x207, 8, 0))
    device("fenced", create(1, 1, 1, flags=FENCE), command(0x208, 1, 0, 0, 0, flags=FENCE), command(0x999, flags=FENCE))
    device("unknown", command(0), command(0x100), command(0x103), command(0x108), step(CURSOR_QUEUE, b"anything"), step(CURSOR_QUEUE))
    device("short", one, step(CONTROL, b"12345"), step(CONTROL, create(1, 1, 1)[2:40]), step(CONTROL), one)


hubs()
imports()
