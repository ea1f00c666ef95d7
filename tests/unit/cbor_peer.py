# SPDX-License-Identifier: Apache-2.0
"""CBOR for tests, of the standard library alone: RFC 8949's core deterministic encoding of what JSON has, and a client.

Written from the RFC and not from system/broker/wire/cbor_*.c, so that each shows the other's mistakes.
"""
import struct

from varlink_peer import Client, Stream

FLOATS = ((">e", 0xF9), (">f", 0xFA), (">d", 0xFB))


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for minor, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | minor]) + number.to_bytes(size, "big")
    raise OverflowError(number)


def encode_float(value: float) -> bytes:
    for form, initial in FLOATS:
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.pack(">d", struct.unpack(form, packed)[0]) == struct.pack(">d", value):
            return bytes([initial]) + packed
    raise AssertionError(value)


def encode(value) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return encode_float(value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    pairs = sorted((encode(key), encode(element)) for key, element in value.items())
    return head(5, len(value)) + b"".join(key + element for key, element in pairs)


def framed(item: bytes) -> bytes:
    return len(item).to_bytes(4, "big") + item


class Decoder:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.data), "the item goes on behind its message"
        return self.data[self.at - size:self.at]

    def item(self):
        initial = self.take(1)[0]
        major, number = initial >> 5, initial & 31
        if 24 <= number < 28:
            argument = self.take(1 << number - 24)
            if major == 7:
                return struct.unpack(FLOATS[number - 25][0], argument)[0]
            number = int.from_bytes(argument, "big")
        match major:
            case 0 | 1:
                return number if major == 0 else -1 - number
            case 3:
                return self.take(number).decode()
            case 4:
                return [self.item() for _ in range(number)]
            case 5:
                return {self.item(): self.item() for _ in range(number)}
            case 7:
                return {20: False, 21: True, 22: None}[number]
        raise AssertionError(f"an item that begins with {initial:#x}")


def decode(data: bytes):
    """The item that the bytes are; they must be its deterministic encoding."""
    decoder = Decoder(data)
    item = decoder.item()
    assert decoder.at == len(data), "bytes behind the item"
    assert encode(item) == data, f"not deterministic: {data.hex()}"
    return item


class CborStream(Stream):
    """Speaks CBOR where a Stream speaks JSON."""

    def send(self, message: dict):
        self.send_bytes(framed(encode(message)))

    def receive_bytes(self, size: int) -> bytes | None:
        while len(self.received) < size:
            data = self.read_bytes()
            if not data:
                return None
            self.received += data
        data, self.received = self.received[:size], self.received[size:]
        return data

    def receive(self) -> dict | None:
        length = self.receive_bytes(4)
        return None if length is None else decode(self.receive_bytes(int.from_bytes(length, "big")))


class CborClient(CborStream, Client):
    """Speaks CBOR where a Client speaks JSON."""
