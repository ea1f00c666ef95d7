# SPDX-License-Identifier: Apache-2.0
"""An app that encodes some frames, and says of each what came of it."""
import json
import socket

SYSTEM, CALLS, STREAMS = 2, 1, 3
WIDTH, HEIGHT, FRAMES = 320, 240, 8


def call(method: str, **parameters) -> dict:
    with socket.socket(socket.AF_VSOCK) as connection:
        connection.connect((SYSTEM, CALLS))
        connection.sendall(json.dumps({"method": f"io.bulkhead.VideoEncoder.{method}", "parameters": parameters}).encode() + b"\0")
        reply = b""
        while not reply.endswith(b"\0"):
            reply += connection.recv(65536)
        return json.loads(reply[:-1])["parameters"]


def frame(number: int) -> bytes:
    """A slope that moves, without colours."""
    row = bytes((x + 4 * number) % 256 for x in range(WIDTH))
    return row * HEIGHT + bytes([128]) * (WIDTH * HEIGHT // 2)


def main():
    encoder = call("Get")["encoders"][0]
    opened = call("Open", codec=encoder["codec"], width=WIDTH, height=HEIGHT, rate=30, bitRate=500000, pixelFormat="i420", keyInterval=4)
    print("encodes", encoder["codec"], "hardware" if opened["hardware"] else "software", flush=True)
    with socket.socket(socket.AF_VSOCK) as stream:
        stream.connect((SYSTEM, STREAMS))
        stream.sendall(opened["stream"].encode() + b"\n")
        units = stream.makefile("rb")
        for number in range(FRAMES):
            stream.sendall(frame(number))
            unit = units.read(int.from_bytes(units.read(4), "big"))
            print("unit", number, unit[:5].hex(), flush=True)
    print("encoded", flush=True)


main()
