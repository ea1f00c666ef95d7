# SPDX-License-Identifier: Apache-2.0
"""An app that encodes some frames with each encoder that there is, and says of each what came of it."""
import json
import socket

SYSTEM, CALLS, STREAMS = 2, 1, 3
FRAMES = 8
# The machine's begins at 640 by 360, and works in blocks of 16: of these frames it gets more than they are.
SIZES = {True: (648, 366), False: (320, 240)}


def call(method: str, **parameters) -> dict:
    with socket.socket(socket.AF_VSOCK) as connection:
        connection.connect((SYSTEM, CALLS))
        connection.sendall(json.dumps({"method": f"io.bulkhead.VideoEncoder.{method}", "parameters": parameters}).encode() + b"\0")
        reply = b""
        while not reply.endswith(b"\0"):
            reply += connection.recv(65536)
        return json.loads(reply[:-1])["parameters"]


def frame(number: int, width: int, height: int) -> bytes:
    """A slope that moves, without colours."""
    row = bytes((x + 4 * number) % 256 for x in range(width))
    return row * height + bytes([128]) * (width * height // 2)


def encode(codec: str, width: int, height: int):
    opened = call("Open", codec=codec, width=width, height=height, rate=30, bitRate=500000, pixelFormat="i420", keyInterval=4)
    kind = "hardware" if opened["hardware"] else "software"
    print("encodes", codec, kind, flush=True)
    with socket.socket(socket.AF_VSOCK) as stream:
        stream.connect((SYSTEM, STREAMS))
        stream.sendall(opened["stream"].encode() + b"\n")
        units = stream.makefile("rb")
        for number in range(FRAMES):
            stream.sendall(frame(number, width, height))
            unit = units.read(int.from_bytes(units.read(4), "big"))
            print(f"{kind} unit", number, len(unit), unit[:44].hex(), flush=True)


def main():
    for encoder in call("Get")["encoders"]:
        encode(encoder["codec"], *SIZES[encoder["hardware"]])
    print("encoded", flush=True)


main()
