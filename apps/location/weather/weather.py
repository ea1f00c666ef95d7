#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wants to know where the machine is, and says what it is told: weather.py coarse|exact"""
import json
import socket
import sys

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API


def replies(method: str, **parameters):
    """The replies to a call with `more`."""
    with socket.socket(socket.AF_VSOCK) as connection:
        connection.connect(SYSTEM)
        connection.sendall(json.dumps({"method": method, "parameters": parameters, "more": True}).encode() + b"\0")
        received = b""
        while data := connection.recv(65536):
            received += data
            while b"\0" in received:
                message, _, received = received.partition(b"\0")
                yield json.loads(message)


def main():
    place = None
    print("wants to know:", sys.argv[1], flush=True)
    for reply in replies("io.bulkhead.Location.Watch", accuracy=sys.argv[1]):
        if "error" in reply:  # the person said no, or takes it back; or nothing knows
            raise SystemExit(f"knows no more: {reply['error']}")
        told = reply["parameters"]
        if (told["latitude"], told["longitude"]) != place:
            place = told["latitude"], told["longitude"]
            print(f"is at {place[0]:.5f} {place[1]:.5f} within {told['accuracyMetres']:g} m", flush=True)
    raise SystemExit("lost the system")


main()
