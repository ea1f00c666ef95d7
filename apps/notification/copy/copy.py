#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a file and keeps the person informed: copy.py SOURCE FOLDER

A bar says how far it has come, a picture what was copied, and the person says what the copy is to be called.
"""
import binascii
import json
import os
import socket
import sys
import time
import zlib

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
PIECES = 20
PAUSE = 1.2  # seconds after each piece, for a person to see it; the system takes about one post a second
CELLS, CELL = 8, 12  # of the picture: cells a side, and pixels a cell
ORANGE, BROWN = bytes([255, 150, 40]), bytes([70, 45, 25])


class System:
    def __init__(self):
        self.socket = socket.socket(socket.AF_VSOCK)
        self.socket.connect(SYSTEM)

    def call(self, method: str, **parameters) -> dict:
        message = {"method": f"io.bulkhead.Notification.{method}", "parameters": parameters}
        self.socket.sendall(json.dumps(message).encode() + b"\0")
        reply = b""
        while not reply.endswith(b"\0"):
            received = self.socket.recv(65536)
            if not received:
                raise SystemExit("lost the system")
            reply += received
        answer = json.loads(reply[:-1])
        if "error" in answer:
            raise SystemExit(f"the system refused: {answer['error']}")
        return answer["parameters"]


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def picture(checksum: int) -> str:
    """A pattern that is another for each checksum, the same on the right as on the left: a PNG in base64."""
    side, rows = CELLS * CELL, b""
    for y in range(CELLS):
        half = [ORANGE if checksum >> (y * CELLS // 2 + x) & 1 else BROWN for x in range(CELLS // 2)]
        rows += (b"\0" + b"".join(colour * CELL for colour in half + half[::-1])) * CELL
    header = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])  # 8 bits each of red, green and blue
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return binascii.b2a_base64(png, newline=False).decode()


def copy(system: System, source: str, target: str) -> tuple[int, int]:
    """Yields the notification that told how far it was, and the copy's checksum."""
    size, done, checksum, shown = os.path.getsize(source), 0, 0, None
    with open(source, "rb") as read, open(target, "wb") as write:
        while True:
            shown = system.call("Post", title=f"Copying {os.path.basename(source)}", body=f"To {target}", replaces=shown,
                                progress={"part": done / size})["id"]
            print(f"copied {done} of {size}", flush=True)
            if done == size:
                return shown, checksum
            time.sleep(PAUSE)
            piece = read.read(-(-size // PIECES))
            write.write(piece)
            checksum = zlib.crc32(piece, checksum)
            done += len(piece)


def rename(path: str, name: str) -> str:
    """Yields what the file is called then."""
    named = os.path.join(os.path.dirname(path), name)
    if "/" in name or os.path.exists(named):
        return path
    os.rename(path, named)
    return named


def main():
    source, folder = sys.argv[1:]
    target = os.path.join(folder, os.path.basename(source))
    system, begun = System(), time.monotonic()
    asked, checksum = copy(system, source, target)
    took = system.call("Post", title=f"Took {time.monotonic() - begun:.0f} seconds", body=f"{os.path.getsize(target) / 1e6:.1f} MB",
                       urgency="low")["id"]
    system.call("Post", title="Copied", body="What is the copy to be called?", replaces=asked, urgency="urgent",
                image=picture(checksum), reply="Name", buttons=[{"id": "keep", "label": "Keep its name"}])
    print("asks", flush=True)
    told = {asked, took}
    while told:  # an app that ends takes along what it has told
        answer = system.call("Watch")
        told.discard(answer["id"])
        if answer["id"] == asked:
            if answer["answer"] == "replied":
                target = rename(target, answer["text"])
            print("the copy is", target, flush=True)


main()
