#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An app as the source of where the machine is: beacon.py LATITUDE LONGITUDE"""
import json
import socket
import sys
import time

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
METRES = 12  # how exact its place is


def provide(system: socket.socket, **parameters):
    """Returns when somebody wants to know where the machine is now."""
    call = {"method": "io.bulkhead.Location.Provide", "parameters": parameters}
    system.sendall(json.dumps(call).encode() + b"\0")
    answer = b""
    while not answer.endswith(b"\0"):
        data = system.recv(65536)
        if not data:
            raise SystemExit("lost the system")
        answer += data
    reply = json.loads(answer[:-1])
    if "error" in reply:  # the person said no, or takes it back
        raise SystemExit(f"is believed no more: {reply['error']}")


def main():
    latitude, longitude = (float(number) for number in sys.argv[1:3])
    with socket.socket(socket.AF_VSOCK) as system:
        system.connect(SYSTEM)
        print("could tell", flush=True)
        provide(system)
        print("is asked, and says", latitude, longitude, flush=True)
        while True:  # at the most once a second: the system answers no sooner
            provide(system, fix={"latitude": latitude, "longitude": longitude, "accuracyMetres": METRES,
                                 "time": time.time_ns() // 1_000_000})


main()
