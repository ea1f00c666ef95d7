#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The small app of docs/api/languages.md as CBOR (docs/protocols/cbor.md), in Python with its standard library alone."""
import re
import socket
import struct
import sys

SYSTEM = (2, 2)  # CID 2 is the system, port 2 its API as CBOR
BUTTONS = [{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}]
FLOATS = {25: ">e", 26: ">f", 27: ">d"}
WHY_NOT = {"org.varlink.service.PermissionDenied": "I may not know", "io.bulkhead.Location.NoSource": "nobody knows",
           "org.varlink.service.MethodNotFound": "this system has no such thing"}


class Refused(Exception):
    """The system answered with an error."""


def head(major: int, number: int) -> bytes:
    """An item's first bytes: its type, and its length or count in the fewest that hold it."""
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + number.to_bytes(size)


def encode(value) -> bytes:
    """Texts, lists and maps, which is all that this app says; a map's keys in their order as bytes."""
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(sorted(encode(key) + encode(element) for key, element in value.items()))


def read(system, size: int) -> bytes:
    data = system.read(size)
    if len(data) < size:
        raise ConnectionError("it closed the connection")
    return data


def decode(system):
    """Reads an item of any kind that the system sends."""
    [initial] = read(system, 1)
    major, number = initial >> 5, initial & 31
    if number > 23:
        argument = read(system, 1 << number - 24)
        if major == 7:
            return struct.unpack(FLOATS[number], argument)[0]
        number = int.from_bytes(argument)
    match major:
        case 3: return read(system, number).decode()
        case 4: return [decode(system) for _ in range(number)]
        case 5: return {decode(system): decode(system) for _ in range(number)}
        case 7: return {20: False, 21: True, 22: None}[number]
    return -1 - number if major else number


def call(system, method: str, **parameters) -> dict:
    message = encode({"method": method, "parameters": parameters})
    system.write(len(message).to_bytes(4) + message)
    system.flush()
    read(system, 4)  # how long the answer is, for those who take it as a whole
    reply = decode(system)
    if "error" in reply:
        raise Refused(reply["error"])
    return reply.get("parameters", {})


def converse(system):
    info = call(system, "org.varlink.service.GetInfo")
    print("\n  ".join([f"{info['product']} {info['version']}", *info["interfaces"]]))
    answer = call(system, "org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
    print("methods:", *re.findall(r"^method (\w+)", answer["description"], re.MULTILINE))
    button, body = "again", "Shall I ask again?"
    while button == "again":
        posted = call(system, "io.bulkhead.Notification.Post", title="Hello from CBOR", body=body, buttons=BUTTONS)
        print("posted", posted["id"])
        button, body = call(system, "io.bulkhead.Notification.Watch")["button"], 'You pressed "Again".'
        print("pressed", button or "nothing")
    try:
        place = call(system, "io.bulkhead.Location.Watch", accuracy="coarse")
        print(f"location: {place['latitude']:.2f} {place['longitude']:.2f}")
    except Refused as refused:
        print("location:", WHY_NOT.get(str(refused), refused))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    try:
        connection = socket.socket(socket.AF_VSOCK)
        connection.connect(SYSTEM)
        converse(connection.makefile("rwb"))
    except Refused as refused:
        sys.exit(f"the system refused: {refused}")
    except OSError as error:
        sys.exit(f"lost the system: {error}")
