#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An app as camera: offers one, and draws its frames while somebody sees it: grey, each brighter than the one before."""
import json
import socket
import time

SYSTEM, STREAMS = (2, 1), (2, 3)  # CID 2 is the system, port 1 its API, port 3 for streams
OFFER = {"name": "phone", "title": "Phone on the desk", "modes": [{"format": "GREY", "width": 160, "height": 120, "rate": 5}]}


def replies(method: str, **parameters):
    """The replies to a call with `more`."""
    connection = socket.socket(socket.AF_VSOCK)
    connection.connect(SYSTEM)
    connection.sendall(json.dumps({"method": method, "parameters": parameters, "more": True}).encode() + b"\0")
    received = b""
    while data := connection.recv(65536):
        received += data
        while b"\0" in received:
            message, _, received = received.partition(b"\0")
            yield json.loads(message)


def give(stream: str, width: int, height: int, rate: int, **_):
    """Sends frames until nobody sees them any more."""
    print("is seen", flush=True)
    number = 0
    with socket.socket(socket.AF_VSOCK) as camera:
        camera.connect(STREAMS)
        camera.sendall(stream.encode() + b"\n")
        try:
            while True:
                pixels = bytes([number % 256]) * (width * height)
                camera.sendall(len(pixels).to_bytes(4, "little") + number.to_bytes(4, "little") +
                               (time.monotonic_ns() // 1000).to_bytes(8, "little") + pixels)
                number += 1
                time.sleep(1 / rate)
        except OSError:
            print("rests", flush=True)


def main():
    print("offers", OFFER["title"], flush=True)
    for reply in replies("io.bulkhead.Camera.Offer", **OFFER):
        if "error" in reply:
            raise SystemExit(f"the system refused: {reply['error']}")
        give(**reply["parameters"])


main()
