#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_network_device, an app's card and the trunk as they are used and as they are not, and of fuzz_uplink_frame."""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
CARD, TRUNK = b"\0", b"\1"
TRANSMIT, OFFER, DATAGRAM, RECEIVE, PLUG, UNPLUG, RESET = range(7)
HEADER = bytes(12)


def step(what: int, data: bytes = b"") -> bytes:
    return bytes([what, len(data)]) + data


def frame(source: int, tag: int | None = None, size: int = 60, kind: int = 0x0800) -> bytes:
    tagged = b"" if tag is None else b"\x81\x00" + tag.to_bytes(2, "big")
    head = b"\xff" * 6 + b"\x02\xbc\0\0" + source.to_bytes(2, "big") + tagged + kind.to_bytes(2, "big")
    return head + bytes(max(0, size - len(head)))


def transmit(data: bytes, more: int = 0) -> bytes:
    return step(TRANSMIT, bytes([more]) + HEADER + data)


BUFFER = step(OFFER, bytes([97]))  # 1552 bytes
SEEDS = {
    "card": CARD + transmit(frame(3)) + BUFFER + step(DATAGRAM, b"\0" + frame(1)) + step(RECEIVE),
    "card_longest": CARD + transmit(frame(3, size=74), more=90) + transmit(frame(3, size=75), more=90) + step(RECEIVE),
    "card_spoofs": CARD + transmit(frame(4)) + transmit(frame(3, 5)) + transmit(frame(3, kind=0x88A8)) + transmit(frame(3)[:13]) + step(RECEIVE),
    "card_waits": CARD + step(DATAGRAM, b"\0" + frame(1)) * 3 + BUFFER * 2 + step(RESET) + BUFFER,
    "card_small_buffers": CARD + step(OFFER, b"\1") + step(DATAGRAM, b"\0" + frame(1)) + step(OFFER, b"\0") + BUFFER + step(TRANSMIT, b"\0"),
    "trunk": TRUNK + b"".join(transmit(frame(1, port)) for port in range(6)) + step(RECEIVE),
    "trunk_hears": TRUNK + BUFFER * 4 + b"".join(step(DATAGRAM, bytes([port]) + frame(port)) for port in range(1, 5)) + step(RECEIVE),
    "trunk_spoofed": TRUNK + BUFFER * 4 + b"".join(step(DATAGRAM, bytes([port]) + frame(5 - port)) for port in range(1, 5)),
    "trunk_tags": TRUNK + transmit(frame(1)) + transmit(frame(1, 0x2FFF)) + transmit(frame(1, 2, kind=0x8100)) + transmit(frame(1, 2)[:16]) + step(RECEIVE),
    "trunk_cables": TRUNK + step(UNPLUG, b"\1") + transmit(frame(1, 2)) + step(PLUG, b"\1") + step(DATAGRAM, b"\2") + transmit(frame(1, 2)) + step(RECEIVE),
}


def packet(data: bytes, flags: int = 0, joined: int = 0, start: int = 0, offset: int = 0) -> bytes:
    return struct.pack("<BBHHHH", flags, joined, 0, 0, start, offset) + data


WHOLE = 1  # the checksum is still to be made
PACKETS = {
    "plain": packet(frame(1)),
    "longest": packet(frame(1, size=1514)),
    "too_long": packet(frame(1, size=1515)),
    "shortest": packet(frame(1, size=14)),
    "too_short": packet(frame(1, size=14)[:13]),
    "header_alone": packet(b"")[:9],
    "tagged": packet(frame(1, 5)),
    "joined": packet(frame(1, size=1514), joined=1),
    "checksum": packet(frame(1), WHOLE, start=34, offset=6),
    "checksum_odd": packet(frame(1, size=61), WHOLE, start=33, offset=7),
    "checksum_last": packet(frame(1), WHOLE, start=58),
    "checksum_outside": packet(frame(1), WHOLE, start=58, offset=1),
    "checksum_far": packet(frame(1), WHOLE, start=65535, offset=65535),
    "checksum_of_all": packet(frame(1, size=1514), WHOLE, offset=1512),
}

for folder, seeds in (("network_device", SEEDS), ("uplink_frame", PACKETS)):
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (CORPUS / folder / name).write_bytes(data)
